"""An invented ERP, or middleware for one, that knows an order by another number than the shop.

It stands for no particular vendor. It can be asked in the two ways that such systems have, by path and by search, and
accepts its token in each of the usual places.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from returnsync.sandbox import wire
from returnsync.sandbox.wire import Answer, Call, Operation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

USER = "erp"


class Erp:
    """The stand-in. Its numbers may be changed from any thread."""

    prefix = "/erp"

    def __init__(self, token: str = "sandbox.erp.token") -> None:  # noqa: S107 - opens nothing but the sandbox
        """Begin without any order."""
        self.lock = threading.RLock()
        self.token = token
        # The shop's number → the answer for it: mostly a text, or any other value that a test needs.
        self.numbers: dict[str, object] = {}
        # Every number that was asked for, as it was in the address.
        self.asked: list[str] = []

    def operations(self) -> Sequence[Operation]:
        """Name the operations."""
        return (
            Operation("erp.order", "GET", "/orders/{number}", self._guarded(self._order)),
            Operation("erp.search", "GET", "/search", self._guarded(self._search)),
        )

    def _guarded(self, handle: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
        def guarded(call: Call) -> Answer:
            user, password = call.basic() or ("", None)
            given = (call.bearer(), call.headers.get("x-api-key"), password if user == USER else None)
            if not any(wire.same_secret(one, self.token) for one in given):
                return wire.json_answer({"error": "unauthorized"}, 401)
            return handle(call)

        return guarded

    def _order(self, call: Call) -> Answer:
        """Give one order; 404 where there is none."""
        number = call.values["number"]
        self.asked.append(number)
        if number not in self.numbers:
            return wire.json_answer({"error": "not found"}, 404)
        return wire.json_answer({"order": {"number": self.numbers[number], "reference": number}})

    def _search(self, call: Call) -> Answer:
        """Give the orders that carry a number: one, or an empty list."""
        number = call.first("q") or ""
        self.asked.append(number)
        found = [{"number": self.numbers[number]}] if number in self.numbers else []
        return wire.json_answer({"orders": found})
