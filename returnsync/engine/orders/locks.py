"""Locks for orders: the units left on an order are counted from its forecasts, so one thread at a time works on it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from returnsync.model import WarehouseName, WarehouseOrderNumber


class OrderLocks:
    """A lock for each order that is worked on. Safe to share between threads."""

    def __init__(self) -> None:
        """Begin without any order."""
        self._lock = threading.Lock()
        self._orders: dict[tuple[WarehouseName, WarehouseOrderNumber], _Order] = {}

    @contextmanager
    def hold(self, warehouse: WarehouseName, number: WarehouseOrderNumber) -> Iterator[None]:
        """Wait until no other thread works on the order, and keep others from it inside the block.

        The plan keeps equal numbers together. Different numbers may still lead to one order, which is known only once
        the rules were applied.
        """
        with self._lock:
            order = self._orders.setdefault((warehouse, number), _Order())
            order.wanted += 1
        try:
            with order.lock:
                yield
        finally:
            with self._lock:
                order.wanted -= 1
                if not order.wanted:
                    del self._orders[warehouse, number]


class _Order:
    """One order that is worked on, and by how many threads it is wanted."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.wanted = 0
