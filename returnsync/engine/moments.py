"""Moments in the future: a clock that was ahead wrote them, and nothing may wait until then."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.errors import AccountError, CallError, ClockError
from returnsync.model import SourceId
from returnsync.state import moments

logger = logging.getLogger("returnsync.clock")

# No pause is longer, and no mark and no time of a read is in the future at all.
_LONGEST_PAUSE = timedelta(days=1)
# Clocks that differ by no more count as equal: tokens, marks and pauses tolerate that much.
AGREE_WITHIN = timedelta(minutes=5)
_TELL_EVERY = timedelta(days=1)
ABOUT_CLOCKS = "The clock of this machine is"
"""How a warning begins that clocks differ."""


def disbelieve_the_future(ctx: Context) -> None:
    """Where the state has moments that cannot be right, replace them by the current time, and report that.

    Whose clock is wrong is found out first: from the warehouses, or from the platforms where no warehouse sends a time.
    Where no server sends a time, our own clock is believed.

    Raises:
        ClockError: our clock and the others differ, so that nothing can be decided.
    """
    now = clock.now()
    with ctx.db.reading() as q:
        found = moments.after(q, now + _LONGEST_PAUSE)
    if not found:
        return
    if (other := _who_disagrees(ctx)) is not None:
        name, off = other
        raise ClockError(
            f"The clock of this machine is {_in_words(off)} that of {name}, and {found} moments in the state are in "
            "its future: one of the clocks is wrong.",
            "Set this machine's clock by NTP. Nothing was done; the next run goes on.",
        )
    with ctx.db.transaction() as q:
        moments.believe_none_after(q, now + _LONGEST_PAUSE, now, _listed_by_creation(ctx))
    _warn(
        ctx,
        f"{found} moments in the state were more than a day in the future: a clock was ahead when they were written. "
        "They count as now, and each source whose mark was among them is read from its newest known change.",
    )


def put_marks_back(ctx: Context) -> None:
    """Put back the marks that lie in the future, before newer records of their sources are saved.

    Whose clock is wrong does not matter here: reading a record twice changes nothing.
    """
    now = clock.now()
    with ctx.db.transaction() as q:
        moments.put_marks_back(q, now + _LONGEST_PAUSE, now, _listed_by_creation(ctx))


def _listed_by_creation(ctx: Context) -> set[SourceId]:
    return {source.id for source in ctx.sources.values() if source.kind.capabilities.lists_by == "creation"}


def warn_of_clocks(ctx: Context) -> None:
    """Warn about servers whose clocks differ from ours, about each at most once a day. The run goes on."""
    differing = _differing(ctx)
    if not differing:
        return
    with ctx.db.transaction() as q:
        new = [name for name in differing if moments.is_told_anew(q, f"clock of {name}", _TELL_EVERY)]
    if new:
        _warn(ctx, _differs({name: differing[name] for name in new}))


def differing_clocks(ctx: Context) -> dict[str, str]:
    """Each account whose server's clock differs from ours in this run, with the warning about it."""
    return {name: _differs({name: off}) for name, off in _differing(ctx).items()}


def _differing(ctx: Context) -> dict[str, timedelta]:
    return {name: off for name, off in ctx.accounts.clock_offsets.items() if abs(off) > AGREE_WITHIN}


def _differs(offsets: Mapping[str, timedelta]) -> str:
    each = ", and ".join(f"{_in_words(off)} that of {name}" for name, off in offsets.items())
    return f"{ABOUT_CLOCKS} {each}. Set it by NTP; if it is right, the other is wrong."


def _warn(ctx: Context, text: str) -> None:
    logger.warning("%s", text)
    ctx.tally.warnings.append(text)


def _who_disagrees(ctx: Context) -> tuple[str, timedelta] | None:
    """An account whose clock differs from ours while none agrees with ours; `None` also where no server sends a time.

    Platforms are asked only where no warehouse sends a time: a wrong clock of a platform alone stops nothing.
    """
    for offsets in (_offsets_of_warehouses(ctx), _offsets_of_platforms(ctx)):
        first: tuple[str, timedelta] | None = None
        for name, off in offsets:
            if abs(off) <= AGREE_WITHIN:
                return None
            first = first or (name, off)
        if first is not None:
            return first
    return None


def _offsets_of_warehouses(ctx: Context) -> Iterator[tuple[str, timedelta]]:
    """How far the warehouses' clocks are ahead of ours; the next one is asked only when the next offset is taken."""
    for name in ctx.warehouses:
        with suppress(AccountError, CallError):
            ctx.accounts.offered_reasons(name)
        if (off := ctx.accounts.clock_offsets.get(name)) is not None:
            yield name, off


def _offsets_of_platforms(ctx: Context) -> Iterator[tuple[str, timedelta]]:
    """As `_offsets_of_warehouses`."""
    for source in ctx.chosen:
        with suppress(AccountError, CallError):
            next(iter(ctx.accounts.platform(source).check()), None)
        if (off := ctx.accounts.clock_offsets.get(source.name)) is not None:
            yield source.name, off


def _in_words(off: timedelta) -> str:
    """`off` is how far the other clock is ahead."""
    seconds = abs(off.total_seconds())
    amount = f"{seconds / 86_400:.1f} days" if seconds >= 86_400 else f"{seconds / 60:.0f} minutes"  # noqa: PLR2004 - a day
    return f"{amount} {'behind' if off > timedelta(0) else 'ahead of'}"
