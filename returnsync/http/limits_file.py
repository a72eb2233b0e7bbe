"""The file that requests are counted in: made for its owner alone, and made anew where it is of no use."""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from returnsync.folders import open_private

_LOCK_SECONDS = 5.0

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_FORBIDDEN = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY})


def connect(path: Path) -> sqlite3.Connection:
    """A connection to the file, which is made where it is not there yet.

    Raises:
        sqlite3.Error: it cannot be opened.
    """
    # Made first with the right mode: SQLite would follow the umask. One that is there is opened by SQLite alone, since
    # closing another descriptor would drop the locks of this process on it.
    with suppress(OSError):
        os.close(open_private(path, os.O_RDWR | os.O_EXCL))
    connection = sqlite3.connect(path, timeout=_LOCK_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # A few counts lost in a power cut do no harm; waiting for the disk at every lease would.
        connection.execute("PRAGMA synchronous = OFF")
    except BaseException:
        connection.close()
        raise
    return connection


def is_of_no_use(path: Path, error: sqlite3.DatabaseError) -> bool:
    """Whether the file is damaged, or belongs to another user, who left it here."""
    kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return kind in _DAMAGED or (kind in _FORBIDDEN and any(map(_is_another_users, _files(path))))


def remove(path: Path) -> None:
    """Remove the file and what SQLite keeps beside it, as far as this user may."""
    for file in _files(path):
        with suppress(OSError):
            file.unlink()


def _files(path: Path) -> list[Path]:
    return [Path(f"{path}{suffix}") for suffix in ("", "-wal", "-shm")]


def _is_another_users(file: Path) -> bool:
    try:
        return file.stat().st_uid != os.geteuid()
    except (AttributeError, OSError):
        return False
