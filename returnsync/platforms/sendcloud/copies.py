"""Several records of one key in one listing: one return that is shown more than once, or nobody knows which."""

from collections.abc import Sequence

from returnsync.mapping.copies import add_copy
from returnsync.model import Cause, Return, UnreadableRecord
from returnsync.platforms.interface import Found
from returnsync.state.content import dumped_all

CONTRADICTS_ITSELF = "One listing shows two returns under this key, with different items."


def one_of(found: Sequence[Found]) -> Found:
    """What several records of one key say together: the newest of them, where their items do not differ."""
    copies: list[Return] = []
    for item in found:
        if isinstance(item, Return):
            add_copy(copies, item)
    if len(copies) > 1:
        return UnreadableRecord(copies[0].id, dumped_all(copies), CONTRADICTS_ITSELF, Cause.IDENTITY_UNCLEAR)
    return copies[0] if copies else found[0]
