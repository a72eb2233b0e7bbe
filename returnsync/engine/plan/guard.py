"""Guard: refuse what looks like an accident, such as a changed filter or a source read from its start again. Pure."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from returnsync.engine.sources import Source
from returnsync.state.sources import KnownSource


@dataclass(frozen=True, slots=True)
class Measure:
    """What is usual for a source that has delivered before."""

    largest_day: int
    """The largest number of new announcements on one day."""
    days: int
    """For how many days, at least one, it could not deliver: the backlog of an outage is no accident."""
    after_only: bool = False
    """Whether it has delivered only the orders named in `only` since then: the next run counts as a first one, too."""


def measure(known: KnownSource | None, largest_day: int, now: datetime) -> Measure | None:
    """What a source is measured by; `None` until it has delivered the whole of a first run.

    Days count from the last unhindered delivery to now, or to the first refusal since then: what was refused once does
    not pass because time goes by. Neither does what was kept back while `only` was set.
    """
    if known is None or not known.is_past_first:
        return None
    after_only = known.only_since is not None
    if known.delivered_at is None:
        return Measure(largest_day, 1, after_only)
    # A clock that was ahead may have written the time of a refusal in the future.
    hindered = min(known.stopped_at or now, now) - known.delivered_at
    return Measure(largest_day, max(1, math.ceil(hindered / timedelta(days=1))), after_only)


def refusal(source: Source, usual: Measure | None, new: int) -> str | None:
    """Why a source may not deliver `new` announcements in one run, or `None` when it may.

    A source that has delivered before is measured against its own largest day, a first run against a fixed number. A
    source that has delivered only the orders named in `only` since then is measured against both. With `guard_first` =
    500, `guard_new` = 100 and `guard_factor` = 10:

    largest day                                 none    8     30     30     30    90
    days since it last delivered unhindered             1      1      3      1     1
    `only` was set since then                                               yes   yes
    may deliver                                 500     100   300    900    300   500
    """
    settings = source.settings
    if (usual is None or usual.after_only) and new > settings.guard_first:
        # The first delivery, or the first of all its orders: what it delivered before does not count for that.
        which = "its first run" if usual is None else "its first run without `only`"
        allowed = f"guard_first = {settings.guard_first}"
        return f"{which} would announce {new} returns at once, more than {allowed} allows"
    if usual is None:
        return None
    if new > settings.guard_new and new > settings.guard_factor * usual.largest_day * usual.days:
        days = "" if usual.days == 1 else f" for each of the {usual.days} days since it last delivered"
        return (
            f"{new} returns would be announced at once, more than guard_new = {settings.guard_new} allows, and more "
            f"than guard_factor = {settings.guard_factor} times its largest day ({usual.largest_day}){days}"
        )
    return None
