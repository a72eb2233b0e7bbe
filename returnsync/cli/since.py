"""A moment as people type it: a date, a time, or an age."""

import re
from datetime import datetime, timedelta

import typer

from returnsync import clock

_AGE = re.compile(r"(\d{1,5})\s*([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}

HELP = "A date or a time of this machine's zone (2026-11-01, 2026-11-01T09:30), or an age (12h, 2d, 6w)."


def moment(given: str | None) -> datetime | None:
    """What was typed, as a moment; `None` where nothing was.

    Raises:
        typer.BadParameter: it is none.
    """
    if given is None:
        return None
    text = given.strip()
    if age := _AGE.fullmatch(text.lower()):
        return clock.now() - int(age[1]) * _UNITS[age[2]]
    try:
        return clock.parse(datetime.fromisoformat(text).astimezone().isoformat())
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(f"{given!r} is neither a date, a time nor an age. {HELP}") from error
