"""The small file that requests are counted in: opened, read for the metrics, and removed where it cannot be used.

Each account has a table of permits, named after its credentials, with the moment of each permit. A separate table
records which table was last used for the account of a name, so that the counts can be read without credentials.
"""

import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from returnsync.folders import open_private

_LOCK_SECONDS = 5.0
_DAY = 86_400

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_FORBIDDEN = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY})


def limits_path(state: Path) -> Path:
    """Where requests are counted: next to the state, but in a separate file, since losing it is harmless."""
    return state.with_name(state.name + "-limits")


def connect(path: Path) -> sqlite3.Connection:
    """A connection to the file, which is created if it does not exist.

    Raises:
        sqlite3.Error: it cannot be opened.
    """
    # Created first with the right mode: SQLite would follow the umask. An existing file is opened by SQLite only, since
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


def note_table(connection: sqlite3.Connection, account: str, table: str) -> None:
    """Record the table in which the account of that name is counted from now on.

    Raises:
        sqlite3.Error: it cannot be written.
    """
    connection.execute("CREATE TABLE IF NOT EXISTS accounts (name VARCHAR PRIMARY KEY, counted_in VARCHAR)")
    known = connection.execute("SELECT counted_in FROM accounts WHERE name = ?", (account,)).fetchone()
    if known != (table,):
        connection.execute("INSERT OR REPLACE INTO accounts (name, counted_in) VALUES (?, ?)", (account, table))


def counted_in_a_day(path: Path) -> dict[str, int] | None:
    """How many requests each account made in the last 24 hours, by its name; `None` where that is not known.

    It is unknown where the file cannot be read, or where no account ever had a window of a day, so that older rows are
    deleted. Accounts that were never counted are left out.
    """
    if not path.exists():
        return {}
    try:
        with closing(connect(path)) as connection:
            if connection.execute("PRAGMA user_version").fetchone()[0] < _DAY:
                return None
            since = (time.time_ns() // 1_000_000) - _DAY * 1000
            return {name: _count(connection, table, since) for name, table in _tables(connection)}
    except sqlite3.Error:
        return None


def _tables(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """The name of each account, and the table that it is counted in. An older version recorded no names."""
    noted = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'accounts'").fetchone()
    return connection.execute("SELECT name, counted_in FROM accounts").fetchall() if noted else []


def _count(connection: sqlite3.Connection, table: str, since: int) -> int:
    found = connection.execute(f"SELECT COUNT(*) FROM '{table}' WHERE item_timestamp >= ?", (since,)).fetchone()
    return int(found[0])


def is_of_no_use(path: Path, error: sqlite3.DatabaseError) -> bool:
    """Whether the file is damaged, or belongs to another user who left it here."""
    kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return kind in _DAMAGED or (kind in _FORBIDDEN and any(map(_is_another_users, _files(path))))


def remove_counts(path: Path) -> None:
    """Remove the file and the files that SQLite keeps beside it, as far as this user may."""
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
