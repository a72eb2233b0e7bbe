"""Days as they are drawn: one by one, or as weeks, months or years if there are many. Pure."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

from returnsync.engine.ask import Report
from returnsync.engine.tell import Stands

_MOST_DAYS = 92
_MOST_WEEKS = 104
_MOST_YEARS_BY_MONTH = 10
_DAY = timedelta(days=1)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Step(NamedTuple):
    """A day, a week or a month: its name in a chart and in a table, and what is counted in it."""

    short: str
    name: str
    counts: Counter[Stands]


def in_steps(report: Report) -> tuple[str, list[Step]]:
    """The name of a step, and all steps from the first with a return to the end; none if there is no return."""
    if not report.days:
        return "day", []
    end = min(report.covered.until or report.made, report.made) - timedelta(microseconds=1)
    first, last = min(report.days), max(*report.days, end.astimezone().date())
    number = (last - first) // _DAY + 1
    if number <= _MOST_DAYS:
        return "day", _steps(report, first, last, lambda day: day, _day, date.isoformat)
    if number <= _MOST_WEEKS * 7:
        return "week", _steps(report, first, last, _monday, _day, lambda day: f"{day} to {day + 6 * _DAY}")
    if number <= _MOST_YEARS_BY_MONTH * 366:
        return "month", _steps(report, first, last, lambda day: day.replace(day=1), _month, lambda day: f"{day:%Y-%m}")
    return "year", _steps(report, first, last, lambda day: day.replace(month=1, day=1), _year, _year)


def _steps(
    report: Report,
    first: date,
    last: date,
    begin: Callable[[date], date],
    short: Callable[[date], str],
    name: Callable[[date], str],
) -> list[Step]:
    counted = {begin(first + index * _DAY): Counter[Stands]() for index in range((last - first) // _DAY + 1)}
    for day, counts in report.days.items():
        counted[begin(day)].update(counts)
    return [Step(short(day), name(day), counts) for day, counts in counted.items()]


def _monday(day: date) -> date:
    return day - day.weekday() * _DAY


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]}"


def _month(day: date) -> str:
    return f"{_MONTHS[day.month - 1]} {day.year}"


def _year(day: date) -> str:
    return f"{day.year}"


def months_between(first: str, last: str) -> list[str]:
    """Every month from one to another, as `2026-11`."""
    begin, end = (12 * int(month[:4]) + int(month[5:]) - 1 for month in (first, last))
    return [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(begin, end + 1)]
