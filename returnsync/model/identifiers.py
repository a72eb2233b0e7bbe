"""The names of a source, a return, an order and an announcement: one type each, so that none is taken for another."""

from typing import NewType

SourceId = NewType("SourceId", str)
"""The permanent name of a source: its `id` setting. It is part of every code, so it never changes."""

WarehouseName = NewType("WarehouseName", str)
"""The name of a warehouse account in the configuration."""

ReturnId = NewType("ReturnId", str)
"""The platform's own key of a return."""

OrderNumber = NewType("OrderNumber", str)
"""An order number exactly as the platform wrote it."""

WarehouseOrderNumber = NewType("WarehouseOrderNumber", str)
"""An order number as the warehouse knows it, after the rules of the source were applied."""

Code = NewType("Code", str)
"""Our key of one announcement at the warehouse: at most 50 characters of `A–Z a–z 0–9 -`."""
