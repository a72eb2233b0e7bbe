"""What was handed over, noted beside the labels: by that a state of yesterday that is put back knows of it.

One line an attempt in `labels/<warehouse>/.handed-over`: the label's SHA-256, the method, and the attempt's number. It
is on disk before the label goes. Nothing but this is read from it: up to which number a label was attempted.
"""

import os
from pathlib import Path

from returnsync.folders import open_private, sync
from returnsync.model import WarehouseName

_NAME = ".handed-over"
_PARTS = 3


class Witness:
    """The notes in one folder of labels."""

    def __init__(self, folder: Path) -> None:
        """`folder` has a folder for each warehouse."""
        self._folder = folder
        self._known: dict[WarehouseName, dict[tuple[str, str], int]] = {}

    def highest(self, warehouse: WarehouseName, sha256: str, method: str) -> int:
        """The number of the last attempt at a label by a method; 0 where none is noted.

        Raises:
            OSError: the notes are there, and cannot be read.
        """
        if warehouse not in self._known:
            self._known[warehouse] = _read(self._folder / warehouse / _NAME)
        return self._known[warehouse].get((sha256, method), 0)

    def note(self, warehouse: WarehouseName, sha256: str, method: str, number: int) -> None:
        """Note an attempt that is about to be made.

        Raises:
            OSError: it cannot be written.
        """
        self.highest(warehouse, sha256, method)  # what is there is known before more is
        place = self._folder / warehouse / _NAME
        is_new = not place.exists()
        handle = open_private(place, os.O_WRONLY | os.O_APPEND)
        with os.fdopen(handle, "ab") as file:
            # A power cut may have left half a line at the end: this one stands on a line of its own all the same.
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
