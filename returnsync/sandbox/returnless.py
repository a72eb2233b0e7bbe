"""Returnless as docs/platforms/returnless.md describes it; where that is unclear, the most harmful answer.

Sections are those of that page.
"""

from __future__ import annotations

import copy
import operator
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from returnsync.sandbox import wire
from returnsync.sandbox.records import SKU
from returnsync.sandbox.returnless_query import (
    OrderFilter,
    RefusedError,
    cursor_in,
    cursor_of,
    cursor_time,
    filters,
    included,
    made,
    per_page,
    sorted_down,
)
from returnsync.sandbox.returnless_records import (
    RETURNED,
    ReturnlessAccount,
    id_of,
    item,
    return_order,
    status,
    written,
)
from returnsync.sandbox.returnless_shapes import VERSIONS, Shape, modern, shaped
from returnsync.sandbox.wire import Answer, Call, Operation, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from returnsync.sandbox.counts import Counts

__all__ = ["Returnless", "ReturnlessAccount"]

# Calls that a sync tool must never make: they decide for the merchant, or are not known to be harmless (section 4).
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
        # How relations are given; None: depending on the version (section 3).
        self.shape: Shape | None = None
        # Whether `include` is refused (section 9).
        self.refuse_include = False
        # Whether `filter[order_number]` works (section 9). If it is ignored, a client that trusts it gets all returns.
        self.order_filter: OrderFilter = "ignored"
        # Whether `meta` has the next cursor; otherwise only `links.next` has it (section 1).
        self.meta_cursor = True
        # Called before each list is read, so that a test can change rows under a client that pages.
        self.on_list: Callable[[], object] | None = None
        self._counts = counts
        self._lists = 0
        for record in account.records:
            self.add(record)

    def settings(self) -> Record:
        """Give what the configuration needs to know about the account."""
        return {"done_statuses": list(self.account.done), "cancelled_statuses": list(self.account.cancelled)}

    def secrets(self) -> dict[str, str]:
        """Give the account's secrets, by the setting that refers to each."""
        return {"api_key": self.account.api_key}

    # --- what a test does to it ------------------------------------------------------------------------------------

    def add(self, record: Record) -> str:
        """Put a copy of a return in; give its id. Raises ValueError when the id exists already."""
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

    def rows(self) -> dict[str, Record]:
        """Give the records themselves; see `wire.ReturnPlatform`."""
        return self.return_orders

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
        """Check key and version before anything else, and report errors in the form of section 1."""

        def guarded(call: Call) -> Answer:
            if not wire.same_secret(call.bearer(), self.account.api_key):
                return _error(401, "Unauthenticated.")
            if call.values["version"] not in VERSIONS:
                return _error(404, "Not Found")
            try:
                return handle(call)
            except RefusedError as error:
                return _error(error.status_code, str(error))

        return guarded

    def _list(self, call: Call) -> Answer:
        """List returns, and requests among them unless they are filtered out."""
        if self.on_list is not None:
            self.on_list()
        asked = included(call, refuse=self.refuse_include)
        falls = sorted_down(call)
        conditions = list(filters(call, self.order_filter))
        rows = [row for row in self.return_orders.values() if all(condition(row) for condition in conditions)]
        # Only one field can be sorted by, so nothing promises an order among rows of one second. Here it is reversed
        # with every request.
        self._lists += 1
        rows.sort(key=operator.itemgetter("id"), reverse=self._lists % 2 == 0)
        rows.sort(key=made, reverse=falls)
        # For the same reason the cursor is a time, and the next page begins after it: rows of the second in which a
        # page ends may be on no page.
        if (edge := cursor_time(call)) is not None:
            rows = [row for row in rows if (made(row) < edge if falls else made(row) > edge)]
        shape = self.shape or VERSIONS[call.values["version"]]
        return self._page(
            call,
            rows,
            lambda row: shaped(row, shape, asked, single=False),
            lambda shown: {"created_at": shown[-1]["created_at"]},
        )

    def _one(self, call: Call) -> Answer:
        asked = included(call, refuse=self.refuse_include)
        shape = self.shape or VERSIONS[call.values["version"]]
        return wire.json_answer({"data": shaped(self._row(call), shape, asked, single=True)})

    def _part(self, name: str) -> Callable[[Call], Answer]:
        """List items or shipments of one return."""
        return lambda call: self._plain(call, [modern(name, part) for part in self._row(call)[name]])

    def _account(self, _call: Call) -> Answer:
        return wire.json_answer({"data": {"id": id_of("account", "lindeboom"), "name": "Lindeboom"}})

    def _reasons(self, call: Call) -> Answer:
        """Give the merchant's reasons (section 3, "Reasons and statuses lists")."""
        return self._plain(call, self.account.reasons)

    def _statuses(self, call: Call) -> Answer:
        return self._plain(call, self.account.statuses)

    def _forbidden(self, _call: Call) -> Answer:
        """Count what a sync tool must never do. Any id will do: the request itself is counted."""
        self._counts.effect("forbidden")
        return wire.json_answer({"data": {}})

    def _row(self, call: Call) -> Record:
        row = self.return_orders.get(call.values["id"])
        if row is None:
            raise RefusedError(404, "No query results.")
        return row

    def _plain(self, call: Call, rows: Sequence[Record]) -> Answer:
        """Page through a list whose rows do not move; its cursor is a number of rows."""
        start = cursor_in(call).get("after", 0)
        return self._page(call, rows[start:], lambda row: row, lambda shown: {"after": start + len(shown)})

    def _page(
        self,
        call: Call,
        rows: Sequence[Record],
        show: Callable[[Record], Record],
        after: Callable[[Sequence[Record]], Record],
    ) -> Answer:
        """Give the first page of the remaining rows, and the cursor of the rows after it (section 1)."""
        size = per_page(call)
        shown = rows[:size]
        cursor = cursor_of(after(shown)) if len(rows) > len(shown) else None
        # The whole address, without the filters of the request: a client that follows it unchanged gets everything.
        link = f"http://{call.headers.get('host', '')}{call.path}?cursor={cursor}" if cursor else None
        meta: Record = {"path": call.path, "per_page": size}
        if self.meta_cursor:
            meta["next_cursor"] = cursor
        return wire.json_answer(
            {"data": [show(row) for row in shown], "links": {"prev": None, "next": link}, "meta": meta}
        )


def _error(status_code: int, message: str) -> Answer:
    return wire.json_answer({"message": message}, status_code)


def _worded(word: str) -> Record:
    """The fields that a word changes: the state if it is one of a request, else the status of an approved return."""
    if not word:
        return {}
    if word.casefold().startswith("request"):
        return {"state": word}
    return {"state": RETURNED, "status": status(word)}
