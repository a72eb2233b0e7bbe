"""Moments of the state that lie in the future, since a clock was ahead. Each function runs inside a transaction."""

from collections.abc import Collection
from datetime import datetime, timedelta

from returnsync import clock
from returnsync.model import SourceId
from returnsync.state.database import Queries


def after(q: Queries, moment: datetime) -> int:
    """How many waits, marks, reads, deliveries and looks to come lie after a moment."""
    return int(q.moments_after(moment=clock.stamp(moment))[0])


def believe_none_after(q: Queries, moment: datetime, now: datetime, by_creation: Collection[SourceId]) -> None:
    """What lies after a moment counts as `now`; marks are put back."""
    bounds = {"moment": clock.stamp(moment), "at": clock.stamp(now)}
    q.due_at_most(**bounds)
    q.waiting_since_at_most(**bounds)
    q.read_at_most(**bounds)
    q.try_at_most(**bounds)
    q.tried_again_at_most(**bounds)
    q.recheck_at_most(**bounds)
    q.delivered_at_most(**bounds)
    q.method_at_most(**bounds)
    q.word_at_most(**bounds)
    q.attempt_at_most(**bounds)
    q.runs_started_at_most(**bounds)
    put_marks_back(q, moment, now, by_creation)


def put_marks_back(q: Queries, moment: datetime, now: datetime, by_creation: Collection[SourceId]) -> None:
    """Put back the marks that lie after a moment.

    Nobody knows when one was written, so a source is read from the newest change that is known of it; from its newest
    creation, where it is listed `by_creation`; else from its start.
    """
    for row in list(q.marks_after(moment=clock.stamp(moment))):
        source = SourceId(row["source"])
        mark = clock.parse(row["mark"])
        # Where only the long look back is from the future, the mark is right: what is known may be newer than it.
        right = mark if mark <= moment else newest_known(q, source, now, by_creation=source in by_creation)
        if right is None:
            q.forget_mark(source=source)
        else:
            q.put_mark_back(source=source, mark=clock.stamp(right))


def newest_known(q: Queries, source: SourceId, moment: datetime, *, by_creation: bool) -> datetime | None:
    """The newest change, or creation, that is known of a source up to a moment; `None` where nothing is known of it."""
    newest = q.newest_creation if by_creation else q.newest_change
    known = newest(source=source, at=clock.stamp(moment))[0]
    return None if known is None else clock.parse(known)


def is_told_anew(q: Queries, what: str, every: timedelta) -> bool:
    """Whether something is to be told: never told yet, or so long ago. From now on it counts as told."""
    now, row = clock.now(), q.told_at(what=what)
    if row is not None and now - every < clock.parse(row["told_at"]) <= now:
        return False
    q.note_told(what=what, at=clock.stamp(now))
    return True
