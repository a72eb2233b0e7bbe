"""What a list of Sendcloud shows beside the returns: the same ones again, as older copies or in another spelling."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading

    from returnsync.sandbox.wire import Record


class Copies:
    """Copies of returns, and which returns are not shown as they are. A copy is made of a return as it is now."""

    def __init__(self, returns: dict[str, Record], lock: threading.RLock) -> None:
        """Show `returns` and nothing beside them."""
        self._returns = returns
        self._lock = lock
        self._copies: list[Record] = []
        self._hidden: set[str] = set()

    def rewrite(self, identity: str, *, number: str | None = None, postal_code: str | None = None) -> None:
        """Spell a return's order number or the consumer's postal code in another way; nothing else of it changes."""
        with self._lock:
            row = self._returns[identity]
            if number is not None:
                row["order_number"] = number
            if postal_code is not None:
                row["from_address"]["postal_code"] = postal_code

    def show_again(self, identity: str, *, instead: bool = False) -> None:
        """From now on, show the present version of a return beside its later versions, or `instead` of them."""
        with self._lock:
            self._copies.append(copy.deepcopy(self._returns[identity]))
            if instead:
                self._hidden.add(identity)

    def show_newest(self) -> None:
        """Show every return as it is, and nothing else."""
        with self._lock:
            self._copies.clear()
            self._hidden.clear()

    def listed(self) -> dict[str, Record]:
        """Give every record that a list may have; ids of copies sort after all others."""
        shown = {identity: row for identity, row in self._returns.items() if identity not in self._hidden}
        return shown | {f"9{place:06}": row for place, row in enumerate(self._copies)}
