"""The tracking links of the labels that were saved: they tell our labels from others that an order has."""

from collections import Counter

from returnsync.model import Code, OrderNumber, WarehouseName
from returnsync.state.database import Queries


def of_order(q: Queries, warehouse: WarehouseName, order_number: OrderNumber) -> Counter[str]:
    """How many labels have which link, of the announcements of one order; `order_number` as the platform wrote it."""
    return Counter(row["tracking_link"] for row in q.links_of_order(warehouse=warehouse, order_number=order_number))


def codes(q: Queries, warehouse: WarehouseName, link: str) -> list[Code]:
    """The codes whose label has a link; two of them are enough to know that it is no parcel's own."""
    return [Code(row["code"]) for row in q.codes_with_link(warehouse=warehouse, link=link)]
