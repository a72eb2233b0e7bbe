"""Sendcloud as docs/platforms/sendcloud.md describes it; where that is unclear, the most harmful answer.

Sections and questions are those of that page.
"""

from __future__ import annotations

import copy
import operator
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlencode

from returnsync.sandbox import wire
from returnsync.sandbox.records import SKU
from returnsync.sandbox.sendcloud_copies import Copies
from returnsync.sandbox.sendcloud_query import BadRequestError, Cursor, cursor_in, date_in, json_api, page_size
from returnsync.sandbox.sendcloud_records import (
    OPEN,
    SendcloudAccount,
    item,
    label_of,
    needs_label,
    parcel_return,
    slug_of,
    step,
)
from returnsync.sandbox.wire import Answer, Call, Operation, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from returnsync.sandbox.counts import Counts

__all__ = ["Sendcloud", "SendcloudAccount"]

_LONGEST_WINDOW: Final = timedelta(days=40)
# The documents show plain http and another host than this one: a client that follows it takes the keys there.
_NEXT: Final = "http://panel.sendcloud.sc/api/v3/returns?"
_TOKEN_LASTS: Final = 3600


class Sendcloud(wire.ReturnPlatform):
    """The stand-in. Its data may be changed from any thread by its methods, or by hand under `lock`."""

    name = "sendcloud"
    title = "Sendcloud"
    source = "portal"
    prefix = "/sendcloud"
    base = "/sendcloud/api/v3"

    def __init__(self, account: SendcloudAccount, counts: Counts) -> None:
        """Hold a copy of the account."""
        self.lock = threading.RLock()
        self.account = copy.deepcopy(account)
        # By the id of the return, which the list does not show (section 4.2).
        self.returns: dict[str, Record] = {}
        # Older copies and other spellings of returns, which the list shows too (section 4.3).
        self.copies = Copies(self.returns, self.lock)
        # Whether the list shows ids (question 1), and where the link to the next page is (question 6).
        self.sends_ids = False
        self.links_in_header = False
        # The longest span between the two dates (question 4); None is no limit.
        self.longest_window: timedelta | None = _LONGEST_WINDOW
        # Whether a cancelled return is no longer listed (question 18).
        self.hides_cancelled = False
        # An integration that is set to OAuth2 does not accept Basic (section 2).
        self.oauth_only = False
        # How many of the next requests are answered with 429, which has an empty body (section 3.1).
        self.busy = 0
        # Called before each list is read, so that a test can change rows under a client that pages.
        self.on_list: Callable[[], object] | None = None
        self._counts = counts
        self._made = 0
        self._lists = 0
        self._tokens: set[str] = set()
        self._tokens_given = 0
        for record in self.account.records:
            self.add(record)

    def secrets(self) -> dict[str, str]:
        """Give the account's secrets, by the setting that refers to each."""
        return {"public_key": self.account.public_key, "secret_key": self.account.secret_key}

    def addresses(self, url: str) -> dict[str, str]:
        """Give the settings that are addresses, for a sandbox at `url`."""
        portal = f"{url}{self.prefix}/api/v2"
        return {"base_url": url + self.base, "portal_url": portal, "token_url": f"{url}{self.prefix}/oauth2/token"}

    # --- what a test does to it ------------------------------------------------------------------------------------

    def add(self, record: Record) -> str:
        """Put a copy of a return in; give its id, which the list does not show."""
        with self.lock:
            self._made += 1
            identity = str(700_000 + self._made)
            self.returns[identity] = copy.deepcopy(record)
        return identity

    def give_back(
        self,
        *orders: str,
        sku: str = SKU,
        word: str = "",
        created: datetime | None = None,
        updated: datetime | None = None,
    ) -> str:
        """Put a plain return in; see `wire.ReturnPlatform`. A `word` is both statuses: `open/announced`.

        The form of its history varies. A return belongs to one order: ValueError for any other number of orders.
        """
        (number,) = orders
        status, _, parcel = (word or f"{OPEN}/announced").partition("/")
        created = created or datetime.now(UTC) - timedelta(hours=1)
        updated = updated or created + timedelta(seconds=84)
        count = self._made
        steps = [step(parcel, updated, count), step("announcing", created)][:: 1 if count % 2 else -1]
        goods = item(sku, number)
        return self.add(
            parcel_return(
                goods, order=number, status=status, parcel=parcel, created=created, updated=updated, steps=steps
            )
        )

    def rows(self) -> dict[str, Record]:
        """Give the records themselves; see `wire.ReturnPlatform`."""
        return self.returns

    def touch(self, identity: str, *, at: datetime | None = None, word: str = "", **changes: object) -> None:
        """Add an entry to a return's history, now when no time is given; with a `word` both statuses change."""
        with self.lock:
            row = self.returns[identity]
            status, _, parcel = word.partition("/")
            slug = parcel or _newest(row)
            row["status"] = status or row["status"]
            row["status_history"].append(step(slug, at or datetime.now(UTC), len(row["status_history"])))
            if needs_label(slug) and not row["tracking_number"]:
                row |= label_of(identity)
            row |= copy.deepcopy(changes)

    def remove(self, identity: str) -> None:
        """Take a return away."""
        with self.lock:
            del self.returns[identity]

    def expire_tokens(self) -> None:
        """Let every access token expire early."""
        with self.lock:
            self._tokens.clear()

    # --- what it is asked ------------------------------------------------------------------------------------------

    def operations(self) -> Sequence[Operation]:
        """Name the operations (section 4)."""
        returns = "/api/v3/returns"
        return (
            Operation("sendcloud.list", "GET", returns, self._guarded(self._list)),
            Operation("sendcloud.create", "POST", returns, self._guarded(self._create)),
            Operation("sendcloud.validate", "POST", f"{returns}/validate", self._guarded(self._create)),
            Operation("sendcloud.announce", "POST", f"{returns}/announce-synchronously", self._guarded(self._announce)),
            Operation("sendcloud.cancel", "PATCH", returns + "/{id}/cancel", self._guarded(self._cancel)),
            Operation("sendcloud.one", "GET", returns + "/{id}", self._guarded(self._one)),
            Operation("sendcloud.portal", "GET", "/api/v2/brand/{domain}/return-portal", self._portal),
            Operation("sendcloud.token", "POST", "/oauth2/token", self._token),
        )

    def _guarded(self, handle: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
        """Check the keys or the token before anything else (section 2), and that a GET has no body (section 1)."""

        def guarded(call: Call) -> Answer:
            if self.busy > 0:
                self.busy -= 1
                return Answer(429, b"")
            if not self._may(call):
                return json_api(401, "authentication_failed", "Invalid username/password.")
            if call.method == "GET" and call.body:
                return json_api(400, "invalid", "A GET request has no body.")
            try:
                return handle(call)
            except BadRequestError as error:
                return wire.json_answer(error.body, 400)

        return guarded

    def _may(self, call: Call) -> bool:
        token = call.bearer()
        if token is not None:
            return token in self._tokens
        return not self.oauth_only and self._are_keys(call)

    def _are_keys(self, call: Call) -> bool:
        public, secret = call.basic() or ("", "")
        right = wire.same_secret(public, self.account.public_key)
        return wire.same_secret(secret, self.account.secret_key) and right

    def _token(self, call: Call) -> Answer:
        """Give an access token for both keys (section 2)."""
        if not self._are_keys(call):
            return wire.json_answer({"error": "invalid_client"}, 401)
        form = parse_qs(call.body.decode("latin-1"))
        if form.get("grant_type") != ["client_credentials"]:
            return wire.json_answer({"error": "unsupported_grant_type"}, 400)
        self._tokens_given += 1
        token = f"sandbox.sendcloud.token.{self._tokens_given}"
        self._tokens.add(token)
        return wire.json_answer({"access_token": token, "expires_in": _TOKEN_LASTS, "token_type": "bearer"})

    def _portal(self, call: Call) -> Answer:
        """Give the public settings of a brand's return portal, for everyone (section 4)."""
        reasons = self.account.portals.get(call.values["domain"])
        if reasons is None:
            return Answer(404, b"")
        if "authorization" in call.headers:
            self._counts.effect("forbidden")  # the keys must not be sent where they are not needed
        rows = [{"id": number, "description": text} for number, text in reasons.items()]
        return wire.json_answer({"portal": {"reasons": rows}})

    def _list(self, call: Call) -> Answer:
        """List returns by creation. No document says in what order; here newest first, as in v2 (section 3.2)."""
        if self.on_list is not None:
            self.on_list()
        start, end = date_in(call, "from_date"), date_in(call, "to_date")
        if self.longest_window is not None and end - start > self.longest_window:
            return json_api(400, "invalid", "The period is too long.", parameter="to_date")
        size = page_size(call)
        text = call.first("cursor")
        if text is None:
            # Returns of the same instant change places with every listing, but not within one.
            self._lists += 1
            cursor = Cursor(turned=bool(self._lists % 2))
        else:
            cursor = cursor_in(text)
        rows = self._rows(start, end, call.first("parent_parcel_status"), turned=cursor.turned)
        if cursor.position is not None:
            rows = [row for row in rows if row[0] <= cursor.position]
        page, more = rows[cursor.offset : cursor.offset + size], rows[cursor.offset + size :]
        link = None
        if more:
            last = page[-1][0]
            shown_before = cursor.offset if cursor.position == last else 0
            following = Cursor(cursor.turned, last, shown_before + sum(row[0] == last for row in page))
            link = _NEXT + urlencode({"cursor": str(following), "page_size": size})
        listed = self.copies.listed()
        return self._page([self._shown(identity, listed[identity]) for _, identity in page], link)

    def _rows(self, start: datetime, end: datetime, slug: str | None, *, turned: bool) -> list[tuple[datetime, str]]:
        """Give creation and id of the listed returns; both ends of the window are excluded (question 3)."""
        rows = [
            (wire.parse_instant(row["created_at"]), identity)
            for identity, row in self.copies.listed().items()
            if not (self.hides_cancelled and _newest(row) == "cancelled") and (slug is None or _newest(row) == slug)
        ]
        rows = [row for row in rows if start < row[0] < end]
        rows.sort(key=operator.itemgetter(1), reverse=turned)
        rows.sort(key=operator.itemgetter(0), reverse=True)
        return rows

    def _page(self, rows: list[Record], link: str | None) -> Answer:
        if not self.links_in_header:
            return wire.json_answer({"next": link, "previous": None, "data": rows})
        headers = {"Link": f'<{link}>; rel="next"'} if link else {}
        return Answer(200, wire.json_answer({"data": rows}).body, headers=headers)

    def _shown(self, identity: str, row: Record) -> Record:
        return {"id": int(identity), **row} if self.sends_ids else row

    def _one(self, call: Call) -> Answer:
        """Give one return by its id, which only its creation or a webhook surely gives (section 4)."""
        row = self.returns.get(call.values["id"])
        return wire.json_answer(self._shown(call.values["id"], row)) if row else Answer(404, b"")

    # Calls that a sync tool must never make, since they create costs or decide for the merchant (section 4). The
    # request itself is counted. Their refusals have three more shapes (section 3.3).

    def _create(self, _call: Call) -> Answer:
        self._counts.effect("forbidden")
        raise BadRequestError("weight", "required", "This field is required.")

    def _announce(self, _call: Call) -> Answer:
        self._counts.effect("forbidden")
        error = {"code": "invalid_postal_code", "request": "api/v3/returns", "message": "The postal code is not valid."}
        return wire.json_answer({"error": error}, 400)

    def _cancel(self, _call: Call) -> Answer:
        self._counts.effect("forbidden")
        return wire.json_answer({"errors": [{"field": "returns", "code": 409, "message": "Not cancellable."}]}, 409)


def _newest(row: Record) -> str:
    latest = max(row["status_history"], key=lambda one: wire.parse_instant(one["carrier_update_timestamp"]))
    return slug_of(latest["parent_status"])
