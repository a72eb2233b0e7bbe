"""Labels that no consumer waits for, or of which nobody knows any more whom they are for."""

from returnsync.model import Announcement
from returnsync.state import erasing, returns
from returnsync.state.database import Queries


def why_of_nobody(q: Queries, item: Announcement) -> str:
    """Why the label of an announcement is handed over to nobody, as a sentence; empty where that is not so."""
    ret = returns.get(q, item.source, item.return_id)
    if ret is not None and ret.is_test:
        return "Its return is one of a test shop."
    if ret is None or ret.anonymised or erasing.erased_at(q, item.source, item.return_id) is not None:
        return "The personal data of its return were erased, here or at its platform, so nobody knows whom it is for."
    return ""
