"""One label file: how it is written aside, how it is read, and how it makes room for a later one.

A file is written aside as `.<code>-<hex>`, and renamed once it is whole and synced. The hex digits are eight random
ones, which make the name unique, and sixteen of the SHA-256 of the content, so that a cut file never passes for a whole
one. Earlier versions wrote only the eight.
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

# No larger answer is accepted (`Bounds.max_body` in http/exchange.py), so no label is larger.
_LARGEST = 20 * 1024 * 1024

# These flags neither wait for the other end of a named pipe, nor follow a link.
_READING = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW
_WRITING = os.O_EXCL | os.O_WRONLY

# Reserved room; earlier versions used another name to test whether a file can be created.
_ROOM = re.compile(r"\.(room|probe)-[0-9a-f]{8}")
_ASIDE = re.compile(r"\.(?P<code>.+)-[0-9a-f]{8}(?P<digest>[0-9a-f]{16})?")


@dataclass(frozen=True, slots=True)
class LabelFile:
    """A label on disk: its place relative to the labels folder, and what distinguishes it from others."""

    file: str
    sha256: str
    written: datetime
    earlier_moved_to: str = ""
    """Where the earlier label with this name was moved: it was paid for, too."""
    aside: str = ""
    """The file's present name, where a killed run wrote it whole but did not rename it; see `adopt`."""


def write_new(place: Path, content: bytes) -> None:
    """Write a new file, for its owner only, and sync it to disk; a file that could not be written is removed.

    Raises:
        FileExistsError: something is there.
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
    """The bytes of a file and when it was written; `None` for anything other than a file of a permitted size.

    Raises:
        OSError: nothing is there, or it cannot be read.
    """
    # Checked before it is opened, since opening a device may do something.
    if not stat.S_ISREG(place.lstat().st_mode):
        return None
    with os.fdopen(os.open(place, _READING), "rb") as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode) or about.st_size > _LARGEST:
            return None
        return file.read(_LARGEST), datetime.fromtimestamp(about.st_mtime, UTC)


def aside_for(folder: Path, code: Code, content: bytes) -> Path:
    """A name for a label file until it is whole."""
    return folder / f".{code}-{secrets.token_hex(4)}{hashlib.sha256(content).hexdigest()[:16]}"


def code_of_aside(name: str) -> Code | None:
    """The code of a file that was written aside, by its name; `None` for any other file."""
    named = None if _ROOM.fullmatch(name) else _ASIDE.fullmatch(name)
    return None if named is None else Code(named["code"])


def room_name() -> str:
    """A unique name for a file that reserves room."""
    return f".room-{secrets.token_hex(4)}"


def is_ours(name: str) -> bool:
    """Whether a file was written aside, or to reserve room or test a folder: a killed run leaves such files."""
    return _ROOM.fullmatch(name) is not None or code_of_aside(name) is not None


def read_aside(place: Path) -> tuple[bytes, datetime, str] | None:
    """The bytes of a whole label that was written aside, when it was written, and its kind; `None` for anything else.

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
    """Move an earlier label of the same code, or anything else, out of the way: the new label is paid for."""
    if os.path.lexists(place):
        place.rename(beside(place))


def beside(place: Path) -> Path:
    """The first free name for a file that makes room."""
    return place.with_suffix(f".{len(earlier(place)) + 1}{place.suffix}")


def earlier(place: Path) -> list[Path]:
    """The files that made room for later labels with this name, oldest first."""
    found: list[Path] = []
    while os.path.lexists(moved := place.with_suffix(f".{len(found) + 1}{place.suffix}")):
        found.append(moved)
    return found


def moved_to(place: Path) -> str:
    """Where the label before this one is, even if a killed run moved it; empty when there is none."""
    found = earlier(place)
    return f"{place.parent.name}/{found[-1].name}" if found else ""


def holds(place: Path, content: bytes) -> bool:
    """Whether a readable file has these bytes."""
    try:
        found = read(place)
    except OSError:
        return False
    return found is not None and found[0] == content
