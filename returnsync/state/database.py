"""The SQLite file itself: opening, migrating, and the transactions that everything else goes through.

Durable before all: WAL with `synchronous=FULL`, so that what was committed is on disk when the call returns, and
explicit `BEGIN IMMEDIATE`, so that who reads in order to write holds the right to write from the start.
"""

import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import aiosql

from returnsync.errors import LockedError, StateError
from returnsync.folders import make_private

# Named points for tests that kill the process there.
steps = logging.getLogger("returnsync.steps")

Queries = Any
"""The named queries, bound to the connection of a transaction. What each is called and takes stands in the SQL files;
the modules of this package are their typed face."""

_SQL = Path(__file__).with_name("sql")
_BUSY_SECONDS = 10.0
_BUSY_PAUSE = 0.02
_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)


class Database:
    """One connection, shared by the threads of this process through a lock.

    One writer at a time is what SQLite gives anyhow; a lock of our own makes waiting for it fair and cheap.
    """

    def __init__(self, connection: sqlite3.Connection, *, is_copy: bool = False) -> None:
        """Take over an open connection; use `open_file` or `copy_aside`."""
        self.connection = connection
        self._is_copy = is_copy
        self._lock = threading.RLock()
        self.queries: Any = aiosql.from_path(_SQL / "queries", "sqlite3")

    @contextmanager
    def transaction(self) -> Iterator[Queries]:
        """All or nothing: commits on leaving, rolls back on an exception. Yields the named queries, bound.

        Raises:
            StateError: the disk is full, or the file is damaged, locked or not writable.
        """
        with self._lock, _translated(is_copy=self._is_copy):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield _Bound(self.queries, self.connection)
                steps.debug("state: about to be committed")
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:  # SQLite itself has rolled back when the disk is full
                    self.connection.execute("ROLLBACK")
                raise
            steps.debug("state: committed")

    @contextmanager
    def reading(self) -> Iterator[Queries]:
        """Queries that change nothing. Yields the named queries, bound. Raises as `transaction` does."""
        with self._lock, _translated(is_copy=self._is_copy):
            yield _Bound(self.queries, self.connection)

    def close(self) -> None:
        """Close the connection; what was committed stays."""
        with self._lock:
            self.connection.close()


@contextmanager
def _translated(*, is_copy: bool) -> Iterator[None]:
    """Failures of the file or its disk, not those of a query that breaks a rule: that is a fault of ours."""
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise LockedError("Another program holds the state file locked.", "The next run goes on.") from error
        if is_copy and error.sqlite_errorcode in _FULL:
            raise _no_room(error) from error
        raise StateError(
            f"The state file cannot be read or written ({error}).",
            "Check the disk that it lies on: room, health, and who may write.",
        ) from error


class _Bound:
    """The named queries with the connection filled in: `q.save_return(...)` instead of passing it each time."""

    __slots__ = ("_connection", "_queries")

    def __init__(self, queries: Any, connection: sqlite3.Connection) -> None:
        self._queries = queries
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        query = getattr(self._queries, name)

        def run(**parameters: object) -> Any:
            return query(self._connection, **parameters)

        return run


def open_file(path: Path) -> Database:
    """Open the state file, made new when there is none, readable by its owner alone, and bring it up to date.

    Raises:
        StateError: it cannot be opened, is damaged, or was written by a newer version.
    """
    try:
        make_private(path.parent)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        path.chmod(0o600)  # a backup that was put back may be readable by others
        steps.debug("state: file made")
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise StateError(
            f"The state file {path} cannot be opened ({error}).", "Check the path `state` and who owns the folder."
        ) from error
    try:
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = FULL")
        steps.debug("state: opened")
        return _ready(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise _damaged(path, error) from error
    except BaseException:
        connection.close()
        raise


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to WAL. SQLite does not wait for its lock there, so two who make one file at once take turns here."""
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


def open_reading(path: Path) -> Database:
    """Open the state for commands that only tell; without a state file yet, an empty one that is kept nowhere.

    Raises:
        StateError: as for `open_file`.
    """
    return open_file(path) if path.exists() and _is_current(path) else copy_aside(path)


def _is_current(path: Path) -> bool:
    """Whether the file needs no migration: that is for a command that holds the lock."""
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_SECONDS)
        try:
            return _version(connection) == migrations()[-1][0]
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise _damaged(path, error) from error


def copy_aside(path: Path) -> Database:
    """A copy of the state, for a dry run: it may be changed freely, and the file stays as it is.

    SQLite keeps it in a file of its own among the system's temporary files, readable by its owner alone, which has no
    name any more once it is open: it is gone with the process, however that ends. In memory is a small part of it.

    Raises:
        StateError: as for `open_file`; also, there is no room for the copy.
    """
    connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    try:
        if path.exists():
            source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_SECONDS)
            try:
                source.backup(connection)
            finally:
                source.close()
        return _ready(connection, path, is_copy=True)
    except sqlite3.Error as error:
        connection.close()
        raise _no_room(error) if error.sqlite_errorcode in _FULL else _damaged(path, error) from error
    except BaseException:
        connection.close()
        raise


def _ready(connection: sqlite3.Connection, path: Path, *, is_copy: bool = False) -> Database:
    connection.row_factory = sqlite3.Row
    migrate(connection, path)
    return Database(connection, is_copy=is_copy)


def _no_room(error: sqlite3.Error) -> StateError:
    return StateError(
        f"There is no room for the copy of the state that a dry run works on ({error}).",
        "Make room where temporary files go, or name a folder with room: SQLITE_TMPDIR=/path returnsync …",
    )


def _damaged(path: Path, error: Exception) -> StateError:
    return StateError(
        f"The state file {path} cannot be used ({error}).",
        "Restore it from a backup. If there is none, move it away: the next run makes a new one, and adopts what it "
        "finds at the warehouse under our codes.",
    )


def migrations() -> list[tuple[int, str]]:
    """The migrations shipped with this version, in order: number and SQL."""
    found = [(int(entry.name[:4]), entry.read_text(encoding="utf-8")) for entry in (_SQL / "migrations").iterdir()]
    return sorted(found)


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Apply what is missing, each migration in a transaction of its own, so that a kill leaves it whole or untried.

    Raises:
        StateError: the file was written by a newer version of returnsync.
    """
    version = _version(connection)
    known = migrations()
    if version > known[-1][0]:
        raise StateError(
            f"The state file {path} was written by a newer returnsync (schema {version}, this one knows "
            f"{known[-1][0]}).",
            "Update returnsync on this machine, or point `state` at another file.",
        )
    for number, script in known:
        if number > version:
            _apply(connection, number, script)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _apply(connection: sqlite3.Connection, number: int, script: str) -> None:
    steps.debug("migration: about to be made")
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _version(connection) < number:  # another process may have been here between the look and the lock
            for statement in _statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    steps.debug("migration: about to be committed")
    connection.execute("COMMIT")
    steps.debug("migration: committed")


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one: `executescript` would commit in between."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
