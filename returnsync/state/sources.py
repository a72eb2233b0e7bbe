"""Sources, their marks and the guard's measure. Each function runs inside a transaction."""

from dataclasses import dataclass
from datetime import datetime

from returnsync import clock
from returnsync.model import SourceId
from returnsync.state.database import Queries


@dataclass(frozen=True, slots=True)
class KnownSource:
    """A source that delivered or read before: its lasting id, the name it had, and whose account it was."""

    id: SourceId
    name: str
    platform: str
    account: str
    largest: int
    runs: int


@dataclass(frozen=True, slots=True)
class Mark:
    """Everything of a source up to `mark` is saved; `deep_from` is when the last long look back began."""

    mark: datetime
    deep_from: datetime


def all_known(q: Queries) -> list[KnownSource]:
    """Every source that this state has ever seen."""
    return [
        KnownSource(SourceId(row["id"]), row["name"], row["platform"], row["account"], row["largest"], row["runs"])
        for row in q.all_sources()
    ]


def save(q: Queries, source: SourceId, name: str, platform: str, account: str) -> None:
    """Remember a source as the configuration names it now."""
    q.save_source(id=source, name=name, platform=platform, account=account)


def count_delivery(q: Queries, source: SourceId, announced: int) -> None:
    """Remember how much one run delivered."""
    q.count_delivery(source=source, announced=announced)


def mark_of(q: Queries, source: SourceId) -> Mark | None:
    """How far a source has been read, or `None` before its first page."""
    row = q.mark_of(source=source)
    return None if row is None else Mark(clock.parse(row["mark"]), clock.parse(row["deep_from"]))


def set_mark(q: Queries, source: SourceId, mark: Mark) -> None:
    """Move the mark forward; it never moves back."""
    q.set_mark(source=source, mark=clock.stamp(mark.mark), deep_from=clock.stamp(mark.deep_from))
