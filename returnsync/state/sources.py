"""Sources, their marks and the guard's measure. Each function runs inside a transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from returnsync import clock
from returnsync.model import SourceId
from returnsync.state.database import Queries

# Older days say nothing about what is usual now. They are not deleted: a clock that is ahead would delete all days.
MEASURED = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class KnownSource:
    """A source as a run knew it last: lasting id, name, account, and what decided about its returns."""

    id: SourceId
    name: str
    platform: str
    account: str
    starts: datetime
    policy: str
    is_past_first: bool = False
    """Whether it was delivered, and a run could deliver all of it since; until then its first delivery goes on."""
    delivered_at: datetime | None = None
    """When a run could last deliver all of it."""
    refused_at: datetime | None = None
    """Since when the guard refuses it; `None` where it does not."""
    only_since: datetime | None = None
    """Since when it delivers only the orders that `only` names; kept until a run without `only` can deliver all."""

    @property
    def stopped_at(self) -> datetime | None:
        """Since when days without a full delivery are no longer counted; `None` while they are counted."""
        return min((at for at in (self.refused_at, self.only_since) if at is not None), default=None)


@dataclass(frozen=True, slots=True)
class Mark:
    """Everything of a source up to `mark` is saved. `deep_from` is when the last long look back began."""

    mark: datetime
    deep_from: datetime
    look: "Look | None" = None


@dataclass(frozen=True, slots=True)
class Look:
    """A long look back that takes more than one run: when it `began`, and how far `to` it has come."""

    began: datetime
    to: datetime


def all_known(q: Queries) -> list[KnownSource]:
    """Every source that this state has ever seen."""
    return [
        KnownSource(
            id=SourceId(row["id"]),
            name=row["name"],
            platform=row["platform"],
            account=row["account"],
            starts=clock.parse(row["starts"]),
            policy=row["policy"],
            is_past_first=bool(row["past_first"]),
            delivered_at=clock.parse_or_none(row["delivered_at"]),
            refused_at=clock.parse_or_none(row["refused_at"]),
            only_since=clock.parse_or_none(row["only_since"]),
        )
        for row in q.all_sources()
    ]


def save(q: Queries, source: KnownSource) -> None:
    """Remember a source as the configuration has it now; what it delivered is counted by `count_delivery`."""
    q.save_source(
        id=source.id,
        name=source.name,
        platform=source.platform,
        account=source.account,
        starts=clock.stamp(source.starts),
        policy=source.policy,
    )


def deliver_only_some(q: Queries, source: SourceId) -> None:
    """Remember that a source delivers only some orders from now on; if it does already, the earlier moment stays."""
    q.deliver_only_some(source=source, at=clock.stamp(clock.now()))


def start_earlier(q: Queries, source: SourceId, start: datetime) -> None:
    """Read again from an earlier start."""
    q.go_back(source=source, mark=clock.stamp(start))


def evaluate_left_alone_again(q: Queries, source: SourceId) -> None:
    """What was left alone is evaluated again by the next plan, since what decides about it has changed."""
    q.evaluate_left_alone_again(source=source)


def count_delivery(q: Queries, source: SourceId) -> None:
    """Remember that a run announced something of a source."""
    q.count_delivery(source=source)


def count_day(q: Queries, source: SourceId, announced: int) -> None:
    """Add to the usual announcements of a source for today."""
    q.count_day(source=source, day=_day(clock.now()), announced=announced)


def largest_day(q: Queries, source: SourceId) -> int:
    """The most announcements that were new on one day, of the days that count."""
    today = clock.now()
    return int(q.largest_day(source=source, since=_day(today - MEASURED), until=_day(today))[0] or 0)


def _day(moment: datetime) -> str:
    return clock.stamp(moment)[: len("2026-11-28")]


def delivered_unhindered(q: Queries, source: SourceId) -> None:
    """A run read all of a source and could deliver it: refusals and deliveries of only some orders are over."""
    q.delivered_unhindered(source=source, at=clock.stamp(clock.now()))


def refused(q: Queries, source: SourceId) -> None:
    """The guard refuses a source; the moment of its first refusal is kept until it no longer does."""
    q.refused_from_now_on(source=source, at=clock.stamp(clock.now()))


def not_refused_any_more(q: Queries, known: KnownSource) -> None:
    """The guard lets a source pass again: counting the days since it delivered goes on from where it stopped.

    While the source delivers only some orders, counting stays stopped until it delivers all again.
    """
    stopped = known.stopped_at
    if known.refused_at is None or stopped is None:
        return
    passed = stopped - (known.delivered_at or stopped)
    until = known.only_since or clock.now()
    at = None if known.delivered_at is None else clock.stamp(until - max(passed, timedelta(0)))
    q.not_refused_any_more(source=known.id, at=at)


def mark_of(q: Queries, source: SourceId) -> Mark | None:
    """How far a source has been read, or `None` before its first page."""
    row = q.mark_of(source=source)
    if row is None:
        return None
    look = Look(clock.parse(row["look_began"]), clock.parse(row["look_to"])) if row["look_began"] else None
    return Mark(clock.parse(row["mark"]), clock.parse(row["deep_from"]), look)


def looked_back(q: Queries, source: SourceId, began: datetime) -> None:
    """The long look back that began then has read everything."""
    q.looked_back(source=source, at=clock.stamp(began))


def looked_so_far(q: Queries, source: SourceId, look: Look) -> None:
    """A long look back has come so far; a later run goes on from there."""
    q.looked_so_far(source=source, began=clock.stamp(look.began), upto=clock.stamp(look.to))


def set_mark(q: Queries, source: SourceId, mark: Mark) -> None:
    """Move the mark forward; it never moves back."""
    q.set_mark(source=source, mark=clock.stamp(mark.mark), deep_from=clock.stamp(mark.deep_from))
