"""Label files: what counts as one, and the folder where each lies whole or not at all.

`labels/<warehouse>/<code>.<extension>`, readable by their owner only. A label costs money, so its file is on disk and
synced before the ledger says that it was made; a file of the right kind under the right code is proof that it was.
Anything else that lies under such a name (a link, a folder, a named pipe) proves nothing, and makes room for a label.
"""

import hashlib
import logging
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from returnsync import clock
from returnsync.errors import StateError
from returnsync.folders import make_private
from returnsync.model import Code, Label, WarehouseName

logger = logging.getLogger("returnsync.labels")
steps = logging.getLogger("returnsync.steps")

_SIGNATURES = {"pdf": b"%PDF-", "png": b"\x89PNG\r\n\x1a\n", "zpl": b"^XA"}

# No answer is taken that is larger (`Bounds` in http/wire.py), so no label is.
_LARGEST = 20 * 1024 * 1024

# Neither waits for the other end of a named pipe, nor follows a link.
_READING = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW


def is_label(content: bytes, extension: str) -> bool:
    """Whether `extension` is one that we keep and the file begins as such a file must."""
    signature = _SIGNATURES.get(extension)
    return signature is not None and content.startswith(signature)


@dataclass(frozen=True, slots=True)
class LabelFile:
    """A label on disk: its place relative to the labels folder, and what tells it from another."""

    file: str
    sha256: str
    written: datetime
    earlier_moved_to: str = ""
    """Where the label went that lay under this name before: it was paid for too."""


class LabelFolder:
    """Where the labels lie."""

    def __init__(self, path: Path) -> None:
        """`path` is made when the first label comes."""
        self.path = path
        self._probed: set[WarehouseName] = set()

    def prepare(self, warehouse: WarehouseName) -> None:
        """Make sure that a label can be written, before one is paid for.

        Raises:
            StateError: the folder cannot be made or written.
        """
        folder = self.path / warehouse
        if warehouse in self._probed and folder.is_dir() and os.access(folder, os.W_OK):
            return
        try:
            make_private(folder)
            probe = folder / f".probe-{secrets.token_hex(4)}"
            os.close(os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            probe.unlink()
            self._probed.add(warehouse)
        except OSError as error:
            raise StateError(
                f"Labels cannot be written to {folder} ({error.strerror}).",
                "Make the folder writable, or point `labels` elsewhere. No label was asked for.",
            ) from error

    def save(self, warehouse: WarehouseName, code: Code, label: Label) -> LabelFile:
        """Write a label whole or not at all: aside, synced, then moved into place, and the folder synced too.

        Raises:
            OSError: it could not be written; nothing stands under the name then.
        """
        folder = self.path / warehouse
        place = self._place(warehouse, code, label.extension)
        aside = folder / f".{code}-{secrets.token_hex(4)}"
        steps.debug("label file about to be written")
        handle = os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(label.content)
                file.flush()
                os.fsync(file.fileno())
            steps.debug("label file written aside")
            _make_room(place)
            aside.replace(place)
        except BaseException:
            with suppress(OSError):
                aside.unlink()
            raise
        _sync(folder)
        steps.debug("label file in place")
        digest = hashlib.sha256(label.content).hexdigest()
        return LabelFile(f"{warehouse}/{place.name}", digest, clock.now(), _moved_to(place))

    def find(self, warehouse: WarehouseName, code: Code) -> Iterator[LabelFile]:
        """The whole and valid label files that lie under a code. What else lies there is told, and is no label."""
        for extension in _SIGNATURES:
            place = self._place(warehouse, code, extension)
            try:
                read = _read(place)
            except OSError:
                continue
            if read is None:
                logger.warning(
                    "%s is no proof of a label: it is a link, a folder, a named pipe, or far too large. "
                    "If it stands for a label, put the file itself there.",
                    place,
                )
            elif is_label(read[0], extension):
                digest = hashlib.sha256(read[0]).hexdigest()
                yield LabelFile(f"{warehouse}/{place.name}", digest, read[1], _moved_to(place))

    def has_link(self, warehouse: WarehouseName, code: Code) -> bool:
        """Whether a link lies under a code: somebody may have moved a label elsewhere."""
        return any(self._place(warehouse, code, extension).is_symlink() for extension in _SIGNATURES)

    def _place(self, warehouse: WarehouseName, code: Code, extension: str) -> Path:
        return self.path / warehouse / f"{code}.{extension}"


def _read(place: Path) -> tuple[bytes, datetime] | None:
    """The bytes of a file and when it was written; `None` where there is something else than a file of fitting size.

    Raises:
        OSError: nothing is there, or it cannot be read.
    """
    # Before it is opened: opening a device may do something.
    if not stat.S_ISREG(place.lstat().st_mode):
        return None
    with os.fdopen(os.open(place, _READING), "rb") as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode) or about.st_size > _LARGEST:
            return None
        return file.read(_LARGEST), datetime.fromtimestamp(about.st_mtime, UTC)


def _make_room(place: Path) -> None:
    """Move an earlier label of the same code out of the way, or whatever else lies there: the new one is paid for."""
    if os.path.lexists(place):
        place.rename(place.with_suffix(f".{len(_earlier(place)) + 1}{place.suffix}"))


def _earlier(place: Path) -> list[Path]:
    """What made room for later labels under this name, oldest first."""
    found: list[Path] = []
    while os.path.lexists(moved := place.with_suffix(f".{len(found) + 1}{place.suffix}")):
        found.append(moved)
    return found


def _moved_to(place: Path) -> str:
    """Where the label before this one lies, also when a run that was killed moved it; empty when there is none."""
    earlier = _earlier(place)
    return f"{place.parent.name}/{earlier[-1].name}" if earlier else ""


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
