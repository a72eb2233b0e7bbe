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
    # If its return was erased already: the new texts may hold a server's words, so they have to be erased again.
    q.may_have_texts(source=announcement.source, id=announcement.return_id)


def get(q: Queries, code: str) -> Announcement | None:
    """The announcement of that code."""
    row = q.one_announcement(code=code)
    return None if row is None else from_row(row)


def of_return(q: Queries, source: SourceId, return_id: ReturnId) -> list[Announcement]:
    """The announcements of one return, one for each order."""
    return [from_row(row) for row in q.announcements_of_return(source=source, return_id=return_id)]


def is_begun(q: Queries, source: SourceId, return_id: ReturnId) -> bool:
    """Whether a create was ever intended for a return, or it was announced or released; then its parts stay as is."""
    return bool(q.is_begun(source=source, return_id=return_id)[0])


def to_do(q: Queries, at: datetime) -> list[Announcement]:
    """What is due, and what waits until that moment at the latest, oldest first."""
    return [from_row(row) for row in q.announcements_to_do(at=clock.stamp(at))]


def held(q: Queries) -> Iterator[Announcement]:
    """What waits for a person, by cause."""
    for row in q.announcements_held():
        yield from_row(row)


def waiting(q: Queries) -> Iterator[Announcement]:
    """What goes on by itself, by cause and then by when it is tried next."""
    for row in q.announcements_waiting():
        yield from_row(row)


def released(q: Queries) -> Iterator[Announcement]:
    """What a person released, by the cause that it was held for."""
    for row in q.announcements_released():
        yield from_row(row)


def to_announce(q: Queries) -> Iterator[Announcement]:
    """What was never announced, and is due, waits, is held or is released."""
    for row in q.announcements_to_announce():
        yield from_row(row)


def certain_by(q: Queries, before: datetime) -> list[Announcement]:
    """The announcements that wait to settle a call in flight, and that are due by then."""
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

    It leaves out announcements whose account works again: an order was served since the last try, and the announcement
    failed three times or more, or that try was in an earlier command. After three failures, it is also left out where
    others were served in this command, since it is tried after them.
    """
    rows = q.announcements_failing(since=clock.stamp(since))
    return [Failing(Code(row["code"]), SourceId(row["source"]), WarehouseName(row["warehouse"])) for row in rows]


def open_at(q: Queries) -> set[tuple[SourceId, WarehouseName]]:
    """Each pair of a source and a warehouse for which something goes on by itself."""
    return {(SourceId(row["source"]), WarehouseName(row["warehouse"])) for row in q.open_at()}


def sources_of_failed_calls(q: Queries, warehouse: WarehouseName) -> set[SourceId]:
    """The sources with an announcement at a warehouse that waits because a call for it failed."""
    return {SourceId(row["source"]) for row in q.sources_of_failed_calls(warehouse=warehouse)}


def lost_before(q: Queries) -> set[Code]:
    """The open codes with a create that was taken as not made after two looks found nothing."""
    return {Code(row["code"]) for row in q.lost_before()}


def last_saved(q: Queries, code: str) -> str:
    """When an announcement was saved last, which is also done after each try; as a text that sorts by time."""
    return str(q.announcement_saved_at(code=code)[0])


def count_waiting(q: Queries) -> int:
    """How many go on by themselves."""
    return int(q.count_waiting()[0])


def waiting_for(q: Queries, warehouse: WarehouseName, cause: Cause, most: int) -> list[Code]:
    """Up to `most` of those at a warehouse that wait for one cause, the most recently tried first."""
    rows = q.announcements_waiting_for(warehouse=warehouse, cause=cause.value, most=most)
    return [Code(row["code"]) for row in rows]


def of_source_waiting_for(q: Queries, source: SourceId, cause: Cause) -> list[Announcement]:
    """Those of a source that wait for one cause, oldest first."""
    return [from_row(row) for row in q.announcements_of_source_waiting_for(source=source, cause=cause.value)]


def count_waiting_for(q: Queries, source: SourceId, cause: Cause) -> int:
    """How many of a source wait for one cause."""
    return int(q.count_waiting_for(source=source, cause=cause.value)[0])


def has_order(q: Queries, source: SourceId, number: str) -> bool:
    """Whether an announcement of a source, whatever its progress, is for an order of exactly that number."""
    return bool(q.has_order(source=source, order_number=number)[0])


def order_numbers(q: Queries, source: SourceId) -> Iterator[str]:
    """Each order number of the announcements of a source, whatever their progress."""
    for row in q.order_numbers_of(source=source):
        yield str(row["order_number"])


def oldest_open(q: Queries) -> datetime | None:
    """Since when the oldest announcement that is due, waiting or held has been known."""
    return clock.parse_or_none(q.oldest_open()[0])


def _cause(word: str) -> Cause | None:
    """The cause of a row, if it has one.

    It is `None` also for a cause of another version that this one does not know, since a state must stay readable. The
    announcement still says in its own words what happened and what to do.
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
