"""Label calls that stay unclear are stopped, then tried one at a time, and go on once a label is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from certainty import (
    DOUBT,
    SETTLED,
    TEXT,
    Door,
    assert_each_paid_label_is_in_hand,
    assert_nothing_twice,
    give_back,
    give_back_each,
    labels_of,
    rarely,
    run_after,
    stands,
)

from returnsync.sandbox import Fault

if TYPE_CHECKING:
    from shop import Shop

STOPPED = ("waiting", "labels-stopped")


@pytest.fixture
def door(shop: Shop) -> Door:
    shop.warehouse["concurrency"] = 1
    return Door(shop.sandbox)


def down(door: Door, codes: list[str]) -> None:
    """Let the carrier be down: no label is made, and no answer of the warehouse shows that."""
    door.refuse(codes, 503, TEXT)


# -- when label calls stop, and when the next one is tried -------------------------------------------------------------


def test_after_three_unclear_label_calls_none_more_is_made_in_that_run_and_announcements_go_on(shop, clock, door):
    codes = give_back_each(shop, 5)
    down(door, codes)
    ended = run_after(shop, clock)
    assert (ended["announced"], ended["labelled"], ended["exit_code"]) == (5, 0, 75)
    assert len(door.labels()) == len(set(door.labels())) == 3
    asked = door.labels()
    assert stands(shop) == {code: DOUBT if code in asked else STOPPED for code in codes}


@pytest.mark.parametrize("kind", ["reset-after", rarely("cut"), rarely("html")])
def test_label_calls_stop_however_their_answers_are_unclear(shop, clock, door, kind):
    give_back_each(shop, 4)
    shop.sandbox.faults.add(Fault("monta.label", kind))
    run_after(shop, clock)
    assert len(door.labels()) == 3
    assert_each_paid_label_is_in_hand(shop)


def test_unclear_label_calls_of_several_runs_count_together(shop, clock, door):
    for number in range(1001, 1006):
        down(door, [give_back(shop, str(number))])
        run_after(shop, clock, minutes=1)
    assert len(door.labels()) == 3


def test_a_label_that_is_made_begins_the_count_of_unclear_ones_again(shop, clock, door):
    for number in range(1001, 1009):
        code = give_back(shop, str(number))
        if number % 3:
            down(door, [code])
        run_after(shop, clock, minutes=1)
    assert len(door.labels()) == 8


def test_one_label_is_tried_after_5_then_15_then_every_60_minutes_each_of_another_order(shop, clock, door):
    codes = give_back_each(shop, 9)
    down(door, codes)
    run_after(shop, clock)
    tried = 3
    for pause in (5, 15, 60, 60):
        # The first part is shorter than the pause, however long the runs themselves take here.
        run_after(shop, clock, minutes=pause - 1)
        assert len(door.labels()) == tried, f"tried before {pause} minutes had passed"
        run_after(shop, clock, minutes=2)
        tried += 1
        assert len(door.labels()) == tried, f"not tried once after {pause} minutes"
        run_after(shop, clock, minutes=0)
        assert len(door.labels()) == tried, "tried twice"
    assert len(set(door.labels())) == tried
    assert [stands(shop)[code] for code in codes if code not in door.labels()] == [STOPPED] * 2


def test_once_a_label_is_made_the_rest_follow(shop, clock, door):
    codes = give_back_each(shop, 7)
    down(door, codes)
    run_after(shop, clock)
    in_doubt = door.labels()
    door.instead.clear()
    run_after(shop, clock, minutes=6)
    run_after(shop, clock, minutes=6)
    assert stands(shop) == {code: DOUBT if code in in_doubt else SETTLED for code in codes}
    assert_nothing_twice(shop)
    assert labels_of(shop).total() == 4


@pytest.mark.parametrize("status", [403, rarely(400)])
def test_label_calls_that_are_stopped_already_cost_no_doubt_in_each_run_when_they_become_unclear(
    shop, clock, door, status
):
    """They were refused at first. Then the carrier is down, and each run that tried one would leave it in doubt."""
    codes = give_back_each(shop, 12)
    door.refuse(codes, status, TEXT)
    run_after(shop, clock)
    down(door, codes)
    for _ in range(11):
        run_after(shop, clock, minutes=5)
    held = [code for code, state in stands(shop).items() if state == DOUBT]
    assert len(held) <= 6, "three, and after 5 and 15 minutes one each"
    door.instead.clear()
    run_after(shop, clock, minutes=61)
    run_after(shop, clock, minutes=1)
    assert stands(shop) == {code: DOUBT if code in held else SETTLED for code in codes}
    assert_nothing_twice(shop)


def test_with_several_calls_at_once_no_more_than_those_under_way_are_left_in_doubt(shop, clock):
    shop.warehouse["concurrency"] = 4
    door = Door(shop.sandbox)
    codes = give_back_each(shop, 16)
    down(door, codes)
    run_after(shop, clock)
    assert 3 <= len(door.labels()) <= 3 + 3
    door.instead.clear()
    run_after(shop, clock, minutes=6)
    run_after(shop, clock, minutes=1)
    assert labels_of(shop).total() == len(codes) - sum(state == DOUBT for state in stands(shop).values())
    assert_nothing_twice(shop)


@pytest.mark.parametrize("status", [400, 429])
def test_a_try_that_surely_made_none_does_not_end_the_stop(shop, clock, door, status):
    codes = give_back_each(shop, 6)
    down(door, codes)
    run_after(shop, clock)
    door.refuse(codes, status, TEXT)
    run_after(shop, clock, minutes=6)
    run_after(shop, clock, minutes=1)
    assert len(door.labels()) == 4
    door.instead.clear()
    for _ in range(3):
        run_after(shop, clock, minutes=61)
    assert labels_of(shop).total() == (2 if status == 400 else 3)
    assert_nothing_twice(shop)


# -- what an outage costs ----------------------------------------------------------------------------------------------


def outage(shop: Shop, clock: Any, door: Door, *, minutes: int, returns: int) -> list[str]:
    """Eight hours without answers to label calls, in which `returns` new returns come every `minutes` minutes."""
    codes: list[str] = []
    for step in range(8 * 60 // minutes):
        new = give_back_each(shop, returns, first=10_000 + step * returns)
        down(door, new)
        codes += new
        run_after(shop, clock, minutes=minutes)
    return codes


@pytest.mark.parametrize(
    ("minutes", "returns"),
    [(60, 3), rarely(15, 15), rarely(5, 5)],
)
def test_an_outage_of_eight_hours_holds_about_a_dozen_and_everything_else_gets_its_label(
    shop, clock, door, minutes, returns
):
    codes = outage(shop, clock, door, minutes=minutes, returns=returns)
    held = [code for code, state in stands(shop).items() if state == DOUBT]
    assert 3 <= len(held) <= 13
    assert len(shop.forecasts) == len(codes)
    door.instead.clear()
    run_after(shop, clock, minutes=61)
    run_after(shop, clock, minutes=15)
    assert stands(shop) == {code: DOUBT if code in held else SETTLED for code in codes}
    assert_nothing_twice(shop)


# -- a person says that none of them was made --------------------------------------------------------------------------


@pytest.fixture
def in_doubt(shop: Shop, clock: Any, door: Door) -> list[str]:
    """Make three returns whose label calls were not answered, and for which no label was made."""
    codes = give_back_each(shop, 3)
    down(door, codes)
    run_after(shop, clock)
    door.instead.clear()
    assert stands(shop) == dict.fromkeys(codes, DOUBT)
    return codes


RESOLVE = ("held", "resolve", "label-in-doubt", "--none-made")


def until_labelled(shop: Shop, clock: Any) -> None:
    """Run until all are labelled: the label calls are still stopped, so one is tried first, and then the others."""
    for _ in range(3):
        run_after(shop, clock, minutes=20)


def test_once_a_person_says_that_none_was_made_the_next_runs_request_them_all(shop, clock, door, in_doubt):
    resolved = shop(*RESOLVE, "--yes")
    assert resolved.code == 0, resolved.out + resolved.err
    assert len(door.labels()) == 3, "the command itself bought one"
    until_labelled(shop, clock)
    assert stands(shop) == dict.fromkeys(in_doubt, SETTLED)
    assert_nothing_twice(shop)


def test_the_question_says_how_many_labels_a_yes_makes(shop, in_doubt):
    assert str(len(in_doubt)) in shop(*RESOLVE, "--yes").out


def test_without_a_yes_and_without_a_terminal_it_says_how_many_labels_cost_and_resolves_nothing(shop, clock, in_doubt):
    asked = shop(*RESOLVE)
    assert asked.code == 2
    assert str(len(in_doubt)) in asked.err
    assert "bill" in asked.err.lower() or "cost" in asked.err.lower()
    until_labelled(shop, clock)
    assert stands(shop) == dict.fromkeys(in_doubt, DOUBT)


@pytest.mark.parametrize(("fills", "lists"), [(True, False), (False, True)])
def test_a_label_that_is_shown_by_now_is_not_bought_again_when_a_person_asks(shop, clock, door, fills, lists):
    shop.sandbox.monta.fills_tracking, shop.sandbox.monta.lists_labels = fills, lists
    made = give_back(shop, "1001")
    shop.sandbox.faults.add(Fault("monta.label", "status-after", status=504, times=1))
    run_after(shop, clock)
    not_made = give_back(shop, "1002")
    down(door, [not_made])
    run_after(shop, clock)
    door.instead.clear()
    shop(*RESOLVE, "--yes")
    until_labelled(shop, clock)
    assert stands(shop) == {made: DOUBT, not_made: SETTLED}
    assert_nothing_twice(shop)


def test_a_dry_run_of_a_persons_request_changes_nothing(shop: Shop, clock: Any, door: Door, in_doubt: list[str]):
    assert shop(*RESOLVE, "--yes", "--dry-run").code in {0, 1}
    until_labelled(shop, clock)
    assert stands(shop) == dict.fromkeys(in_doubt, DOUBT)
    assert len(door.labels()) == 3


def test_a_persons_word_about_an_account_that_is_shut_changes_nothing_and_says_why(shop, in_doubt):
    routes = ("reasons", "order", "forecasts", "forecast", "labels")
    shop.sandbox.faults.add(*(Fault(f"monta.{route}", "status", status=402) for route in routes))
    resolved = shop(*RESOLVE, "--yes")
    assert resolved.code == 78
    assert "asks for a payment" in resolved.err
    assert shop.sandbox.faults.fired[-1].route == "monta.reasons", "it was asked once for each of them"
    assert stands(shop) == dict.fromkeys(in_doubt, DOUBT)


@pytest.mark.usefixtures("in_doubt")
def test_a_dry_run_asks_for_no_label_while_they_are_stopped_and_shows_that(shop, clock):
    code = give_back(shop, "2001")
    run_after(shop, clock)
    told = shop.run("--dry-run")
    assert [(item["code"], item["would"], item["cause"]) for item in told["decisions"]] == [
        (code, "wait", "labels-stopped")
    ]


def test_the_file_of_another_code_settles_no_label_in_doubt(shop, clock, in_doubt):
    first, second, _ = in_doubt
    folder = shop.folder / "labels" / "monta"
    for code in (first, second):
        (folder / f"{code}.pdf").write_bytes(b"%PDF-1.7 one label %%EOF")
    shop("held", "retry", first, second)
    run_after(shop, clock)
    assert sorted([stands(shop)[first], stands(shop)[second]]) == [("held", "label-unusable"), SETTLED]
