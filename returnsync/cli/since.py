"""A moment as people type it: a date, a time, or an age."""

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import typer

from returnsync import clock

_AGE = re.compile(r"(\d{1,5})\s*([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_TIME = re.compile(r"\d\d?:\d\d(:\d\d)?")
# In time zones west of UTC, the first day that Python knows begins before its first moment.
_EARLIEST = 2
_DAYS = {"today": timedelta(0), "yesterday": timedelta(days=1)}

HELP = (
    "A date or a time in this machine's time zone (2026-11-01, 2026-11-01T09:30, 09:30, today, yesterday), or an age "
    "(12h, 2d, 6w)."
)


def moment(given: str | None) -> datetime | None:
    """What was typed, as a moment: a day is its beginning; `None` if nothing was typed.

    Raises:
        typer.BadParameter: it is no moment.
    """
    return None if given is None else _moment(given, whole_day=False)


def end(given: str | None) -> datetime | None:
    """The same for the end of a period: a day is its end.

    Raises:
        typer.BadParameter: it is no moment.
    """
    return None if given is None else _moment(given, whole_day=True)


def span(begin: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    """The beginning and the end of a period, each `None` where it was not given.

    Raises:
        typer.BadParameter: one is no moment, or the period ends before it begins.
    """
    first, last = moment(begin), end(until)
    if first is not None and last is not None and last <= first:
        raise typer.BadParameter(f"--until {until!r} is not after --since {begin!r}.")
    return first, last


def days_before(moment: datetime | None, number: int) -> datetime:
    """The beginning of the first of this many days; the last of them is the day of `moment`, or today."""
    first = _last_day(moment).toordinal() - number + 1
    return _midnight(date.fromordinal(max(first, _EARLIEST)))


def months_before(moment: datetime | None, number: int) -> datetime:
    """The same for months; like those of `labels` they are in UTC."""
    last = _last_day(moment)
    months = 12 * last.year + last.month - number
    return datetime(max(months // 12, 1), months % 12 + 1, 1, tzinfo=UTC)


def _last_day(moment: datetime | None) -> date:
    """The day of the last instant before a moment, or today, in this machine's time zone."""
    return ((moment or clock.now()) - timedelta(microseconds=1)).astimezone().date()


def _moment(given: str, *, whole_day: bool) -> datetime:
    text = given.strip()
    if age := _AGE.fullmatch(text.lower()):
        return clock.now() - int(age[1]) * _UNITS[age[2]]
    try:
        if (day := _day(text.lower())) is not None:
            return _midnight(day + timedelta(days=whole_day and day < date.max))
        if _TIME.fullmatch(text):
            text = f"{_today()}T{text:0>5}"
        return _at(datetime.fromisoformat(text))
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(f"{given!r} is neither a date, a time nor an age. {HELP}") from error


def _day(text: str) -> date | None:
    if text in _DAYS:
        return _today() - _DAYS[text]
    with suppress(ValueError):
        return date.fromisoformat(text)
    return None


def _today() -> date:
    return clock.now().astimezone().date()


def _midnight(day: date) -> datetime:
    return _at(datetime(day.year, day.month, day.day))  # noqa: DTZ001 - of this machine's zone, see _at


def _at(local: datetime) -> datetime:
    """A time; without a zone of its own it is in that of this machine."""
    return clock.parse(local.astimezone().isoformat())
