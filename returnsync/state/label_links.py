"""The tracking links of the labels that were saved: they tell our labels from other labels of an order."""

from collections import Counter
from collections.abc import Collection

from returnsync.model import Code, WarehouseName
from returnsync.state import personal
from returnsync.state.database import Queries
from returnsync.state.sent import containing


def of(q: Queries, warehouse: WarehouseName, codes: Collection[str]) -> Counter[str]:
    """How many labels of these codes have each link, by its digest: several parcels may share a link."""
    digests = (
        row["link_sha256"] or personal.digest_of_link(row["tracking_link"])
        for code in codes
        for row in q.labels_of_code(warehouse=warehouse, code=code)
    )
    return Counter(filter(None, digests))


def that_tell(q: Queries, text: str) -> list[tuple[Code, str]]:
    """The tracking pages whose address contains a text, each with its code; only of labels that were not erased."""
    return [(Code(row["code"]), row["tracking_link"]) for row in q.links_that_tell(pattern=containing(text))]
