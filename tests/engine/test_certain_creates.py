"""A create whose answer was lost: it is only sent again when that is safe, by trusted clocks, and it always ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from certainty import (
    DOUBT,
    JSON,
    PAGE,
    SETTLED,
    Clocks,
    Door,
    assert_each_paid_label_is_in_hand,
    assert_nothing_twice,
    give_back,
    give_back_each,
    labels_of,
    lose_state,
    rarely,
    run_after,
    stands,
)

from returnsync.sandbox import Fault

if TYPE_CHECKING:
    from shop import Shop

SETTLE_AFTER = 600
IN_FLIGHT = ("waiting", "in-flight")
NOT_THERE = {"status": 404, "body": b'"Return forecast not found"', "content_type": "application/json"}


def creates(shop: Shop) -> int:
    return shop.sandbox.counts.calls("monta.create")


def lose_create(shop: Shop, kind: str = "reset") -> str:
    """Make one return whose create gets no answer; by default it never arrives."""
    code = give_back(shop)
    shop.sandbox.faults.add(Fault("monta.create", kind, times=1))
    return code


@pytest.fixture
def patient(shop: Shop) -> Shop:
    """A shop with the default: nothing is certain before ten minutes have passed."""
    shop.warehouse["settle_after"] = SETTLE_AFTER
    return shop


@pytest.fixture
def clocks(patient: Shop, clock: Any, monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(clock, patient, monkeypatch)


# -- two looks, far enough apart ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["reset-after", rarely("status-after"), rarely("cut")])
def test_a_create_that_shows_five_minutes_late_is_never_sent_again(patient, clock, kind):
    patient.sandbox.monta.visible_after = timedelta(minutes=5)
    code = lose_create(patient, kind)
    for minutes in (0, 1, 1, 2, 2, 5):
        run_after(patient, clock, minutes=minutes)
    assert creates(patient) == 1
    assert stands(patient)[code] == SETTLED
    assert_nothing_twice(patient)


def test_a_create_that_never_arrived_is_sent_again_after_two_looks_and_not_before(patient, clock):
    code = lose_create(patient)
    for minutes in (0, 1, 4, 4):
        run_after(patient, clock, minutes=minutes)
        assert creates(patient) == 1
        assert stands(patient)[code] == IN_FLIGHT
    run_after(patient, clock, minutes=2)
    assert creates(patient) == 2
    assert stands(patient)[code] == SETTLED
    assert_nothing_twice(patient)


def test_a_run_waits_itself_only_for_what_is_certain_within_half_a_minute(shop, clock):
    code = lose_create(shop)
    began = datetime.now(UTC)
    run_after(shop, clock)
    assert timedelta(seconds=30) <= datetime.now(UTC) - began < timedelta(minutes=2)
    assert stands(shop)[code] == SETTLED
    assert creates(shop) == 2


def test_a_run_does_not_wait_for_ten_minutes(patient, clock):
    lose_create(patient)
    began = datetime.now(UTC)
    assert run_after(patient, clock)["exit_code"] == 75
    assert datetime.now(UTC) - began < timedelta(minutes=1)


def test_replay_never_sends_again_before_settle_after(patient, clock):
    code = lose_create(patient)
    run_after(patient, clock)
    for minutes in (0, 5, 4):
        clock.shift(timedelta(minutes=minutes))
        patient("replay", "#1001")
        assert creates(patient) == 1
    clock.shift(timedelta(minutes=2))
    patient("replay", "#1001")
    assert creates(patient) == 2
    assert stands(patient)[code] == SETTLED


def test_a_retry_by_a_person_does_not_send_it_again_before_settle_after(patient, clock):
    lose_create(patient)
    run_after(patient, clock)
    patient("held", "retry", "--all")
    run_after(patient, clock, minutes=5)
    assert creates(patient) == 1


# -- by which clock ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("command", "days"), [("run", 1), ("replay", -1), rarely("run", -1), rarely("replay", 1)])
def test_a_step_of_the_wall_clock_makes_nothing_certain(patient, clocks, command, days):
    lose_create(patient)
    run_after(patient, clocks)
    clocks.step_wall(days=days)
    clocks.shift(timedelta(minutes=5))
    patient(command, *(["#1001"] if command == "replay" else []))
    assert creates(patient) == 1


@pytest.mark.parametrize("days", [1, -1])
def test_after_a_step_of_the_wall_clock_it_is_certain_when_the_time_has_passed(patient, clocks, days):
    code = lose_create(patient)
    run_after(patient, clocks)
    clocks.step_wall(days=days)
    run_after(patient, clocks, minutes=11)
    patient("replay", "#1001")
    assert creates(patient) == 2
    assert stands(patient)[code] == SETTLED


def test_a_wall_clock_that_is_set_back_keeps_nothing_waiting_for_as_long(patient, clocks):
    code = lose_create(patient)
    run_after(patient, clocks)
    clocks.step_wall(days=-1)
    for _ in range(3):
        run_after(patient, clocks, hours=2)
    assert stands(patient)[code] == SETTLED
    assert_nothing_twice(patient)


@pytest.mark.parametrize("step", [0, 1, rarely(-1)])
def test_after_a_restart_of_the_machine_the_clock_of_the_warehouse_decides(patient, clocks, step):
    code = lose_create(patient)
    run_after(patient, clocks)
    clocks.restart()
    clocks.step_wall(days=step)
    clocks.shift(timedelta(minutes=5))
    patient("replay", "#1001")
    assert creates(patient) == 1
    clocks.shift(timedelta(minutes=6))
    patient("replay", "#1001")
    assert creates(patient) == 2
    assert stands(patient)[code] == SETTLED


def test_where_no_clock_can_be_trusted_both_looks_begin_again(patient, clocks):
    patient.sandbox.monta.date = lambda: None
    code = lose_create(patient)
    run_after(patient, clocks)
    clocks.restart()
    clocks.shift(timedelta(minutes=11))
    patient("replay", "#1001")
    assert creates(patient) == 1, "the time between two starts was guessed"
    clocks.shift(timedelta(minutes=11))
    patient("replay", "#1001")
    assert creates(patient) == 2
    assert stands(patient)[code] == SETTLED


def test_a_warehouse_whose_clock_was_ahead_at_the_first_look_makes_nothing_wait_until_then(patient, clocks):
    right, patient.sandbox.monta.date = patient.sandbox.monta.date, lambda: datetime.now(UTC) + timedelta(days=400)
    code = lose_create(patient)
    run_after(patient, clocks)
    patient.sandbox.monta.date = right
    clocks.restart()
    for so_far in (1, 2):
        clocks.shift(timedelta(minutes=11))
        patient("replay", "#1001")
        assert creates(patient) == so_far
    assert stands(patient)[code] == SETTLED


def test_within_one_start_of_the_machine_no_clock_of_the_warehouse_is_needed(patient, clocks):
    patient.sandbox.monta.date = lambda: None
    code = lose_create(patient)
    run_after(patient, clocks)
    run_after(patient, clocks, minutes=11)
    assert creates(patient) == 2
    assert stands(patient)[code] == SETTLED


# -- it always ends ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", ["monta.forecast", rarely("monta.forecasts")])
def test_a_create_that_gets_no_proper_answer_for_a_day_is_held_and_goes_on_once_it_is_answered(patient, clock, route):
    code = lose_create(patient)
    run_after(patient, clock)
    patient.sandbox.faults.add(Fault(route, "status", status=503))
    for number in range(2001, 2006):
        give_back(patient, str(number))  # other reads are answered
        run_after(patient, clock, hours=6)
    assert stands(patient)[code] == ("held", "forecast-in-doubt")
    assert creates(patient) == 1

    patient.sandbox.faults.clear()
    patient("held", "retry", code)
    for _ in range(3):
        run_after(patient, clock, minutes=11)
    assert stands(patient)[code] == SETTLED
    assert_nothing_twice(patient)


@pytest.mark.parametrize("status", [503, 402, rarely(423)])
def test_a_create_waits_without_being_held_while_the_whole_account_is_down(patient, clock, status):
    code = lose_create(patient)
    run_after(patient, clock)
    routes = ("reasons", "order", "forecasts", "forecast", "labels", "create", "label")
    patient.sandbox.faults.add(*(Fault(f"monta.{route}", "status", status=status) for route in routes))
    for _ in range(4):
        run_after(patient, clock, hours=13)
    assert stands(patient)[code][0] == "waiting"
    patient.sandbox.faults.clear()
    for _ in range(3):
        run_after(patient, clock, hours=2)
    assert stands(patient)[code] == SETTLED
    assert_nothing_twice(patient)


# -- a state that is new -----------------------------------------------------------------------------------------------


def calls(shop: Shop, *routes: str) -> list[int]:
    return [shop.sandbox.counts.calls(f"monta.{route}") for route in routes]


def test_a_new_state_looks_by_code_only_before_its_first_20_creates(shop, clock):
    shop.warehouse["concurrency"] = 1
    give_back_each(shop, 12)
    run_after(shop, clock)
    assert calls(shop, "forecast") == [12]
    give_back_each(shop, 18, first=2001)
    assert run_after(shop, clock, hours=1)["labelled"] == 18
    assert calls(shop, "order", "forecasts", "forecast", "create", "label", "labels") == [30, 30, 20, 30, 30, 0]
    give_back_each(shop, 2, first=3001)
    run_after(shop, clock, hours=1)
    assert calls(shop, "order", "forecasts", "forecast", "create", "label", "labels") == [32, 32, 20, 32, 32, 0]


def test_a_new_state_finds_by_code_what_the_orders_list_does_not_show_yet(shop, clock):
    code = give_back(shop)
    run_after(shop, clock)
    lose_state(shop, labels=True)
    shop.sandbox.faults.add(Fault("monta.forecasts", "status", status=200, body=b"[]", content_type="application/json"))
    run_after(shop, clock, hours=1)
    shop.sandbox.faults.clear()
    run_after(shop, clock, hours=1)
    assert creates(shop) == 1
    assert stands(shop)[code] == DOUBT
    assert_nothing_twice(shop)


# -- a day later -------------------------------------------------------------------------------------------------------


@pytest.fixture
def sent_twice(shop: Shop, clock: Any) -> str:
    """Make a return whose first create was lost, so that it was sent once more."""
    code = lose_create(shop)
    run_after(shop, clock)
    assert creates(shop) == 2
    assert stands(shop)[code] == SETTLED
    return code


def test_a_create_that_was_sent_twice_and_stands_there_twice_a_day_later_is_held(shop, clock, sent_twice):
    [forecast] = shop.forecasts
    shop.sandbox.monta.forecasts.append(replace(forecast, id=1, body=dict(forecast.body)))
    assert run_after(shop, clock, hours=12)["held"] == 0
    assert run_after(shop, clock, hours=14)["exit_code"] == 1
    assert stands(shop)[sent_twice] == ("held", "forecast-doubled")


def test_a_create_that_was_sent_twice_and_stands_there_once_is_looked_at_once_and_left_alone(shop, clock, sent_twice):
    before = shop.sandbox.counts.calls("monta.forecasts")
    for hours in (25, 25, 25):
        assert run_after(shop, clock, hours=hours)["exit_code"] == 0
    assert shop.sandbox.counts.calls("monta.forecasts") == before + 1
    assert stands(shop)[sent_twice] == SETTLED


@pytest.mark.parametrize("status", [402, 400])
def test_the_look_a_day_later_is_made_by_a_later_run_when_it_is_refused_then(shop, clock, sent_twice, status):
    [forecast] = shop.forecasts
    shop.sandbox.monta.forecasts.append(replace(forecast, id=1, body=dict(forecast.body)))
    shop.sandbox.faults.add(Fault("monta.forecasts", "status", status=status, body=b"not now", times=1))
    assert run_after(shop, clock, hours=25)["exit_code"] in {0, 78}, "a fault of ours"
    assert stands(shop)[sent_twice] == SETTLED
    run_after(shop, clock, hours=2)
    assert stands(shop)[sent_twice] == ("held", "forecast-doubled")


@pytest.mark.parametrize("status", [400, 404])
def test_a_create_that_was_sent_twice_holds_nothing_when_its_order_is_gone_a_day_later(shop, clock, sent_twice, status):
    shop.sandbox.monta.order_not_found = status
    shop.sandbox.monta.remove("1001")
    for hours in (25, 25):
        assert run_after(shop, clock, hours=hours)["exit_code"] == 0
    assert stands(shop)[sent_twice] == SETTLED


def test_once_a_person_removed_the_second_of_two_it_goes_on_without_another_label(shop, clock, sent_twice):
    [forecast] = shop.forecasts
    shop.sandbox.monta.forecasts.append(replace(forecast, id=1, body=dict(forecast.body)))
    run_after(shop, clock, hours=26)
    shop.sandbox.monta.forecasts.pop()
    shop("held", "retry", sent_twice)
    assert run_after(shop, clock, hours=26)["exit_code"] == 0
    assert stands(shop)[sent_twice] == SETTLED
    assert_nothing_twice(shop)


def test_one_that_a_person_released_is_not_held_a_day_later(shop, clock):
    code = lose_create(shop)
    shop.sandbox.faults.add(Fault("monta.label", "status", times=1, status=503))
    run_after(shop, clock)
    assert stands(shop)[code] == DOUBT
    shop("held", "release", code, "--yes")
    [forecast] = shop.forecasts
    shop.sandbox.monta.forecasts.append(replace(forecast, id=1, body=dict(forecast.body)))
    assert run_after(shop, clock, hours=26)["exit_code"] == 0
    assert stands(shop)[code][0] == "released"


def test_the_look_a_day_later_is_made_by_a_later_run_when_the_warehouse_is_down_then(shop, clock, sent_twice):
    [forecast] = shop.forecasts
    shop.sandbox.monta.forecasts.append(replace(forecast, id=1, body=dict(forecast.body)))
    shop.sandbox.faults.add(Fault("monta.forecasts", "status", status=503))
    run_after(shop, clock, hours=26)
    shop.sandbox.faults.clear()
    run_after(shop, clock, hours=26)
    assert stands(shop)[sent_twice] == ("held", "forecast-doubled")


def test_a_create_that_was_sent_once_is_not_looked_at_a_day_later(shop, clock):
    give_back(shop)
    run_after(shop, clock)
    before = shop.sandbox.counts.calls("monta.forecasts")
    run_after(shop, clock, hours=26)
    assert shop.sandbox.counts.calls("monta.forecasts") == before


# -- "it exists" -------------------------------------------------------------------------------------------------------


def hide_once(shop: Shop) -> None:
    """Hide the existing forecast, on its order and under its code, from the looks before the create."""
    shop.sandbox.faults.add(
        Fault("monta.forecasts", "status", times=1, status=200, body=b"[]", content_type="application/json"),
        Fault("monta.forecast", "status", times=1, **NOT_THERE),
    )


@pytest.mark.parametrize(
    ("status", "label"), [(400, "hidden"), (409, "shown"), rarely(400, "shown"), rarely(409, "hidden")]
)
def test_a_lost_state_whose_create_exists_adopts_it_and_buys_no_second_label(shop, clock, status, label):
    shop.sandbox.monta.code_in_use = status
    shop.sandbox.monta.fills_tracking = shop.sandbox.monta.lists_labels = label == "shown"
    code = give_back(shop)
    run_after(shop, clock)
    lose_state(shop, labels=True)
    hide_once(shop)
    assert run_after(shop, clock, hours=1)["exit_code"] == 1
    assert creates(shop) == 2, "the test did not come to the answer that it is about"
    shop("held", "retry", "--all")
    run_after(shop, clock, hours=1)
    assert stands(shop)[code] == DOUBT
    assert_nothing_twice(shop)


@pytest.mark.parametrize("status", [rarely(400), 409])
def test_a_lost_state_whose_create_exists_is_settled_by_the_label_file(shop, clock, status):
    shop.sandbox.monta.code_in_use = status
    code = give_back(shop)
    run_after(shop, clock)
    lose_state(shop)
    hide_once(shop)
    run_after(shop, clock, hours=1)
    run_after(shop, clock, hours=1)
    assert creates(shop) == 2
    assert stands(shop)[code] == SETTLED
    assert_nothing_twice(shop)


@pytest.mark.parametrize("label", [rarely("shown"), "hidden"])
def test_a_create_that_is_refused_in_other_words_and_then_found_leaves_its_label_in_doubt(shop, clock, label):
    shop.sandbox.monta.fills_tracking = shop.sandbox.monta.lists_labels = label == "shown"
    code = give_back(shop)
    run_after(shop, clock)
    lose_state(shop, labels=True)
    hide_once(shop)
    body = b'{"ReturnForecastInvalidReasons": ["Code is already used."]}'
    shop.sandbox.faults.add(
        Fault("monta.create", "status", times=1, status=400, body=body, content_type="application/json")
    )
    run_after(shop, clock, hours=1)
    shop("held", "retry", "--all")
    run_after(shop, clock, hours=1)
    assert stands(shop)[code] == DOUBT
    assert_nothing_twice(shop)


def show_from_the_second_create_on(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide made forecasts from all reads until a client tries to make one again."""
    monta = shop.sandbox.monta
    monkeypatch.setattr(monta, "_visible", lambda: list(monta.forecasts) if creates(shop) > 1 else [])


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "reset-after"), (409, "status-after"), rarely(400, "status-after"), rarely(409, "reset-after")],
)
def test_an_own_create_that_was_lost_and_then_exists_goes_on_and_gets_its_label(shop, clock, monkeypatch, status, kind):
    """Two looks do not find it, so it is sent again and refused: it was our own, and no label was requested."""
    shop.sandbox.monta.code_in_use = status
    show_from_the_second_create_on(shop, monkeypatch)
    code = lose_create(shop, kind)
    run_after(shop, clock)
    run_after(shop, clock, minutes=11)
    assert creates(shop) == 2, "the test did not come to the answer that it is about"
    assert stands(shop)[code] == SETTLED
    assert labels_of(shop)[code] == 1
    assert_nothing_twice(shop)
    assert_each_paid_label_is_in_hand(shop)


