"""Records that cannot be read are tried less and less often, and never use up the requests that new returns need."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from kill_run import leaping

from returnsync.engine.pull.budget import tries_an_hour
from returnsync.sandbox import Fault, World
from returnsync.sandbox.world import monta_order, request, return_order

if TYPE_CHECKING:
    from shop import Shop

MADE = datetime.now(UTC) - timedelta(hours=2)


@pytest.fixture
def world() -> World:
    world = World.empty()
    world.orders = [monta_order(str(number)) for number in range(2000, 2010)]
    return world


@pytest.fixture
def channable(shop) -> Shop:
    """A shop with a return that is listed again in each run of the next hours, and whose order cannot be read."""
    shop = replace(shop, platforms=("channable",), source={"limits": {"1s": 1000}})
    identity = shop.platform().give_back("2000", created=MADE)
    shop.sandbox.channable.touch(identity)
    shop.sandbox.faults.add(Fault("channable.order", "status", status=500))
    return shop


def tries(shop: Shop) -> int:
    return shop.sandbox.counts.calls("channable.order")


def odd(shop: Shop, count: int) -> list[str]:
    """Put in unreadable records that no listing shows as changed any longer."""
    ids = [f"odd-{number}" for number in range(count)]
    for identity in ids:
        shop.sandbox.returnista.add(return_order(request(order="#2000"), id=identity, created=MADE, updated=MADE))
        shop.sandbox.returnista.return_orders[identity]["createdAt"] = "the day before yesterday"
    return ids


def test_what_is_listed_again_in_each_run_is_completed_by_the_next_run_and_then_hourly(channable, clock):
    assert channable.run()["exit_code"] == 1
    assert tries(channable) == 1
    for minutes, tried in ((5, 2), (5, 2), (5, 2), (55, 3), (5, 3), (60, 4)):
        clock.shift(timedelta(minutes=minutes))
        assert channable.run()["exit_code"] == 1
        assert tries(channable) == tried
    channable.sandbox.faults.clear()
    clock.shift(timedelta(hours=1))
    assert channable.run()["announced"] == 1


def test_one_that_changed_is_tried_at_once(channable, clock):
    for _ in range(3):
        channable.run()
        clock.shift(timedelta(minutes=5))
    assert tries(channable) == 2
    (identity,) = channable.sandbox.channable.returns
    channable.sandbox.channable.touch(identity, at=datetime.now(UTC), word="processing")
    channable.sandbox.channable.touch(identity, at=datetime.now(UTC), word="new")
    channable.sandbox.channable.returns[identity]["data"]["item"]["comment"] = "the other sleeve, too"
    channable.sandbox.faults.clear()
    assert channable.run()["announced"] == 1


def test_a_person_has_it_read_by_the_next_run(channable, clock):
    for _ in range(3):
        channable.run()
        clock.shift(timedelta(minutes=5))
    (held,) = channable.held()
    assert "held retry" in held["next_step"]
    channable.sandbox.faults.clear()
    assert channable.run()["announced"] == 0
    assert channable("held", "retry", held["code"]).code == 0
    assert channable.run()["announced"] == 1


def test_a_replay_ignores_the_pauses(channable, clock):
    for _ in range(3):
        channable.run()
        clock.shift(timedelta(minutes=5))
    channable.sandbox.faults.clear()
    assert channable("replay", "2000").code == 0
    assert len(channable.forecasts) == 1


def test_a_clock_that_was_years_ahead_makes_no_record_wait_for_years(channable):
    with leaping(timedelta(days=3650).total_seconds()):
        channable.run()
        channable.run()
    channable.sandbox.faults.clear()
    assert channable.run()["announced"] == 1


def test_a_run_in_which_a_record_is_first_seen_does_not_try_it_a_second_time(shop, clock):
    odd(shop, 3)
    shop.run()
    assert shop.sandbox.counts.calls("returnista.one") == 0
    clock.shift(timedelta(minutes=5))
    shop.run()
    assert shop.sandbox.counts.calls("returnista.one") == 3


def test_records_that_nobody_fixes_leave_the_limit_of_a_day_to_new_returns(shop, clock):
    odd(shop, 20)
    shop.source |= {"limits": {"1d": 200}, "start_from": MADE - timedelta(hours=1)}
    for _ in range(5):
        assert shop.run()["exit_code"] == 1
        clock.shift(timedelta(minutes=61))
    assert shop.sandbox.counts.calls("returnista.one") == 4
    shop.platform().give_back("2001", updated=datetime.now(UTC))
    assert shop.run()["announced"] == 1


def test_an_open_return_that_can_no_longer_be_read_is_not_read_in_each_run(shop, clock):
    identity = shop.platform().give_back("1999", created=MADE, updated=MADE)  # an order that is not known yet
    shop.run()
    shop.sandbox.returnista.return_orders[identity]["createdAt"] = "the day before yesterday"
    clock.shift(timedelta(days=2))
    for minutes, asked in ((0, 1), (5, 1), (5, 1), (60, 2)):
        clock.shift(timedelta(minutes=minutes))
        shop.run()
        assert shop.sandbox.counts.calls("returnista.one") == asked


def test_a_single_read_at_which_the_account_gives_up_lets_the_others_have_their_turn(shop, clock):
    first, second = odd(shop, 2)
    shop.run()
    shop.source |= {"attempts": 2, "retry_budget": 0.000_001}
    shop.sandbox.returnista.return_orders[second]["createdAt"] = shop.sandbox.returnista.return_orders[second][
        "updatedAt"
    ]
    clock.shift(timedelta(hours=7))
    shop.sandbox.faults.add(Fault("returnista.one", "status", times=1))
    assert shop("run").code == 75
    clock.shift(timedelta(minutes=5))
    shop.run()
    assert [item["return_id"] for item in shop.held()] == [first]


@pytest.mark.parametrize(
    ("limits", "allowed"),
    [
        ({}, 100),
        ({"10s": 10}, 100),
        ({"1m": 10}, 60),
        ({"1d": 5000}, 20),
        ({"1d": 100}, 1),
        ({"1m": 60, "1d": 5000}, 20),
    ],
)
def test_a_tenth_of_what_the_limits_allow_in_an_hour_goes_to_records_that_are_tried_again(limits, allowed):
    assert tries_an_hour(limits) == allowed
