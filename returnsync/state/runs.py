"""Runs: when each began and ended, and its summary."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from returnsync import clock
from returnsync.state.database import Queries

# Cron may start one every minute. What happened to each return is in its history, whatever runs are kept.
_KEEP = 1000
_TIMES, _AT_LEAST = 3, timedelta(hours=1)
LAST = 10
"""How many runs are used to find out how far apart they usually are."""


def begin(q: Queries, run: str, at: datetime, command: str) -> None:
    """A run begins, of the command `run`, `replay` or `reconcile`."""
    q.begin_run(id=run, at=clock.stamp(at), command=command)


def finish(q: Queries, run: str, at: datetime, exit_code: int, summary: dict[str, Any]) -> None:
    """A run ended by itself; old runs are deleted."""
    q.finish_run(id=run, at=clock.stamp(at), exit_code=exit_code, summary=json.dumps(summary))
    q.forget_old_runs(keep=_KEEP)


def last(q: Queries, most: int) -> list[dict[str, Any]]:
    """The newest runs, newest first; one without an end was killed, or still works."""
    return [
        {
            "run": row["id"],
            "command": row["command"],
            "started": row["started"],
            "finished": row["finished"],
            "exit_code": row["exit_code"],
            "summary": json.loads(row["summary"]) if row["summary"] else None,
        }
        for row in q.last_runs(most=most)
    ]


def starts(q: Queries, most: int) -> list[tuple[str, datetime]]:
    """The newest runs, newest first, each with when it began."""
    return [(row["id"], clock.parse(row["started"])) for row in q.starts_of_runs(most=most)]


def patience(began: Sequence[datetime]) -> timedelta:
    """How long there may be no run: three times the longest gap between these runs, newest first; at least an hour."""
    longest = max((later - earlier for later, earlier in pairwise(began)), default=timedelta())
    return max(_TIMES * longest, _AT_LEAST)
