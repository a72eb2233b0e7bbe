"""Whether a create is preceded by a look for its code: while this state may know less than the warehouse.

A state that was lost, or moved from a machine that went on, announces again what stands at the warehouse already. What
stands on the order is seen anyway; under another number of the order, only a look for the code finds it.
"""

import threading

from returnsync.model import WarehouseName
from returnsync.state import ledger
from returnsync.state.database import Database

# So many creates of a new state, or since a forecast was found that this state did not know.
_LOOKED_FOR = 20


class FirstCreates:
    """Counts the creates that are still preceded by a look, for each warehouse. Safe to share between threads."""

    def __init__(self) -> None:
        """Begin with what the state says, at the first question about each warehouse."""
        self._lock = threading.Lock()
        self._left: dict[WarehouseName, int] = {}

    def take(self, db: Database, warehouse: WarehouseName) -> bool:
        """Whether the next create is to be preceded by a look; `db` is the handle of the thread that asks."""
        with self._lock:
            if warehouse not in self._left:
                with db.reading() as q:
                    known = ledger.creates_since_adoption(q, warehouse, _LOOKED_FOR)
                self._left[warehouse] = _LOOKED_FOR - known
            self._left[warehouse] -= 1
            return self._left[warehouse] >= 0

    def found_one(self, warehouse: WarehouseName) -> None:
        """A forecast of ours was found that this state does not know: begin anew."""
        with self._lock:
            self._left[warehouse] = _LOOKED_FOR
