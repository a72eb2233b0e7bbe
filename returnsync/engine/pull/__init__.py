"""Pull: what changed at the platforms, read and saved together with how far the reading came.

Every record that a platform shows is in state before its mark passes it: as a return, as a part of one, or set aside as
it cannot be read. What its platform no longer has is held. A source that fails costs the other sources nothing.
"""

from returnsync.engine.pull.again import list_again
from returnsync.engine.pull.each_source import pull, pull_all
from returnsync.engine.pull.keys import found_by_any_key, records_of
from returnsync.engine.pull.named import read_records, save_each
from returnsync.engine.pull.saving import save_found

__all__ = [
    "found_by_any_key",
    "list_again",
    "pull",
    "pull_all",
    "read_records",
    "records_of",
    "save_each",
    "save_found",
]
