"""Handles on the state, and the transactions that everything else goes through.

Durability comes first: with WAL and `synchronous=FULL`, what was committed is on disk when the call returns. Every
transaction begins with an explicit `BEGIN IMMEDIATE`, so that it holds the right to write before it reads.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import aiosql

from returnsync.state.failures import translated
from returnsync.state.turns import Turns

# Named points for tests that kill the process there.
steps = logging.getLogger("returnsync.steps")

SQL = Path(__file__).with_name("sql")

# Milliseconds for which emptying the write-ahead log waits for readers.
_LOG_PATIENCE = 500

Queries = Any
"""The named queries, bound to the connection of a transaction. Their names and parameters are in the SQL files; the
modules of this package wrap them in typed functions."""


class Database:
    """A handle on the state: one connection. Threads that share a handle take turns with it, also for reading.

    A thread that works on its own has a handle of its own (`handle`), and passes it on to whatever it calls. On all
    handles of one state only one transaction is under way at a time; reading never waits for another handle.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        connect_again: Callable[[], sqlite3.Connection] | None,
        turns: Turns | None = None,
    ) -> None:
        """Take over an open connection; use `open_file` or `copy_aside` (state/opening.py).

        `connect_again` opens another connection to the same state; `None` for a copy, which only this one can see.
        """
        self.connection = connection
        self.queries: Any = _named_queries()
        self._connect_again = connect_again
        self._turns = turns or Turns()
        self._lock = threading.RLock()

    @contextmanager
    def handle(self) -> Iterator["Database"]:
        """Another handle on the same state, for a thread of its own; it is closed on leaving.

        For the copy that a dry run works on, it is this very handle: no second connection could see the copy.

        Raises:
            StateError: the state file cannot be opened once more, or another file is in its place.
        """
        if self._connect_again is None:
            yield self
            return
        another = Database(self._connect_again(), self._connect_again, self._turns)
        try:
            yield another
        finally:
            another.close()

    @contextmanager
    def transaction(self) -> Iterator[Queries]:
        """All or nothing: commits on leaving, rolls back on an exception. Yields the named queries, bound.

        A thread must not begin one within another transaction or within a reading, on any handle.

        Raises:
            BusyError: another program holds the state file for too long.
            StateError: the disk is full, or the file is damaged or not writable.
        """
        # The turn comes before the handle's lock: a thread that has the turn never waits for one that waits for it.
        with self._turns.writing(), self._lock, translated(is_copy=self._is_copy):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield bound(self.queries, self.connection)
                steps.debug("state: about to be committed")
                self.connection.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise
            steps.debug("state: committed")

    @contextmanager
    def reading(self) -> Iterator[Queries]:
        """Queries that change nothing and all see one moment. Yields the named queries, bound. Raises as `transaction`.

        Within a transaction or another reading of the same handle, it is part of that.
        """
        with self._turns.reading(), self._lock, translated(is_copy=self._is_copy):
            if self.connection.in_transaction:
                yield bound(self.queries, self.connection)
                return
            self.connection.execute("BEGIN")
            try:
                yield bound(self.queries, self.connection)
            finally:
                self._roll_back()

    def write_anew(self) -> None:
        """Rewrite the whole file, so that nothing stays in parts of it that are no longer used.

        For a while it takes as much room again as the file. A kill leaves the file as it was.

        Raises:
            BusyError, StateError: as `transaction`; the file is as it was.
        """
        with self._turns.writing(), self._lock, translated(is_copy=self._is_copy):
            steps.debug("state: about to be written anew")
            self.connection.execute("VACUUM")
            steps.debug("state: written anew")

    def empty_log(self) -> bool:
        """Move what was committed from the write-ahead log into the file, and cut the log to nothing.

        Returns whether that succeeded. It does not while another program reads; then the last one to close the state
        does it.

        Raises:
            BusyError, StateError: as `transaction`.
        """
        with self._turns.writing(), self._lock, translated(is_copy=self._is_copy):
            waits = self.connection.execute("PRAGMA busy_timeout").fetchone()[0]
            try:
                # A long read is not waited for: the lock of the run is held meanwhile.
                self.connection.execute(f"PRAGMA busy_timeout = {_LOG_PATIENCE}")
                return not self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            finally:
                self.connection.execute(f"PRAGMA busy_timeout = {waits}")

    def close(self) -> None:
        """Close the connection; what was committed stays, and other handles go on."""
        with self._lock:
            self.connection.close()

    @property
    def _is_copy(self) -> bool:
        return self._connect_again is None

    def _roll_back(self) -> None:
        if self.connection.in_transaction:  # SQLite itself has rolled back when the disk is full
            self.connection.execute("ROLLBACK")


def bound(queries: Any, connection: sqlite3.Connection) -> Queries:
    """Named queries with the connection filled in: `q.save_return(...)` instead of passing it each time."""
    return _Bound(queries, connection)


class _Bound:
    __slots__ = ("_connection", "_queries")

    def __init__(self, queries: Any, connection: sqlite3.Connection) -> None:
        self._queries = queries
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        query = getattr(self._queries, name)

        def run(**parameters: object) -> Any:
            return query(self._connection, **parameters)

        return run


@cache
def _named_queries() -> Any:
    """Read once per process: reading them takes longer than opening a connection."""
    return aiosql.from_path(SQL / "queries", "sqlite3")
