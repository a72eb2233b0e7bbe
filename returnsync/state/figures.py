"""What the state tells a monitoring system. Each function runs inside a reading."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from returnsync import clock
from returnsync.model import Cause, Progress, SourceId
from returnsync.state.database import Queries

HINDERED = "hindered"
"""In the summary of a run that is kept: the sources that it did not read well, or could not deliver."""

# By these a run of a version that kept no such names did well.
_GOOD = (0, 1)
# A fault of ours may have met any return.
_FAULT = 70


class Count(NamedTuple):
    """So many of a source that are equally far, for one cause where there is one; when the oldest was first known."""

    source: SourceId
    progress: Progress
    cause: str
    number: int
    since: datetime


def counts(q: Queries) -> Iterator[Count]:
    """All announcements and, as held, all records that were set aside. A cause may be one of a newer version."""
    for row in q.figures_of_announcements():
        since = clock.parse(row["since"])
        yield Count(SourceId(row["source"]), Progress(row["progress"]), row["cause"], row["number"], since)
    for row in q.figures_of_set_aside():
        cause = row["cause"] or Cause.UNREADABLE.value
        yield Count(SourceId(row["source"]), Progress.HELD, cause, row["number"], clock.parse(row["since"]))


def held_since(q: Queries) -> dict[SourceId, datetime]:
    """Since when, of each source of which something is held, the one is held that is held longest."""
    return {SourceId(row["source"]): clock.parse(row["since"]) for row in q.figures_held_since()}


@dataclass
class Runs:
    """The newest runs that read one source, and the newest of all that did so well."""

    started: list[datetime]
    """When each began, the newest first, from the one that succeeded on; some of them only."""
    success: datetime | None = None
    """When the newest ended that read it without an error, and whose warehouse could be used."""


def newest_runs(q: Queries, names: Collection[str], most: int) -> dict[str, Runs]:
    """Of each source by its name, when the newest that succeeded ended, and when that one and those before it began.

    Of a source that never succeeded, when its newest runs began; of each `most` at most.
    """
    found = {name: Runs([]) for name in names}
    for row in q.figures_of_runs():
        summary = json.loads(row["summary"]) if row["summary"] else {}
        # One that was killed, or broken off before it read anything, was a run of every source.
        for name in summary.get("sources") or found:
            runs = found.get(name)
            if runs is None:
                continue
            if len(runs.started) < most:
                runs.started.append(clock.parse(row["started"]))
            if runs.success is None and _did_well(summary, row["exit_code"], name):
                runs.success = clock.parse(row["finished"])
                # The gap of an outage says nothing of how far apart its runs usually are.
                runs.started = [clock.parse(row["started"])]
        if all(runs.success and len(runs.started) >= most for runs in found.values()):
            break
    return found


def _did_well(summary: dict[str, Any], exit_code: int | None, name: str) -> bool:
    """Whether a run that came to its end read a source, and nothing kept it from being delivered."""
    source = summary.get("sources", {}).get(name)
    if source is None or source["error"] is not None or exit_code == _FAULT:
        return False
    return name not in summary[HINDERED] if HINDERED in summary else exit_code in _GOOD


def last_successes(q: Queries, names: Collection[str]) -> dict[str, datetime]:
    """When the newest run of each source ended that did well for it; one without such a run is left out."""
    return {name: runs.success for name, runs in newest_runs(q, names, 0).items() if runs.success is not None}
