"""Orders: the warehouse's number of an order, and whether a return can be announced on it.

The rules of a source turn the platform's number into the warehouse's, with tables and with lookups in other systems. A
number that cannot be determined is never guessed. No order is worked on in two places at a time.
"""

from returnsync.engine.orders.check import NumberCheck, WarehouseAnswer, check_numbers
from returnsync.engine.orders.fit import check_number, check_order
from returnsync.engine.orders.locks import OrderLocks
from returnsync.engine.orders.lookups import Lookups
from returnsync.engine.orders.numbers import Lead, Numbers, raw_number

__all__ = [
    "Lead",
    "Lookups",
    "NumberCheck",
    "Numbers",
    "OrderLocks",
    "WarehouseAnswer",
    "check_number",
    "check_numbers",
    "check_order",
    "raw_number",
]
