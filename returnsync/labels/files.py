"""One label file: how it is written aside, read, and makes room for a later one.

A file is written aside as `.<code>-<hex>` and renamed once it is whole and synced. The figures are eight at random, to
be unlike any other, and sixteen of the SHA-256 of what is written: so a cut file never passes for a whole one. Earlier
versions wrote the eight alone.
"""

import hashlib
import os
import re
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from returnsync.folders import open_private
from returnsync.labels.kinds import kind_of
from returnsync.model import Code

# No answer is taken that is larger (`Bounds` in http/wire.py), so no label is.
_LARGEST = 20 * 1024 * 1024

# Neither waits for the other end of a named pipe, nor follows a link.
_READING = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW
_WRITING = os.O_EXCL | os.O_WRONLY

# Room that was set aside; earlier versions tried out under another name whether a file can be made.
_ROOM = re.compile(r"\.(room|probe)-[0-9a-f]{8}")
_ASIDE = re.compile(r"\.(?P<code>.+)-[0-9a-f]{8}(?P<digest>[0-9a-f]{16})?")


@dataclass(frozen=True, slots=True)
class LabelFile:
    """A label on disk: its place relative to the labels folder, and what tells it from another."""

    file: str
    sha256: str
    written: datetime
    earlier_moved_to: str = ""
    """Where the label went that lay under this name before: it was paid for too."""
    aside: str = ""
    """The name of the file that it still is, where a killed run wrote it whole and did not rename it; see `adopt`."""


def write_new(place: Path, content: bytes) -> None:
    """Write a file that is not there yet, for its owner alone, and have it on disk; what could not be is removed.

    Raises:
        FileExistsError: something lies there.
        OSError: it could not be written.
    """
    handle = open_private(place, _WRITING)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            place.unlink()
        raise


def read(place: Path) -> tuple[bytes, datetime] | None:
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


def aside_for(folder: Path, code: Code, content: bytes) -> Path:
    """A name to write a label under before it is whole."""
    return folder / f".{code}-{secrets.token_hex(4)}{hashlib.sha256(content).hexdigest()[:16]}"


def code_of_aside(name: str) -> Code | None:
    """Whose label a file is that was written aside, by its name; `None` for any other file."""
    named = None if _ROOM.fullmatch(name) else _ASIDE.fullmatch(name)
    return None if named is None else Code(named["code"])


def room_name() -> str:
    """A name to set room aside under; unlike any other."""
    return f".room-{secrets.token_hex(4)}"


def is_ours(name: str) -> bool:
    """Whether a file was written aside, or to try a folder out: what a killed run leaves."""
    return _ROOM.fullmatch(name) is not None or code_of_aside(name) is not None


def read_aside(place: Path) -> tuple[bytes, datetime, str] | None:
    """The bytes of a whole label that lies aside, when it was written, and its kind; `None` where it is none.

    Raises:
        OSError: it cannot be read.
    """
    named, found = _ASIDE.fullmatch(place.name), read(place)
    if named is None or found is None:
        return None
    content, written = found
    kind, digest = kind_of(content), hashlib.sha256(content).hexdigest()
    is_whole = bool(kind) and digest.startswith(named["digest"] or "")
    return (content, written, kind) if is_whole else None


def make_room(place: Path) -> None:
    """Move an earlier label of the same code out of the way, or whatever else lies there: the new one is paid for."""
    if os.path.lexists(place):
        place.rename(beside(place))


def beside(place: Path) -> Path:
    """The first free name for one that made room."""
    return place.with_suffix(f".{len(earlier(place)) + 1}{place.suffix}")


def earlier(place: Path) -> list[Path]:
    """What made room for later labels under this name, oldest first."""
    found: list[Path] = []
    while os.path.lexists(moved := place.with_suffix(f".{len(found) + 1}{place.suffix}")):
        found.append(moved)
    return found


def moved_to(place: Path) -> str:
    """Where the label before this one lies, also when a run that was killed moved it; empty when there is none."""
    found = earlier(place)
    return f"{place.parent.name}/{found[-1].name}" if found else ""


def holds(place: Path, content: bytes) -> bool:
    """Whether a file that can be read has these bytes."""
    try:
        found = read(place)
    except OSError:
        return False
    return found is not None and found[0] == content
