"""Connections to the state file, and what SQLite's failures mean in words."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from returnsync.errors import LockedError, NoRoomError, StateError

# How long to wait for another process; the threads of this one take turns (state/turns.py).
_BUSY_SECONDS = 10.0
_BUSY_PAUSE = 0.02
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)


def connect(path: Path) -> sqlite3.Connection:
    """A connection to a file that is there, which may be empty: what it commits is on disk when the call returns.

    Raises:
        sqlite3.Error: it cannot be opened.
    """
    # `mode=rw` makes no file: a state that was moved away must not be taken for a new and empty one.
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_again(path: Path, first: os.stat_result) -> sqlite3.Connection:
    """One more connection to a file that this process has open already; `first` is what it was then.

    Raises:
        StateError: it cannot be opened, or another file lies there now.
    """
    # The file is never opened and closed by other means than SQLite's: closing it would drop the locks that this
    # process holds on it (POSIX).
    try:
        connection = connect(path)
    except sqlite3.Error as error:
        raise unusable(path, error) from error
    try:
        is_same = os.path.samestat(path.stat(), first)
    except OSError:
        is_same = False
    if not is_same:
        connection.close()
        raise StateError(
            f"The state file {path} was moved or replaced while returnsync worked with it.",
            "Put back the one that was there, then run again. Never touch the state while a command works.",
        )
    return connection


def connect_reading(path: Path) -> sqlite3.Connection:
    """A connection that cannot change the file.

    Raises:
        sqlite3.Error: it cannot be opened.
    """
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_SECONDS)


def write_ahead(connection: sqlite3.Connection) -> None:
    """Switch a file to WAL, for good. SQLite does not wait for its lock there, so two who make one file wait here.

    Raises:
        sqlite3.Error: it cannot be switched.
    """
    until = monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > until:
                raise
            sleep(_BUSY_PAUSE)
        else:
            return


@contextmanager
def translated(*, is_copy: bool) -> Iterator[None]:
    """Say in words what fails of the file or its disk; not a query that breaks a rule, which is a fault of ours.

    Raises:
        LockedError: another program holds the file.
        StateError: the disk is full, or the file is damaged or not writable.
    """
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode in _BUSY:
            raise _locked() from error
        if error.sqlite_errorcode in _FULL and is_copy:
            raise _no_room_for_copy(error) from error
        if error.sqlite_errorcode in _FULL:
            raise NoRoomError(
                f"There is no room on the disk of the state ({error}).", "Make room there; the next run goes on."
            ) from error
        raise StateError(
            f"The state file cannot be read or written ({error}).",
            "Check the disk that it lies on: room, health, and who may write.",
        ) from error


def unusable(path: Path, error: sqlite3.Error, *, is_copy: bool = False) -> StateError | LockedError:
    """Why a file could not be opened, brought up to date or copied."""
    code = getattr(error, "sqlite_errorcode", None)  # Python's own errors of its driver have none
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH) or _is_read_only(code):
        return not_openable(path, error)
    if code in _BUSY:
        return _locked()
    if code in _FULL:
        return _no_room_for_copy(error) if is_copy else _no_room(path, error)
    return StateError(
        f"The state file {path} is damaged, or is no state of returnsync ({error}).",
        "Leave it where it is: nothing is announced without it. Restore it from a backup; what to do without one, and "
        "what the next run finds again at the warehouse, stands in docs/how-to/move.md.",
    )


def _is_read_only(code: int | None) -> bool:
    # Of an extended code the lower byte is the kind.
    return code is not None and code & 0xFF == sqlite3.SQLITE_READONLY


def not_openable(path: Path, error: Exception) -> StateError:
    """Why there is no file to work with: whose it is, and who asks."""
    return StateError(
        f"The state file {path} cannot be opened and written ({error}).{_whose(path)}",
        "Run returnsync as the user who owns the state, or give the file and its folder to this one; check the path "
        "`state` too. Nothing was changed.",
    )


def _whose(path: Path) -> str:
    """Who owns a file, or the nearest folder that is there, and who we are."""
    there = next((place for place in (path, *path.parents) if _exists(place)), None)
    if there is None or not hasattr(os, "geteuid"):
        return ""
    found = there.stat()
    kind, mode = "It" if there == path else f"Its folder {there}", stat.S_IMODE(found.st_mode)
    return f" {kind} belongs to {_user(found.st_uid)} with mode {mode:04o}; this command runs as {_user(os.geteuid())}."


def _exists(place: Path) -> bool:
    try:
        return place.exists()
    except OSError:
        return False


def _user(number: int) -> str:
    import pwd

    try:
        return f"user {pwd.getpwuid(number).pw_name}"
    except KeyError:
        return f"user {number}"


def _locked() -> LockedError:
    return LockedError(
        "Another program, perhaps a backup, holds the state file locked.", "Nothing was changed; the next run goes on."
    )


def _no_room(path: Path, error: sqlite3.Error) -> NoRoomError:
    return NoRoomError(
        f"There is no room on the disk of the state file {path} ({error}). It stays as it was.",
        "Make room on its disk, about as much as the file takes now. The next run goes on.",
    )


def _no_room_for_copy(error: sqlite3.Error) -> NoRoomError:
    return NoRoomError(
        f"There is no room for the copy of the state that a dry run works on ({error}).",
        "Make room where temporary files go, or name a folder with room: SQLITE_TMPDIR=/path returnsync …",
    )