@pytest.mark.parametrize("status", [rarely(400), 409])
def test_a_create_that_exists_and_shows_later_still_is_not_lost_and_gets_one_label(shop, clock, status):
    """Half a minute is too short for a warehouse that shows forecasts after five minutes: a person may have to look."""
    shop.sandbox.monta.code_in_use = status
    shop.sandbox.monta.visible_after = timedelta(minutes=5)
    code = lose_create(shop, "reset-after")
    run_after(shop, clock)
    run_after(shop, clock, minutes=11)
    shop("held", "retry", "--all")
    for _ in range(2):
        run_after(shop, clock, minutes=11)
    assert stands(shop)[code] == SETTLED
    assert labels_of(shop)[code] == 1
    assert_nothing_twice(shop)


@pytest.mark.parametrize("status", [400, rarely(409)])
def test_what_somebody_else_made_under_our_code_is_adopted_with_its_label_in_doubt(shop, clock, status):
    shop.sandbox.monta.code_in_use = status
    door = Door(shop.sandbox)
    code = give_back(shop)
    line = shop.sandbox.monta.orders["1001"][0]["Lines"][0]["WebshopOrderLineId"]
    shop.sandbox.monta.announce(code, "1001", {line: 1})
    hide_once(shop)
    run_after(shop, clock)
    run_after(shop, clock, hours=1)
    assert creates(shop) == 1
    assert stands(shop)[code][0] == "held"
    assert door.labels() == []


