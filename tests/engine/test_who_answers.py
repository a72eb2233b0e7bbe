"""Only the warehouse itself may say that something is not there, or was made, and only about what was sent."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from shop import Shop, later

from returnsync.sandbox import Fault, World
from returnsync.sandbox.world import monta_order, request, return_order

pytestmark = pytest.mark.usefixtures("old_state")

PAGE: dict[str, Any] = {"status": 404, "body": b"<html>404 Not Found</html>", "content_type": "text/html"}
EMPTY: dict[str, Any] = {"status": 404, "body": b""}
OBJECT: dict[str, Any] = {"status": 404, "body": b'{"message": "no Route matched"}'}
PROXY: dict[str, Any] = {"status": 404, "body": b"404 page not found", "content_type": "text/plain"}
FOREIGN = {"a page": PAGE, "empty": EMPTY, "an object": OBJECT, "a proxy's words": PROXY}
LOOKS = ("monta.forecast", "monta.forecasts")


@pytest.fixture
def world() -> World:
    world = World.empty()
    world.orders.append(monta_order("1001"))
    world.return_orders.append(return_order(request(order="#1001")))
    return world


def foreign_once_sent(shop: Shop, answer: dict[str, Any], *routes: str) -> None:
    """Give a foreign answer to every look except the one before the create, at the order's forecasts."""
    first = {"monta.forecasts": 2}
    faults = (
        Fault(route, "status", call=call, **answer) for route in routes for call in range(first.get(route, 1), 20)
    )
    shop.sandbox.faults.add(*faults)


def foreign_from_now_on(shop: Shop, answer: dict[str, Any], *routes: str) -> None:
    shop.sandbox.faults.add(*(Fault(route, "status", **answer) for route in routes))


# -- "not there" -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["reset", "reset-after"])
@pytest.mark.parametrize("name", FOREIGN)
def test_a_lost_create_is_never_taken_for_not_made_by_what_somebody_else_answers(shop, name, kind):
    shop.sandbox.faults.add(Fault("monta.create", kind, times=1))
    foreign_once_sent(shop, FOREIGN[name], *LOOKS)
    assert shop.run()["exit_code"] == 75
    for hours in (1, 2, 12):
        with later(hours=hours):
            assert shop.run()["exit_code"] == 75
    assert shop.sandbox.counts.calls("monta.create") == 1
    assert shop.held() == []

    shop.sandbox.faults.clear()
    with later(hours=13):
        shop.run()
    with later(hours=26):
        assert shop.run()["exit_code"] == 0
    shop.assert_nothing_twice()
    assert (len(shop.forecasts), len(shop.labels())) == (1, 1)


@pytest.mark.parametrize("route", LOOKS)
def test_one_of_the_two_looks_without_an_answer_is_enough_to_wait(shop, route):
    shop.sandbox.faults.add(Fault("monta.create", "reset", times=1))
    foreign_once_sent(shop, EMPTY, route)
    shop.run()
    for hours in (1, 2):
        with later(hours=hours):
            shop.run()
    assert shop.sandbox.counts.calls("monta.create") == 1


def test_a_create_that_is_not_answered_for_a_day_is_held_and_goes_on_by_itself_once_it_is(shop):
    shop.sandbox.faults.add(Fault("monta.create", "reset-after", times=1))
    foreign_from_now_on(shop, OBJECT, *LOOKS)
    shop.run()
    with later(hours=23):
        shop.run()
        assert shop.held() == []
    with later(hours=25):
        assert shop.run()["exit_code"] == 1
        [held] = shop.held()
        assert (held["cause"], held["answer"]) == ("forecast-in-doubt", '{"message": "no Route matched"}')
        assert held["code"] in held["next_step"]
        assert shop.run()["exit_code"] == 1
        [shown] = shop("show", "#1001", "--json").json
        assert [entry["event"] for entry in shown["history"]].count("held") == 1, (
            "a run that finds it as it was tells nothing"
        )
        shop("held", "retry", held["code"])
        assert shop.run()["exit_code"] == 1

    shop.sandbox.faults.clear()
    with later(hours=26):
        assert shop.run()["exit_code"] == 0
    shop.assert_nothing_twice()
    assert len(shop.labels()) == 1


