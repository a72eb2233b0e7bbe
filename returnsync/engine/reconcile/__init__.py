"""Reconcile: list again what platforms and warehouses show, and compare it with the state. Only `adopt` writes.

    warehouses' lists ──▶ a copy of the state, every source listed into it ──▶ differences ──▶ a person ──▶ adopt

Nothing is ever sent from here.
"""

from returnsync.engine.reconcile.adopting import adopt
from returnsync.engine.reconcile.comparing import Compared, compare
from returnsync.engine.reconcile.differences import MEANINGS, Difference, Kind
from returnsync.engine.reconcile.lists import read_lists

__all__ = ["MEANINGS", "Compared", "Difference", "Kind", "adopt", "compare", "read_lists"]
