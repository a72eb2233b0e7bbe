"""A quick read of the state, to complete what a person types: names of what is held, open, or new.

It holds nobody up and leaves nothing behind: no lock of a run, no migration, and no file beside the state. What it
shows may be a moment old.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from returnsync.model import Code, OrderNumber, ReturnId, SourceId
from returnsync.state import connections
from returnsync.state import sources as known_sources
from returnsync.state.database import Database, Queries
from returnsync.state.failures import unusable

# Appended to a text, it sorts after every text that begins with it.
_LAST = "\U0010ffff"


class Seen(NamedTuple):
    """The names of an announcement. Of a record that was set aside, `return_id` and `code` are its key."""

    source: SourceId
    return_id: ReturnId
    code: Code
    order_number: OrderNumber
    progress: str
    cause: str


@contextmanager
def glancing(path: Path) -> Iterator[Queries]:
    """Look at the state file, if there is one.

    Raises:
        OSError: there is none, or it cannot be looked for.
        BusyError: another program holds it.
        StateError: it cannot be read, or is of another version.
    """
    try:
        connection = connections.connect_glancing(path)
    except sqlite3.Error as error:
        raise unusable(path, error) from error
    try:
        connection.row_factory = sqlite3.Row
        with Database(connection, None).reading() as q:
            yield q
    finally:
        connection.close()


def sources(q: Queries) -> list[SourceId]:
    """The sources that are known."""
    return [source.id for source in known_sources.all_known(q)]


def held(q: Queries, most: int) -> list[Seen]:
    """What is held, the latest first; records that were set aside included."""
    return [*_seen(q.glance_held(most=most)), *_records(q, most, released=False)]


def released(q: Queries, most: int) -> list[Seen]:
    """What was released; records that were set aside included."""
    return [*_seen(q.glance_released(most=most)), *_records(q, most, released=True)]


def unfinished(q: Queries, most: int) -> list[Seen]:
    """What is due or waits, in the order in which it is tried next."""
    return list(_seen(q.glance_open(most=most)))


def latest(q: Queries, source: SourceId, most: int) -> list[Seen]:
    """The announcements of those returns of a source that were made last."""
    return list(_seen(q.glance_latest(source=source, most=most)))


def beginning(q: Queries, text: str, most: int) -> list[Seen]:
    """Announcements whose order number, with or without a `#`, or whose code begins with a text."""
    orders = [
        row for first in (text, f"#{text}") for row in q.glance_by_order(first=first, end=first + _LAST, most=most)
    ]
    return [*_seen(orders), *_seen(q.glance_by_code(first=text, end=text + _LAST, most=most))]


def _seen(rows: Iterator[sqlite3.Row] | list[sqlite3.Row]) -> Iterator[Seen]:
    return (Seen(**dict(row)) for row in rows)


def _records(q: Queries, most: int, *, released: bool) -> Iterator[Seen]:
    for row in q.glance_records(released=int(released), most=most):
        key = ReturnId(row["record"])
        yield Seen(SourceId(row["source"]), key, Code(key), OrderNumber(""), "", row["cause"])
