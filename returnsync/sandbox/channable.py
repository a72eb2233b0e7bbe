"""Channable as docs/platforms/channable.md describes it; where that is unclear, the most harmful answer."""

from __future__ import annotations

import copy
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from returnsync.sandbox import wire
from returnsync.sandbox.channable_records import ChannableAccount, order, returned, stamp
from returnsync.sandbox.records import SKU
from returnsync.sandbox.wire import Answer, Call, Operation, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from returnsync.sandbox.counts import Counts

__all__ = ["Channable", "ChannableAccount"]

_FIRST_ID: Final = 90_211
_MOST: Final = 100


class _InvalidError(Exception):
    """Something that Channable answers with 422: where it is, and what is wrong with it."""

    def __init__(self, place: str, name: str, message: str, kind: str) -> None:
        super().__init__(message)
        self.detail = [{"loc": [place, name], "msg": message, "type": kind}]


class Channable(wire.ReturnPlatform):
    """The stand-in. Its data may be changed from any thread by its methods, or by hand under `lock`."""

    name = "channable"
    title = "Channable"
    source = "marketplaces"
    prefix = "/channable"
    base = "/channable"

    def __init__(self, account: ChannableAccount, counts: Counts) -> None:
        """Hold a copy of the account."""
        self.lock = threading.RLock()
        self.company_id = account.company_id
        self.project_id = account.project_id
        self.token = account.token
        # By id, as on the wire.
        self.returns: dict[str, Record] = {}
        self.orders: dict[str, Record] = {}
        # Whether `search` matches part of any text or only a whole number, since that is not defined (Endpoints).
        self.exact_search = False
        # Called before each list of returns is read, so that a test can move rows under a client that pages.
        self.on_list: Callable[[], object] | None = None
        self._counts = counts
        self._next = _FIRST_ID
        for record in account.returns:
            self.add(record)
        for record in account.orders:
            self.add_order(record)

    def settings(self) -> Record:
        """Give what the configuration needs to know about the account."""
        return {"company_id": self.company_id, "project_id": self.project_id}

    def secrets(self) -> dict[str, str]:
        """Give the account's secrets, by the setting that refers to each."""
        return {"token": self.token}

    # --- what a test does to it ------------------------------------------------------------------------------------

    def add(self, record: Record) -> str:
        """Put a copy of a return in; give its id. Raises ValueError when the id exists already."""
        with self.lock:
            identity = wire.put_in(self.returns, record)
            self._next = max(self._next, int(identity) + 1)
            return identity

    def add_order(self, record: Record) -> str:
        """Put a copy of an order in, in place of one of that id; give its id."""
        with self.lock:
            self.orders[str(record["id"])] = copy.deepcopy(record)
        return str(record["id"])

    def new_id(self) -> int:
        """Give an id that no return has yet."""
        with self.lock:
            self._next += 1
            return self._next - 1

    def give_back(
        self,
        *orders: str,
        sku: str = SKU,
        word: str = "",
        created: datetime | None = None,
        updated: datetime | None = None,
    ) -> str:
        """Put a plain return in, with its order; see `wire.ReturnPlatform`.

        A record has one order. For several orders there are as many records, and the id of the first is given.
        """
        made = []
        for number in orders:
            self.add_order(order(number, sku))
            record = returned(sku, number, id=self.new_id(), status=word or "new", created=created, modified=updated)
            made.append(self.add(record))
        return made[0]

    def rows(self) -> dict[str, Record]:
        """Give the records themselves; see `wire.ReturnPlatform`."""
        return self.returns

    def touch(self, identity: str, *, at: datetime | None = None, word: str = "", **changes: Any) -> None:
        """Change fields of a return and move its `modified` to a time, now when none is given."""
        if word:
            changes["status"] = word
        with self.lock:
            self.returns[identity] |= {"modified": stamp(at or datetime.now(UTC))} | copy.deepcopy(changes)

    def remove(self, identity: str) -> None:
        """Take a return away."""
        with self.lock:
            del self.returns[identity]

    # --- what it is asked ------------------------------------------------------------------------------------------

    def operations(self) -> Sequence[Operation]:
        """Name the operations (Endpoints). Returns are only under v1; the operations of v1 for orders are left out."""
        first = "/v1/companies/{company}/projects/{project}"
        second = "/v2/companies/{company}/projects/{project}"
        routes = (
            ("channable.list", "GET", first + "/returns", self._list),
            # This comes before the single read, whose path matches it too.
            ("channable.test", "POST", first + "/returns/test", self._forbidden),
            ("channable.one", "GET", first + "/returns/{return_id}", self._one),
            ("channable.orders", "GET", second + "/orders", self._list_orders),
            ("channable.order", "GET", second + "/orders/{order_id}", self._order),
            ("channable.verdict", "POST", first + "/returns/{return_id}/status", self._forbidden),
            ("channable.report", "POST", first + "/orders/{order_id}/return", self._forbidden),
            ("channable.shipment", "POST", first + "/orders/{order_id}/shipment", self._forbidden),
        )
        return tuple(Operation(name, method, path, self._guarded(handle)) for name, method, path, handle in routes)

    def _guarded(self, handle: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
        """Check token, company, project and the `Accept` header, and report errors in Channable's forms (Errors)."""

        def guarded(call: Call) -> Answer:
            if not wire.same_secret(call.bearer(), self.token):
                # Reported under `error` where the others have `message`.
                return wire.json_answer({"status": "error", "error": "Unauthorized"}, 401)
            if "application/json" not in call.headers.get("accept", ""):
                return _error(406, "Only JSON is supported")
            try:
                company, project = _whole(call, "company"), _whole(call, "project")
                if (company, project) != (self.company_id, self.project_id):
                    return _error(403, "You do not have access to this project")
                return handle(call)
            except _InvalidError as error:
                return wire.json_answer({"detail": error.detail}, 422)

        return guarded

    def _list(self, call: Call) -> Answer:
        if self.on_list is not None:
            self.on_list()
        return self._page(call, "returns", self.returns.values(), _return_numbers)

    def _list_orders(self, call: Call) -> Answer:
        return self._page(call, "orders", self.orders.values(), _order_numbers)

    def _one(self, call: Call) -> Answer:
        record = self.returns.get(str(_whole(call, "return_id")))
        return _error(404, "Return not found") if record is None else wire.json_answer({"return": record})

    def _order(self, call: Call) -> Answer:
        record = self.orders.get(str(_whole(call, "order_id")))
        return _error(404, "Order not found") if record is None else wire.json_answer({"order": record, "events": []})

    def _forbidden(self, _call: Call) -> Answer:
        """Count what a sync tool must never do: a decision moves money, the rest writes to a marketplace.

        Any id and any body will do: the request itself is counted.
        """
        self._counts.effect("forbidden")
        return wire.json_answer({"status": "success", "message": "done"})

    def _page(
        self, call: Call, name: str, records: Iterable[Record], numbers: Callable[[Record], Sequence[object]]
    ) -> Answer:
        """Give one page, the newest first. `total` counts the page, as the documented example has it."""
        limit = _number(call, "limit", _MOST, 1, _MOST)
        offset = _number(call, "offset", 0, 0, None)
        keeps = [_since(call, *bound) for bound in _BOUNDS]
        wanted = call.first("search")
        if wanted == "":
            raise _InvalidError("query", "search", "String should have at least 1 character", "string_too_short")

        def found(record: Record) -> bool:
            if wanted is None:
                return True
            if self.exact_search:
                return wanted in {str(number) for number in numbers(record)}
            return wanted.casefold() in str([*numbers(record), record["data"].get("customer")]).casefold()

        kept = [
            record
            for record in records
            if found(record)
            and all(keep(record) for keep in keeps)
            and (record["error"] or (call.first("errors") or "").lower() != "true")
        ]
        kept.sort(key=lambda record: (wire.parse_instant(record["created"]), record["id"]), reverse=True)
        page = kept[offset : offset + limit]
        errors = sum(bool(record["error"]) for record in page)
        return wire.json_answer({"total": len(page), "error_count": errors, name: page})


# The page does not say whether a bound includes its own moment (Open questions): here none does.
_BOUNDS: Final = (
    *(("start_date", "created", 1), ("end_date", "created", -1)),
    *(("last_modified_after", "modified", 1), ("last_modified_before", "modified", -1)),
    *(("retrieved_at_start", "retrieved_at", 1), ("retrieved_at_end", "retrieved_at", -1)),
)


def _since(call: Call, name: str, field: str, sign: int) -> Callable[[Record], bool]:
    """Read one bound: a date or a time, in UTC where it has no zone."""
    text = call.first(name)
    if text is None:
        return lambda _record: True
    try:
        bound = wire.parse_instant(text)
    except ValueError:
        raise _InvalidError("query", name, "Input should be a valid datetime", "datetime_parsing") from None
    return lambda record: (wire.parse_instant(record[field]) - bound).total_seconds() * sign > 0


def _number(call: Call, name: str, default: int, least: int, most: int | None) -> int:
    text = call.first(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004 - more digits than any page number has
        raise _InvalidError("query", name, "Input should be a valid integer", "int_parsing")
    if int(text) < least or (most is not None and int(text) > most):
        raise _InvalidError("query", name, "Input is out of range", "out_of_range")
    return int(text)


def _whole(call: Call, name: str) -> int:
    """Read an id in the path."""
    text = call.values[name]
    if not (text.isascii() and text.isdigit() and len(text) < 19):  # noqa: PLR2004 - as long as a database's numbers
        raise _InvalidError("path", name, "Input should be a valid integer", "int_parsing")
    return int(text)


def _error(status: int, message: str) -> Answer:
    return wire.json_answer({"status": "error", "message": message}, status)


def _return_numbers(record: Record) -> Sequence[object]:
    """Give the numbers that a search looks at. No source says that the return's own id is one, so it is not."""
    meta, item = record["data"]["meta"] or {}, record["data"]["item"]
    names = ("channel_order_id", "channel_order_id_internal", "channel_return_id", "platform_order_id")
    return [*(meta.get(name) for name in names), item.get("order_id"), item.get("gtin"), record["channel_id"]]


def _order_numbers(record: Record) -> Sequence[object]:
    return [record["channel_id"], record["channel_id_internal"], record["platform_id"]]
