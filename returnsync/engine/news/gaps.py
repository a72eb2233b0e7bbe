"""Gaps: whether no run took place for longer than usual, for example after a state was restored from a backup.

What is wrong now may then be another thing of the same kind, so it is reported again.
"""

from datetime import datetime

from returnsync.engine.context import Context
from returnsync.state import runs
from returnsync.state.database import Queries


def is_after_a_gap(ctx: Context, q: Queries, now: datetime) -> bool:
    """Whether the last run before this one began longer ago than the usual time between runs (`runs.patience`)."""
    began = [moment for run, moment in runs.starts(q, runs.LAST + 1) if run != ctx.run_id]
    return bool(began) and now - began[0] > runs.patience(began)
