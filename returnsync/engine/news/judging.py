"""Judging: whether this run reports something that is wrong, or is no longer wrong.

    it is                                  what happens                                  then it is
    an account that is out                 3 runs met it, and 15 minutes passed          reported
    an account that is out, reported       a day later it still is                       reported again, not to cron
    an account that is out, reported       no run was there for long, then one meets it  reported again
    anything else that is wrong            a run meets it                                reported
    anything else that is wrong, reported  a day later it still is                       reported again
    reported, and an account               3 runs in a row did not meet it               over, which is reported
    anything else                          3 runs in a row did not meet it               over

A thing that comes and goes is reported at most three times a day.
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
    """Note that a run met something; returns what is saved, and whether it is reported.

    `is_outage`: an account is out, which may pass by itself; one that lasts is reported again only with
    `is_told_daily`. `after_a_gap`: no run took place for a while, so it may be another outage, and is reported as new.
    """
    today = day_of(now)
    if after_a_gap and is_outage:
        known = replace(known, told_at=None)
    times = known.times if known.day == today else 0
    # A clock that was ahead must not prevent a report for ever.
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
    """Note that a run that would have met it did not; returns what is saved, and whether it is over now."""
    if known.well + 1 < _WELL_RUNS:
        return replace(known, well=known.well + 1), False
    return replace(known, since=None, runs=0, well=0, told_at=None), True


def day_of(now: datetime) -> str:
    """The current local day."""
    return now.astimezone().date().isoformat()
