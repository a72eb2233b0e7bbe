"""Reading a table of any size a batch at a time, so that memory holds one batch."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

_MOST = 1000


def in_batches(read: Callable[..., Iterable[Any]], key: str, most: int = _MOST) -> Iterator[list[Any]]:
    """Every row of a table, up to `most` at a time; rows may be changed between two batches, but not their key.

    `read(after=…, most=…)` gives up to `most` rows whose key comes after the text `after`, in order of it. `key` names
    that column: of text, unique, and empty in no row.
    """
    after = ""
    while batch := list(read(after=after, most=most)):
        yield batch
        after = batch[-1][key]
