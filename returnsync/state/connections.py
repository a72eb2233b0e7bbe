"""Connections to the state file."""

import os
import sqlite3
import stat
from pathlib import Path
from time import monotonic, sleep

from returnsync.errors import StateError
from returnsync.state.failures import is_busy, unusable

# How long to wait for another process; the threads of this one take turns (state/turns.py).
_BUSY_SECONDS = 10.0
_BUSY_PAUSE = 0.02
# How long a quick read for completion waits.
_GLANCE_SECONDS = 0.2


def connect(path: Path) -> sqlite3.Connection:
    """A connection to an existing file, which may be empty: what it commits is on disk when the call returns.

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
        # What is deleted or replaced is overwritten with zeros in the file, too.
        connection.execute("PRAGMA secure_delete = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_again(path: Path, first: os.stat_result) -> sqlite3.Connection:
    """One more connection to a file that this process has open already; `first` is its status from then.

    Raises:
        StateError: it cannot be opened, or another file is there now.
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


def connect_glancing(path: Path) -> sqlite3.Connection:
    """A connection for one quick read, which makes no file and keeps nobody waiting.

    For a state in WAL mode, SQLite makes two files beside it, even for reading only, and leaves them there. Where they
    are missing, nobody works with the state, and it can be read as a file that does not change. If a run begins at that
    very moment, the read may mix old and new; the worst result is an error or an odd name.

    Raises:
        FileNotFoundError: there is no regular file at that path; a pipe, for example, could block.
        sqlite3.Error: it cannot be opened.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise FileNotFoundError(f"{path} is not a file")
    is_worked_with = all(path.with_name(path.name + end).exists() for end in ("-wal", "-shm"))
    how = "mode=ro" if is_worked_with else "mode=ro&immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=_GLANCE_SECONDS)


def write_ahead(connection: sqlite3.Connection) -> None:
    """Switch a file to WAL, for good. SQLite does not wait for its lock there, so two processes that make it wait here.

    Raises:
        sqlite3.Error: it cannot be switched.
    """
    until = monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not is_busy(error) or monotonic() > until:
                raise
            sleep(_BUSY_PAUSE)
        else:
            return
