"""Policy: what each status calls for, before and after the announcement."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returnsync.engine.lifecycle import AFTER_ANNOUNCEMENT, BEFORE_ANNOUNCEMENT, state_of
from returnsync.engine.plan.codes import code_for
from returnsync.engine.plan.policy import evaluate, plan_return, vanish
from returnsync.engine.sources import SourcePolicy
from returnsync.mapping.lines import units
from returnsync.model import (
    Announcement,
    Cause,
    OrderNumber,
    Progress,
    Reason,
    Return,
    ReturnId,
    ReturnLine,
    ReturnStatus,
    SourceId,
    Step,
    WarehouseName,
)

START = datetime(2026, 11, 1, tzinfo=UTC)
SHOP = SourceId("shop-nl")
ORDER = OrderNumber("#1001")
LINE = ReturnLine(ORDER, 1, ("l-1",), "A")
S = ReturnStatus
P = Progress


def policy(**more):
    plain = {"announce_delivered": False, "send_updates": False, **more}
    return SourcePolicy(WarehouseName("monta"), START, **plain)


def ret(status=S.APPROVED, *lines, created=START, word="Their word"):
    return Return(SHOP, "returnista", ReturnId("r-1"), status, word, created, created, "R-1", lines or (LINE,))


OPEN = (P.DUE, P.WAITING, P.HELD)


def announcement(progress=P.DUE, cause=None, step=None, *, announced=False, number=ORDER, **more):
    """An announcement at the given step, or at the usual one: to be announced, or to be labelled."""
    if step is None:
        step = (Step.LABEL if announced else Step.ANNOUNCE) if progress in OPEN else Step.NONE
    code = code_for(SHOP, ReturnId("r-1"), number)
    made = Announcement(code, WarehouseName("monta"), SHOP, ReturnId("r-1"), number, progress, step, cause, **more)
    return replace(made, announced_at=START, units=units([LINE])) if announced else made


def progress_and_cause(item):
    return item.progress, item.cause


# ---- before the announcement

BEFORE = {
    S.REQUESTED: (P.WAITING, Cause.NOT_APPROVED),
    S.APPROVED: (P.DUE, None),
    S.IN_TRANSIT: (P.DUE, None),
    S.DELIVERED: (P.LEFT_ALONE, Cause.ALREADY_DELIVERED),
    S.COMPLETED: (P.LEFT_ALONE, Cause.ALREADY_COMPLETED),
    S.REJECTED: (P.WITHDRAWN, None),
    S.CANCELLED: (P.WITHDRAWN, None),
    S.UNKNOWN: (P.HELD, Cause.STATUS_UNKNOWN),
}


@pytest.mark.parametrize("status", S)
def test_before_the_announcement_the_status_decides(status):
    (item,) = plan_return(ret(status), [], policy())
    assert progress_and_cause(item) == BEFORE[status]


@pytest.mark.parametrize("status", S)
def test_announce_delivered_changes_delivered_and_nothing_else(status):
    (item,) = plan_return(ret(status), [], policy(announce_delivered=True))
    assert progress_and_cause(item) == ((P.DUE, None) if status is S.DELIVERED else BEFORE[status])


@pytest.mark.parametrize("status", S)
def test_nothing_created_before_the_start_is_announced(status):
    (item,) = plan_return(ret(status, created=START - timedelta(microseconds=1)), [], policy(announce_delivered=True))
    wanted = BEFORE[status] if status in (S.REJECTED, S.CANCELLED) else (P.LEFT_ALONE, Cause.BEFORE_START)
    assert progress_and_cause(item) == wanted


@pytest.mark.parametrize("status", S)
@pytest.mark.parametrize("before", [P.DUE, P.WAITING, P.HELD, P.LEFT_ALONE, P.WITHDRAWN])
def test_wherever_it_stood_unannounced_the_status_decides_again(status, before):
    item = evaluate(announcement(before, Cause.LABEL_REFUSED), ret(status), policy())
    assert progress_and_cause(item) == BEFORE[status]


@pytest.mark.parametrize("status", S)
def test_what_a_person_released_is_left_alone_for_ever(status):
    for announced in (False, True):
        item = announcement(P.RELEASED, announced=announced)
        assert evaluate(item, ret(status, replace(LINE, quantity=9)), policy(send_updates=True)) == item


def test_what_is_due_again_keeps_how_long_it_has_waited():
    waited = announcement(P.WAITING, Cause.ORDER_UNKNOWN, attempts=3, waiting_since=START, due_at=START)
    item = evaluate(waited, ret(), policy())
    assert (item.attempts, item.waiting_since, item.due_at, item.cause) == (3, START, None, None)


def test_an_announcement_goes_to_the_warehouse_that_is_configured_until_it_is_made():
    moved = replace(policy(), warehouse=WarehouseName("other"))
    assert evaluate(announcement(), ret(), moved).warehouse == "other"
    assert evaluate(announcement(P.SETTLED, announced=True), ret(), moved).warehouse == "monta"


def test_a_held_status_names_the_platforms_own_word():
    told = policy(table="[sources.shop]", approved_statuses=("Confirmed",))
    (item,) = plan_return(ret(S.UNKNOWN, word="Zzyzx"), [], told)
    assert "Zzyzx" in item.what
    # The setting replaces its default, so the message gives the whole line.
    assert '`approved_statuses = ["Confirmed", "Zzyzx"]` in [sources.shop]' in item.next_step
    assert item.code in item.next_step


# ---- after the announcement

AFTER = dict.fromkeys(S, (P.SETTLED, None)) | {
    S.REJECTED: (P.HELD, Cause.CANCELLED_AFTER),
    S.CANCELLED: (P.HELD, Cause.CANCELLED_AFTER),
}


@pytest.mark.parametrize("send_updates", [False, True])
@pytest.mark.parametrize("status", S)
def test_after_the_announcement_only_a_cancellation_counts(status, send_updates):
    item = evaluate(announcement(P.SETTLED, announced=True), ret(status), policy(send_updates=send_updates))
    assert progress_and_cause(item) == AFTER[status]


@pytest.mark.parametrize("status", [S.APPROVED, S.IN_TRANSIT, S.DELIVERED, S.COMPLETED, S.REQUESTED, S.UNKNOWN])
@pytest.mark.parametrize(
    "lines",
    [
        (replace(LINE, quantity=2),),
        (replace(LINE, order_line_ids=("l-2",)),),
        (LINE, replace(LINE, order_line_ids=("l-2",))),
    ],
    ids=["units", "line", "one line more"],
)
def test_a_change_of_lines_or_units_is_held_or_sent(status, lines):
    settled = announcement(P.SETTLED, announced=True)
    assert progress_and_cause(evaluate(settled, ret(status, *lines), policy())) == (P.HELD, Cause.CHANGED_AFTER)
    assert progress_and_cause(evaluate(settled, ret(status, *lines), policy(send_updates=True))) == (
        P.DUE,
        Cause.CHANGED_AFTER,
    )


def test_nothing_else_is_a_change():
    settled = announcement(P.SETTLED, announced=True)
    edited = replace(LINE, comment="x", reason=Reason("r"), title="t", resolution="Exchange", barcode="1", sku="A2")
    assert evaluate(settled, ret(S.APPROVED, edited), policy()) == settled


def test_a_change_that_is_taken_back_is_compared_and_goes_on_by_itself():
    held = announcement(P.HELD, Cause.CHANGED_AFTER, Step.UPDATE, announced=True)
    assert state_of(evaluate(held, ret(), policy())) == (P.DUE, Step.COMPARE)


@pytest.mark.parametrize(
    ("cause", "step"),
    [
        (Cause.CHANGED_AFTER, Step.UPDATE),
        (Cause.CANCELLED_AFTER, Step.NONE),
        (Cause.STATUS_UNKNOWN, Step.NONE),
        (Cause.VANISHED, Step.NONE),
    ],
)
def test_what_only_the_platform_held_is_compared_when_the_platform_shows_differently(cause, step):
    held = announcement(P.HELD, cause, step, announced=True)
    assert state_of(evaluate(held, ret(), policy())) == (P.DUE, Step.COMPARE)


@pytest.mark.parametrize(
    ("cause", "step"),
    [
        (Cause.LABEL_REFUSED, Step.LABEL),
        (Cause.LABEL_IN_DOUBT, Step.LABEL),
        (Cause.ECHO_DIFFERS, Step.COMPARE),
        (Cause.FORECAST_DIFFERS, Step.COMPARE),
    ],
)
def test_what_the_warehouse_held_stays_held_whatever_the_platform_shows(cause, step):
    held = announcement(P.HELD, cause, step, announced=True)
    assert evaluate(held, ret(S.IN_TRANSIT), policy()) == held


WITHDRAWN = (S.REJECTED, S.CANCELLED)


@pytest.mark.parametrize("status", S)
def test_a_change_that_is_to_be_compared_is_compared_before_it_is_reported_again(status):
    due = announcement(P.DUE, Cause.CHANGED_AFTER, Step.UPDATE, announced=True)
    after = evaluate(due, ret(status, replace(LINE, quantity=9)), policy())
    held = {**dict.fromkeys(WITHDRAWN, Cause.CANCELLED_AFTER), S.UNKNOWN: Cause.STATUS_UNKNOWN}
    assert progress_and_cause(after) == ((P.HELD, held[status]) if status in held else progress_and_cause(due))


@pytest.mark.parametrize("status", WITHDRAWN)
@pytest.mark.parametrize(
    "before", [announcement(P.DUE, None, Step.COMPARE, announced=True), announcement(P.WITHDRAWN, announced=True)]
)
def test_a_cancellation_that_a_person_has_seen_to_is_not_reported_again(status, before):
    assert evaluate(before, ret(status, replace(LINE, quantity=9)), policy()) == before


@pytest.mark.parametrize("status", [status for status in S if status not in WITHDRAWN])
@pytest.mark.parametrize("quantity", [1, 2])
def test_what_was_taken_back_and_is_approved_again_is_held_for_good(status, quantity):
    """Its code was used, so it cannot be sent again, whatever the platform shows later."""
    shown = ret(status, replace(LINE, quantity=quantity))
    once = evaluate(announcement(P.WITHDRAWN, announced=True), shown, policy(send_updates=True))
    assert progress_and_cause(once) == (P.HELD, Cause.APPROVED_AGAIN)
    assert evaluate(once, shown, policy(send_updates=True)) == once


def test_an_unknown_status_holds_what_is_announced_and_not_labelled_yet():
    assert progress_and_cause(evaluate(announcement(P.DUE, announced=True), ret(S.UNKNOWN), policy())) == (
        P.HELD,
        Cause.STATUS_UNKNOWN,
    )


@pytest.mark.parametrize("status", [S.REJECTED, S.CANCELLED])
def test_a_cancellation_says_exactly_what_to_do_in_the_portal(status):
    item = evaluate(announcement(P.SETTLED, announced=True), ret(status), policy())
    assert f"Remove forecast {item.code} in its portal" in item.next_step
    assert f"returnsync held retry {item.code}" in item.next_step
    assert "Their word" in item.what


# ---- several orders, and orders that come and go


def test_there_is_one_announcement_an_order():
    two = (LINE, replace(LINE, order_number=OrderNumber("#1002")), replace(LINE, order_line_ids=("l-2",)))
    items = plan_return(ret(S.APPROVED, *two), [], policy())
    assert [(item.order_number, item.progress) for item in items] == [("#1001", P.DUE), ("#1002", P.DUE)]
    assert len({item.code for item in items}) == 2


def test_known_announcements_are_found_again_and_not_made_again():
    settled = announcement(P.SETTLED, announced=True)
    assert plan_return(ret(), [settled], policy()) == [settled]


def test_an_order_that_joins_later_gets_an_announcement_of_its_own():
    settled = announcement(P.SETTLED, announced=True)
    more = replace(LINE, order_number=OrderNumber("#1002"))
    items = plan_return(ret(S.APPROVED, LINE, more), [settled], policy())
    assert [progress_and_cause(item) for item in items] == [(P.SETTLED, None), (P.DUE, None)]


@pytest.mark.parametrize(
    ("announced", "wanted"), [(False, (P.WITHDRAWN, None)), (True, (P.HELD, Cause.CANCELLED_AFTER))]
)
def test_an_order_that_the_return_no_longer_contains(announced, wanted):
    gone = announcement(P.SETTLED if announced else P.DUE, announced=announced, number=OrderNumber("#9"))
    items = {item.order_number: progress_and_cause(item) for item in plan_return(ret(), [gone], policy())}
    other = (P.HELD, Cause.MOVED_ORDER) if announced else (P.DUE, None)
    assert items == {"#1001": other, "#9": wanted}


MORE = replace(LINE, order_number=OrderNumber("#1002"))


@pytest.mark.parametrize("progress", [P.WITHDRAWN, P.RELEASED])
def test_an_order_waits_for_no_announcement_that_is_withdrawn_or_released(progress):
    items = plan_return(ret(S.APPROVED, MORE), [announcement(progress, announced=True)], policy())
    assert progress_and_cause(items[0]) == (P.DUE, None)


@pytest.mark.parametrize("known", ["new", P.DUE, P.WAITING, P.HELD, P.LEFT_ALONE, P.WITHDRAWN])
def test_an_order_waits_for_the_announcement_on_an_order_that_is_no_longer_named_wherever_it_stood(known):
    first = announcement(P.SETTLED, announced=True)
    others = [] if known == "new" else [announcement(known, number=MORE.order_number)]
    item = plan_return(ret(S.APPROVED, MORE), [first, *others], policy())[0]
    assert (*state_of(item), item.cause) == (P.HELD, Step.ANNOUNCE, Cause.MOVED_ORDER)


def test_goods_that_went_over_to_another_order_wait_and_other_goods_do_not():
    other = replace(LINE, order_line_ids=("l-2",))
    both = announcement(P.SETTLED, announced=True)
    both = replace(both, units=units([LINE, other]))
    items = plan_return(ret(S.APPROVED, LINE, replace(other, order_number=MORE.order_number)), [both], policy())
    assert [item.cause for item in items] == [Cause.CHANGED_AFTER, Cause.MOVED_ORDER]
    items = plan_return(ret(S.APPROVED, LINE, other, replace(MORE, order_line_ids=("l-3",))), [both], policy())
    assert [progress_and_cause(item) for item in items] == [(P.SETTLED, None), (P.DUE, None)]


def test_an_order_waits_for_a_create_in_flight_on_an_order_that_is_no_longer_named():
    first = announcement()
    item, untouched = plan_return(ret(S.APPROVED, MORE), [first], policy(), {first.code})
    assert (item.cause, untouched) == (Cause.MOVED_ORDER, first)


@pytest.mark.parametrize("announced", [False, True])
@pytest.mark.parametrize("status", [S.REJECTED, S.CANCELLED])
def test_a_return_withdrawn_whole_withdraws_each_of_its_orders(status, announced):
    empty = replace(ret(status), lines=())
    known = [
        announcement(P.DUE, announced=announced),
        announcement(P.DUE, announced=announced, number=OrderNumber("#2")),
    ]
    wanted = (P.HELD, Cause.CANCELLED_AFTER) if announced else (P.WITHDRAWN, None)
    assert [progress_and_cause(item) for item in plan_return(empty, known, policy())] == [wanted, wanted]


def test_what_is_in_flight_stays_as_it_is():
    known = announcement(P.WAITING, Cause.IN_FLIGHT, Step.ANNOUNCE)
    for status in S:
        assert plan_return(ret(status), [known], policy(), {known.code}) == [known]


# ---- a return that is gone


@pytest.mark.parametrize("progress", P)
@pytest.mark.parametrize("announced", [False, True])
def test_a_return_that_vanished_holds_what_was_not_announced_yet(progress, announced):
    item = announcement(progress, "x", announced=announced, due_at=START)
    if progress in (P.DUE, P.WAITING) and not announced:
        assert progress_and_cause(vanish(item)) == (P.HELD, Cause.VANISHED)
    else:
        assert vanish(item) == item


@pytest.mark.parametrize("state", sorted(AFTER_ANNOUNCEMENT))
def test_an_announced_return_that_may_have_been_cancelled_is_held_from_wherever_it_goes_on(state):
    progress, step = state
    item = announcement(progress, None, step, announced=True)
    held = progress_and_cause(vanish(item, ret(), perhaps_cancelled=True)) == (P.HELD, Cause.VANISHED)
    assert held == (progress in (P.DUE, P.WAITING, P.SETTLED))


# ---- one whose release was taken back: it waits until its platform has been read

TAKEN_BACK = {  # what its platform shows → what becomes of it
    S.APPROVED: (P.DUE, None),
    S.CANCELLED: (P.HELD, Cause.CANCELLED_AFTER),
    S.UNKNOWN: (P.HELD, Cause.STATUS_UNKNOWN),
}


@pytest.mark.parametrize("step", [Step.COMPARE, Step.LABEL])
@pytest.mark.parametrize("status", TAKEN_BACK)
def test_what_is_announced_and_taken_back_goes_on_only_where_nothing_is_in_its_way(status, step):
    item = announcement(P.WAITING, step=step, announced=True, unread_since=START)
    shown = evaluate(item, ret(status), policy())
    assert progress_and_cause(shown) == TAKEN_BACK[status]
    assert shown.step is (step if status is S.APPROVED else Step.NONE)


def test_a_return_that_changed_while_it_was_released_is_held_for_that():
    item = announcement(P.WAITING, step=Step.COMPARE, announced=True, unread_since=START)
    shown = evaluate(item, ret(S.APPROVED, replace(LINE, quantity=2)), policy())
    assert progress_and_cause(shown) == (P.HELD, Cause.CHANGED_AFTER)


@pytest.mark.parametrize("perhaps_cancelled", [False, True])
def test_what_is_taken_back_and_gone_is_held_at_every_platform(perhaps_cancelled):
    item = announcement(P.WAITING, step=Step.LABEL, announced=True, unread_since=START)
    gone = vanish(item, ret(S.COMPLETED), perhaps_cancelled=perhaps_cancelled)
    assert progress_and_cause(gone) == (P.HELD, Cause.VANISHED)


# ---- what holds for every history

STATES = sorted({(*state, False) for state in BEFORE_ANNOUNCEMENT} | {(*state, True) for state in AFTER_ANNOUNCEMENT})
states = st.sampled_from(STATES)
causes = st.sampled_from([None, *Cause])


@given(st.sampled_from(list(S)), states, causes, st.booleans(), st.booleans(), st.integers(1, 2))
def test_evaluating_comes_to_an_end(status, state, cause, updates, delivered, quantity):
    """Else a return would move on every run although nothing happened."""
    chosen = policy(send_updates=updates, announce_delivered=delivered)
    shown = ret(status, replace(LINE, quantity=quantity))
    progress, step, announced = state
    twice = evaluate(evaluate(announcement(progress, cause, step, announced=announced), shown, chosen), shown, chosen)
    assert evaluate(twice, shown, chosen) == twice


@given(st.sampled_from(list(S)), states, causes, st.booleans(), st.integers(1, 2))
def test_the_cause_decides_nothing(status, state, cause, updates, quantity):
    shown, chosen = ret(status, replace(LINE, quantity=quantity)), policy(send_updates=updates)
    progress, step, announced = state
    with_cause, without = (
        evaluate(announcement(progress, why, step, announced=announced), shown, chosen) for why in (cause, None)
    )
    assert state_of(with_cause) == state_of(without)


@given(st.sampled_from(list(S)), states, causes, st.booleans())
def test_what_is_held_says_why_and_what_to_do(status, state, cause, updates):
    progress, step, announced = state
    before = announcement(progress, cause, step, announced=announced)
    after = evaluate(before, ret(status), policy(send_updates=updates))
    if after.progress is P.HELD and after != before:
        assert after.cause
        assert after.what
        assert "<CODE>" not in after.next_step
        assert after.code in after.next_step


@given(st.sampled_from(list(S)), states, causes)
def test_evaluating_never_unsays_what_was_done(status, state, cause):
    progress, step, announced = state
    before = announcement(progress, cause, step, announced=announced)
    after = evaluate(before, ret(status), policy())
    kept = ("code", "announced_at", "labelled_at", "units", "source", "return_id", "order_number")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
