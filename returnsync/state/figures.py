"""What the state tells a monitoring system. Each function runs inside a reading."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from returnsync import clock
from returnsync.model import Cause, Progress, SourceId
from returnsync.state.database import Queries

REPLAYED = "replayed"
"""Marks the summary of a command that read only some returns of a source."""


_GOOD = (0, 1)


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
    """When each began, the newest first; some of them only."""
    success: datetime | None = None
    """When the newest ended that read it without an error and came to its end with exit code 0 or 1."""


def newest_runs(q: Queries, names: Collection[str], most: int) -> dict[str, Runs]:
    """Of each source by its name, when its newest `most` runs began, and when the newest that succeeded ended."""
    found = {name: Runs([]) for name in names}
    for row in q.figures_of_runs():
        is_good = row["exit_code"] in _GOOD
        for name, source in json.loads(row["summary"])["sources"].items():
            runs = found.get(name)
            if runs is None:
                continue
            if len(runs.started) < most:
                runs.started.append(clock.parse(row["started"]))
            if is_good and source["error"] is None and runs.success is None:
                runs.success = clock.parse(row["finished"])
        if all(runs.success and len(runs.started) == most for runs in found.values()):
            break
    return found


def last_successes(q: Queries, names: Collection[str]) -> dict[str, datetime]:
    """When the newest run ended, of those with exit code 0 or 1, that read a source without an error; by its name.

    A source that no run which is kept read so is left out.
    """
    found: dict[str, datetime] = {}
    for row in q.figures_of_good_runs():
        summary = json.loads(row["summary"])
        if REPLAYED in summary:
            continue
        for name, source in summary["sources"].items():
            if source["error"] is None and name in names:
                found.setdefault(name, clock.parse(row["finished"]))
        if len(found) == len(names):
            break
    return found