def test_creates_that_get_no_answer_take_no_time_from_the_others(shop):
    shop.warehouse |= {"attempts": 2, "retry_budget": 0.1, "concurrency": 1}
    lost, well = ("2001", "2002", "2003"), ("3001", "3002")
    for number in (*lost, *well):
        shop.sandbox.monta.add(monta_order(number))
        shop.sandbox.returnista.add(return_order(request(order=f"#{number}")))
    shop.sandbox.faults.add(
        Fault("monta.create", "reset-after", times=1 + len(lost)), Fault("monta.forecast", "status", status=500)
    )
    # Three creates in a row without an answer end the creates of the first run.
    for _ in range(2):
        assert shop.run()["exit_code"] == 75
    assert {forecast.order for forecast in shop.forecasts} == {"1001", *lost, *well}
    assert len(shop.labels()) == len(well)


def test_days_in_which_the_account_answers_nothing_at_all_hold_no_create(shop):
    shop.sandbox.faults.add(Fault("monta.create", "reset-after", times=1))
    foreign_from_now_on(shop, {"status": 503}, "monta.forecast")
    shop.run()
    foreign_from_now_on(shop, {"status": 503}, "monta.order", "monta.reasons", *LOOKS)
    for days in (1, 3, 5):
        with later(days=days):
            assert shop.run()["exit_code"] == 75
            assert shop.held() == []
    shop.sandbox.faults.clear()
    with later(days=6):
        assert shop.run()["exit_code"] == 0
    assert len(shop.labels()) == 1


def test_a_forecast_is_withdrawn_only_by_the_warehouses_own_word_that_it_is_gone(shop):
    shop.run()
    [identity] = shop.sandbox.returnista.return_orders
    shop.sandbox.returnista.touch(identity, status="Cancelled")
    shop.run()
    shop("held", "retry", "--all")
    foreign_from_now_on(shop, EMPTY, "monta.forecast")
    assert shop.run()["withdrawn"] == 0
    shop.sandbox.faults.clear()
    shop.sandbox.monta.forecasts.clear()
    with later(days=1):
        assert shop.run()["withdrawn"] == 1


# -- whether the account is reached ------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [EMPTY, OBJECT], ids=["empty", "an object"])
def test_a_wrong_base_url_is_reported_and_never_ends_as_if_all_was_well(shop, answer):
    foreign_from_now_on(shop, answer, "monta.order", "monta.reasons", *LOOKS)
    ran = shop("run")
    assert ran.code == 78
    assert "base_url" in ran.err
    shop.sandbox.faults.clear()
    with later(minutes=10):
        assert shop.run()["exit_code"] == 0
    assert len(shop.labels()) == 1


def test_the_list_of_reasons_is_read_once_in_a_run_that_asks_the_warehouse_and_in_no_other(shop):
    shop.run()
    assert shop.sandbox.counts.calls("monta.reasons") == 1
    shop.run()
    assert shop.sandbox.counts.calls("monta.reasons") == 1


# -- "made" ------------------------------------------------------------------------------------------------------------

NO_ECHO = {
    "an error": b'{"ErrorMessage": "An error has occurred."}',
    "another code": b'{"Code": "somebody-elses", "WebshopOrderId": "1001", "Lines": []}',
    "nothing": b"{}",
}


@pytest.mark.parametrize("name", NO_ECHO)
def test_an_answer_with_200_that_is_no_echo_announces_nothing_and_is_sent_again_once_that_is_certain(shop, name):
    shop.sandbox.faults.add(Fault("monta.create", "status", status=200, body=NO_ECHO[name], call=1))
    ran = shop.run()
    assert (ran["exit_code"], ran["announced"], ran["held"]) == (0, 1, 0)
    assert shop.sandbox.counts.calls("monta.create") == 2
    shop.assert_nothing_twice()
    assert len(shop.labels()) == 1


@pytest.mark.parametrize("name", NO_ECHO)
def test_a_forecast_that_was_made_all_the_same_is_found_and_not_sent_again(shop, name):
    shop.sandbox.faults.add(Fault("monta.create", "wrong-type", body=NO_ECHO[name], times=1))
    assert shop.run()["exit_code"] == 0
    assert shop.sandbox.counts.calls("monta.create") == 1
    assert len(shop.labels()) == 1


