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
    """How many hours something took: how often that is known, the median, and what 95 of 100 took at most."""

    number: int
    median: float
    most: float


class Hours(NamedTuple):
    """From the first run that found a return approved to its announcement, and to its first label.

    `None` where there was none. `source` is the name of one, or empty: all together.
    """

    source: str
    announced: Took | None
    labelled: Took | None


def hours_of(followed: Sequence[Reported], names: Mapping[SourceId, str]) -> list[Hours]:
    """Of all together, then of each source by name; nothing where there are none."""
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
    """Hours; none where a clock was set back meanwhile."""
    return max(end - begin, timedelta(0)) / _HOUR


def took(hours: Sequence[float]) -> Took | None:
    """The median, and the smallest of the figures that 95 of 100 do not exceed: of 20 the 19th, of 10 the 10th."""
    if not hours:
        return None
    ordered = sorted(hours)
    return Took(len(ordered), statistics.median(ordered), ordered[-(-_OF_100 * len(ordered) // 100) - 1])
