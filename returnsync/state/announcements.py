"""Announcements as they are kept. Each function runs inside a transaction."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from returnsync import clock
from returnsync.model import Announcement, Cause, Code, OrderNumber, Progress, ReturnId, SourceId, Step, WarehouseName
from returnsync.state.database import Queries

_CAUSES = {cause.value: cause for cause in Cause}


def save(q: Queries, announcement: Announcement) -> None:
    """Keep an announcement as it is now."""
    q.save_announcement(
        code=announcement.code,
        warehouse=announcement.warehouse,
        source=announcement.source,
        return_id=announcement.return_id,
        order_number=announcement.order_number,
        progress=announcement.progress.value,
        step=announcement.step.value,
        cause=announcement.cause or "",
        what=announcement.what,
        next_step=announcement.next_step,
        foreign_text=announcement.foreign,
        due_at=clock.stamp_or_none(announcement.due_at),
        waiting_since=clock.stamp_or_none(announcement.waiting_since),
        attempts=announcement.attempts,
        announced_at=clock.stamp_or_none(announcement.announced_at),
        labelled_at=clock.stamp_or_none(announcement.labelled_at),
        units=announcement.units,
        unread_since=clock.stamp_or_none(announcement.unread_since),
        order_ref=announcement.order_ref,
        at=clock.stamp(clock.now()),
    )
    # Should its return be erased already: what is said of it now may be a server's words.
    q.may_have_texts(source=announcement.source, id=announcement.return_id)


def get(q: Queries, code: str) -> Announcement | None:
    """The announcement of that code."""
    row = q.one_announcement(code=code)
    return None if row is None else from_row(row)


def of_return(q: Queries, source: SourceId, return_id: ReturnId) -> list[Announcement]:
    """The announcements of one return, one an order."""
    return [from_row(row) for row in q.announcements_of_return(source=source, return_id=return_id)]


def is_begun(q: Queries, source: SourceId, return_id: ReturnId) -> bool:
    """Whether an intent was ever written for a return, or a person released it: its parts do not change then."""
    return bool(q.is_begun(source=source, return_id=return_id)[0])


def to_do(q: Queries, at: datetime) -> list[Announcement]:
    """What is due now, and what waited until now, oldest first."""
    return [from_row(row) for row in q.announcements_to_do(at=clock.stamp(at))]


def held(q: Queries) -> Iterator[Announcement]:
    """What waits for a person, by cause."""
    for row in q.announcements_held():
        yield from_row(row)


def waiting(q: Queries) -> Iterator[Announcement]:
    """What goes on by itself, by cause, what is tried next first."""
    for row in q.announcements_waiting():
        yield from_row(row)


def released(q: Queries) -> Iterator[Announcement]:
    """What a person took out of our hands, by the cause that it was held for."""
    for row in q.announcements_released():
        yield from_row(row)


def to_announce(q: Queries) -> Iterator[Announcement]:
    """What was never announced, and is due, waits, is held or is released."""
    for row in q.announcements_to_announce():
        yield from_row(row)


def certain_by(q: Queries, before: datetime) -> list[Announcement]:
    """Those that wait to learn what became of a call, and can learn it by then."""
    return [from_row(row) for row in q.in_doubt_until(before=clock.stamp(before))]


def count_held(q: Queries) -> int:
    """How many wait for a person."""
    return int(q.count_held()[0])


class Failing(NamedTuple):
    """An announcement that waits because calls to its warehouse fail."""

    code: Code
    source: SourceId
    warehouse: WarehouseName


def failing(q: Queries, since: datetime) -> list[Failing]:
    """What waits because calls to the warehouse fail; `since` is when the present command began.

    Where an order was served since its last try, the account is well again, and it does not count: at once where it
    failed three times or more, else once that try is of an earlier command. One that failed so often does not count
    either where others were served in this command, since it is tried after them.
    """
    rows = q.announcements_failing(since=clock.stamp(since))
    return [Failing(Code(row["code"]), SourceId(row["source"]), WarehouseName(row["warehouse"])) for row in rows]


def open_at(q: Queries) -> set[tuple[SourceId, WarehouseName]]:
    """At which warehouses something of which source goes on by itself."""
    return {(SourceId(row["source"]), WarehouseName(row["warehouse"])) for row in q.open_at()}


def sources_of_failed_calls(q: Queries, warehouse: WarehouseName) -> set[SourceId]:
    """The sources of which an announcement at a warehouse waits since a call for it failed."""
    return {SourceId(row["source"]) for row in q.sources_of_failed_calls(warehouse=warehouse)}


def lost_before(q: Queries) -> set[Code]:
    """The codes that are open and of which a create was taken for not made after two looks in vain."""
    return {Code(row["code"]) for row in q.lost_before()}


def last_saved(q: Queries, code: str) -> str:
    """When an announcement was saved last, as after each try; as a text that sorts as the moments do."""
    return str(q.announcement_saved_at(code=code)[0])


def count_waiting(q: Queries) -> int:
    """How many go on by themselves."""
    return int(q.count_waiting()[0])


def waiting_for(q: Queries, warehouse: WarehouseName, cause: Cause, most: int) -> list[Code]:
    """The first `most` of those at a warehouse that wait for one cause, the last tried first."""
    rows = q.announcements_waiting_for(warehouse=warehouse, cause=cause.value, most=most)
    return [Code(row["code"]) for row in rows]


def of_source_waiting_for(q: Queries, source: SourceId, cause: Cause) -> list[Announcement]:
    """Those of a source that wait for one cause, oldest first."""
    return [from_row(row) for row in q.announcements_of_source_waiting_for(source=source, cause=cause.value)]


def count_waiting_for(q: Queries, source: SourceId, cause: Cause) -> int:
    """How many of a source wait for one cause."""
    return int(q.count_waiting_for(source=source, cause=cause.value)[0])


def has_order(q: Queries, source: SourceId, number: str) -> bool:
    """Whether an announcement of a source, however far it is, is of an order of exactly that number."""
    return bool(q.has_order(source=source, order_number=number)[0])


def order_numbers(q: Queries, source: SourceId) -> Iterator[str]:
    """Each order number of the announcements of a source, however far they are."""
    for row in q.order_numbers_of(source=source):
        yield str(row["order_number"])


def oldest_open(q: Queries) -> datetime | None:
    """Since when the oldest announcement that is due, waiting or held has been known."""
    return clock.parse_or_none(q.oldest_open()[0])


def _cause(word: str) -> Cause | None:
    """The cause of a row, where it has one.

    `None` also for a word that this version does not know, from a version that had another cause: a state must stay
    readable whatever stands there. The announcement still says what happened and what to do in its own words.
    """
    return _CAUSES.get(word)


def from_row(row: Any) -> Announcement:
    """The announcement of a row of that table."""
    return Announcement(
        code=Code(row["code"]),
        warehouse=WarehouseName(row["warehouse"]),
        source=SourceId(row["source"]),
        return_id=ReturnId(row["return_id"]),
        order_number=OrderNumber(row["order_number"]),
        progress=Progress(row["progress"]),
        step=Step(row["step"]),
        cause=_cause(row["cause"]),
        what=row["what"],
        next_step=row["next_step"],
        foreign=row["foreign_text"],
        due_at=clock.parse_or_none(row["due_at"]),
        waiting_since=clock.parse_or_none(row["waiting_since"]),
        attempts=row["attempts"],
        announced_at=clock.parse_or_none(row["announced_at"]),
        labelled_at=clock.parse_or_none(row["labelled_at"]),
        units=row["units"],
        unread_since=clock.parse_or_none(row["unread_since"]),
        order_ref=row["order_ref"],
    )
