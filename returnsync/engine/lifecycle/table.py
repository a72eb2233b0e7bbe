"""The life of an announcement as one table: state × event → state, with one sentence for each row.

A state is its `progress` and its `step`. `moves` applies the table.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple

from returnsync.model import Progress, Step

State = tuple[Progress, Step]

_DUE, _WAITING, _HELD = Progress.DUE, Progress.WAITING, Progress.HELD


class Event(StrEnum):
    """What can happen to an announcement."""

    # Found by planning, before the announcement.
    CALLED_FOR = "called-for"
    NOT_APPROVED = "not-approved"
    STATUS_UNKNOWN = "status-unknown"
    NO_ITEMS = "no-items"
    LEFT_ALONE = "left-alone"
    CALLED_OFF = "called-off"
    VANISHED = "vanished"
    MOVED = "moved"
    # Found by planning, after it.
    CHANGED = "changed"
    CHANGE_TO_SEND = "change-to-send"
    CANCELLED = "cancelled"
    SHOWN_AS_ANNOUNCED = "shown-as-announced"
    STATUS_UNKNOWN_AFTER = "status-unknown-after"
    VANISHED_AFTER = "vanished-after"
    APPROVED_AGAIN = "approved-again"
    # While it is delivered.
    RESUMED = "resumed"
    KEPT_BACK = "kept-back"
    WAITING = "waiting"
    HELD = "held"
    ANNOUNCED = "announced"
    NOT_MADE = "not-made"
    MADE_DIFFERENTLY = "made-differently"
    COMPARED = "compared"
    TAKEN_BACK = "taken-back"
    UPDATE_UNRESOLVED = "update-unresolved"
    DOUBLED = "doubled"
    LABEL_UNRESOLVED = "label-unresolved"
    LABEL_NOT_MADE = "label-not-made"
    TO_HAND_OVER = "to-hand-over"
    SETTLED = "settled"
    # By a person, or by a setting.
    RETRIED = "retried"
    COMPARE_ASKED_FOR = "compare-asked-for"
    DECIDED = "decided"
    LABEL_ASKED_FOR = "label-asked-for"
    HAND_OVER_ASKED_FOR = "hand-over-asked-for"
    RELEASED = "released"
    BACK_TO_ANNOUNCE = "back-to-announce"
    BACK_TO_COMPARE = "back-to-compare"
    BACK_TO_LABEL = "back-to-label"
    READ_AGAIN = "read-again"


def _each(progresses: Collection[Progress], steps: Collection[Step]) -> frozenset[State]:
    return frozenset((progress, step) for progress in progresses for step in steps)


_OPEN = (_DUE, _WAITING, _HELD)
_LATER_STEPS = (Step.COMPARE, Step.UPDATE, Step.LABEL, Step.HAND_OVER)
_ANY_STEP = (Step.ANNOUNCE, *_LATER_STEPS)

_TO_ANNOUNCE = _each(_OPEN, [Step.ANNOUNCE])
_UNDER_WAY = _each(_OPEN, _LATER_STEPS)
_WITH_A_STEP = _TO_ANNOUNCE | _UNDER_WAY
_FOR_PLATFORM: State = (_HELD, Step.NONE)
"""What its platform shows prevents a next step: an unknown status, cancelled, gone."""
_NOT_APPROVED: State = (_WAITING, Step.NONE)
_SETTLED: State = (Progress.SETTLED, Step.NONE)
_LEFT_ALONE: State = (Progress.LEFT_ALONE, Step.NONE)
_WITHDRAWN: State = (Progress.WITHDRAWN, Step.NONE)
RELEASED: State = (Progress.RELEASED, Step.NONE)
"""A person has taken it over."""

BEFORE_ANNOUNCEMENT = _TO_ANNOUNCE | {_NOT_APPROVED, _FOR_PLATFORM, _LEFT_ALONE, _WITHDRAWN}
"""The states before it was announced; a person may have released it, too. An announced one may be in some of them."""
AFTER_ANNOUNCEMENT = _UNDER_WAY | _TO_ANNOUNCE | {_FOR_PLATFORM, _SETTLED, _WITHDRAWN}
"""The states after it was announced. With the step `announce` it was withdrawn and is approved again."""
_WITH_FORECAST = _UNDER_WAY | {_FOR_PLATFORM, _SETTLED}
MAY_HAVE_SENT = _each([_DUE, _WAITING], _LATER_STEPS)
"""The states in which it goes on by itself, and a change may have been sent."""


class Transition(NamedTuple):
    """One row: in each of the states `before`, the `event` leads to another state, for the reason `why`."""

    event: Event
    before: frozenset[State]
    progress: Progress
    step: Step | None
    """The next step; `None`: the step stays."""
    why: str

    def after(self, state: State) -> State:
        """The state that follows on `state`."""
        return self.progress, state[1] if self.step is None else self.step


TRANSITIONS = (
    # -- planning, before the announcement -----------------------------------------------------------------------------
    Transition(
        *(Event.CALLED_FOR, BEFORE_ANNOUNCEMENT, _DUE, Step.ANNOUNCE),
        "Its platform has it approved or on its way, so it is to be announced.",
    ),
    Transition(
        *(Event.NOT_APPROVED, BEFORE_ANNOUNCEMENT, _WAITING, Step.NONE),
        "It is requested: nothing is announced until its platform shows it approved.",
    ),
    Transition(
        *(Event.STATUS_UNKNOWN, BEFORE_ANNOUNCEMENT, _HELD, Step.NONE),
        "The meaning of its status is not known, and only its platform, or a setting, can tell.",
    ),
    Transition(
        *(Event.NO_ITEMS, BEFORE_ANNOUNCEMENT, _HELD, Step.ANNOUNCE),
        "Its return lists no items, and no setting says that then the whole order comes back: a person looks.",
    ),
    Transition(
        *(Event.LEFT_ALONE, BEFORE_ANNOUNCEMENT, Progress.LEFT_ALONE, Step.NONE),
        "It is too old, over, or not coming to the warehouse: nothing is announced.",
    ),
    Transition(
        *(Event.CALLED_OFF, BEFORE_ANNOUNCEMENT, Progress.WITHDRAWN, Step.NONE),
        "It was rejected or cancelled, or lost this order, before anything was announced.",
    ),
    Transition(
        *(Event.MOVED, BEFORE_ANNOUNCEMENT, _HELD, Step.ANNOUNCE),
        "Its return named another order before, and was announced on that: one of the two has to go first.",
    ),
    Transition(
        *(Event.VANISHED, _TO_ANNOUNCE | {_NOT_APPROVED}, _HELD, Step.NONE),
        "Its platform no longer has it, so nothing is announced unless it shows again.",
    ),
    # -- planning, after the announcement ------------------------------------------------------------------------------
    Transition(
        *(Event.CHANGED, _WITH_FORECAST, _HELD, Step.UPDATE),
        "Its lines or units changed, and changes are not sent here: a person changes the forecast by hand.",
    ),
    Transition(
        *(Event.CHANGE_TO_SEND, _WITH_FORECAST, _DUE, Step.UPDATE),
        "Its lines or units changed, and changes are sent: the forecast is to be updated.",
    ),
    Transition(
        *(Event.CANCELLED, AFTER_ANNOUNCEMENT - {_WITHDRAWN}, _HELD, Step.NONE),
        "It was taken back after the announcement: a person removes the forecast, and asks for it to be looked for.",
    ),
    Transition(
        *(Event.SHOWN_AS_ANNOUNCED, _each([_HELD], [Step.NONE, Step.UPDATE]), _DUE, Step.COMPARE),
        "Its platform shows again what was announced; a person may have acted meanwhile, so the forecast is compared.",
    ),
    Transition(
        *(Event.STATUS_UNKNOWN_AFTER, _WITH_FORECAST, _HELD, Step.NONE),
        "The meaning of its status is not known, and only its platform, or a setting, can tell.",
    ),
    Transition(
        *(Event.VANISHED_AFTER, _WITH_A_STEP | {_SETTLED}, _HELD, Step.NONE),
        "Its platform no longer shows it: it may have been cancelled, so a person looks.",
    ),
    Transition(
        *(Event.APPROVED_AGAIN, _TO_ANNOUNCE | {_WITHDRAWN}, _HELD, Step.ANNOUNCE),
        "It was announced, withdrawn, and is approved again: a code is announced once, so a person announces it.",
    ),
    # -- delivering ----------------------------------------------------------------------------------------------------
    Transition(
        *(Event.RESUMED, _WITH_A_STEP, _DUE, None),
        "Its pause is over, or is ignored because a person asks for it, or `only` no longer keeps it back: it goes on "
        "with the step that it had.",
    ),
    Transition(
        *(Event.KEPT_BACK, _each([_DUE, _WAITING], _ANY_STEP), _WAITING, None),
        "Its source delivers the orders that `only` names, and not this one: the same step waits for that setting.",
    ),
    Transition(
        *(Event.WAITING, _WITH_A_STEP, _WAITING, None),
        "The obstacle goes away by itself: the same step is tried again after a pause.",
    ),
    Transition(
        *(Event.HELD, _WITH_A_STEP, _HELD, None),
        "The obstacle needs a person: the same step is tried again when a person asks for it.",
    ),
    Transition(
        *(Event.ANNOUNCED, _TO_ANNOUNCE, _DUE, Step.LABEL),
        "Its forecast is at the warehouse as it was sent: made now, found by a look, or adopted.",
    ),
    Transition(
        *(Event.NOT_MADE, _TO_ANNOUNCE, _DUE, Step.ANNOUNCE),
        "A create that may have been made surely was not: it is to be announced again.",
    ),
    Transition(
        *(Event.MADE_DIFFERENTLY, _each(_OPEN, [Step.ANNOUNCE, Step.COMPARE, Step.UPDATE]), _HELD, Step.COMPARE),
        "Its forecast is at the warehouse, but not as it was sent: a person corrects it, then it is compared.",
    ),
    Transition(
        *(Event.COMPARED, _each([_DUE], [Step.COMPARE, Step.UPDATE]), _DUE, Step.LABEL),
        "The forecast at the warehouse is what the platform shows, unchanged or after an update.",
    ),
    Transition(
        *(Event.TAKEN_BACK, _each([_DUE], [Step.COMPARE]), Progress.WITHDRAWN, Step.NONE),
        "Its platform took it back, and its forecast is gone.",
    ),
    Transition(
        *(Event.UPDATE_UNRESOLVED, MAY_HAVE_SENT, _DUE, Step.UPDATE),
        "An earlier run sent a change and died before it noted the answer: it is compared, and sent again if need be.",
    ),
    Transition(
        *(Event.LABEL_UNRESOLVED, AFTER_ANNOUNCEMENT, _DUE, Step.LABEL),
        "An earlier run asked for its label and died before it noted the answer: that is resolved first.",
    ),
    Transition(
        *(Event.LABEL_NOT_MADE, _each(_OPEN, [Step.LABEL]), _DUE, Step.LABEL),
        "A label call that may have made one surely did not: the label is to be asked for again.",
    ),
    Transition(
        *(Event.DOUBLED, MAY_HAVE_SENT | {_SETTLED, _WITHDRAWN}, _HELD, Step.COMPARE),
        "A create that was sent twice took effect late: a person removes what is too many, then the rest is compared.",
    ),
    Transition(
        *(Event.TO_HAND_OVER, _each([_DUE], [Step.LABEL]), _DUE, Step.HAND_OVER),
        "Its label is in the folder, and its source has it handed over to the consumer.",
    ),
    Transition(
        *(Event.SETTLED, _each([_DUE], [Step.LABEL, Step.HAND_OVER]), Progress.SETTLED, Step.NONE),
        "Its label is in the folder, and was handed over where that is wanted; or no label is wanted.",
    ),
    # -- a person ------------------------------------------------------------------------------------------------------
    Transition(
        *(Event.RETRIED, _WITH_A_STEP, _DUE, None),
        "A person asked for it to be tried again: it goes on with the step at which it stopped.",
    ),
    Transition(
        *(Event.COMPARE_ASKED_FOR, frozenset({_FOR_PLATFORM}), _DUE, Step.COMPARE),
        "It was announced, its platform held it, and a person says that it is dealt with: the forecast is compared.",
    ),
    Transition(
        *(Event.DECIDED, _each([_HELD], _ANY_STEP), _DUE, None),
        "Its return reasons are paired now, or a setting says whether it gets a label: what held it is gone.",
    ),
    Transition(
        *(Event.LABEL_ASKED_FOR, _each(_OPEN, [Step.LABEL, Step.HAND_OVER]) | {_SETTLED}, _DUE, Step.LABEL),
        "A person asked for one more label by name.",
    ),
    Transition(
        *(Event.HAND_OVER_ASKED_FOR, _each(_OPEN, [Step.HAND_OVER]) | {_SETTLED}, _DUE, Step.HAND_OVER),
        "A person asked for its label to be handed over to the consumer.",
    ),
    Transition(
        *(Event.RELEASED, BEFORE_ANNOUNCEMENT | AFTER_ANNOUNCEMENT, Progress.RELEASED, Step.NONE),
        "A person took it out of our hands: nothing more is done for it.",
    ),
    Transition(
        *(Event.BACK_TO_ANNOUNCE, frozenset({RELEASED}), _WAITING, Step.ANNOUNCE),
        "A person took its release back, and no forecast of it is known: its platform is read first.",
    ),
    Transition(
        *(Event.BACK_TO_COMPARE, frozenset({RELEASED}), _WAITING, Step.COMPARE),
        "A person took its release back, and it is announced: its platform is read first, then it is compared.",
    ),
    Transition(
        *(Event.BACK_TO_LABEL, frozenset({RELEASED}), _WAITING, Step.LABEL),
        "A person took its release back, and it was held for its label: its platform is read first.",
    ),
    Transition(
        *(Event.READ_AGAIN, _each([_WAITING, _HELD], _ANY_STEP), _DUE, None),
        "Its release was taken back, and its platform shows nothing that prevents it.",
    ),
)

BY_EVENT = {transition.event: transition for transition in TRANSITIONS}
