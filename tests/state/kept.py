"""Helpers for tests of the state: sources that are given only by their names."""

from datetime import UTC, datetime
from typing import Any

from returnsync.model import SourceId
from returnsync.state import sources
from returnsync.state.database import Database
from returnsync.state.sources import KnownSource

START = datetime(2026, 11, 1, tzinfo=UTC)


def keep(q: Any, name: str) -> None:
    sources.save(q, KnownSource(SourceId(name), name, "returnista", "account", START, ""))


def known(db: Database) -> list[str]:
    with db.reading() as q:
        return [source.id for source in sources.all_known(q)]
