"""SQLite's failures in words. A state that is locked, one on a full disk, a forbidden and a damaged one are told apart.

Moving the state away fixes none of them: only the state knows what was announced.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from returnsync.errors import BusyError, NoRoomError, StateError
from returnsync.folders import whose

# Compared with the lower byte of an extended code, which is its kind.
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})
_FORBIDDEN = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_READONLY})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT})
# Compared with the whole code. They include a quota that is used up, and no room for the index of the write-ahead log.
# That index is beside the state, never beside a copy of it.
_FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE})

_HEALTH = "Check its disk: free room, health, and who may write."


@contextmanager
def translated(*, is_copy: bool) -> Iterator[None]:
    """Put failures of the file or its disk into words. A query that breaks a rule is a fault of ours, raised as it is.

    Raises:
        BusyError: another program holds the file.
        NoRoomError: the disk is full.
        StateError: the file is damaged or not writable.
    """
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except sqlite3.DatabaseError as error:
        raise _in_words(error, "The state file", is_copy=is_copy) from error


def unusable(path: Path, error: sqlite3.Error, *, is_copy: bool = False) -> StateError | BusyError:
    """Why a file could not be opened, brought up to date or copied."""
    if _kind(error) in _FORBIDDEN:
        # Where no file can be added beside the state, SQLite only says that it cannot open one.
        return no_room(path, error) if _is_full(path.parent) else not_openable(path, error)
    if _kind(error) == sqlite3.SQLITE_ERROR:
        return _damaged(f"The state file {path}", error)  # it has tables, but not ours
    return _in_words(error, f"The state file {path}", is_copy=is_copy)


def _in_words(error: sqlite3.Error, file: str, *, is_copy: bool) -> StateError | BusyError:
    if is_busy(error):
        return BusyError(
            "Another program, perhaps a backup, holds the state file locked.",
            "Nothing is lost; the next run goes on.",
        )
    if _code(error) in _FULL and is_copy and _code(error) != sqlite3.SQLITE_IOERR_SHMSIZE:
        return NoRoomError(
            f"There is no room for the copy of the state that a dry run works on ({error}).",
            "Make room where temporary files go, or name a folder with room: SQLITE_TMPDIR=/path returnsync …",
        )
    if _code(error) in _FULL:
        return no_room(None, error)
    if _kind(error) in _DAMAGED:
        return _damaged(file, error)
    return StateError(f"{file} cannot be read or written ({error}).", _HEALTH)


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another program holds the file."""
    return _kind(error) in _BUSY


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)  # Python's own errors of its driver have none


def _kind(error: sqlite3.Error) -> int:
    return _code(error) & 0xFF


def _damaged(file: str, error: sqlite3.Error) -> StateError:
    return StateError(
        f"{file} is damaged, or was not made by returnsync ({error}).",
        "Leave it where it is: nothing is announced meanwhile. Restore it from a backup. If there is none, do as "
        'docs/how-to/move.md says under "The state is lost": what was announced is found again at the warehouse.',
    )


def not_openable(path: Path, error: Exception) -> StateError:
    """Why the state file cannot be opened: the text says whose the file and its folder are, and who asks."""
    if _is_read_only(path.parent):
        return StateError(
            f"The state file {path} cannot be written: its disk is mounted read-only.",
            "Mount it so that it can be written, which may need a check of that disk. Nothing was changed.",
        )
    return StateError(
        f"The state file {path} cannot be opened and written ({error}).{whose(path)}{whose(path.parent)}",
        "Run returnsync as the user who owns the state, or give the file and its folder to this one; check the path "
        "`state` too. Nothing was changed.",
    )


def refuse_another_users(path: Path) -> None:
    """Raise `StateError` if the state belongs to another user, before this user makes any file beside it.

    Only root may work with it all the same: files that root makes are given to the owner of the state.
    """
    if not hasattr(os, "geteuid") or os.geteuid() == 0:
        return
    try:
        owner = path.stat().st_uid
    except OSError:
        return  # opening it makes the file, or reports what is wrong
    if owner != os.geteuid():
        raise not_openable(path, PermissionError("it belongs to another user"))


def no_room(path: Path | None, error: Exception) -> NoRoomError:
    """The error that the disk of the state is full."""
    where = "of the state" if path is None else f"of the state file {path}"
    return NoRoomError(
        f"There is no room on the disk {where} ({error}). What was saved stays as it was.",
        "Make room on its disk, about as much as the file takes now. The next run goes on.",
    )


def _is_read_only(folder: Path) -> bool:
    """Whether the disk of a folder is mounted read-only; false where that cannot be seen."""
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except (AttributeError, OSError):
        return False


def _is_full(folder: Path) -> bool:
    """Whether this user can write nothing more there, or add no file; false where the file system does not say."""
    try:
        about = os.statvfs(folder)
    except (AttributeError, OSError):
        return False
    return (about.f_blocks > 0 and about.f_bavail == 0) or (about.f_files > 0 and about.f_favail == 0)
