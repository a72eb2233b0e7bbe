"""Request rates of an account, counted across threads and processes in one small SQLite file.

Every permit is a row with its moment; pyrate-limiter decides from the counts whether more fit. Counting costs more the
more rows there are, so permits are leased in blocks. A block doubles while permits are used up quickly, and permits
that were leased and not used are given back.
"""

import hashlib
import sqlite3
import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

from returnsync.errors import AccountUnavailable, Interrupted
from returnsync.http.limits_file import connect, is_of_no_use, note_table, remove_counts
from returnsync.http.windows import Window, parse_limits

if TYPE_CHECKING:
    from pyrate_limiter import Rate, SQLiteBucket

__all__ = ["AccountLimiter", "Window", "parse_limits"]

_LARGEST_BLOCK = 32
# A permit counts from the moment of its lease; a permit kept longer than this could be used in a later window.
_LEASE_SECONDS = 1.0
# Rows further ahead than this come from a wrong clock; they would block the account until that time has come.
_AHEAD_MS = 60_000
_CLEAN_EVERY_MS = 3_600_000
# The largest number that the file can hold for the longest window.
_LARGEST_VERSION = 2**31 - 1


class AccountLimiter:
    """Gives permission for one request at a time. Safe to share between threads; close it after use."""

    def __init__(
        self, path: Path, account: str, rates: tuple[Window, ...], *, max_wait: float = 120.0, counted_as: str = ""
    ) -> None:
        """Count `account` in the file at `path`, which is created when it is first needed.

        `rates` is a result of `parse_limits`, not empty; `max_wait` is the longest wait in seconds for one permit. All
        accounts with the same `counted_as`, by default their name, are counted together; each keeps to its own rates.
        """
        if not rates:
            raise ValueError("no rates: leave the limiter out instead")
        self.account = account
        self._path = path
        self._rates = rates
        self._max_wait = max_wait
        self._table, self._earlier_table = _table(counted_as or account), _table(account)
        self._owner = uuid.uuid4().hex
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._bucket: SQLiteBucket | None = None
        # Small limits are leased in small blocks, so that one process does not take all permits.
        self._block_cap = max(1, min(_LARGEST_BLOCK, rates[0].requests // 10))
        self._block = 1
        self._permits = 0
        self._leased = 0.0

    def acquire(self, stop: threading.Event) -> None:
        """Return as soon as one request may be made.

        Raises:
            AccountUnavailable: the wait would be too long, or the file cannot be used.
            Interrupted: `stop` was set while waiting.
        """
        waited = 0.0
        while True:
            wait, broken = self._try()
            if wait <= 0:
                return
            if waited + wait > self._max_wait:
                raise AccountUnavailable(
                    self.account,
                    f"{self.account}: its limit of {broken} is reached, so no more are made in this run.",
                    "Nothing is lost, the next run goes on. If it happens often, raise `limits` of this account as far "
                    "as its provider allows.",
                )
            if stop.wait(wait):
                raise Interrupted(self.account, f"{self.account}: stopped while waiting for its limit of {broken}.")
            waited += wait

    def close(self) -> None:
        """Give back unused permits and close the file."""
        with self._lock:
            if self._connection is not None:
                with suppress(sqlite3.Error):
                    self._give_back(self._connection)
            self._drop()

    def _try(self) -> tuple[float, Window]:
        """Take a permit: 0 seconds; otherwise how long to wait, and for which window."""
        with self._lock:
            fresh = time.monotonic() - self._leased < _LEASE_SECONDS
            if self._permits and fresh:
                self._permits -= 1
                return 0.0, self._rates[0]
            try:
                return self._lease(fresh=fresh)
            except sqlite3.DatabaseError as error:
                self._drop()
                if is_of_no_use(self._path, error):
                    # The counts of one day are not worth a run; they start again.
                    remove_counts(self._path)
            try:
                return self._lease(fresh=fresh)
            except sqlite3.DatabaseError as error:
                self._drop()
                raise AccountUnavailable(
                    self.account,
                    f"{self.account}: its requests cannot be counted in {self._path} ({error}).",
                    "Check that its disk is not full, and that this user may write there. The next run goes on.",
                ) from error

    def _lease(self, *, fresh: bool) -> tuple[float, Window]:
        connection = self._connection or self._open()
        self._give_back(connection)
        # Used up quickly: lease more at once. A slow process leases one by one and wastes none.
        self._block = min(self._block * 2, self._block_cap) if fresh else 1
        wait, broken = self._put(connection, self._block)
        if wait > 0 and self._block > 1:
            self._block = 1
            wait, broken = self._put(connection, 1)
        if wait <= 0:
            self._permits = self._block - 1
            self._leased = time.monotonic()
        return wait, broken

    def _put(self, connection: sqlite3.Connection, weight: int) -> tuple[float, Window]:
        # The bucket counts and then inserts; this transaction makes the two one step across processes.
        connection.execute("BEGIN IMMEDIATE")
        try:
            if self._put_far_below(connection, weight):
                return 0.0, self._rates[0]
            from pyrate_limiter import RateItem

            bucket = self._bucket or self._new_bucket(connection)
            item = RateItem(self._owner, _now_ms(), weight)
            if bucket.put(item):
                return 0.0, self._rates[0]
            failing = cast("Rate", bucket.failing_rate)
            wait = cast("int", bucket.waiting(item))
        finally:
            if connection.in_transaction:
                connection.rollback()
        # Never 0, which would mean that there is a permit.
        return max(wait, 1) / 1000, Window(failing.limit, failing.interval // 1000)

    def _put_far_below(self, connection: sqlite3.Connection, weight: int) -> bool:
        """Write the permits when the longest window has fewer rows in all than the smallest limit.

        No window can be full then. A run with nothing to do is spared the import of the limiter, which takes a third of
        the time of `import requests`.
        """
        room = self._rates[0].requests - weight
        rows = connection.execute(
            f"SELECT COUNT(*) FROM (SELECT 1 FROM '{self._table}' WHERE item_timestamp >= ? LIMIT ?)",
            (_now_ms() - self._rates[-1].seconds * 1000, room + 1),
        ).fetchone()[0]
        if rows > room:
            return False
        connection.executemany(
            f"INSERT INTO '{self._table}' (name, item_timestamp) VALUES (?, ?)",
            [(self._owner, _now_ms())] * weight,
        )
        connection.commit()
        return True

    def _new_bucket(self, connection: sqlite3.Connection) -> "SQLiteBucket":
        from pyrate_limiter import Rate, SQLiteBucket

        rates = [Rate(window.requests, window.seconds * 1000) for window in self._rates]
        self._bucket = SQLiteBucket(rates, connection, self._table)
        return self._bucket

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if self._permits:
            connection.execute(
                f"DELETE FROM '{self._table}' WHERE rowid IN (SELECT rowid FROM '{self._table}' "
                "WHERE name = ? ORDER BY item_timestamp DESC LIMIT ?)",
                (self._owner, self._permits),
            )
            self._permits = 0

    def _open(self) -> sqlite3.Connection:
        connection = connect(self._path)
        try:
            # The table that SQLiteBucket would make.
            connection.execute(f"CREATE TABLE IF NOT EXISTS '{self._table}' (name VARCHAR, item_timestamp INTEGER)")
            connection.execute(f"CREATE INDEX IF NOT EXISTS '{self._table}_moment' ON '{self._table}' (item_timestamp)")
            if self._earlier_table != self._table:
                self._take_over(connection)
            note_table(connection, self.account, self._table)
            self._clean(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _take_over(self, connection: sqlite3.Connection) -> None:
        """Keep the counts that an earlier version stored under the name of the account."""
        found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (self._earlier_table,)).fetchone()
        if found is not None:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(f"INSERT INTO '{self._table}' SELECT * FROM '{self._earlier_table}'")
            connection.execute(f"DROP TABLE '{self._earlier_table}'")
            connection.execute("COMMIT")

    def _clean(self, connection: sqlite3.Connection) -> None:
        """Delete rows that no longer count, once the oldest is an hour past that, and rows from a wrong clock.

        Other accounts that are counted with this one may have a longer window.
        """
        now, ended = _now_ms(), _now_ms() - self._longest_of_all(connection) * 1000
        oldest = connection.execute(f"SELECT MIN(item_timestamp) FROM '{self._table}'").fetchone()[0]
        if oldest is not None and oldest < ended - _CLEAN_EVERY_MS:
            connection.execute(f"DELETE FROM '{self._table}' WHERE item_timestamp < ?", (ended,))
        connection.execute(f"DELETE FROM '{self._table}' WHERE item_timestamp > ?", (now + _AHEAD_MS,))

    def _longest_of_all(self, connection: sqlite3.Connection) -> int:
        """The longest window, in seconds, by which any account was ever counted in this file."""
        longest = int(connection.execute("PRAGMA user_version").fetchone()[0])
        ours = min(self._rates[-1].seconds, _LARGEST_VERSION)
        if ours > longest:
            connection.execute(f"PRAGMA user_version = {ours}")
        return max(ours, longest)

    def _drop(self) -> None:
        self._permits = 0
        self._bucket = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _table(name: str) -> str:
    return "permits_" + hashlib.sha256(name.encode()).hexdigest()[:16]


def _now_ms() -> int:
    # Wall-clock time, since other processes and later runs count with it, too.
    return time.time_ns() // 1_000_000