def test_a_create_that_is_answered_with_errors_for_ever_is_never_counted_as_announced(shop):
    shop.sandbox.faults.add(Fault("monta.create", "status", status=200, body=NO_ECHO["an error"]))
    for hours in (0, 1, 2):
        with later(hours=hours):
            ran = shop.run()
            assert (ran["exit_code"], ran["announced"], ran["labelled"]) == (75, 0, 0)
    assert shop.held() == []


def spoil(shop: Shop, **line: object) -> None:
    """Let Monta keep something other than it was sent."""
    for forecast in shop.forecasts:
        forecast.body["Lines"] = [{**kept, **line} for kept in forecast.body["Lines"]]


def echo_differs(shop: Shop, **line: object) -> str:
    """Announce, and let Monta keep and answer something else; give the code of what is held."""
    monta = shop.sandbox.monta
    monta.keeps_instead = line
    shop.run()
    monta.keeps_instead = {}
    [held] = shop.held()
    assert held["cause"] == "echo-differs"
    return held["code"]


class Death(BaseException):
    """The process ends here."""


class DyingAt(logging.Handler):
    def __init__(self, step: str) -> None:
        super().__init__(logging.DEBUG)
        self.step = step

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage() == self.step:
            raise Death


def test_a_run_that_dies_once_an_other_echo_is_saved_leaves_it_held_with_its_cause_and_next_step(shop):
    steps = logging.getLogger("returnsync.steps")
    handler, level = DyingAt("create: outcome written"), steps.level
    shop.sandbox.monta.keeps_instead = {"ReturnQuantity": 2}
    shop.warehouse["concurrency"] = 1
    steps.addHandler(handler)
    steps.setLevel(logging.DEBUG)
    try:
        with pytest.raises(Death):
            shop("run")
    finally:
        steps.removeHandler(handler)
        steps.setLevel(level)
    [held] = shop.held()
    assert held["cause"] == "echo-differs"
    assert held["what"]
    assert "held retry" in held["next_step"]


OTHER_REASON = {"ReturnReason": "Something else"}
OTHER_UNITS = {"ReturnQuantity": 2}


@pytest.mark.parametrize("line", [OTHER_REASON, OTHER_UNITS], ids=["reasons", "units"])
def test_a_retry_accepts_no_forecast_that_nobody_corrected(shop, line):
    shop("held", "retry", echo_differs(shop, **line))
    assert shop.run()["exit_code"] == 1
    [held] = shop.held()
    assert held["cause"] == "forecast-differs"
    assert f"other {'reasons' if line is OTHER_REASON else 'lines or units'}" in held["what"]
    assert shop.labels() == []


def test_a_forecast_that_was_corrected_in_the_portal_gets_its_label(shop):
    code = echo_differs(shop, **OTHER_REASON)
    spoil(shop, ReturnReason="Too small")
    shop("held", "retry", code)
    assert shop.run()["exit_code"] == 0
    assert len(shop.labels()) == 1


@pytest.mark.parametrize("shape", ["create", "list"])
@pytest.mark.parametrize("line", [{}, OTHER_UNITS, {"RelatieRetourOorzaakId": 2448}], ids=["same", "units", "reason"])
def test_a_state_that_is_new_adopts_only_a_forecast_that_holds_what_it_would_send(shop, line, shape):
    shop.warehouse["request_labels"] = False
    shop.run()
    spoil(shop, **line)
    shop.sandbox.monta.forecast_shape = shape
    shop.state.unlink()
    ran = shop.run()
    assert (ran["adopted"], ran["held"]) == ((0, 1) if line else (1, 0))
    assert len(shop.forecasts) == 1


def test_a_pair_of_reasons_that_changed_since_is_no_difference_of_the_forecast(shop):
    shop.warehouse["request_labels"] = False
    shop.run()
    reasons = shop.folder / "reasons.toml"
    reasons.write_text('[platforms.returnista]\n"return_reasons.too_small" = { id = 2447 }\n')
    [identity] = shop.sandbox.returnista.return_orders
    rows = shop.sandbox.returnista.return_orders[identity]["returnRequests"]
    at = datetime.now(UTC)
    shop.sandbox.returnista.touch(identity, at=at, returnRequests=[*rows, {**rows[0], "id": "one more"}])
    shop.run()
    assert list(shop.causes().values()) == ["changed-after-announcement"]
    shop.sandbox.returnista.touch(identity, at=at + timedelta(seconds=1), returnRequests=rows)
    with later(minutes=1):
        assert shop.run()["exit_code"] == 0
    assert shop.held() == []
