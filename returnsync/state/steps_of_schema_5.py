"""What comes next for the announcements of a state of schema 5 and before, where the cause said so.

Filled in once, by migration 6. The words are those of that schema, and stand here for themselves: what the program
calls things later changes nothing of this.
"""

from typing import Any

from returnsync.state.batches import in_batches
from returnsync.state.database import Queries

_OPEN = frozenset({"due", "waiting", "held"})

# Before the announcement: only the platform could let these go on.
_FOR_PLATFORM = frozenset({"not-approved", "status-unknown", "vanished-at-platform"})

# After it, held for what the platform showed.
_HELD_FOR_PLATFORM = frozenset({"cancelled-after-announcement", "status-unknown", "vanished-at-platform"})

# After it, held for a change that could not be sent, or was found not to fit.
_CHANGE_HELD = frozenset({"line-unmatched", "line-ambiguous", "too-many-units", "covered-elsewhere"})

# After it, a change that was to be sent, or to be made by hand.
_CHANGED = frozenset({"changed-after-announcement", "update-refused"})

# After it, what stood at the warehouse was to be compared before anything else.
_TO_COMPARE = frozenset(
    {
        *_HELD_FOR_PLATFORM,
        *("echo-differs", "forecast-differs", "line-unmatched", "line-ambiguous", "too-many-units"),
        *("covered-elsewhere", "order-number-unknown", "order-number-unusable", "order-unknown", "order-not-shipped"),
        *("order-deleted", "order-ambiguous", "channel-differs", "lookup-refused", "reason-unpaired"),
    }
)


def fill_steps(q: Queries) -> None:
    """Give each announcement its step."""
    for batch in in_batches(q.announcements_of_schema_5, "code"):
        for row in batch:
            q.set_step(code=row["code"], step=step_of(row))


def step_of(row: Any) -> str:
    """The step of an announcement by its progress, its cause, whether it was announced, and what of it is in flight."""
    progress, cause = row["progress"], row["cause"]
    if progress not in _OPEN:
        return "none"
    if row["announced_at"] is None:
        waits_for_platform = cause in _FOR_PLATFORM and progress != "due" and not row["creating"]
        return "none" if waits_for_platform else "announce"
    if cause == "approved-again":
        return "announce"  # it would have to be announced again, which its code cannot be
    if progress == "held" and cause in _HELD_FOR_PLATFORM:
        return "none"
    if cause in _CHANGED or row["updating"] or (progress == "held" and cause in _CHANGE_HELD):
        return "update"
    return "compare" if cause in _TO_COMPARE else "label"
