"""Room for labels: whether there is enough before one is asked for, and a reserve for a full disk.

The size of a label is known only after it is paid for, and other programs write to the same disk meanwhile.
"""

import errno
import os
import threading
from contextlib import suppress
from pathlib import Path

from returnsync.errors import StateError

# The errors of file systems that do not support the call that reserves room.
_NOT_SUPPORTED = frozenset({errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS})

# A label takes about 10 to 100 kB, and a few are in progress at once.
SIZE = 1024 * 1024
"""How many bytes are reserved."""
ENOUGH = 1024 * 1024
"""How many bytes must be free before a label is asked for, besides the reserve."""

# The error numbers of a disk that is full and of a quota that is used up.
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def is_enough_in(folder: Path, wanted: int = ENOUGH) -> bool:
    """Whether this user may still write `wanted` bytes; space that is kept for root does not count.

    A file system that gives no numbers, as some on a network, counts as having room.
    """
    about = os.statvfs(folder)
    return (about.f_blocks == 0 or about.f_bavail * about.f_frsize >= wanted) and (
        about.f_files == 0 or about.f_favail > 0
    )


def free_in(folder: Path) -> str:
    """How much room this user has on the disk of a folder, in words."""
    about = os.statvfs(folder)
    if about.f_files and not about.f_favail:
        return "no more files can be created there"
    free, needed = about.f_bavail * about.f_frsize / 2**20, (SIZE + ENOUGH) // 2**20
    return f"{free:.1f} MiB are free there, and {needed} MiB are needed"


def none_in(folder: Path) -> StateError:
    """The error that no label is asked for, since there would be no room for it."""
    free = "its disk, or this user's share of it, is full"
    with suppress(OSError):
        free = free_in(folder)
    return StateError(
        f"There is no room for labels in {folder}: {free}. No label was asked for; the returns wait for their labels.",
        "Make room on its disk, or point `labels` at a folder on another one. Then everything goes on by itself.",
    )


class Reserve:
    """A file without content that reserves room in a folder. Safe to share between threads."""

    def __init__(self, place: Path) -> None:
        """`place` is the file's path; it is not created yet."""
        self._place = place
        self._lock = threading.Lock()
        self._held = False

    def take(self) -> None:
        """Reserve the room, unless it is already reserved.

        Raises:
            OSError: there is not enough room, or nothing can be written there.
        """
        with self._lock:
            if self._held:
                return
            handle = os.open(self._place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            try:
                _fill(handle)
            except BaseException:
                with suppress(OSError):
                    self._place.unlink()
                raise
            finally:
                os.close(handle)
            self._held = True

    def give_back(self) -> bool:
        """Give the room back; false where none is reserved."""
        with self._lock:
            held, self._held = self._held, False
            if held:
                with suppress(OSError):
                    self._place.unlink()
            return held


def _fill(handle: int) -> None:
    try:
        os.posix_fallocate(handle, 0, SIZE)
    except AttributeError:
        _write_zeros(handle)  # macOS has no such call
    except OSError as error:
        if error.errno not in _NOT_SUPPORTED:
            raise
        _write_zeros(handle)


def _write_zeros(handle: int) -> None:
    left = SIZE
    while left > 0:
        left -= os.write(handle, bytes(left))
