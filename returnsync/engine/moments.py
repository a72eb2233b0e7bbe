"""Moments from the future: a clock that was ahead once wrote them, and nothing may sleep until then."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.errors import AccountError, CallError, ClockError
from returnsync.state import moments

logger = logging.getLogger("returnsync.clock")

# No pause is longer, and no mark or read lies in the future at all.
_LONGEST_PAUSE = timedelta(days=1)
# Clocks that differ by no more agree: tokens, marks and pauses stand that.
AGREE_WITHIN = timedelta(minutes=5)
_TELL_EVERY = timedelta(days=1)


def disbelieve_the_future(ctx: Context) -> None:
    """Where the state has moments that cannot be right, let them count as now, and tell that.

    Whose clock is wrong is asked first: of the warehouses, and where they send no time, of the platforms. Where nobody
    tells the time, our own clock is believed.

    Raises:
        ClockError: our own clock is wrong, or that of everybody else; with it nothing can be decided.
    """
    now = clock.now()
    with ctx.db.reading() as q:
        found = moments.after(q, now + _LONGEST_PAUSE)
    if not found:
        return
    for name, off in _offsets(ctx):
        if abs(off) > AGREE_WITHIN:
            raise ClockError(
                f"The clock of this machine is {_in_words(off)} that of {name}, and {found} moments in the state lie "
                "in its future: one of the clocks is wrong.",
                "Set this machine's clock by NTP. Nothing was done; the next run goes on.",
            )
        break
    by_creation = {source.id for source in ctx.sources.values() if source.kind.capabilities.lists_by == "creation"}
    with ctx.db.transaction() as q:
        moments.believe_none_after(q, now + _LONGEST_PAUSE, now, by_creation)
    text = (
        f"{found} moments in the state lay more than a day in the future: a clock was ahead when they were written. "
        "They count as now, and each source whose mark was among them is read from its newest known change."
    )
    logger.warning("%s", text)
    ctx.tally.warnings.append(text)


def warn_of_clocks(ctx: Context) -> None:
    """Tell of a server whose clock differs from ours, at most once a day each. It stops nothing."""
    for name, off in ctx.accounts.clock_offsets.items():
        if abs(off) <= AGREE_WITHIN:
            continue
        with ctx.db.transaction() as q:
            is_new = moments.is_told_anew(q, f"clock of {name}", _TELL_EVERY)
        if is_new:
            text = (
                f"The clock of this machine is {_in_words(off)} that of {name}. Set this machine's clock by NTP; if it "
                "is right, the server's is wrong."
            )
            logger.warning("%s", text)
            ctx.tally.warnings.append(text)


def _offsets(ctx: Context) -> Iterator[tuple[str, timedelta]]:
    """How far the clocks of others are ahead of ours, the warehouses' first; each is asked once."""
    for name in ctx.warehouses:
        with suppress(AccountError, CallError):
            ctx.accounts.offered_reasons(name)
        if (off := ctx.accounts.clock_offsets.get(name)) is not None:
            yield name, off
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
