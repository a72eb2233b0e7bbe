"""Whether a look for the code precedes a create: it does while this state may know less than the warehouse.

A state that was lost, or that was moved from a machine that went on working, would announce again what is at the
warehouse already. A forecast on the same order is seen in any case. One under another number of the order is found only
by a look for the code.
"""

import threading

from returnsync.model import WarehouseName
from returnsync.state import ledger
from returnsync.state.database import Database

# This many creates of a new state, or after a forecast of ours was found that this state did not know.
_LOOKED_FOR = 20


class FirstCreates:
    """Counts, for each warehouse, the creates that a look still precedes. Safe to share between threads."""

    def __init__(self) -> None:
        """Read from the state at the first question about each warehouse."""
        self._lock = threading.Lock()
        self._left: dict[WarehouseName, int] = {}

    def take(self, db: Database, warehouse: WarehouseName) -> bool:
        """Whether a look precedes the next create, which is counted; `db` is the handle of the calling thread."""
        with self._lock:
            if warehouse not in self._left:
                with db.reading() as q:
                    known = ledger.creates_since_adoption(q, warehouse, _LOOKED_FOR)
                self._left[warehouse] = _LOOKED_FOR - known
            self._left[warehouse] -= 1
            return self._left[warehouse] >= 0

    def found_one(self, warehouse: WarehouseName) -> None:
        """A forecast of ours was found that this state does not know: begin counting again."""
        with self._lock:
            self._left[warehouse] = _LOOKED_FOR
