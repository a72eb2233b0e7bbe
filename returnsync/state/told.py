"""What was reported already, and to whom, so that nothing is reported twice and nothing is left out.

Each function runs inside a transaction or a reading.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from returnsync import clock
from returnsync.model import SourceId
from returnsync.state.database import Queries


class Channel(StrEnum):
    """Where problems are reported; what was reported is remembered separately for each."""

    CRON = "cron"
    """The reader of what `run --quiet` prints."""
    COMMAND = "command"
    """The program that the configuration names."""
    WEBHOOK = "webhook"
    """The address that the configuration names."""


@dataclass(frozen=True, slots=True)
class Telling:
    """How often a problem was met and reported."""

    key: str
    since: datetime | None = None
    """When a run first met it; `None` where it is over."""
    runs: int = 0
    """Runs that met it since then."""
    well: int = 0
    """Runs in a row that no longer met it."""
    told_at: datetime | None = None
    """When it was last reported; `None` where it was not since it began."""
    day: str = ""
    """The local day that `times` is for."""
    times: int = 0
    """How often it was reported on that day."""
    words: str = ""
    """The text of its last message, sent or due and not sent; empty where there was none."""


class HeldKey(NamedTuple):
    """Something that is held: an announcement by its code, or a record by its key."""

    source: SourceId
    key: str
    cause: str


def tellings(q: Queries, channel: Channel) -> dict[str, Telling]:
    """What was met and reported for a channel, by key."""
    return {
        row["key"]: Telling(
            key=row["key"],
            since=clock.parse_or_none(row["since"]),
            runs=row["runs"],
            well=row["well"],
            told_at=clock.parse_or_none(row["told_at"]),
            day=row["day"],
            times=row["times"],
            words=row["words"],
        )
        for row in q.tellings(channel=channel.value)
    }


def save(q: Queries, channel: Channel, telling: Telling) -> None:
    """Keep one of them."""
    q.save_telling(
        channel=channel.value,
        key=telling.key,
        since=clock.stamp_or_none(telling.since),
        runs=telling.runs,
        well=telling.well,
        told_at=clock.stamp_or_none(telling.told_at),
        day=telling.day,
        times=telling.times,
        words=telling.words,
    )


def failing_receivers(q: Queries) -> dict[str, str]:
    """What went wrong at the receivers that could not be reached when last tried, by the setting that names each."""
    return {row["name"]: row["what"] for row in q.failing_receivers()}


def note_receiver(q: Queries, name: str, problem: str) -> None:
    """Keep what went wrong with the receiver that a setting names; an empty problem means that it was reached."""
    if problem:
        q.note_failing_receiver(name=name, what=problem)
    else:
        q.forget_failing_receiver(name=name)


def forget_what_is_over(q: Queries, channel: Channel, day: str) -> None:
    """Forget what is over and was last reported on another day than `day`."""
    q.forget_tellings(channel=channel.value, day=day)


def held_untold(q: Queries, channel: Channel) -> list[HeldKey]:
    """What is held and was not reported to a channel yet for that cause, by cause."""
    return [HeldKey(SourceId(row["source"]), row["key"], row["cause"]) for row in q.held_untold(channel=channel.value)]


def note_held(q: Queries, channel: Channel, held: Iterable[HeldKey]) -> None:
    """Note that these were reported, and forget those that are no longer held."""
    q.forget_held_told(channel=channel.value)
    for item in held:
        q.note_held_told(channel=channel.value, source=item.source, key=item.key, cause=item.cause)


def tell_held_anew(q: Queries, source: SourceId, key: str) -> None:
    """Report it again to every channel if it is held again, since a person asked for another try."""
    q.tell_held_anew(source=source, key=key)


def count_held(q: Queries) -> dict[tuple[SourceId, str], int]:
    """How many are held, by source and cause."""
    return {(SourceId(row["source"]), row["cause"]): row["number"] for row in q.count_held_by_cause()}
