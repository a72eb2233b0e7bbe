"""Unusual outages: only some orders, only some calls, and shops too small for a breaker."""

from __future__ import annotations

from datetime import timedelta

import pytest
from certainty import assert_nothing_twice, give_back, give_back_each, rarely
from weeks import MONTA, Week

from returnsync.sandbox import Fault

HOUR = timedelta(hours=1)
NEVER = timedelta(days=900)


@pytest.fixture
def shop(shop):
    shop.sandbox.returnista.return_orders.clear()
    return shop


def down(shop, *routes: str, kind: str = "status", status: int = 503, about: str = "") -> None:
    shop.sandbox.faults.add(*(Fault(route, kind, status=status, about=about) for route in routes))


@pytest.mark.parametrize("concurrency", [1, rarely(4)])
def test_orders_whose_creates_are_always_lost_keep_no_other_waiting(shop, clock, concurrency):
    shop.warehouse["concurrency"] = concurrency
    week = Week(shop, clock, HOUR, incoming=HOUR)
    odd = [str(number) for number in range(4001, 4001 + 4 * concurrency)]
    for number in odd:
        give_back(shop, number)
        down(shop, "monta.create", kind="reset", about=number)
    runs = [week.run() for _ in range(8)]
    assert sum(ran["labelled"] for ran in runs) >= 6
    assert_nothing_twice(shop)


def test_where_one_call_fails_for_every_order_runs_say_so_and_nothing_is_held(shop, clock):
    shop.warehouse["wait_for_order_days"] = 1
    week = Week(shop, clock, 6 * HOUR, incoming=NEVER)
    give_back_each(shop, 6)
    give_back(shop, "9999")
    del shop.sandbox.monta.orders["9999"]  # it is not found, which is an answer
    down(shop, "monta.forecasts")
    during = week.run_for(timedelta(days=3))
    assert {ran["exit_code"] for ran in during[:3]} == {75}
    assert {item["cause"] for item in shop.held()} <= {"order-unknown"}
    assert all(ran["exit_code"] == 75 for ran in during)
    shop.sandbox.faults.clear()
    week.run()
    assert week.run()["exit_code"] == 1
    assert len(shop.labels()) == 6


def test_an_outage_is_reported_in_every_run_to_a_small_shop_that_never_announced_anything(shop, clock):
    week = Week(shop, clock, HOUR, incoming=NEVER)
    give_back_each(shop, 2)
    down(shop, *MONTA)
    assert [ran["exit_code"] for ran in week.run_for(6 * HOUR)] == [75] * 6
    shop.sandbox.faults.clear()
    assert week.run()["exit_code"] == 0


def test_one_order_that_is_refused_at_its_create_alone_is_held_and_not_sent_again(shop, clock):
    week = Week(shop, clock, HOUR, incoming=HOUR)
    give_back(shop, "4001")
    down(shop, "monta.create", status=402, about="4001")
    for _ in range(12):
        ran = week.run()
    assert (ran["exit_code"], [item["cause"] for item in shop.held()]) == (1, ["forecast-refused"])
    sent = shop.sandbox.counts.calls("monta.create")
    ran = week.run()
    assert shop.sandbox.counts.calls("monta.create") == sent + ran["announced"]
    shop.sandbox.faults.clear()
    shop("held", "retry", "--all")
    for _ in range(3):
        week.run()
    week.assert_all_is_well()


def test_a_broken_list_of_reasons_lets_one_refused_order_not_stop_the_others(shop, clock):
    week = Week(shop, clock, HOUR, incoming=HOUR)
    give_back(shop, "4001")
    down(shop, "monta.reasons", status=500)
    down(shop, "monta.order", status=403, about="4001")
    runs = [week.run() for _ in range(4)]
    assert sum(ran["labelled"] for ran in runs) == 4


def test_what_an_order_was_refused_for_before_is_forgotten_once_it_is_served(shop, clock):
    week = Week(shop, clock, HOUR, incoming=HOUR)
    give_back(shop, "4001")
    down(shop, "monta.order", status=403, about="4001")
    week.run()
    week.run()
    shop.sandbox.faults.clear()
    week.run()
    give_back(shop, "4001", name="a second return")
    down(shop, "monta.order", status=403)
    week.run()
    assert shop.held() == []


def test_no_order_is_held_for_one_failed_call_after_a_long_outage(shop, clock):
    shop.warehouse |= {"wait_for_order_days": 1, "concurrency": 1}
    week = Week(shop, clock, 6 * HOUR, incoming=NEVER)
    give_back_each(shop, 12)
    down(shop, *MONTA)
    week.run_for(timedelta(days=2))
    shop.sandbox.faults.clear()
    for number in range(1001, 1013, 3):
        shop.sandbox.faults.add(Fault("monta.forecasts", "status", status=503, about=str(number), times=1))
    week.run()
    assert shop.held() == []
    for _ in range(2):
        week.run()
    week.assert_all_is_well()


def test_days_of_waiting_for_an_order_are_no_days_of_failed_calls(shop, clock):
    week = Week(shop, clock, 8 * HOUR, incoming=24 * HOUR)
    give_back(shop, "4001")
    order = shop.sandbox.monta.orders.pop("4001")
    week.run_for(timedelta(days=13))
    shop.sandbox.monta.orders["4001"] = order
    down(shop, "monta.order", about="4001")
    week.run_for(timedelta(days=3))
    assert shop.held() == []
    shop.sandbox.faults.clear()
    week.run()
    week.assert_all_is_well()


def test_a_trial_with_nothing_due_leaves_open_what_waits_for_the_account(shop, clock):
    week = Week(shop, clock, timedelta(minutes=5), incoming=NEVER)
    give_back_each(shop, 6)
    down(shop, *MONTA)
    week.run()
    shop.sandbox.faults.clear()
    down(shop, "monta.order")
    for _ in range(20):
        week.run()
    assert [item["account"] for item in shop("status", "--json").json["out"]] == ["monta"]
    assert {ran["exit_code"] for ran in week.runs} == {75}


def test_a_label_that_is_not_let_through_again_and_again_stops_label_calls(shop, clock):
    week = Week(shop, clock, HOUR, incoming=NEVER)
    shop.warehouse["concurrency"] = 1
    give_back_each(shop, 8)
    down(shop, "monta.label", status=429)
    week.run()
    assert shop.sandbox.counts.calls("monta.label") == 3
    assert [item["kind"] for item in shop("status", "--json").json["out"]] == ["labels"]
    shop.sandbox.faults.clear()
    week.run()
    assert week.run()["exit_code"] == 0
    week.assert_all_is_well()


def test_odd_orders_show_nothing_of_an_account_that_serves_others(shop, clock):
    week = Week(shop, clock, timedelta(minutes=61), incoming=timedelta(minutes=30))
    for number in range(3001, 3007):
        down(shop, "monta.order", status=500, about=str(number))
        give_back(shop, str(number))
    week.run()
    week.run()
    assert [week.run()["labelled"] for _ in range(4)] == [2] * 4
    assert shop("status", "--json").json["out"] == []


def test_one_odd_order_lets_runs_end_well_as_soon_as_it_failed_three_times(shop, clock):
    week = Week(shop, clock, timedelta(minutes=61), incoming=timedelta(minutes=61))
    down(shop, "monta.order", status=500, about="3001")
    give_back(shop, "3001")
    assert [week.run()["exit_code"] for _ in range(6)] == [75, 75, 0, 0, 0, 0]
