"""Time: UTC and aware everywhere inside; the lenient reading of what the outside writes."""

from datetime import UTC, datetime
from threading import Event


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def wait(stop: Event, seconds: float) -> None:
    """Let time pass, or come back early when `stop` is set."""
    stop.wait(max(0.0, seconds))


def stamp(moment: datetime) -> str:
    """One moment as state keeps it: UTC, microseconds, `Z`.

    A fixed width, so that texts sort as the moments do, in SQLite as in any other database.
    """
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def stamp_ms(moment: datetime) -> str:
    """One moment with milliseconds, the precision that platforms show in their filters."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse(text: str) -> datetime:
    """Read ISO 8601 with or without seconds, fractions, zone or time of day.

    A text without a zone is read as UTC: no system that is read here writes anything else where it matters.

    Raises:
        ValueError: when the text is no date at all.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time outside the years that can be reckoned with") from error
