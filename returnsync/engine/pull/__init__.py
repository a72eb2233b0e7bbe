"""Pull: read what changed at the platforms, and save it together with how far it was read.

Every record that a platform shows is in the state before the mark passes it: as a return, as a part of one, or set
aside because it cannot be read. What a platform no longer has is held where a person must look at it. A source that
fails does not affect the others.
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
