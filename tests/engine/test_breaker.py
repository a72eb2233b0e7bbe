"""A failure of a whole account costs one request a run while it lasts, and no return anything once it is over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from certainty import assert_nothing_twice, give_back, give_back_each, rarely, stands
from weeks import MONTA, Week

from returnsync.sandbox import Fault

HOUR = timedelta(hours=1)
# Steps of an hour in the ordinary run, of five minutes in `make prove`.
STEPS = [
    pytest.param(HOUR, id="hourly"),
    pytest.param(timedelta(minutes=5), id="every five minutes", marks=pytest.mark.prove),
]


STEPS_TO_PROVE = [
    pytest.param(HOUR, id="hourly", marks=pytest.mark.prove),
    pytest.param(timedelta(minutes=5), id="every five minutes", marks=pytest.mark.prove),
]


@pytest.fixture
def shop(shop):
    shop.sandbox.returnista.return_orders.clear()
    return shop


@pytest.fixture(params=STEPS)
def week(shop, clock, request):
    return Week(shop, clock, request.param)


def down(week, *routes: str, kind: str = "status", status: int = 503, **more) -> None:
    week.shop.sandbox.faults.add(*(Fault(route, kind, status=status, **more) for route in routes))


def find_it_out(week, count: int) -> list[str]:
    """Put in `count` returns, and make a run in which Monta answers no call for them."""
    codes = give_back_each(week.shop, count)
    down(week, *MONTA)
    week.run()
    return codes


def over(week) -> None:
    week.shop.sandbox.faults.clear()


@pytest.mark.parametrize("kind", ["status", rarely("reset"), rarely("html")])
def test_a_warehouse_that_is_down_for_three_days_is_asked_one_thing_a_run_and_then_all_is_delivered(week, kind):
    week.run()
    give_back_each(week.shop, 12)
    down(week, *MONTA, kind=kind)
    during = week.run_for(timedelta(days=3))
    assert week.requests(during[2:]) == [1] * len(during[2:])
    assert {ran["exit_code"] for ran in during} == {75}
    over(week)
    after = [week.run() for _ in range(2)]
    assert after[-1]["exit_code"] == 0
    week.assert_all_is_well()


def test_where_only_labels_are_down_returns_are_announced_and_labels_follow(week):
    week.run()
    down(week, "monta.label", status=400, body=b'"No carrier."')
    give_back_each(week.shop, 6)
    during = week.run_for(timedelta(hours=8))
    assert len(week.shop.forecasts) >= 6
    assert week.shop.sandbox.counts.calls("monta.label") <= 5 + len(during)
    over(week)
    assert [week.run() for _ in range(2)][-1]["exit_code"] == 0
    week.assert_all_is_well()


def test_where_labels_bring_no_answer_few_are_in_doubt_and_the_others_follow_within_the_hour(week):
    week.run()
    down(week, "monta.label")
    give_back_each(week.shop, 12)
    during = week.run_for(timedelta(hours=8))
    over(week)
    week.run_for(timedelta(minutes=60))
    assert_nothing_twice(week.shop)
    doubtful = [item for item in week.shop.held() if item["cause"] == "label-in-doubt"]
    assert len(doubtful) == len(week.shop.held()) <= 5 + 2 + 8
    assert len(week.shop.labels()) + len(doubtful) == len(week.shop.forecasts) >= 12
    assert len(during) > 0


@pytest.mark.parametrize("week", [pytest.param(3 * HOUR, id="three-hourly"), *STEPS_TO_PROVE], indirect=True)
def test_a_platform_that_is_down_for_three_days_is_asked_for_one_page_a_run(week):
    week.run()
    down(week, "returnista.list")
    during = week.run_for(timedelta(days=3))
    assert week.requests(during[1:], "shop-nl") == [1] * len(during[1:])
    assert {ran["exit_code"] for ran in during} == {75}
    over(week)
    assert [week.run() for _ in range(2)][-1]["exit_code"] == 0
    week.assert_all_is_well()


def test_an_hour_of_500s_is_over_within_two_runs_though_three_old_orders_always_give_500(week):
    odd = ("4001", "4002", "4003")
    for number in odd:
        give_back(week.shop, number)
        down(week, "monta.order", status=500, about=number)
    week.run_for(3 * HOUR)
    give_back_each(week.shop, 8)
    down(week, *MONTA, status=500)
    week.run_for(HOUR)
    over(week)
    for number in odd:
        down(week, "monta.order", status=500, about=number)
    after = [week.run() for _ in range(2)]
    week.assert_all_is_well(*odd)
    assert after[-1]["exit_code"] == 0


def test_a_storm_of_429_is_asked_one_thing_a_run(week):
    week.run()
    give_back_each(week.shop, 12)
    down(week, *MONTA, status=429, headers={"Retry-After": "300"})
    during = week.run_for(timedelta(hours=12))
    assert week.requests(during[2:]) == [1] * len(during[2:])
    over(week)
    assert [week.run() for _ in range(2)][-1]["exit_code"] == 0
    week.assert_all_is_well()


def test_a_warehouse_that_is_down_every_other_run_loses_and_doubles_nothing(week):
    week.incoming = timedelta(minutes=30)
    for _ in range(6):
        down(week, *MONTA)
        week.run()
        over(week)
        week.run()
    assert week.run()["exit_code"] == 0
    week.assert_all_is_well()


def test_what_piled_up_is_delivered_within_the_limits(shop, clock):
    week = Week(shop, clock, timedelta(minutes=5))
    shop.warehouse["limits"] = {"5m": 40}
    week.run()
    give_back_each(shop, 30)
    down(week, *MONTA)
    week.run_for(timedelta(minutes=20))
    over(week)
    after = [week.run() for _ in range(6)]
    assert max(week.requests(after)) <= 40
    assert after[-1]["exit_code"] == 0
    week.assert_all_is_well()


# -- when it opens, and when not ---------------------------------------------------------------------------------------


def out(shop) -> list[tuple[str, str]]:
    return [(item["account"], item["kind"]) for item in shop("status", "--json").json["out"]]


def test_five_failures_for_three_orders_open_it_and_status_and_check_say_since_when(shop, clock):
    week = Week(shop, clock, HOUR)
    give_back_each(shop, 5)
    down(week, *MONTA)
    week.run()
    assert out(shop) == [("monta", "warehouse")]
    assert "monta: cannot be used since" in shop("status").out
    over(week)
    assert "the last runs could not use it, since" in " ".join(shop("check").out.split())
    week.run()
    assert out(shop) == []
    assert "breaker" not in shop("check").out


def test_two_orders_whose_calls_always_fail_open_nothing(shop, clock):
    week = Week(shop, clock, HOUR, incoming=timedelta(days=9))
    give_back(shop, "4001")
    give_back(shop, "4002")
    down(week, "monta.order", status=500)
    week.run_for(9 * HOUR)
    assert out(shop) == []


def test_a_source_is_out_from_its_first_listing_that_failed_until_one_is_answered(shop, clock):
    week = Week(shop, clock, HOUR)
    down(week, "returnista.list")
    week.run()
    assert out(shop) == [("shop-nl", "source")]
    over(week)
    week.run()
    assert out(shop) == []


def test_where_the_list_of_reasons_alone_fails_an_order_is_the_probe(shop, clock):
    week = Week(shop, clock, HOUR)
    find_it_out(week, 6)
    over(week)
    down(week, "monta.reasons")
    runs = [week.run() for _ in range(4)]
    assert [ran["labelled"] for ran in runs] == [0, 0, 0, 6]
    week.assert_all_is_well()


def test_the_next_probe_by_an_order_asks_for_another_one(shop, clock):
    week = Week(shop, clock, HOUR, incoming=timedelta(days=9))
    find_it_out(week, 6)
    over(week)
    down(week, "monta.reasons")
    for number in ("1001", "1002", "1003"):
        down(week, "monta.order", status=500, about=number)
    labelled = [ran["labelled"] for ran in week.run_for(10 * HOUR)]
    assert (sum(labelled[:7]), sum(labelled)) == (0, 3)
    week.assert_all_is_well("1001", "1002", "1003")


def test_once_it_answers_three_returns_are_tried_and_no_more_where_none_is_served(shop, clock):
    week = Week(shop, clock, HOUR)
    find_it_out(week, 12)
    over(week)
    down(week, "monta.order")
    ran = week.run()
    assert (ran["requests"]["monta"], ran["exit_code"]) == (1 + 3, 75)
    assert out(shop) == [("monta", "warehouse")]


def test_those_that_waited_longest_since_their_last_try_are_tried_first(shop, clock):
    week = Week(shop, clock, HOUR, incoming=timedelta(days=9))
    shop.warehouse["concurrency"] = 1
    codes = find_it_out(week, 9)
    over(week)
    down(week, "monta.order")
    waiting = [len(tried_of(shop, codes))]
    for _ in range(3):
        week.run()
        waiting.append(len(tried_of(shop, codes)))
    # Five were tried in the run that noticed the outage, and after that those that were not.
    assert waiting == [5, 8, 9, 9]


def tried_of(shop, codes: list[str]) -> list[str]:
    return [code for code in codes if stands(shop)[code][0] == "waiting"]


def test_a_person_who_names_an_order_needs_no_probe_and_closes_it(shop, clock):
    week = Week(shop, clock, HOUR)
    find_it_out(week, 6)
    over(week)
    assert shop("replay", "1004").code in (0, 75)
    assert out(shop) == []
    assert week.run()["labelled"] == 5


def test_a_dry_run_asks_the_one_thing_and_changes_nothing(shop, clock):
    week = Week(shop, clock, HOUR)
    find_it_out(week, 6)
    before = shop.state.read_bytes()
    ran = shop.run("--dry-run")
    assert (ran["requests"]["monta"], ran["exit_code"]) == (1, 75)
    assert shop.state.read_bytes() == before


# -- tries -------------------------------------------------------------------------------------------------------------


def test_three_creates_in_a_row_without_an_answer_are_the_last_of_a_run(shop, clock):
    week = Week(shop, clock, HOUR)
    shop.warehouse["concurrency"] = 1
    give_back_each(shop, 8)
    down(week, "monta.create", kind="reset")
    assert week.run()["exit_code"] == 75
    assert shop.sandbox.counts.calls("monta.create") == 3
    over(week)
    for _ in range(3):
        week.run()
    week.assert_all_is_well()


def test_an_order_that_takes_all_the_time_for_trying_again_stands_first_in_one_run_only(shop, clock):
    week = Week(shop, clock, HOUR, incoming=timedelta(days=9))
    shop.warehouse |= {"attempts": 3, "retry_budget": 0.1, "concurrency": 1}
    give_back(shop, "4001")
    down(week, "monta.order", about="4001")
    assert week.run()["exit_code"] == 75
    give_back_each(shop, 3)
    assert week.run()["labelled"] == 3
    week.assert_all_is_well("4001")


def test_the_end_of_the_wait_for_an_order_is_not_reached_by_an_outage(shop, clock):
    week = Week(shop, clock, 8 * HOUR, incoming=timedelta(days=90))
    shop.warehouse["wait_for_order_days"] = 1
    give_back(shop, "1001")
    down(week, *MONTA)
    week.run_for(timedelta(days=4))
    assert shop.held() == []
    over(week)
    assert week.run()["labelled"] == 1


def test_an_order_that_fails_alone_for_longer_than_that_is_held(shop, clock):
    week = Week(shop, clock, 6 * HOUR)
    shop.warehouse["wait_for_order_days"] = 1
    give_back(shop, "4001")
    down(week, "monta.order", status=500, about="4001")
    week.run_for(timedelta(hours=36))
    assert [item["cause"] for item in shop.held()] == ["call-failed"]


# -- one order that is refused as whole accounts are -------------------------------------------------------------------

REFUSALS = (rarely(401), 402, rarely(403), 407, rarely(423), rarely(426), rarely(451))


@pytest.mark.parametrize("status", REFUSALS)
def test_an_account_that_is_refused_holds_nothing_and_goes_on_by_itself(shop, clock, status):
    week = Week(shop, clock, HOUR)
    give_back_each(shop, 8)
    down(week, *MONTA, status=status)
    assert {ran["exit_code"] for ran in week.run_for(3 * HOUR)} == {78}
    over(week)
    assert week.run()["exit_code"] == 0
    week.assert_all_is_well()


@pytest.mark.parametrize("route", ["monta.order", rarely("monta.forecasts")])
@pytest.mark.parametrize("status", [402, rarely(403)])
def test_one_order_that_is_refused_while_others_are_served_is_held_the_third_time(shop, clock, status, route):
    week = Week(shop, clock, HOUR, incoming=HOUR)
    give_back(shop, "4001")
    down(week, route, status=status, about="4001")
    runs = [week.run() for _ in range(3)]
    assert [ran["labelled"] for ran in runs] == [1, 1, 1]
    assert [ran["exit_code"] for ran in runs] == [75, 75, 1]
    assert [(item["order_number"], item["cause"]) for item in shop.held()] == [("#4001", "lookup-refused")]
    assert "3 times by now" in shop.held()[0]["what"]


def test_so_it_is_where_the_others_are_slower_than_the_refusal(shop, clock):
    week = Week(shop, clock, HOUR, incoming=HOUR)
    give_back(shop, "4001")
    # once it is served after the other, once before it
    for slow in ("4001", "5001"):
        down(week, "monta.order", kind="delay", delay=0.3, about=slow, times=1)
    down(week, "monta.forecasts", status=402, about="4001")
    assert [week.run()["exit_code"] for _ in range(3)] == [75, 75, 1]


def test_an_account_that_may_not_read_orders_holds_none_of_them(shop, clock):
    week = Week(shop, clock, HOUR, incoming=HOUR)
    give_back_each(shop, 6)
    down(week, "monta.order", status=403)
    assert {ran["exit_code"] for ran in week.run_for(5 * HOUR)} == {78}
    assert shop.held() == []
    over(week)
    assert week.run()["exit_code"] == 0
    week.assert_all_is_well()


@pytest.mark.parametrize("status", [402, 403])
def test_creates_that_the_account_may_not_make_cost_nothing(shop, clock, status):
    week = Week(shop, clock, HOUR, incoming=timedelta(days=9))
    give_back_each(shop, 5)
    down(week, "monta.create", status=status)
    assert {ran["exit_code"] for ran in week.run_for(4 * HOUR)} == {78}
    assert shop.held() == []
    over(week)
    for _ in range(3):
        week.run()
    assert_nothing_twice(shop)
    week.assert_all_is_well()