@pytest.mark.parametrize(("status", "answer"), [(401, JSON), (402, JSON), (403, PAGE)])
def test_a_create_that_a_shut_account_made_all_the_same_and_shows_late_is_not_sent_again(
    patient, clock, status, answer
):
    patient.sandbox.monta.visible_after = timedelta(minutes=5)
    code = give_back(patient)
    body, content_type = answer
    made = Fault("monta.create", "status-after", status=status, body=body, content_type=content_type, times=1)
    patient.sandbox.faults.add(made)
    assert run_after(patient, clock)["exit_code"] == 78
    for minutes in (1, 2, 9, 11):
        run_after(patient, clock, minutes=minutes)
    assert creates(patient) == 1
    assert stands(patient)[code] == SETTLED


def test_a_forecast_that_comes_through_late_after_its_return_was_taken_back_is_held(shop, clock, sent_twice):
    [identity] = shop.sandbox.returnista.return_orders
    shop.sandbox.returnista.touch(identity, at=datetime.now(UTC), status="Cancelled")
    run_after(shop, clock, minutes=1)
    late = shop.sandbox.monta.forecasts.pop()
    shop("held", "retry", sent_twice)
    run_after(shop, clock, minutes=1)
    assert stands(shop)[sent_twice][0] == "withdrawn"
    shop.sandbox.monta.forecasts.append(late)
    run_after(shop, clock, hours=25)
    assert stands(shop)[sent_twice] == ("held", "cancelled-after-announcement")


def test_a_create_that_is_refused_for_itself_is_held_although_the_clock_was_ahead_when_one_was_lost(patient, clocks):
    clocks.step_wall(days=20)
    code = lose_create(patient)
    run_after(patient, clocks)
    clocks.step_wall(days=-20)
    patient.sandbox.faults.add(Fault("monta.create", "status", status=400, body=b"no"))
    patient("replay", "#1001")
    clocks.shift(timedelta(minutes=11))
    patient("replay", "#1001")
    assert stands(patient)[code] == ("held", "forecast-refused")
