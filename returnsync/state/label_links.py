"""The tracking links of the labels that were saved: they tell our labels from others that an order has."""

from collections import Counter
from collections.abc import Collection

from returnsync.model import Code, WarehouseName
from returnsync.state import personal
from returnsync.state.database import Queries
from returnsync.state.sent import containing


def of(q: Queries, warehouse: WarehouseName, codes: Collection[str]) -> Counter[str]:
    """How many of the labels of these codes have which link, by its digest: several parcels may have one."""
    digests = (
        row["link_sha256"] or personal.digest_of_link(row["tracking_link"])
        for code in codes
        for row in q.labels_of_code(warehouse=warehouse, code=code)
    )
    return Counter(filter(None, digests))


def that_tell(q: Queries, text: str) -> list[tuple[Code, str]]:
    """The pages for tracking whose address has a text in it, each with its code; of labels that were not erased."""
    return [(Code(row["code"]), row["tracking_link"]) for row in q.links_that_tell(pattern=containing(text))]
