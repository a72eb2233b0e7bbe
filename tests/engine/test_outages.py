"""A warehouse that is down for hours: nothing is held for it, and everything is done soon after."""

from __future__ import annotations

import pytest
from shop import later

from returnsync.engine.deliver.delivery import pause
from returnsync.model import Cause
from returnsync.sandbox import Fault
from returnsync.sandbox.world import monta_order

ROUTES = ("monta.order", "monta.forecasts", "monta.create", "monta.label", "monta.reasons")


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 1), (2, 5), (3, 15), (4, 60), (5, 60), (50, 60)])
def test_a_call_that_failed_is_made_again_within_the_hour(attempts, minutes):
    assert pause(attempts, Cause.CALL_FAILED).total_seconds() == minutes * 60


def test_an_order_that_is_not_known_is_asked_for_ever_less_often():
    assert [pause(attempts, Cause.ORDER_UNKNOWN).total_seconds() / 60 for attempts in (1, 2, 3, 10)] == [
        5,
        10,
        20,
        1440,
    ]


def test_after_eight_hours_without_monta_everything_is_done_within_an_hour_and_the_runs_end_well(shop):
    for number in ("1001", "1002", "1003"):
        shop.sandbox.monta.add(monta_order(number))
        shop.platform().give_back(number)
    shop.sandbox.faults.add(*(Fault(route, "status", status=503) for route in ROUTES))
    for hour in range(9):
        with later(hours=hour):
            assert shop.run()["exit_code"] == 75
    shop.sandbox.faults.clear()
    with later(hours=9, minutes=1):
        ran = shop.run()
        assert (ran["exit_code"], ran["labelled"], ran["held"]) == (0, 3, 0)
    shop.assert_nothing_twice()
