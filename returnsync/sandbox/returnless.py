"""Returnless as its dossier has it (returnless.md); where that leaves a question open, the answer that hurts most."""

from __future__ import annotations

import base64
import binascii
import copy
import functools
import json
import operator
import re
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal

from returnsync.sandbox import wire
from returnsync.sandbox.records import SKU
from returnsync.sandbox.returnless_records import (
    RETURNED,
    ReturnlessAccount,
    id_of,
    item,
    return_order,
    status,
    written,
)
from returnsync.sandbox.wire import Answer, Call, Operation, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from returnsync.sandbox.counts import Counts

__all__ = ["Returnless", "ReturnlessAccount"]

Shape = Literal["nested", "inline", "bare"]

_DEFAULT_PER_PAGE: Final = 15
_MAX_PER_PAGE: Final = 100
_RELATIONS: Final = frozenset({"customer", "customer_address", "return_order_items", "shipments", "sales_order"})
# It comes without being asked for (section 3).
_ALWAYS: Final = frozenset({"sales_order"})
_VERSIONS: Final[Mapping[str, Shape]] = {"2023-01": "nested", "2025-01": "inline"}
_FILTER: Final = re.compile(r"filter\[(\w+)\](?:\[(\w+)\])?")
_SIGNS: Final[Mapping[str, Callable[[datetime, datetime], bool]]] = {
    "eq": operator.eq,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}
# What a sync tool must never do: decide for the merchant, or write what is not known to be harmless (section 4).
_WRITES: Final = (
    ("create", "POST", "return-orders"),
    ("add-item", "POST", "return-orders/{id}/items"),
    ("add-shipment", "POST", "return-orders/{id}/shipments"),
    ("status", "PATCH", "return-orders/{id}/status"),
    ("return-status", "PUT", "return-orders/{id}/return-status"),
    ("approve", "POST", "return-orders/{id}/approve"),
    ("reject", "POST", "return-orders/{id}/reject"),
    ("note", "POST", "return-orders/{id}/notes"),
    ("meta-data", "PUT", "return-orders/{id}/meta-data"),
    ("tag", "POST", "return-orders/{id}/tags"),
    ("untag", "DELETE", "return-orders/{id}/tags"),
    ("request-approve", "PUT", "request-orders/{id}/approve"),
    ("request-approve-without", "PUT", "request-orders/{id}/approve-without-shipment"),
    ("request-reject", "PUT", "request-orders/{id}/reject"),
    ("request-free", "PUT", "request-orders/{id}/free-shipping"),
)


class _RefusedError(Exception):
    """Something that Returnless does not take: a status and its words."""

    def __init__(self, status_code: int, message: str) -> None:
        super().__init__(message)
        self.status_code = status_code


