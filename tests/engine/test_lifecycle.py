"""The table of an announcement's life: state × event → state. What it allows, and that nothing bypasses it."""

import ast
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import returnsync.engine
from returnsync.engine.lifecycle import (
    AFTER_ANNOUNCEMENT,
    BEFORE_ANNOUNCEMENT,
    LONGEST_WAIT,
    RELEASED,
    TRANSITIONS,
    Event,
    follow,
    move,
    retried,
    state_of,
    taken_up_again,
    waits_to_be_read,
)
from returnsync.model import Announcement, Cause, Code, OrderNumber, Progress, ReturnId, SourceId, Step, WarehouseName

ENGINE = Path(returnsync.engine.__file__).parent
NOW = datetime(2026, 11, 28, tzinfo=UTC)
PLAIN = Announcement(
    Code("shop-1001-X"),
    WarehouseName("monta"),
    SourceId("shop"),
    ReturnId("r-1"),
    OrderNumber("1001"),
    Progress.DUE,
    Step.ANNOUNCE,
)
STATES = BEFORE_ANNOUNCEMENT | AFTER_ANNOUNCEMENT | {RELEASED}
BY_EVENT = {transition.event: transition for transition in TRANSITIONS}


def at(state, **more):
    progress, step = state
    return replace(PLAIN, progress=progress, step=step, **more)


def test_there_is_one_row_for_each_event_each_with_a_sentence():
    assert sorted(BY_EVENT) == sorted(Event)
    assert len(TRANSITIONS) == len(Event)
    assert all(transition.why.endswith(".") for transition in TRANSITIONS)


def test_every_row_leads_from_known_states_to_known_states():
    for transition in TRANSITIONS:
        assert transition.before
        assert transition.before <= STATES
        after = {transition.after(state) for state in transition.before}
        assert after <= STATES, transition.event


def test_every_state_can_be_reached_and_left():
    reached = {transition.after(state) for transition in TRANSITIONS for state in transition.before}
    assert reached >= STATES
    left = {state for transition in TRANSITIONS for state in transition.before}
    assert left == STATES  # also a released one, after a take-back


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("state", sorted(STATES))
def test_an_event_changes_a_state_as_the_table_has_it_or_is_a_fault(state, event):
    transition = BY_EVENT[event]
    if state in transition.before:
        assert state_of(move(at(state), event)) == transition.after(state)
    else:
        with pytest.raises(ValueError, match=str(event)):
            move(at(state), event)


def test_what_was_said_before_an_event_is_forgotten_and_what_was_done_is_not():
    before = at(
        (Progress.WAITING, Step.LABEL),
        cause=Cause.CALL_FAILED,
        what="w",
        next_step="n",
        foreign="f",
        due_at=NOW,
        waiting_since=NOW,
        attempts=4,
        announced_at=NOW,
        units="u",
    )
    after = move(before, Event.HELD, Cause.LABEL_REFUSED, "what", "held retry <CODE>")
    assert after == at(
        (Progress.HELD, Step.LABEL),
        cause=Cause.LABEL_REFUSED,
        what="what",
        next_step="held retry shop-1001-X",
        announced_at=NOW,
        units="u",
    )


def test_what_goes_on_after_a_pause_keeps_since_when_and_how_often_it_waited():
    before = at((Progress.WAITING, Step.ANNOUNCE), cause=Cause.CALL_FAILED, due_at=NOW, waiting_since=NOW, attempts=4)
    assert follow(before, Event.RESUMED) == replace(before, progress=Progress.DUE, due_at=None)


@pytest.mark.parametrize("step", [Step.ANNOUNCE, Step.COMPARE, Step.UPDATE, Step.LABEL])
def test_a_retry_goes_on_with_the_step_at_which_it_stopped(step):
    assert state_of(retried(at((Progress.HELD, step)))) == (Progress.DUE, step)


def test_a_retry_of_what_its_platform_held_compares_what_is_announced_and_announces_nothing():
    held = at((Progress.HELD, Step.NONE))
    assert retried(held) is None
    assert state_of(retried(replace(held, announced_at=NOW))) == (Progress.DUE, Step.COMPARE)


BACK = {  # cause when it was released, whether it was announced → step
    (Cause.LINE_UNMATCHED, False): Step.ANNOUNCE,
    (None, False): Step.ANNOUNCE,
    (Cause.FORECAST_DIFFERS, True): Step.COMPARE,
    (Cause.CANCELLED_AFTER, True): Step.COMPARE,
    (None, True): Step.COMPARE,
    (Cause.LABEL_IN_DOUBT, True): Step.LABEL,
    (Cause.LABEL_UNUSABLE, True): Step.LABEL,
    (Cause.APPROVED_AGAIN, True): Step.ANNOUNCE,
}


@pytest.mark.parametrize(("cause", "is_announced"), BACK)
def test_a_release_that_is_taken_back_waits_to_be_read_with_a_step_that_skips_nothing(cause, is_announced):
    again = taken_up_again(at(RELEASED, cause=cause, announced_at=NOW if is_announced else None), NOW)
    assert state_of(again) == (Progress.WAITING, BACK[cause, is_announced])
    assert waits_to_be_read(again)
    assert (again.unread_since, again.due_at) == (NOW, NOW + LONGEST_WAIT)
    assert not waits_to_be_read(replace(again, unread_since=None))


def test_nothing_but_the_table_sets_progress_or_step():
    """Code that sets one of them by its own name would bypass the table, and every test of it."""
    setters = []
    for module in sorted(ENGINE.rglob("*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "replace":
                keys = {keyword.arg for keyword in node.keywords}
                setters += [module.name for key in ("progress", "step") if key in keys]
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Announcement":
                setters.append(f"new in {module.name}")
    assert setters == ["moves.py", "moves.py", "new in policy.py"]
