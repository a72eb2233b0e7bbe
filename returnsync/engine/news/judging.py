"""Judging: whether something that is wrong, or no longer is, is told by this run.

    it is                                what happens                                    then it is
    an account that is out               3 runs met it, and 15 minutes passed            told, once
    anything else that is wrong          a run meets it                                  told
    anything else that is wrong, told    a day later it still is                         told again
    told, and an account                 3 runs in a row did not meet it                 over, which is told
    anything else                        3 runs in a row did not meet it                 over

What comes and goes is told at most three times a day.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from returnsync.state.told import Telling

_RUNS = 3
_PATIENCE = timedelta(minutes=15)
_WELL_RUNS = 3
_AGAIN = timedelta(days=1)
_MOST_A_DAY = 3


def met(known: Telling, now: datetime, *, is_outage: bool) -> tuple[Telling, bool]:
    """A run met something: how that is kept, and whether it is told.

    With `is_outage` an account is out, which may pass by itself.
    """
    today = day_of(now)
    times = known.times if known.day == today else 0
    # A clock that was ahead once must not keep it from being told for ever.
    since = min(known.since or now, now)
    told_at = None if known.told_at is None else min(known.told_at, now)
    seen = replace(known, since=since, told_at=told_at, runs=known.runs + 1, well=0, day=today, times=times)
    if is_outage:
        is_due = told_at is None and seen.runs >= _RUNS and now - since >= _PATIENCE
    else:
        is_due = told_at is None or now - told_at >= _AGAIN
    if not is_due or times >= _MOST_A_DAY:
        return seen, False
    return replace(seen, told_at=now, times=times + 1), True


def not_met(known: Telling) -> tuple[Telling, bool]:
    """A run that would have met it did not: how that is kept, and whether it is over by that."""
    if known.well + 1 < _WELL_RUNS:
        return replace(known, well=known.well + 1), False
    return replace(known, since=None, runs=0, well=0, told_at=None), True


def day_of(now: datetime) -> str:
    """The day that it is here."""
    return now.astimezone().date().isoformat()
