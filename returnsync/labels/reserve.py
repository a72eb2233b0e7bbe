"""Room that is set aside before labels are asked for, and given back when the disk turns out to be full.

How large a label is shows only once it is paid for, and others write to the same disk meanwhile.
"""

import os
import threading
from contextlib import suppress
from pathlib import Path

SIZE = 1024 * 1024
"""In bytes. A label takes some 10 to 100 kB, and a few are in hand at once."""


class Reserve:
    """A file of no content that takes up room in a folder. Safe to share between threads."""

    def __init__(self, place: Path) -> None:
        """`place` is where the file lies; it is not made yet."""
        self._place = place
        self._lock = threading.Lock()
        self._held = False

    def take(self) -> None:
        """Take the room up, unless it is already.

        Raises:
            OSError: there is not so much room, or nothing can be written there.
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
        """Give the room back; false where there is none any more."""
        with self._lock:
            held, self._held = self._held, False
            if held:
                with suppress(OSError):
                    self._place.unlink()
            return held


def _fill(handle: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(handle, 0, SIZE)
    else:
        os.write(handle, bytes(SIZE))  # macOS has no such call
