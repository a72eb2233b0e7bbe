"""The life of an announcement: one table of what can happen to it, and the moves that the table allows."""

from returnsync.engine.lifecycle.moves import (
    LONGEST_WAIT,
    UNREAD_FOR,
    follow,
    forget,
    is_possible,
    move,
    retried,
    state_of,
    taken_up_again,
    waits_to_be_read,
)
from returnsync.engine.lifecycle.table import (
    AFTER_ANNOUNCEMENT,
    BEFORE_ANNOUNCEMENT,
    MAY_HAVE_SENT,
    RELEASED,
    TRANSITIONS,
    Event,
    State,
    Transition,
)

__all__ = [
    "AFTER_ANNOUNCEMENT",
    "BEFORE_ANNOUNCEMENT",
    "LONGEST_WAIT",
    "MAY_HAVE_SENT",
    "RELEASED",
    "TRANSITIONS",
    "UNREAD_FOR",
    "Event",
    "State",
    "Transition",
    "follow",
    "forget",
    "is_possible",
    "move",
    "retried",
    "state_of",
    "taken_up_again",
    "waits_to_be_read",
]
