"""Returnista as docs/platforms/returnista.md describes it; where that is unclear, the most harmful answer.

Sections are those of that page.
"""

from __future__ import annotations

import copy
import math
import operator
import re
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from returnsync.sandbox import wire
from returnsync.sandbox.records import SKU, request, return_order, uuid_of
from returnsync.sandbox.wire import Answer, Call, Operation, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from returnsync.sandbox.counts import Counts
    from returnsync.sandbox.world import World

_MAX_LIMIT: Final = 50
# The guide's example shows 10, one client says 20. The smaller one makes a client without a limit read more pages.
_DEFAULT_LIMIT: Final = 10
# Parts that only come with `expand` (section 2.3); without it a return order has neither lines nor consumer.
_PARTS: Final = frozenset({"consumer", "shipments", "returnRequests"})
_TIMES: Final = frozenset({"createdAt", "updatedAt"})
_FILTER: Final = re.compile(r"(?P<field>\w+)(?P<sign>:|<=|>=|<|>)(?P<value>.*)", re.DOTALL)
_SIGNS: Final[Mapping[str, Callable[[datetime, datetime], bool]]] = {
    ":": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class _BadRequestError(Exception):
    """Something that Returnista answers with 400, in its own words."""


class Returnista(wire.ReturnPlatform):
    """The stand-in. Its data may be changed from any thread by its methods, or by hand under `lock`."""

    name = "returnista"
    title = "Returnista"
    source = "shop-nl"
    prefix = "/returnista/api/v0"
    base = prefix

    def __init__(self, world: World, counts: Counts) -> None:
        """Hold a copy of the world's return orders and reasons."""
        self.lock = threading.RLock()
        self.account_id = world.account_id
        self.token = world.token
        # By id, as on the wire with every part inline.
        self.return_orders: dict[str, Record] = {}
        self.return_reasons: list[Record] = copy.deepcopy(world.return_reasons)
        # `/return-reasons` is a bare array or `{"data": [...]}` (section 3.1, question 10).
        self.reasons_wrapped = False
        # Parts that the list leaves out even if they are asked for; the single record has them (question 8).
        self.list_leaves_out: frozenset[str] = frozenset()
        # Called before each list is read, so that a test can move rows under a client that pages.
        self.on_list: Callable[[], object] | None = None
        self._counts = counts
        self._lists = 0
        for record in world.return_orders:
            self.add(record)

    def settings(self) -> Record:
        """Give what the configuration needs to know about the account."""
        return {"account_id": self.account_id}

    def secrets(self) -> dict[str, str]:
        """Give the account's secrets, by the setting that refers to each."""
        return {"token": self.token}

    # --- what a test does to it ------------------------------------------------------------------------------------

    def add(self, record: Record) -> str:
        """Put a copy of a return order in; give its id. Raises ValueError when the id exists already."""
        with self.lock:
            return wire.put_in(self.return_orders, record, "return order")

    def give_back(
        self,
        *orders: str,
        sku: str = SKU,
        word: str = "",
        created: datetime | None = None,
        updated: datetime | None = None,
    ) -> str:
        """Put a plain return in; see `wire.ReturnPlatform`. The shop writes its numbers with a `#`."""
        wishes = (request(sku, f"#{number}") for number in orders)
        identity = uuid_of("given back", *orders, len(self.return_orders))
        record = return_order(*wishes, id=identity, status=word or "Confirmed", created=created, updated=updated)
        return self.add(record)

    def rows(self) -> dict[str, Record]:
        """Give the records themselves; see `wire.ReturnPlatform`."""
        return self.return_orders

    def touch(self, identity: str, *, at: datetime | None = None, word: str = "", **changes: object) -> None:
        """Change fields of a return order and move its `updatedAt` to a time, now when none is given."""
        if word:
            changes["status"] = word
        with self.lock:
            moved = {"updatedAt": wire.iso_z(at or datetime.now(UTC))}
            self.return_orders[identity] |= moved | copy.deepcopy(changes)

    def relate(self, identity: str, *, at: datetime | None = None, **changes: object) -> None:
        """Change related parts, such as a label that came later; only `relationUpdatedAt` moves (question 7)."""
        with self.lock:
            moved = {"relationUpdatedAt": wire.iso_z(at or datetime.now(UTC))}
            self.return_orders[identity] |= moved | copy.deepcopy(changes)

    def remove(self, identity: str) -> None:
        """Take a return order away."""
        with self.lock:
            del self.return_orders[identity]

    # --- what it is asked ------------------------------------------------------------------------------------------

    def operations(self) -> Sequence[Operation]:
        """Name the operations (sections 3.1, 3.2 and 3.4)."""
        account = "/account/{account}"
        one = account + "/return-order/{id}"
        draft = account + "/draft-return-order/{id}"
        return (
            Operation("returnista.list", "GET", account + "/return-orders", self._guarded(self._list)),
            Operation("returnista.one", "GET", one, self._guarded(self._one)),
            Operation("returnista.requests", "GET", account + "/return-requests", self._guarded(self._requests)),
            Operation("returnista.reasons", "GET", "/return-reasons", self._guarded(self._reasons)),
            Operation("returnista.resend", "GET", one + "/resend-confirmation-email", self._guarded(self._forbidden)),
            Operation("returnista.accept", "PUT", draft + "/accept", self._guarded(self._forbidden)),
            Operation("returnista.reject", "PUT", draft + "/reject", self._guarded(self._forbidden)),
        )

    def _guarded(self, handle: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
        """Check token and account before anything else, and report errors in Returnista's form."""

        def guarded(call: Call) -> Answer:
            if not wire.same_secret(call.bearer(), self.token):
                return _error(401, "Unauthorized")
            if call.values.get("account", self.account_id) != self.account_id:
                return _error(404, "Account not found")
            try:
                return handle(call)
            except _BadRequestError as error:
                return _error(400, str(error))

        return guarded

    def _list(self, call: Call) -> Answer:
        """List return orders. Drafts are included, since clients in use filter them out (question 3)."""
        if self.on_list is not None:
            self.on_list()
        limit, page = _paging(call)
        keep, found = _filter(call), _search(call)
        key = call.first("sortBy") or "createdAt"
        if key not in _TIMES:
            raise _BadRequestError(f"Field: sortBy - {key} is not sortable")
        order = call.first("orderBy") or "desc"
        if order not in {"asc", "desc"}:
            raise _BadRequestError("Field: orderBy - expected asc or desc")
        # Nothing promises an order among rows of one timestamp. Here it is reversed with every request, so that at the
        # edge of a page one row is read twice and another never.
        self._lists += 1
        rows = sorted(
            (row for row in self.return_orders.values() if keep(row) and found(row)),
            key=operator.itemgetter("id"),
            reverse=self._lists % 2 == 0,
        )
        rows.sort(key=lambda row: wire.parse_instant(row[key]), reverse=order == "desc")
        parts = _PARTS.intersection(call.query.get("expand", ())) - self.list_leaves_out
        return _page([_without_parts(row, parts) for row in _slice(rows, limit, page)], len(rows), limit, page)

    def _one(self, call: Call) -> Answer:
        row = self.return_orders.get(call.values["id"])
        if row is None:
            return _error(404, "Return order not found")
        return wire.json_answer(_without_parts(row, _PARTS.intersection(call.query.get("expand", ()))))

    def _requests(self, call: Call) -> Answer:
        """List return requests; with `limit=1` it is the cheap check of key and account (section 3.1).

        Without `expand` a request has neither the consumer nor a readable reason (section 1).
        """
        limit, page = _paging(call)
        keep = _filter(call)
        expanded = set(call.query.get("expand", ()))
        rows = []
        for order in self.return_orders.values():
            for one in order["returnRequests"]:
                if keep(one):
                    row = {name: value for name, value in one.items() if name != "returnReason" or name in expanded}
                    rows.append({**row, "consumer": order["consumer"]} if "consumer" in expanded else row)
        return _page(_slice(rows, limit, page), len(rows), limit, page)

    def _reasons(self, _call: Call) -> Answer:
        """Give the catalogue, which is global: no account in the path (section 2.4)."""
        return wire.json_answer({"data": self.return_reasons} if self.reasons_wrapped else self.return_reasons)

    def _forbidden(self, _call: Call) -> Answer:
        """Count what a sync tool must never do: mail a consumer, or decide for the merchant (sections 3.2 and 3.4).

        Any id will do: the request itself is counted.
        """
        self._counts.effect("forbidden")
        return wire.json_answer({})


def _error(status: int, message: str) -> Answer:
    return wire.json_answer({"errors": [{"message": message}]}, status)


def _paging(call: Call) -> tuple[int, int]:
    """Read `limit` and `page`. A limit above 50 is not reduced, the call fails; the message is attested (section 1)."""
    limit = _number(call, "limit", _DEFAULT_LIMIT)
    if limit > _MAX_LIMIT:
        raise _BadRequestError(f"Field: limit - The limit should not exceed {_MAX_LIMIT}")
    return limit, _number(call, "page", 1)


def _number(call: Call, name: str, default: int) -> int:
    text = call.first(name)
    if text is None:
        return default
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise _BadRequestError(f"Field: {name} - expected a number from 1")
    return int(text)


def _slice(rows: Sequence[Record], limit: int, page: int) -> Sequence[Record]:
    return rows[(page - 1) * limit : page * limit]


def _page(rows: Sequence[Record], total: int, limit: int, page: int) -> Answer:
    more = page < math.ceil(total / limit)
    return wire.json_answer(
        {"data": rows, "limit": limit, "page": page, "nextPage": page + 1 if more else None, "hasMore": more}
    )


def _without_parts(row: Record, but: Iterable[str]) -> Record:
    return {name: value for name, value in row.items() if name not in _PARTS or name in but}


def _filter(call: Call) -> Callable[[Record], bool]:
    """Read the one condition (section 1, Filters). No source says how to combine two, so two are refused."""
    conditions = call.query.get("filter", ())
    if not conditions:
        return lambda _row: True
    match = _FILTER.fullmatch(conditions[0])
    if len(conditions) > 1 or match is None:
        raise _BadRequestError("Field: filter - expected one condition such as status:Confirmed")
    name, sign, value = match.group("field", "sign", "value")
    if name in _TIMES:
        try:
            bound = wire.parse_instant(value)
        except ValueError:
            raise _BadRequestError(f"Field: filter - {name} needs a time") from None
        return lambda row: _SIGNS[sign](wire.parse_instant(row[name]), bound)
    if sign != ":" or name not in _EQUALITY:
        raise _BadRequestError(f"Field: filter - {name}{sign} is not supported")
    return lambda row: value in _EQUALITY[name](row)


def _search(call: Call) -> Callable[[Record], bool]:
    """Read the free text, which is looked for in order numbers and in the consumer's names and e-mail (section 1)."""
    wanted = (call.first("search") or "").casefold()

    def found(row: Record) -> bool:
        person = row["consumer"]
        name = f"{person['firstName']} {person['lastName']}"
        return any(wanted in str(text).casefold() for text in (*row["purchaseOrderNumbers"], name, person["email"]))

    return found


def _order_numbers(row: Record) -> Sequence[object]:
    """Give the order numbers of a return order, or the one of a request; as they are, with a `#`."""
    return row.get("purchaseOrderNumbers", (row.get("purchaseOrderNumber"),))  # type: ignore[no-any-return]  # a record holds anything


_EQUALITY: Final[Mapping[str, Callable[[Record], Sequence[object]]]] = {
    "purchaseOrderNumber": _order_numbers,
    "status": lambda row: (row["status"],),
    # No source says whether a store is given by its id or by its name.
    "store": lambda row: (row.get("storeId"), row.get("store", {}).get("name")),
}
