"""Labels that no consumer waits for, and labels whose consumer is no longer known."""

from returnsync.model import Announcement
from returnsync.state import erasing, returns
from returnsync.state.database import Queries


def why_of_nobody(q: Queries, item: Announcement) -> str:
    """A sentence that says why the label of an announcement is not handed over to anybody; empty where it may be."""
    ret = returns.get(q, item.source, item.return_id)
    if ret is not None and ret.is_test:
        return "Its return is one of a test shop."
    if ret is None or ret.anonymised or erasing.erased_at(q, item.source, item.return_id) is not None:
        return (
            "The personal data of its return were erased, here or at its platform, so it is not known whom it is for."
        )
    return ""
