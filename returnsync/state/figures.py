"""The figures of the state for a monitoring system. Each function runs inside a reading."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from returnsync import clock
from returnsync.model import Cause, Progress, SourceId
from returnsync.state.database import Queries

HINDERED = "hindered"
"""The key in the kept summary of a run for the sources that it could not read without an error, or not deliver."""

# The exit codes by which a run did well, for runs of versions that kept no such names.
_GOOD = (0, 1)
# The exit code of a fault of ours, which may have affected any return.
_FAULT = 70


class Count(NamedTuple):
    """How many of a source have one progress, and one cause if any; `since` is when the oldest was first known."""

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
    """For each source with something held: since when the one that has been held longest is held."""
    return {SourceId(row["source"]): clock.parse(row["since"]) for row in q.figures_held_since()}


@dataclass
class Runs:
    """The newest runs of one source, and when the newest successful one ended."""

    started: list[datetime]
    """When some of them began, newest first: the newest successful run and those before it, or the newest runs."""
    success: datetime | None = None
    """When the newest run ended that read the source without an error and could deliver it."""


def newest_runs(q: Queries, names: Collection[str], most: int) -> dict[str, Runs]:
    """For each source by its name: when its newest successful run ended, and when that run and those before it began.

    For a source that never succeeded: when its newest runs began. It gives up to `most` runs of each source.
    """
    found = {name: Runs([]) for name in names}
    for row in q.figures_of_runs():
        summary = json.loads(row["summary"]) if row["summary"] else {}
        # A run that was killed, or stopped before it read anything, counts as a run of every source.
        for name in summary.get("sources") or found:
            runs = found.get(name)
            if runs is None:
                continue
            if len(runs.started) < most:
                runs.started.append(clock.parse(row["started"]))
            if runs.success is None and _did_well(summary, row["exit_code"], name):
                runs.success = clock.parse(row["finished"])
                # The gap of an outage says nothing about how far apart its runs usually are.
                runs.started = [clock.parse(row["started"])]
        if all(runs.success and len(runs.started) >= most for runs in found.values()):
            break
    return found


def _did_well(summary: dict[str, Any], exit_code: int | None, name: str) -> bool:
    """Whether a run that ended by itself read a source without an error, and nothing kept it from being delivered."""
    source = summary.get("sources", {}).get(name)
    if source is None or source["error"] is not None or exit_code == _FAULT:
        return False
    return name not in summary[HINDERED] if HINDERED in summary else exit_code in _GOOD


def last_successes(q: Queries, names: Collection[str]) -> dict[str, datetime]:
    """When the newest successful run of each source ended; a source without such a run is left out."""
    return {name: runs.success for name, runs in newest_runs(q, names, 0).items() if runs.success is not None}
