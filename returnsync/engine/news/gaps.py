"""Gaps: whether no run was there for longer than usual, as after a state was put back from a backup.

What was told before is then no news of what is wrong now: it may be something else of the same kind.
"""

from datetime import datetime, timedelta
from itertools import pairwise

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.state import runs
from returnsync.state.database import Queries

_LAST, _TIMES, _AT_LEAST = 10, 3, timedelta(hours=1)


def is_after_a_gap(ctx: Context, q: Queries, now: datetime) -> bool:
    """Whether the last run began longer ago than three times the longest gap between those before it, and an hour."""
    began = [clock.parse(started) for run, started in runs.starts(q, _LAST + 1) if run != ctx.run_id]
    if not began:
        return False
    longest = max((later - earlier for later, earlier in pairwise(began)), default=timedelta())
    return now - began[0] > max(_TIMES * longest, _AT_LEAST)
