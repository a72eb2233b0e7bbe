"""Gaps: whether no run was there for longer than usual, as after a state was put back from a backup.

What was told before is then no news of what is wrong now: it may be something else of the same kind.
"""

from datetime import datetime

from returnsync.engine.context import Context
from returnsync.state import runs
from returnsync.state.database import Queries


def is_after_a_gap(ctx: Context, q: Queries, now: datetime) -> bool:
    """Whether the last run before this one began longer ago than runs usually are apart (`runs.patience`)."""
    began = [moment for run, moment in runs.starts(q, runs.LAST + 1) if run != ctx.run_id]
    return bool(began) and now - began[0] > runs.patience(began)
