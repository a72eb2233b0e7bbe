"""Gathering: the lines that a run has for a channel, and what is saved once they were written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from shlex import quote

from returnsync import clock
from returnsync.engine import glimpsed
from returnsync.engine.context import Context
from returnsync.engine.news.gaps import is_after_a_gap
from returnsync.engine.news.judging import day_of, met, not_met
from returnsync.engine.news.wrong import HEARTBEAT, RECEIVER, everything_wrong, is_outage, over, would_have_met
from returnsync.engine.summary import Summary
from returnsync.model import Code
from returnsync.redact import Masker
from returnsync.state import announcements, figures, returns, set_aside, told
from returnsync.state.told import Channel, HeldKey, Telling

_NAMED_A_DAY = 10
"""How many held returns are named in a day for each cause; of the others only the number is given."""
_MORNING = 7
"""The local hour from which on the daily line is written."""
_DAILY = "daily"


@dataclass(frozen=True)
class News:
    """The lines for a channel, and what is saved once they were written."""

    lines: Sequence[str]
    """Not masked yet."""
    tellings: Sequence[Telling]
    held: Sequence[HeldKey]


def gather(ctx: Context, summary: Summary, channel: Channel, *, also: Mapping[str, str], by_hand: bool = False) -> News:
    """What a run that ended, or was stopped, has to report to a channel. It only reads.

    `also` are further problems that the caller knows: a text by a key of one word. A run `by_hand` gets all that is
    wrong, but the caller does not save that as reported to the channel.
    """
    now = clock.now()
    with ctx.db.reading() as q:
        known = told.tellings(q, channel)
        untold = told.held_untold(q, channel)
        failing = told.failing_receivers(q)
        gap = is_after_a_gap(ctx, q, now)
    wrong = {key: item.text for key, item in everything_wrong(ctx, summary).items()} | dict(also)
    wrong |= {f"{RECEIVER}/{name}": text for name, text in failing.items() if _is_set(ctx, name)}
    lines, tellings = _of_what_is_wrong(ctx, wrong, known, now, after_a_gap=gap)
    if by_hand:
        # The person who stopped it knows that.
        lines = [text for key, text in wrong.items() if not key.startswith("stopped/")]
    for cause, items in groupby(untold, key=lambda item: item.cause):
        told_of_cause, telling = _of_held(ctx, cause, list(items), known, now)
        lines += told_of_cause
        tellings.append(telling)
    daily = _in_the_morning(ctx, (summary.held or 0) - len(untold), known, now)
    if daily is not None:
        lines += daily[0]
        tellings.append(daily[1])
    return News(lines, tellings, untold)


def _is_set(ctx: Context, name: str) -> bool:
    """Whether this run has that receiver: by a setting of `[notify]`, or as its heartbeat."""
    if name.startswith(HEARTBEAT):
        return name == ctx.heartbeat
    settings = ctx.config.settings.notify
    return settings is not None and getattr(settings, name.rpartition(".")[2], None) is not None


def remember(ctx: Context, channel: Channel, news: News) -> None:
    """Save what was reported to a channel; the caller has written the lines."""
    with ctx.db.transaction() as q:
        for telling in news.tellings:
            told.save(q, channel, telling)
        told.note_held(q, channel, news.held)
        for name in told.failing_receivers(q):
            # Of a heartbeat that this run has not, only the run that has it can say more.
            if not _is_set(ctx, name) and not name.startswith(HEARTBEAT):
                told.note_receiver(q, name, "")
        told.forget_what_is_over(q, channel, day_of(clock.now()))


def _of_what_is_wrong(
    ctx: Context, wrong: Mapping[str, str], known: dict[str, Telling], now: datetime, *, after_a_gap: bool
) -> tuple[list[str], list[Telling]]:
    lines: list[str] = []
    tellings: list[Telling] = []
    for key, text in wrong.items():
        telling, is_told = met(known.get(key, Telling(key)), now, is_outage=is_outage(key), after_a_gap=after_a_gap)
        tellings.append(telling)
        if is_told:
            lines.append(text)
    for key, before in known.items():
        if before.since is None or key in wrong or not would_have_met(ctx, key):
            continue
        telling, is_over = not_met(before)
        tellings.append(telling)
        is_removed = key.startswith(f"{RECEIVER}/") and not _is_set(ctx, key.partition("/")[2])
        if is_over and is_outage(key) and before.told_at is not None and not is_removed:
            lines.append(over(key))
    return lines, tellings


def _of_held(
    ctx: Context, cause: str, items: list[HeldKey], known: dict[str, Telling], now: datetime
) -> tuple[list[str], Telling]:
    """A line for each newly held one, up to a number a day; then one line with the number of the others."""
    today = day_of(now)
    telling = known.get(f"held/{cause}", Telling(f"held/{cause}"))
    already = telling.times if telling.day == today else 0
    named = items[: max(0, _NAMED_A_DAY - already)]
    lines = [_held_line(ctx, item) for item in named]
    more = len(items) - len(named)
    if more and already <= _NAMED_A_DAY:
        # Written once a day: what is held after that is included in the number of the next morning.
        lines.append(f"{cause}: and {more} more: returnsync held --cause {cause}")
        return lines, replace(telling, day=today, times=_NAMED_A_DAY + 1)
    return lines, replace(telling, day=today, times=already + len(named))


def _held_line(ctx: Context, item: HeldKey) -> str:
    names = {source.id: source.name for source in ctx.sources.values()}
    source = names.get(item.source, item.source)
    with ctx.db.reading() as q:
        announcement = announcements.get(q, Code(item.key))
        ret = None if announcement is None else returns.get(q, item.source, announcement.return_id)
        known = None if announcement is not None else set_aside.get(q, item.source, item.key, clock.now())
    if announcement is not None:
        number = announcement.order_number or item.key
        mask = Masker(ret)
        number, what = mask.values(number), mask.values(announcement.what)
        return f"{source} {number}: held ({item.cause}): {what} See: returnsync show {quote(number)}"
    mask = Masker(None) if known is None else glimpsed.mask_of(known.record)
    problem = "" if known is None else f"{mask.values(known.record.problem)}. "
    return f"{source} {mask.values(item.key)}: held ({item.cause}): {problem}See: returnsync held --cause {item.cause}"


def _in_the_morning(
    ctx: Context, older: int, known: dict[str, Telling], now: datetime
) -> tuple[list[str], Telling] | None:
    """Once a day, in the first run after seven: how many are held. `None` where that was reported today.

    There is no line where nothing is held besides what this run names anyway (`older` is 0).
    """
    telling = known.get(_DAILY, Telling(_DAILY))
    if now.astimezone().hour < _MORNING or telling.day == day_of(now):
        return None
    with ctx.db.reading() as q:
        since = min(figures.held_since(q).values(), default=None)
        held = announcements.count_held(q) + set_aside.count(q)
    lines = []
    if older > 0 and since is not None:
        number = "1 return is" if held == 1 else f"{held} returns are"
        lines.append(f"{number} held, the oldest since {since.astimezone():%Y-%m-%d}: returnsync held")
    return lines, replace(telling, day=day_of(now), times=1)
