"""Several accounts of Monta's REST API at one address: the login decides whose orders and forecasts are shown.

Monta gives out test accounts at the address of the live ones (docs/warehouses/monta.md, section 2), and a merchant may
make a second account of its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from returnsync.sandbox.monta import Monta

if TYPE_CHECKING:
    from collections.abc import Sequence

    from returnsync.sandbox.wire import Answer, Call, Handler, Operation


class MontaAccounts:
    """All merchants at Monta's address: the merchant of the sandbox, and those that were added."""

    prefix = Monta.prefix

    def __init__(self, first: Monta) -> None:
        """Begin with one merchant, who also gets every request with an unknown login."""
        self.lock = first.lock
        self._first = first
        self._others: dict[str, dict[str, Handler]] = {}

    def add(self, merchant: Monta) -> None:
        """Accept the login of another merchant, which shows that merchant's data."""
        with self.lock:
            self._others[merchant.username] = {one.name: one.handle for one in merchant.operations()}

    def operations(self) -> Sequence[Operation]:
        """Name the operations, which are the same for everybody."""
        return [replace(one, handle=self._of_whoever_asks(one)) for one in self._first.operations()]

    def _of_whoever_asks(self, operation: Operation) -> Handler:
        def handle(call: Call) -> Answer:
            user, _ = call.basic() or ("", "")
            return self._others.get(user, {}).get(operation.name, operation.handle)(call)

        return handle
