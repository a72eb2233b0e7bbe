"""Listings by time of creation: what is common to the platforms that have no other.

Such a listing shows a change of an older return only when the return is listed again. So each run lists the latest
days, and once an hour everything back to `open_days`: see `Platform.changes` and `Platform.earlier`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from pydantic import Field

from returnsync.platforms.interface import LookBack, SourceSettings

# A return changes most in its first days: approved, paid, labelled.
_USUAL = timedelta(days=3)


class CreationSettings(SourceSettings):
    """A source whose platform lists by creation."""

    open_days: int = Field(
        default=60,
        ge=3,
        le=366,
        description="For how many days a return may change after it was created. Once an hour, returns are listed as "
        "far back as that.",
        examples=[60],
    )

    def look_back(self) -> LookBack:
        """The latest days on each run, and all open returns once an hour."""
        return LookBack(_USUAL, timedelta(days=self.open_days))


def windows(since: datetime, until: datetime, longest: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """Cut a period into windows of at most `longest`, the earliest first; none when the period is empty."""
    while since < until:
        end = min(since + longest, until)
        yield since, end
        since = end
