"""How many hours it took from the approval of a return to its announcement, and to its label. Pure."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from returnsync.model import SourceId
from returnsync.state.report import Reported

_HOUR = timedelta(hours=1)
_OF_100 = 95


class Took(NamedTuple):
    """How many hours something took: in how many cases that is known, the median, and the most for 95 of 100."""

    number: int
    median: float
    most: float


class Hours(NamedTuple):
    """The hours from the first run that found a return approved to its announcement, and to its first label.

    `None` where there was none. `source` is the name of a source, or empty for all together.
    """

    source: str
    announced: Took | None
    labelled: Took | None


def hours_of(followed: Sequence[Reported], names: Mapping[SourceId, str]) -> list[Hours]:
    """First for all together, then for each source by name; empty where there are no returns."""
    by_source: dict[str, list[Reported]] = {}
    for one in followed:
        by_source.setdefault(names.get(one.source, one.source), []).append(one)
    each = [_hours(name, by_source[name]) for name in sorted(by_source)]
    return [_hours("", followed), *each] if followed else []


def _hours(source: str, followed: Iterable[Reported]) -> Hours:
    followed = list(followed)
    return Hours(
        source,
        took([_between(one.approved, one.announced) for one in followed if one.approved and one.announced]),
        took([_between(one.approved, one.labelled) for one in followed if one.approved and one.labelled]),
    )


def _between(begin: datetime, end: datetime) -> float:
    """The hours between two moments; 0 where a clock was set back meanwhile."""
    return max(end - begin, timedelta(0)) / _HOUR


def took(hours: Sequence[float]) -> Took | None:
    """The median, and the smallest figure that 95 of 100 do not exceed: of 20 the 19th, of 10 the 10th."""
    if not hours:
        return None
    ordered = sorted(hours)
    return Took(len(ordered), statistics.median(ordered), ordered[-(-_OF_100 * len(ordered) // 100) - 1])
