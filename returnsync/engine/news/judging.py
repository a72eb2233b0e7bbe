"""Judging: whether something that is wrong, or no longer is, is told by this run.

    it is                                what happens                                    then it is
    an account that is out               3 runs met it, and 15 minutes passed            told
    an account that is out, told         a day later it still is                         told again, not to cron
    an account that is out, told         no run was there for long, then one meets it    told again
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


def met(
    known: Telling, now: datetime, *, is_outage: bool, is_told_daily: bool = False, after_a_gap: bool = False
) -> tuple[Telling, bool]:
    """A run met something: how that is kept, and whether it is told.

    With `is_outage` an account is out, which may pass by itself. One that lasts is told again only with
    `is_told_daily`; `after_a_gap`, in which no run was there, it may be another one, and is told as new.
    """
    today = day_of(now)
    if after_a_gap and is_outage:
        known = replace(known, told_at=None)
    times = known.times if known.day == today else 0
    # A clock that was ahead once must not keep it from being told for ever.
    since = min(known.since or now, now)
    told_at = None if known.told_at is None else min(known.told_at, now)
    seen = replace(known, since=since, told_at=told_at, runs=known.runs + 1, well=0, day=today, times=times)
    if told_at is not None:
        is_due = now - told_at >= _AGAIN and (is_told_daily or not is_outage)
    else:
        is_due = not is_outage or (seen.runs >= _RUNS and now - since >= _PATIENCE)
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
