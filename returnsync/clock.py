"""Time: aware datetimes in UTC everywhere inside, and a lenient parser for the times that come from outside."""

import secrets
import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import Event

LATEST = "9999-12-31T23:59:59.999999Z"
"""Later than every moment that is kept, in the form that `stamp` writes."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# macOS has no such clock under that name, and none whose readings still mean something to another process after a
# restart.
_SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def elapsed() -> float:
    """Seconds since the machine started, sleep included: nobody can set this clock, and it never runs backwards.

    A reading means something only in comparison with another one under the same `boot()`. Where the system has no such
    clock, the seconds count from an arbitrary moment, and `boot()` differs for each process.
    """
    return time.monotonic() if _SINCE_BOOT is None else time.clock_gettime(_SINCE_BOOT)


@cache
def boot() -> str:
    """An id of the machine start that `elapsed` counts from; where the system gives none, an id of this process."""
    try:
        if _SINCE_BOOT is not None and (name := _BOOT_ID.read_text(encoding="ascii").strip()):
            return name
    except (OSError, ValueError):
        pass
    return f"process {secrets.token_hex(8)}"


def wait(stop: Event, seconds: float) -> None:
    """Let time pass, or come back early when `stop` is set."""
    stop.wait(max(0.0, seconds))


def stamp(moment: datetime) -> str:
    """One moment as state keeps it: UTC, microseconds, `Z`.

    A fixed width, so that texts sort as the moments do, in SQLite as in any other database.
    """
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def stamp_or_none(moment: datetime | None) -> str | None:
    """The same as `stamp`, and `None` for `None`."""
    return None if moment is None else stamp(moment)


def stamp_ms(moment: datetime) -> str:
    """One moment with milliseconds, the precision that platforms show in their filters."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse(text: str) -> datetime:
    """Read ISO 8601 with or without seconds, fractions, zone or time of day.

    A text without a zone is read as UTC. Where the zone matters, no system that we read writes anything else.

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


def parse_or_none(text: str | None) -> datetime | None:
    """The same as `parse`, and `None` for `None`: it reads what `stamp_or_none` wrote."""
    return None if text is None else parse(text)
