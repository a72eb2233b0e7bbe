"""Returnly as docs/platforms/returnly.md describes it; where that is unclear, the most harmful answer.

The service was closed in 2023: this behaves as it did, as far as that was written down.

Sections are those of that page.
"""

from __future__ import annotations

import copy
import random
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from returnsync.sandbox import wire
from returnsync.sandbox.records import SKU
from returnsync.sandbox.returnly_records import LABELS, LINES, ReturnlyAccount, document, line_item, rma
from returnsync.sandbox.wire import Answer, Call, Operation, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from returnsync.sandbox.counts import Counts

__all__ = ["Returnly", "ReturnlyAccount"]

_PAGE: Final = 10  # no source says how large a page was
_VERSION: Final = "2020-08"
_PARTS: Final = frozenset({LINES, LABELS, "instant_refund_voucher", "refunds", "repurchases", "invoice_items"})
# No source has other filters, so they are refused (open question 3).
_PARAMETERS: Final = frozenset({"page", "include", "min_updated_at"})
_FIRST_ID: Final = 500_001


class _BadRequestError(Exception):
    """Something that is answered with 400."""


class Returnly(wire.ReturnPlatform):
    """The stand-in. Its data may be changed from any thread by its methods, or by hand under `lock`."""

    name = "returnly"
    title = "Returnly"
    source = "legacy"
    prefix = "/returnly"
    base = "/returnly"

    def __init__(self, account: ReturnlyAccount, counts: Counts) -> None:
        """Hold a copy of the account."""
        self.lock = threading.RLock()
        self.token = account.token
        # By id, each in one piece as `rma` makes it.
        self.returns: dict[str, Record] = {}
        # No source says whether a link is absolute and what it contains: here another host, and no filter (question 2).
        self.link = "http://old-api.returnly.example:8080/returns.json?page={page}"
        # Called before each list is read, so that a test can move rows under a client that pages.
        self.on_list: Callable[[], object] | None = None
        self._counts = counts
        self._chance = random.Random(1)
        for record in account.records:
            self.add(record)

    def secrets(self) -> dict[str, str]:
        """Give the account's secrets, by the setting that refers to each."""
        return {"token": self.token}

    # --- what a test does to it ------------------------------------------------------------------------------------

    def add(self, record: Record) -> str:
        """Put a copy of a return in; give its id. Raises ValueError when the id exists already."""
        with self.lock:
            return wire.put_in(self.returns, record)

    def give_back(
        self,
        *orders: str,
        sku: str = SKU,
        word: str = "",
        created: datetime | None = None,
        updated: datetime | None = None,
    ) -> str:
        """Put a plain return in; see `wire.ReturnPlatform`. Several orders are one RMA, each with a `#`."""
        items = (line_item(sku, f"#{number}") for number in orders)
        identity = str(_FIRST_ID + len(self.returns))
        return self.add(rma(*items, id=identity, status=word or "authorized", created=created, updated=updated))

    def rows(self) -> dict[str, Record]:
        """Give the records themselves; see `wire.ReturnPlatform`."""
        return self.returns

    def touch(self, identity: str, *, at: datetime | None = None, word: str = "", **changes: object) -> None:
        """Change attributes of a return and move its `updated_at` to a time, now when none is given."""
        if word:
            changes["status"] = word
        with self.lock:
            moved = {"updated_at": wire.iso_z(at or datetime.now(UTC))}
            self.returns[identity]["attributes"] |= moved | copy.deepcopy(changes)

    # --- what it is asked ------------------------------------------------------------------------------------------

    def operations(self) -> Sequence[Operation]:
        """Name the operations. A POST refunds or subscribes; no source says at which address (section 4)."""
        return (
            Operation("returnly.list", "GET", "/returns.json", self._guarded(self._list)),
            Operation("returnly.create", "POST", "/returns.json", self._guarded(self._forbidden)),
            Operation("returnly.post", "POST", "/{resource}", self._guarded(self._forbidden)),
        )

    def _guarded(self, handle: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
        """Check the token before anything else. No source has the shape of errors: some are plain, some JSON:API."""

        def guarded(call: Call) -> Answer:
            if not wire.same_secret(call.headers.get("x-api-token"), self.token):
                return wire.text_answer("HTTP Token: Access denied.", 401)
            # Some clients sent no version.
            if call.headers.get("x-api-version", _VERSION) != _VERSION:
                return wire.text_answer("Unknown version", 400)
            try:
                return handle(call)
            except _BadRequestError as error:
                problem = {"status": "400", "title": "Bad request", "detail": str(error)}
                return wire.json_answer({"errors": [problem]}, 400)

        return guarded

    def _list(self, call: Call) -> Answer:
        if self.on_list is not None:
            self.on_list()
        page, parts, keep = _page(call), _include(call), _since(call)
        # No source says in which order rows come. Here it is by time of change, so that a row that changes moves all
        # later rows forward, and rows of one time change places with every request.
        rows = [row for row in self.returns.values() if keep(row)]
        self._chance.shuffle(rows)
        rows.sort(key=lambda row: wire.parse_instant(row["attributes"]["updated_at"]))
        shown = [_shown(row, parts) for row in rows[(page - 1) * _PAGE : page * _PAGE]]
        more = self.link.format(page=page + 1) if page * _PAGE < len(rows) else None
        return wire.json_answer(document(shown, more))

    def _forbidden(self, _call: Call) -> Answer:
        """Count what a sync tool must never do: refund, or subscribe."""
        self._counts.effect("forbidden")
        return wire.json_answer({})


def _page(call: Call) -> int:
    if unknown := call.query.keys() - _PARAMETERS:
        raise _BadRequestError(f"unknown parameter {min(unknown)}")
    text = call.first("page") or ""
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise _BadRequestError("page must be a number from 1")
    return int(text)


def _include(call: Call) -> frozenset[str]:
    named = frozenset(filter(None, (call.first("include") or "").split(",")))
    if unknown := named - _PARTS:
        raise _BadRequestError(f"cannot include {min(unknown)}")
    return named


def _since(call: Call) -> Callable[[Record], bool]:
    """Read the filter. No source says whether it includes its own moment; here it does not."""
    text = call.first("min_updated_at")
    if text is None:
        return lambda _row: True
    try:
        bound = wire.parse_instant(text)
    except ValueError:
        raise _BadRequestError("min_updated_at must be a time") from None
    return lambda row: wire.parse_instant(row["attributes"]["updated_at"]) > bound


def _shown(row: Record, parts: frozenset[str]) -> Record:
    """Write a return as it is answered: ids as text or as numbers (section 3), and only the parts asked for."""
    included = [{**part, "id": _mixed(part["id"])} for part in row["included"] if part["type"] in parts]
    return {**row, "id": _mixed(row["id"]), "included": included}


def _mixed(identity: str) -> object:
    return int(identity) if identity.isdecimal() and int(identity) % 2 else identity
