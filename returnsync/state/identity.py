"""Which return a record is, where its key changed, and older copies of returns. Each function runs in a transaction."""

from datetime import datetime
from typing import NamedTuple

from returnsync import clock
from returnsync.model import Return, ReturnId, SourceId
from returnsync.state.content import parsed
from returnsync.state.database import Queries


class OlderCopy(NamedTuple):
    """A return was listed as it was before: its hash so, and when the listing began that showed it first."""

    digest: str
    began: datetime


def home_of(q: Queries, source: SourceId, record: ReturnId) -> ReturnId | None:
    """The known return that a key stands for: its own, or the one that it was matched to; `None` where it is new."""
    if q.known_return(source=source, id=record) is not None:
        return record
    row = q.one_match(source=source, record=record)
    return ReturnId(row["home"]) if row else None


def match(q: Queries, source: SourceId, record: ReturnId, home: ReturnId) -> None:
    """From now on a key stands for a return; decided once, for ever."""
    q.save_match(source=source, record=record, home=home, at=clock.stamp(clock.now()))


def made_at(q: Queries, source: SourceId, created: datetime) -> list[Return]:
    """The known returns of one instant of creation."""
    return [parsed(row["body"]) for row in q.returns_made_at(source=source, created=clock.stamp(created))]


def older_copies(q: Queries, source: SourceId) -> dict[ReturnId, OlderCopy]:
    """The records that were listed as they were before, and not as they are kept since then."""
    rows = q.older_copies(source=source)
    return {ReturnId(row["record"]): OlderCopy(row["hash"], clock.parse(row["began"])) for row in rows}


def note_older_copy(q: Queries, source: SourceId, record: ReturnId, copy: OlderCopy) -> None:
    """A listing showed a record as it was before."""
    q.note_older_copy(source=source, record=record, hash=copy.digest, began=clock.stamp(copy.began))


def forget_older_copy(q: Queries, source: SourceId, record: ReturnId) -> None:
    """It is shown as it is kept, or what it was shown as was believed."""
    q.forget_older_copy(source=source, record=record)