class Returnless(wire.ReturnPlatform):
    """The stand-in. Its data may be changed from any thread by its methods, or by hand under `lock`."""

    name = "returnless"
    title = "Returnless"
    source = "forms"
    prefix = "/returnless"
    base = "/returnless"

    def __init__(self, account: ReturnlessAccount, counts: Counts) -> None:
        """Hold a copy of the account."""
        self.lock = threading.RLock()
        self.account = copy.deepcopy(account)
        # By id, with every relation beside the fields.
        self.return_orders: dict[str, Record] = {}
        # How relations come: under `includes`, beside the fields, or in no list and only the order in a single record.
        # By version unless it is said here (section 3).
        self.shape: Shape | None = None
        # Whether `include` is refused (section 9).
        self.refuse_include = False
        # Whether `filter[order_number]` is kept to (section 9). Ignored, a client that trusts it takes all for its own.
        self.order_filter: Literal["kept", "ignored", "refused"] = "ignored"
        # Whether `meta` names the next cursor; else only `links.next` holds it (section 1).
        self.meta_cursor = True
        # Called before each list is read, so that a test can change rows under a client that pages.
        self.on_list: Callable[[], object] | None = None
        self._counts = counts
        self._lists = 0
        for record in account.records:
            self.add(record)

    def settings(self) -> Record:
        """Give what the configuration needs to know of the account."""
        return {"done_statuses": list(self.account.done), "cancelled_statuses": list(self.account.cancelled)}

    def secrets(self) -> dict[str, str]:
        """Give the account's secrets, by the setting that refers to each."""
        return {"api_key": self.account.api_key}

    # --- what a test does to it ------------------------------------------------------------------------------------

    def add(self, record: Record) -> str:
        """Put a copy of a return in; give its id. Raises ValueError when the id is there already."""
        with self.lock:
            return wire.put_in(self.return_orders, record)

    def give_back(
        self,
        *orders: str,
        sku: str = SKU,
        word: str = "",
        created: datetime | None = None,
        updated: datetime | None = None,
    ) -> str:
        """Put a plain return in; see `wire.ReturnPlatform`. A return has one order; the shop writes a `#` before it."""
        (number,) = orders
        identity = id_of("returnorder", "given back", number, len(self.return_orders))
        record = return_order(item(sku), order=f"#{number}", id=identity, created=created, updated=updated)
        return self.add(record | _worded(word))

    def touch(self, identity: str, *, at: datetime | None = None, word: str = "", **changes: object) -> None:
        """Change fields of a return and move its `updated_at` to a time, now when none is given.

        A request that is approved this way keeps its id and its time of creation (section 2).
        """
        with self.lock:
            moved = {"updated_at": written(at or datetime.now(UTC))}
            self.return_orders[identity] |= moved | _worded(word) | copy.deepcopy(changes)

    def remove(self, identity: str) -> None:
        """Take a return away."""
        with self.lock:
            del self.return_orders[identity]

    # --- what it is asked ------------------------------------------------------------------------------------------

    def operations(self) -> Sequence[Operation]:
        """Name the operations (section 4)."""
        one = "/{version}/return-orders/{id}"
        return (
            Operation("returnless.list", "GET", "/{version}/return-orders", self._guarded(self._list)),
            Operation("returnless.one", "GET", one, self._guarded(self._one)),
            Operation("returnless.items", "GET", one + "/items", self._guarded(self._part("return_order_items"))),
            Operation("returnless.shipments", "GET", one + "/shipments", self._guarded(self._part("shipments"))),
            Operation("returnless.account", "GET", "/{version}/account", self._guarded(self._account)),
            Operation("returnless.statuses", "GET", "/{version}/return-statuses", self._guarded(self._statuses)),
            Operation("returnless.reasons", "GET", "/{version}/return-reasons", self._guarded(self._reasons)),
            *(
                Operation(f"returnless.{name}", method, "/{version}/" + path, self._guarded(self._forbidden))
                for name, method, path in _WRITES
            ),
        )

    def _guarded(self, handle: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
        """Check key and version before anything else, and say what is wrong in the form of section 1."""

        def guarded(call: Call) -> Answer:
            if not wire.same_secret(call.bearer(), self.account.api_key):
                return _error(401, "Unauthenticated.")
            if call.values["version"] not in _VERSIONS:
                return _error(404, "Not Found")
            try:
                return handle(call)
            except _RefusedError as error:
                return _error(error.status_code, str(error))

        return guarded

    def _list(self, call: Call) -> Answer:
        """List returns, and requests among them unless they are filtered out."""
        if self.on_list is not None:
            self.on_list()
        asked = self._included(call)
        falls = _sorted_down(call)
        filters = list(self._filters(call))
        rows = [row for row in self.return_orders.values() if all(keep(row) for keep in filters)]
        # Only one field can be sorted by, so nothing promises an order among rows of one second. It turns round with
        # every request.
        self._lists += 1
        rows.sort(key=operator.itemgetter("id"), reverse=self._lists % 2 == 0)
        rows.sort(key=_made, reverse=falls)
        # For the same reason the cursor is a time, and the next page begins behind it: rows of the very second in
        # which a page ends stand on no page.
        if (edge := _cursor_time(call)) is not None:
            rows = [row for row in rows if (_made(row) < edge if falls else _made(row) > edge)]
        shape = self.shape or _VERSIONS[call.values["version"]]
        return self._page(
            call,
            rows,
            lambda row: _shaped(row, shape, asked, single=False),
            lambda shown: {"created_at": shown[-1]["created_at"]},
        )

    def _one(self, call: Call) -> Answer:
        asked = self._included(call)
        shape = self.shape or _VERSIONS[call.values["version"]]
        return wire.json_answer({"data": _shaped(self._row(call), shape, asked, single=True)})

    def _part(self, name: str) -> Callable[[Call], Answer]:
        """List items or shipments of one return."""
        return lambda call: self._plain(call, [_modern(name, part) for part in self._row(call)[name]])

    def _account(self, _call: Call) -> Answer:
        return wire.json_answer({"data": {"id": id_of("account", "lindeboom"), "name": "Lindeboom"}})

    def _reasons(self, call: Call) -> Answer:
        """Give the merchant's reasons (section 3, "Reasons and statuses lists")."""
        return self._plain(call, self.account.reasons)

    def _statuses(self, call: Call) -> Answer:
        return self._plain(call, self.account.statuses)

    def _forbidden(self, _call: Call) -> Answer:
        """Count what a sync tool must never do. Any id will do: to have asked is what is counted."""
        self._counts.effect("forbidden")
        return wire.json_answer({"data": {}})

    def _row(self, call: Call) -> Record:
        row = self.return_orders.get(call.values["id"])
        if row is None:
            raise _RefusedError(404, "No query results.")
        return row

    def _included(self, call: Call) -> frozenset[str]:
        asked = frozenset(filter(None, (call.first("include") or "").split(",")))
        if asked and (self.refuse_include or asked - _RELATIONS):
            raise _RefusedError(422, "Requested include(s) are not allowed.")
        return asked

    def _filters(self, call: Call) -> Iterator[Callable[[Record], bool]]:
        """Read the conditions (section 1); all must be met. One that it does not know is refused."""
        for name, values in call.query.items():
            if (match := _FILTER.fullmatch(name)) is None:
                continue
            what, sign = match[1], match[2] or "eq"
            if what == "created_at" and sign in _SIGNS:
                yield _made_at(sign, values[0])
            elif what == "return_type" and values[0] in {"request", "return"}:
                yield functools.partial(_is_of_type, values[0])
            elif what == "order_number" and self.order_filter != "refused":
                if self.order_filter == "kept":
                    yield functools.partial(_is_of_order, values[0])
            else:
                raise _RefusedError(400, f"Requested filter(s) `{what}` are not allowed.")

    def _plain(self, call: Call, rows: Sequence[Record]) -> Answer:
        """Page through a list whose rows do not move; its cursor counts them."""
        start = _cursor(call).get("after", 0)
        return self._page(call, rows[start:], lambda row: row, lambda shown: {"after": start + len(shown)})

    def _page(
        self,
        call: Call,
        rows: Sequence[Record],
        show: Callable[[Record], Record],
        after: Callable[[Sequence[Record]], Record],
    ) -> Answer:
        """Give the first page of what is left, and the cursor of what comes after it (section 1)."""
        text = call.first("per_page") or str(_DEFAULT_PER_PAGE)
        if not re.fullmatch(r"[1-9][0-9]{0,2}", text) or int(text) > _MAX_PER_PAGE:
            raise _RefusedError(422, "The per page field must be between 1 and 100.")
        shown = rows[: int(text)]
        cursor = None
        if len(rows) > len(shown):
            cursor = base64.urlsafe_b64encode(json.dumps(after(shown)).encode()).decode().rstrip("=")
        # The whole address, and without the filters of the request: whoever follows it as it is gets everything.
        link = f"http://{call.headers.get('host', '')}{call.path}?cursor={cursor}" if cursor else None
        meta: Record = {"path": call.path, "per_page": int(text)}
        if self.meta_cursor:
            meta["next_cursor"] = cursor
        return wire.json_answer(
            {"data": [show(row) for row in shown], "links": {"prev": None, "next": link}, "meta": meta}
        )


def _error(status_code: int, message: str) -> Answer:
    return wire.json_answer({"message": message}, status_code)


def _worded(word: str) -> Record:
    """What a word changes: the state where it is a request's, else the merchant's status of an approved return."""
    if not word:
        return {}
    if word.casefold().startswith("request"):
        return {"state": word}
    return {"state": RETURNED, "status": status(word)}


def _is_of_type(wanted: str, row: Record) -> bool:
    return str(row["state"]).casefold().startswith("request") is (wanted == "request")


def _is_of_order(wanted: str, row: Record) -> bool:
    return bool(row["sales_order"]["order_number"] == wanted)


def _made(row: Record) -> datetime:
    return wire.parse_instant(row["created_at"])


def _made_at(sign: str, text: str) -> Callable[[Record], bool]:
    try:
        bound = wire.parse_instant(text)
    except ValueError:
        raise _RefusedError(422, "The filter.created_at is not a valid date.") from None
    return lambda row: _SIGNS[sign](_made(row), bound)


def _sorted_down(call: Call) -> bool:
    """Whether the newest comes first, as it does unless asked otherwise."""
    sort = call.first("sort") or "-created_at"
    if sort.removeprefix("-") != "created_at":
        raise _RefusedError(400, "Requested sort(s) are not allowed.")
    return sort.startswith("-")


def _cursor(call: Call) -> Record:
    """Read the cursor; what is none is answered with the first page."""
    text = call.first("cursor") or ""
    try:
        content = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return content if isinstance(content, dict) else {}


def _cursor_time(call: Call) -> datetime | None:
    text = _cursor(call).get("created_at")
    return wire.parse_instant(text) if text else None


def _shaped(row: Record, shape: Shape, asked: frozenset[str], *, single: bool) -> Record:
    """Give a record the shape of its version (section 3); where lists are bare, asking for relations does nothing."""
    given = asked | _ALWAYS
    if shape == "bare":
        given = _ALWAYS if single else frozenset()
    plain = {name: value for name, value in row.items() if name not in _RELATIONS}
    parts = {name: row[name] for name in row if name in given}
    if shape == "nested":
        return {**plain, "includes": parts}
    for name in ("return_order_items", "shipments"):
        if name in parts:
            parts["items" if name == "return_order_items" else name] = [_modern(name, one) for one in parts.pop(name)]
    return {**plain, **parts}


def _modern(name: str, part: Record) -> Record:
    """Write a part as 2025-01 may: numbers as text, the tracking number by its other name (section 3)."""
    if name == "shipments":
        changed = {"tracking_code": part.get("tracking_number")}
        return {key: value for key, value in part.items() if key != "tracking_number"} | changed
    quantity = part.get("quantity")
    return part | {"quantity": str(quantity) if isinstance(quantity, int) else quantity}
