"""Migrations: how a state file of an earlier version becomes one of this version.

Each has a number and is in `sql/migrations/NNNN_name.sql`. Where SQL alone cannot work out the values of a new column
for existing rows, a Python function of the same number does (`FILLS`), after that SQL and in the same transaction. Its
named queries are in `sql/fills/NNNN_name.sql`.

A migration or fill that was shipped is never edited: files in use were made with it. So a fill uses none of the queries
of the other modules, which follow the newest schema.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import aiosql

from returnsync.errors import StateError
from returnsync.state.database import SQL, Queries, bound
from returnsync.state.steps_of_schema_5 import fill_steps

# Named points for tests that kill the process there.
steps = logging.getLogger("returnsync.steps")


Fill = Callable[[Queries], None]
"""Fills in new columns of a table's rows. It reads them in batches (state/batches.py), since there may be millions.
It gets its own named queries, bound; it neither commits nor rolls back."""

FILLS: Mapping[int, Fill] = {6: fill_steps}
"""The fills, by the number of their migration."""


class Migration(NamedTuple):
    """One migration: it takes a state from the schema before its number to that of its number."""

    number: int
    script: str
    """SQL statements."""
    fill: Fill | None = None
    """What is called after them."""
    queries: str = ""
    """The named queries of `fill`."""


def shipped() -> list[Migration]:
    """The migrations shipped with this version, in order."""
    return [_read(entry) for entry in sorted((SQL / "migrations").iterdir())]


def _read(entry: Path) -> Migration:
    number, script = int(entry.name[:4]), entry.read_text(encoding="utf-8")
    if number not in FILLS:
        return Migration(number, script)
    return Migration(number, script, FILLS[number], (SQL / "fills" / entry.name).read_text(encoding="utf-8"))


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Apply what is missing, each migration in a transaction of its own, so that a kill leaves it whole or untried.

    The connection gives rows by name (`sqlite3.Row`).

    Raises:
        StateError: the file was written by a newer version of returnsync.
        sqlite3.Error: one could not be applied; the state is as the one before it left it.
    """
    version = version_of(connection)
    known = shipped()
    if version > known[-1].number:
        raise StateError(
            f"The state file {path} was written by a newer returnsync (schema {version}, this one knows "
            f"{known[-1].number}).",
            "Update returnsync on this machine, or point `state` at another file.",
        )
    for migration in known:
        if migration.number > version:
            _apply(connection, migration)


def version_of(connection: sqlite3.Connection) -> int:
    """The number of the migration that a state has come to; 0 for an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _apply(connection: sqlite3.Connection, migration: Migration) -> None:
    steps.debug("migration: about to be made")
    connection.execute("BEGIN IMMEDIATE")
    try:
        if version_of(connection) < migration.number:  # another process may have been here between look and lock
            for statement in _statements(migration.script):
                connection.execute(statement)
            if migration.fill is not None:
                migration.fill(bound(aiosql.from_str(migration.queries, "sqlite3"), connection))
            connection.execute(f"PRAGMA user_version = {migration.number}")
        steps.debug("migration: about to be committed")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite itself has rolled back when the disk is full
            connection.execute("ROLLBACK")
        raise
    steps.debug("migration: committed")


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one: `executescript` would commit in between."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
