"""The figures of a report, from the state and the counts of requests only: no account is used, no secret is needed."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from returnsync import clock
from returnsync.engine import reasons
from returnsync.engine.ask.figures import all_source_names, requests_and_limits
from returnsync.engine.ask.hours import Hours, hours_of
from returnsync.engine.context import Context
from returnsync.engine.tell import by_carrier_and_month, carrier_in, sources_called
from returnsync.mapping.pairings import PairStatus
from returnsync.model import SourceId
from returnsync.state import overview, returns
from returnsync.state import report as kept
from returnsync.state.database import Queries
from returnsync.state.overview import Span, Stands

AGES: Mapping[str, timedelta | None] = {
    "under_1_day": timedelta(days=1),
    "1_to_3_days": timedelta(days=3),
    "3_to_7_days": timedelta(days=7),
    "1_to_4_weeks": timedelta(weeks=4),
    "longer": None,
}
"""How long something has been held: each age group with its upper limit."""


@dataclass(frozen=True)
class Covered:
    """What a report covers: returns made at or after one moment and before another, and labels of such a time.

    What is held, and the requests, are the current ones.
    """

    since: datetime
    labels_since: datetime
    until: datetime | None = None
    sources: Sequence[str] = ()
    """The names of the sources; empty for all."""


class HeldFor(NamedTuple):
    """What is held for one cause: the number, since when the oldest is held, and the number in each of `AGES`."""

    cause: str
    number: int
    oldest: datetime
    ages: Sequence[int]


class ReasonCount(NamedTuple):
    """A reason of one source, in the platform's words, masked; the number of lines it came on, and how it is paired."""

    source: str
    key: str
    words: str
    seen: int
    paired: PairStatus


class Requests(NamedTuple):
    """The requests of an account in the last 24 hours, where that is known, and the number that its limits allow."""

    account: str
    requests: int | None
    limit: int


@dataclass(frozen=True)
class Report:
    """The figures at one moment."""

    made: datetime
    covered: Covered
    is_new: bool
    """Whether no return is known at all."""
    days: Mapping[date, Counter[Stands]]
    """For each day (of this machine's time zone), the number of returns made on it by state; the first day first."""
    hours: Sequence[Hours]
    """First of all sources together, then of each by name."""
    reasons: Sequence[ReasonCount]
    """By source, the most frequent first; only of configured sources."""
    held: Sequence[HeldFor]
    """The most frequent first."""
    requests: Sequence[Requests]
    labels: Sequence[tuple[str, str, int]]
    """Month (`2026-11`, UTC), carrier and number; the latest month first."""

    @property
    def states(self) -> Counter[Stands]:
        """The number of returns in each state, over all days."""
        return sum(self.days.values(), Counter[Stands]())


@dataclass
class _Made:
    """The counts of the returns of a period, which are read once."""

    now: datetime
    days: dict[date, Counter[Stands]] = field(default_factory=dict)
    followed: list[kept.Reported] = field(default_factory=list)
    """Those for which it is known how long something took."""

    def add(self, one: kept.Reported) -> None:
        # A platform's clock may be ahead by minutes, or give any year.
        day = min(one.made, self.now).astimezone().date()
        self.days.setdefault(day, Counter())[one.state] += 1
        if one.approved is not None:
            self.followed.append(one)


def report(ctx: Context, covered: Covered) -> Report:
    """The figures of what is covered.

    Raises:
        NotThereError: a source is not known.
        StateError: the state cannot be read.
        ConfigError: the file of pairs cannot be read.
    """
    now = clock.now()
    made = _Made(now)
    with ctx.db.reading() as q:
        chosen = sources_called(ctx, q, covered.sources)
        for source in chosen:
            for one in kept.entries(q, source, covered.since, covered.until):
                made.add(one)
        return Report(
            made=now,
            covered=covered,
            is_new=not returns.any_known(q),
            days={day: made.days[day] for day in sorted(made.days)},
            hours=hours_of(made.followed, all_source_names(ctx, q)),
            reasons=_reasons(ctx, q, chosen, covered),
            held=_held(q, chosen, now),
            requests=_requests(ctx, covered.sources),
            labels=_labels(q, chosen, covered),
        )


def _reasons(ctx: Context, q: Queries, chosen: Collection[SourceId | None], covered: Covered) -> list[ReasonCount]:
    configured = sorted(ctx.sources.values(), key=lambda source: source.name)
    found = [
        ReasonCount(source.name, item.shown_key, item.words, item.seen, reasons.chosen_for(ctx, item))
        for source in configured
        if None in chosen or source.id in chosen
        for item in reasons.reasons_of(q, source, since=covered.since, until=covered.until)
    ]
    return sorted(found, key=lambda one: (one.source, -one.seen, one.words))


def _held(q: Queries, chosen: Iterable[SourceId | None], now: datetime) -> list[HeldFor]:
    since: dict[str, list[datetime]] = {}
    for source in chosen:
        for one in overview.listed(q, source, Span(states=(Stands.HELD,)), None):
            since.setdefault(one.cause, []).append(clock.parse(one.since))
    found = [HeldFor(cause, len(each), min(each), _ages(now, each)) for cause, each in since.items()]
    return sorted(found, key=lambda one: (-one.number, one.cause))


def _ages(now: datetime, since: Iterable[datetime]) -> list[int]:
    """The number in each of `AGES`; a moment in the future, from a clock that was ahead, counts as now."""
    counted = Counter(
        next(name for name, below in AGES.items() if below is None or now - moment < below) for moment in since
    )
    return [counted[name] for name in AGES]


def _requests(ctx: Context, chosen: Collection[str]) -> list[Requests]:
    counted, limits = requests_and_limits(ctx)
    left_out = {source.name for source in ctx.sources.values() if chosen and source.name not in chosen}
    return [
        Requests(name, int(counted[name,]) if (name,) in counted else None, int(limit))
        for (name,), limit in sorted(limits.items())
        if name not in left_out
    ]


def _labels(q: Queries, chosen: Collection[SourceId | None], covered: Covered) -> list[tuple[str, str, int]]:
    until = clock.stamp(covered.until) if covered.until else clock.LATEST
    return by_carrier_and_month(
        {"saved_at": label.saved_at, "carrier": carrier_in(label.request)}
        for label in overview.labels(q, covered.labels_since)
        if label.saved_at < until and (None in chosen or label.source in chosen)
    )
