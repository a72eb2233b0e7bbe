"""How an event changes an announcement, by the table. Pure.

A new announcement is due to be announced. After that nothing outside this module sets `progress` or `step`: the caller
names the event, and the table gives the next state. `cause`, `what` and `next_step` are for people and decide nothing
here.
"""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from returnsync.engine.lifecycle.table import BY_EVENT, Event, State
from returnsync.model import Announcement, Cause, Progress, Step

moves = logging.getLogger("returnsync.moves")

UNREAD_FOR = timedelta(days=1)
"""How long an announcement waits for its platform to be read after its release was taken back; then it is held."""
LONGEST_WAIT = UNREAD_FOR - timedelta(minutes=10)
"""The longest time until the next look: a moment more than a day ahead counts as written by a wrong clock."""

# An announcement held for one of these stopped at its label.
_FOR_ITS_LABEL = frozenset({Cause.LABEL_REFUSED, Cause.LABEL_IN_DOUBT, Cause.LABEL_UNUSABLE})


def state_of(announcement: Announcement) -> State:
    """Its state: the part of it to which the table applies."""
    return announcement.progress, announcement.step


def is_possible(announcement: Announcement, event: Event) -> bool:
    """Whether the table allows the event in its state."""
    return state_of(announcement) in BY_EVENT[event].before


def move(
    announcement: Announcement, event: Event, cause: Cause | None = None, what: str = "", next_step: str = ""
) -> Announcement:
    """The announcement after an event, with the cause and what to do; earlier ones are removed.

    `<CODE>` in the next step is replaced by its code.

    Raises:
        ValueError: the table does not allow the event in its state. That is a fault of ours.
    """
    return forget(follow(announcement, event), cause, what, next_step.replace("<CODE>", announcement.code))


def follow(announcement: Announcement, event: Event) -> Announcement:
    """The announcement after an event, without its pause; the cause, the start of the wait and the attempts stay.

    Raises:
        ValueError: as `move`.
    """
    transition, state = BY_EVENT[event], state_of(announcement)
    if state not in transition.before:
        raise ValueError(
            f"An announcement that is {announcement.progress} with step {announcement.step} cannot be {event}."
        )
    progress, step = transition.after(state)
    moves.debug("%s: %s", announcement.code, event, extra={"move": (state, event, (progress, step))})
    return replace(announcement, progress=progress, step=step, due_at=None)


def retried(announcement: Announcement) -> Announcement | None:
    """The announcement retried by a person; `None` where only its platform can let it go on."""
    if announcement.step is not Step.NONE:
        return follow(announcement, Event.RETRIED)
    if announcement.announced_at is not None and announcement.progress is Progress.HELD:
        return follow(announcement, Event.COMPARE_ASKED_FOR)
    return None


def taken_up_again(announcement: Announcement, now: datetime) -> Announcement:
    """A released announcement after a person took the release back: it waits until its platform has been read.

    The step at which it stopped is not kept. An announced return is compared before any later step, with one exception:
    what was held for its label had been compared, and its label may be in doubt.
    """
    if announcement.announced_at is None or announcement.cause is Cause.APPROVED_AGAIN:
        event = Event.BACK_TO_ANNOUNCE
    elif announcement.cause in _FOR_ITS_LABEL:
        event = Event.BACK_TO_LABEL
    else:
        event = Event.BACK_TO_COMPARE
    what = "A person took its release back. It goes on once its platform has been read again."
    waiting = move(announcement, event, Cause.RELEASE_TAKEN_BACK, what)
    return replace(waiting, unread_since=now, due_at=now + LONGEST_WAIT)


def waits_to_be_read(announcement: Announcement) -> bool:
    """Whether its release was taken back, and it waits, or is held, until its platform is read."""
    is_waiting = announcement.progress is Progress.WAITING and announcement.step is not Step.NONE
    is_held_for_it = announcement.progress is Progress.HELD and announcement.cause is Cause.RELEASE_TAKEN_BACK
    return announcement.unread_since is not None and (is_waiting or is_held_for_it)


def forget(announcement: Announcement, cause: Cause | None = None, what: str = "", next_step: str = "") -> Announcement:
    """The announcement with another cause or none; the start of its wait and its attempts are reset."""
    return replace(
        announcement, cause=cause, what=what, next_step=next_step, foreign="", waiting_since=None, attempts=0
    )
