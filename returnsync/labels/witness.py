"""A record of what was handed over, kept beside the labels, so that an older state that is restored knows of it.

There is one line for each attempt in `labels/<warehouse>/.handed-over`: the label's SHA-256, the method, and the number
of the attempt. It is on disk before the label is handed over. Only one thing is read from it: the number of the last
attempt for a label.
"""

import os
from pathlib import Path

from returnsync.folders import open_private, sync
from returnsync.model import WarehouseName

_NAME = ".handed-over"
_PARTS = 3


class Witness:
    """The record in one folder of labels."""

    def __init__(self, folder: Path) -> None:
        """`folder` has a folder for each warehouse."""
        self._folder = folder
        self._known: dict[WarehouseName, dict[tuple[str, str], int]] = {}

    def highest(self, warehouse: WarehouseName, sha256: str, method: str) -> int:
        """The number of the last attempt to hand a label over by a method; 0 where none is recorded.

        Raises:
            OSError: the record exists, but cannot be read.
        """
        if warehouse not in self._known:
            self._known[warehouse] = _read(self._folder / warehouse / _NAME)
        return self._known[warehouse].get((sha256, method), 0)

    def note(self, warehouse: WarehouseName, sha256: str, method: str, number: int) -> None:
        """Record an attempt that is about to be made.

        Raises:
            OSError: it cannot be written.
        """
        self.highest(warehouse, sha256, method)  # read the existing record before it is extended
        place = self._folder / warehouse / _NAME
        is_new = not place.exists()
        handle = open_private(place, os.O_WRONLY | os.O_APPEND)
        with os.fdopen(handle, "ab") as file:
            # A power cut may have left half a line at the end; this record still gets a line of its own.
            file.write(f"\n{sha256} {method} {number}\n".encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            sync(place.parent)
        self._known[warehouse][sha256, method] = number


def _read(place: Path) -> dict[tuple[str, str], int]:
    try:
        content = place.read_bytes()
    except FileNotFoundError:
        return {}
    known: dict[tuple[str, str], int] = {}
    for line in content.decode("ascii", errors="replace").splitlines():
        parts = line.split(" ")
        if len(parts) == _PARTS and parts[2].isdecimal():
            key = (parts[0], parts[1])
            known[key] = max(known.get(key, 0), int(parts[2]))
    return known
