"""The tracking links of the labels that were saved: they tell our labels from others that an order has."""

from collections import Counter
from collections.abc import Collection

from returnsync.model import WarehouseName
from returnsync.state.database import Queries


def of(q: Queries, warehouse: WarehouseName, codes: Collection[str]) -> Counter[str]:
    """How many of the labels of these codes have which link: several parcels may have one."""
    return Counter(
        row["tracking_link"]
        for code in codes
        for row in q.labels_of_code(warehouse=warehouse, code=code)
        if row["tracking_link"]
    )
