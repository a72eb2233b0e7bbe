"""Moments in the state that are in the future because a clock was ahead. Each function runs inside a transaction."""

from collections.abc import Collection
from datetime import datetime, timedelta

from returnsync import clock
from returnsync.model import SourceId
from returnsync.state.database import Queries


def after(q: Queries, moment: datetime) -> int:
    """How many moments that something waits for or counts from are later than a given one."""
    return int(q.moments_after(moment=clock.stamp(moment))[0])


def believe_none_after(q: Queries, moment: datetime, now: datetime, by_creation: Collection[SourceId]) -> None:
    """Set what is later than `moment` to `now`, and put marks back."""
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
    """Put back the marks that are later than a moment.

    It is not known when such a mark was written, so the source is read from its newest known change. A source that is
    listed `by_creation` is read from its newest known creation. If nothing is known, it is read from its start.
    """
    for row in list(q.marks_after(moment=clock.stamp(moment))):
        source = SourceId(row["source"])
        mark = clock.parse(row["mark"])
        # If only the long look back is in the future, the mark itself is right: the newest known change may be later.
        right = mark if mark <= moment else newest_known(q, source, now, by_creation=source in by_creation)
        if right is None:
            q.forget_mark(source=source)
        else:
            q.put_mark_back(source=source, mark=clock.stamp(right))


def newest_known(q: Queries, source: SourceId, moment: datetime, *, by_creation: bool) -> datetime | None:
    """The newest known change, or creation, of a source up to a moment; `None` where nothing is known of it."""
    newest = q.newest_creation if by_creation else q.newest_change
    known = newest(source=source, at=clock.stamp(moment))[0]
    return None if known is None else clock.parse(known)


def is_told_anew(q: Queries, what: str, every: timedelta) -> bool:
    """Whether something is to be reported: it never was, or not for `every`. From now on it counts as reported."""
    now, row = clock.now(), q.told_at(what=what)
    if row is not None and now - every < clock.parse(row["told_at"]) <= now:
        return False
    q.note_told(what=what, at=clock.stamp(now))
    return True
