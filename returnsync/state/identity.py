"""Which return a record is after its key changed, and older copies of returns. Each function runs in a transaction."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from returnsync import clock
from returnsync.model import Return, ReturnId, SourceId
from returnsync.state.content import of_row
from returnsync.state.database import Queries


class OlderCopy(NamedTuple):
    """An older copy of a return that was listed: its hash, and when the listing began that showed it first."""

    digest: str
    began: datetime


def home_of(q: Queries, source: SourceId, record: ReturnId) -> ReturnId | None:
    """The known return that a key stands for: its own, or the one that it was matched to; `None` where it is new."""
    if q.known_return(source=source, id=record) is not None:
        return record
    row = q.one_match(source=source, record=record)
    return ReturnId(row["home"]) if row else None


def match(q: Queries, source: SourceId, record: ReturnId, home: ReturnId) -> None:
    """From now on a key stands for a return; only a person can change that (`decide`)."""
    q.save_match(source=source, record=record, home=home, at=clock.stamp(clock.now()))


def decide(q: Queries, source: SourceId, record: ReturnId, home: ReturnId) -> None:
    """A person says which return a key stands for, and may change that for as long as it is held."""
    q.save_match(source=source, record=record, home=record, at=clock.stamp(clock.now()))
    q.change_match(source=source, record=record, home=home)


def made_at(q: Queries, source: SourceId, created: datetime) -> list[Return]:
    """The known returns that were created at one instant."""
    rows = q.returns_made_at(source=source, created=clock.stamp(created))
    return sorted(map(of_row, rows), key=lambda ret: ret.id)


def keys_of(q: Queries, source: SourceId, home: ReturnId) -> list[ReturnId]:
    """The keys, other than its own, that were matched to a return, the latest first."""
    return [ReturnId(row["record"]) for row in q.keys_of(source=source, home=home) if row["record"] != home]


def note_candidates(q: Queries, source: SourceId, record: ReturnId, may_be: Iterable[ReturnId]) -> None:
    """Note the known returns that a record may be; they wait for their announcement while it is held."""
    wanted = sorted(set(may_be))
    if candidates(q, source, record) == wanted:
        return
    q.forget_candidates(source=source, record=record)
    for home in wanted:
        q.save_candidate(source=source, record=record, home=home)


def candidates(q: Queries, source: SourceId, record: ReturnId) -> list[ReturnId]:
    """The known returns that a record may be; none if that was never unclear."""
    return [ReturnId(row["home"]) for row in q.candidates(source=source, record=record)]


def may_be_shown(q: Queries, source: SourceId, home: ReturnId) -> bool:
    """Whether a record is held because it may be this return."""
    return bool(q.held_for(source=source, home=home))


def older_copies(q: Queries, source: SourceId) -> dict[ReturnId, OlderCopy]:
    """The records of which an older copy was listed, and not the kept version since then."""
    rows = q.older_copies(source=source)
    return {ReturnId(row["record"]): OlderCopy(row["hash"], clock.parse(row["began"])) for row in rows}


def note_older_copy(q: Queries, source: SourceId, record: ReturnId, copy: OlderCopy) -> None:
    """A listing showed an older copy of a record."""
    q.note_older_copy(source=source, record=record, hash=copy.digest, began=clock.stamp(copy.began))


def read_older_copy_later(q: Queries, source: SourceId, record: ReturnId) -> None:
    """The record could not be read singly now: others come before it next time.

    This is only for platforms where records can be read singly: elsewhere the moment says since when it was shown.
    """
    q.begin_older_copy_anew(source=source, record=record, began=clock.stamp(clock.now()))


def forget_older_copy(q: Queries, source: SourceId, record: ReturnId) -> None:
    """The record is shown as it is kept, or the copy was believed after all."""
    q.forget_older_copy(source=source, record=record)
