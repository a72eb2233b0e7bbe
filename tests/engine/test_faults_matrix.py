"""Every fault × every call of a run: one call fails during the delivery of three returns of three orders."""

import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from shop import later

from returnsync.engine import run as engine_run
from returnsync.http import retry
from returnsync.sandbox import Fault, World, retry_after
from returnsync.sandbox.world import monta_line, monta_order, request, return_order

pytestmark = pytest.mark.usefixtures("old_state")

NUMBERS = ("1001", "1002", "1003")
# Only calls that are to time out have such a short timeout; no other call may fail, however busy the machine is.
READ_TIMEOUT = 0.4
LONG_ENOUGH = 30.0

# One call that fails costs one return, and only for now: it waits, which gives this exit code.
WAITS_EXIT = 75


@dataclass(frozen=True)
class End:
    """How the run with the fault must end, and what must be held after later runs went well."""

    exit_code: int
    at_once: int | None
    """How many of the three are labelled by that run; `None` if that depends on which comes first."""
    held: str = ""
    """The cause for which one stays held for good."""


GOES_WELL = End(0, 3)
WAITS = End(WAITS_EXIT, 2)
SOURCE_LATER = End(75, 0)
SOURCE_REFUSED = End(78, 0)
OTHERS_READ = End(75, 2)
OTHERS_READ_AND_REFUSED = End(78, 2)
SET_ASIDE = End(1, 2)
WAREHOUSE_REFUSED = End(78, None)
ORDER_REFUSED = End(75, None)
IN_DOUBT = End(1, 2, "label-in-doubt")
UNUSABLE = End(1, 2, "label-unusable")

EFFECTS = ("monta.create", "monta.label")
PAID_FOR = frozenset({*EFFECTS, "monta.forecast"})
_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
_SOON = retry_after(datetime.now(UTC) + timedelta(seconds=30))
FAULTS: dict[str, dict[str, Any]] = {
    "timeout before": {"kind": "delay", "delay": 2.5 * READ_TIMEOUT},
    "timeout after": {"kind": "delay-after", "delay": 2.5 * READ_TIMEOUT},
    "reset before": {"kind": "reset"},
    "reset after": {"kind": "reset-after"},
    "429": {"kind": "status", "status": 429},
    "429 with seconds": {"kind": "status", "status": 429, "headers": retry_after(30)},
    "429 with date": {"kind": "status", "status": 429, "headers": _SOON},
    "500 before": {"kind": "status", "status": 500},
    "500 after": {"kind": "status-after", "status": 500},
    "502": {"kind": "status", "status": 502},
    "401": {"kind": "status", "status": 401},
    "403": {"kind": "status", "status": 403},
    "html": {"kind": "html"},
    "cut": {"kind": "cut"},
    "wrong types": {"kind": "wrong-type"},
    "deep": {"kind": "deep"},
    "odd bytes in one record": {"kind": "odd"},
    "redirect": {"kind": "redirect", "location": "http://127.0.0.2:9/elsewhere"},
    "404 of a gateway": {"kind": "status", "status": 404, "body": b"<html>nginx</html>", "content_type": "text/html"},
    "error with 200": {"kind": "status", "status": 200, "body": b'{"ErrorMessage": "An error has occurred."}'},
    "dripping headers": {"kind": "drip"},
    "dripping body": {"kind": "drip-body"},
}
DRIPPING = frozenset({"dripping headers", "dripping body"})
EXCHANGE_TIMEOUT = 0.5
TOO_MANY = frozenset({"429", "429 with seconds", "429 with date"})
BEFORE_EFFECT = frozenset(
    {"timeout before", "reset before", "500 before", "502", "redirect", "404 of a gateway", "error with 200"}
)
BAD_ANSWERS = frozenset(
    {"html", "cut", "wrong types", "deep", "error with 200", "dripping body", "odd bytes in one record"}
)
ROUTES = (
    "returnista.list",
    "returnista.one",
    "returnista.reasons",
    "monta.order",
    "monta.forecasts",
    "monta.reasons",
    "monta.create",
    "monta.forecast",
    "monta.label",
)


def expected(route: str, fault: str) -> End:
    """The expected end, from the tables."""
    return at_the_platform(route, fault) if route.startswith("returnista.") else at_the_warehouse(route, fault)


def at_the_platform(route: str, fault: str) -> End:
    """Without the list, nothing can be done; a record that cannot be read whole is tried again by the next run."""
    match route, fault:
        case ("returnista.list", "401" | "403") | ("returnista.reasons", "401"):
            return SOURCE_REFUSED
        # One record of a list may be odd; the others are read.
        case "returnista.list", "odd bytes in one record":
            return SET_ASIDE
        case "returnista.list", _:
            return SOURCE_LATER
        # A failure that stops the account leaves the record to the next run, and nothing is held.
        case "returnista.one", "401" | "403":
            return OTHERS_READ_AND_REFUSED
        case "returnista.one", _ if fault in TOO_MANY:
            return OTHERS_READ
        # If the reasons may not be read, their ids are used. Of the odd ones, another reason is affected.
        case "returnista.reasons", "403" | "odd bytes in one record":
            return GOES_WELL
        case _:
            return SET_ASIDE


def at_the_warehouse(route: str, fault: str) -> End:  # noqa: PLR0911 - a table reads best as one
    """An effect is only made again if it surely was not made."""
    match route, fault:
        # The label is an effect, and only its own answer shows whether it was made. If the account is shut, it is
        # looked for later. If the account may not make labels, none was made, and the next run tries one.
        case "monta.label", "401" | "403" | "404 of a gateway":
            return WAREHOUSE_REFUSED
        # The whole file came, and after it only blanks.
        case "monta.label", "dripping body":
            return GOES_WELL
        case "monta.label", _ if fault in BAD_ANSWERS:
            return UNUSABLE
        case "monta.label", _ if fault not in TOO_MANY:
            return IN_DOUBT
        case "monta.reasons", "401" | "403":
            return WAREHOUSE_REFUSED
        # Other orders are served, so the refusal is about that one order.
        case _, "401" | "403":
            return ORDER_REFUSED
        # The reasons are read before anything else, to see that Monta answers, and again if a pair of reasons needs
        # them. One record of a list may be odd.
        case ("monta.reasons", _) | ("monta.forecasts", "odd bytes in one record"):
            return GOES_WELL
        # An unclear create is looked for: if it is found, it goes on at once; if not, only once that is certain.
        case "monta.create", _ if fault not in TOO_MANY | BEFORE_EFFECT:
            return GOES_WELL
        case _:
            return WAITS


@pytest.fixture
def world() -> World:
    """Three returns of three orders, made so that a run needs every kind of read."""
    world = World.empty()
    world.orders += [monta_order(number) for number in NUMBERS]
    world.return_orders += [
        return_order(request(order="#1001")),
        return_order(request(order="#1002")),
        return_order(request(order="#1003", returnReason=None)),  # to be looked up in the list of reasons
    ]
    del world.return_orders[1]["shipments"]  # so that it is read singly
    return world


@pytest.fixture
def shop(shop, monkeypatch):
    # Here a run does not wait to settle a call, but leaves that to the next one.
    monkeypatch.setattr(engine_run, "_WAIT_FOR_CERTAINTY", timedelta(0))
    monkeypatch.setattr(retry, "_FIRST_WAIT", 0.0)
    (shop.folder / "reasons.toml").write_text('[platforms.returnista]\n"return_reasons.too_small" = { id = 2447 }\n')
    shop.source["read_timeout"] = shop.warehouse["read_timeout"] = LONG_ENOUGH
    return shop


def labelled(shop) -> int:
    return len(shop.labels())


def let_late_effects_happen(shop) -> None:
    """Let calls that timed out take effect a moment later."""
    counts = shop.sandbox.counts
    until = time.monotonic() + 5
    while counts.calls("monta.create") > counts.effects("forecasts") or counts.calls("monta.label") > counts.effects(
        "labels"
    ):
        assert time.monotonic() < until, counts.as_dict()
        time.sleep(0.01)


def go_on(shop) -> None:
    """Make later runs without faults; by the last of them, every wait is over."""
    for minutes in (1, 10, 30):
        with later(minutes=minutes):
            ran = shop("run")
        assert "Traceback" not in ran.err


def cells() -> Iterator[Any]:
    """Every fault on every route. Where nothing is paid for, every second one is only tried in `make prove`."""
    for row, name in enumerate(FAULTS):
        for column, route in enumerate(ROUTES):
            often = route in PAID_FOR or (row + column) % 2 == 0
            yield pytest.param(route, name, id=f"{name}-{route}", marks=() if often else pytest.mark.prove)


@pytest.mark.parametrize(("route", "name"), list(cells()))
def test_one_fault_costs_at_most_one_return_and_nothing_is_lost_or_doubled(shop, route, name):
    end = expected(route, name)
    if route == "monta.forecast":  # only called after a create whose answer was lost
        shop.sandbox.faults.add(Fault("monta.create", "reset-after", times=1))
    shop.sandbox.faults.add(Fault(route, times=1, **FAULTS[name]))
    failing = shop.warehouse if route.startswith("monta.") else shop.source
    failing |= {"exchange_timeout": EXCHANGE_TIMEOUT} if name in DRIPPING else {}
    failing |= {"read_timeout": READ_TIMEOUT} if "timeout" in name else {}

    ran = shop("run")
    failing["read_timeout"] = LONG_ENOUGH
    failing.pop("exchange_timeout", None)

    assert route in {fired.route for fired in shop.sandbox.faults.fired}
    assert (ran.code, "Traceback" in ran.out + ran.err) == (end.exit_code, False), ran.out + ran.err
    shop.assert_nothing_twice()
    if end.at_once is not None:
        assert labelled(shop) == end.at_once, ran.out + ran.err

    if name == "timeout before":
        let_late_effects_happen(shop)
    go_on(shop)
    shop.assert_nothing_twice()
    assert len(shop.forecasts) == 3
    held = list(shop.causes().values())
    assert held == ([end.held] if end.held else [])
    assert labelled(shop) == 3 - len(held)
    assert shop("status", "--json").json["waiting"] == 0


# Retries within a run, which the matrix leaves out: (route, fault, calls on that route, labelled by the same run).
AGAIN = [
    *((route, {"status": 429, "headers": retry_after(0)}, 1, 3) for route in ROUTES if route != "monta.forecast"),
    *((route, {"status": 429, "headers": retry_after(_LONG_AGO)}, 1, 3) for route in ("monta.create", "monta.label")),
    *((route, {"status": 500}, 1, 3) for route in ROUTES if route not in EFFECTS and route != "monta.forecast"),
    ("monta.order", {"status": 401}, 1, 3),  # wrong ones were seen there
    ("monta.create", {"status": 500}, 0, 2),
    ("monta.label", {"status": 500}, 0, 2),
]


@pytest.mark.parametrize(("route", "fault", "more_calls", "at_once"), AGAIN)
def test_a_call_is_made_again_within_the_run_only_when_it_surely_changed_nothing(
    shop, route, fault, more_calls, at_once
):
    shop.source["attempts"] = shop.warehouse["attempts"] = 2
    shop.sandbox.faults.add(Fault(route, "status", times=1, **fault))
    ran = shop("run")
    assert [fired.route for fired in shop.sandbox.faults.fired] == [route]
    usual = 3 if route in {"monta.order", "monta.forecasts", *EFFECTS} else 1
    assert shop.sandbox.counts.calls(route) == usual + more_calls
    assert labelled(shop) == at_once, ran.out
    shop.assert_nothing_twice()


def test_a_label_in_doubt_is_bought_again_only_if_a_person_explicitly_asks(shop):
    shop.sandbox.monta.fills_tracking = False  # nothing at the warehouse shows it
    shop.sandbox.faults.add(Fault("monta.label", "reset-after", times=1))
    shop("run")
    code = shop.held()[0]["code"]
    assert shop("held", "retry", code).code == 0
    shop("run")
    assert [item["cause"] for item in shop.held()] == ["label-in-doubt"]
    assert len(shop.sandbox.monta.labels) == 3

    assert shop("replay", code, "--new-label", "--yes").code == 0
    assert len(shop.sandbox.monta.labels_of(code)) == 2
    assert labelled(shop) == 3


def test_a_label_in_doubt_is_settled_by_the_file_that_a_person_saved(shop):
    shop.sandbox.faults.add(Fault("monta.label", "reset-after", times=1))
    shop("run")
    code = shop.held()[0]["code"]
    (shop.folder / "labels" / "monta" / f"{code}.pdf").write_bytes(b"%PDF-1.4 from the portal %%EOF")
    shop("held", "retry", code)
    assert shop("run").code == 0
    shop.assert_nothing_twice()


def test_a_refused_label_is_asked_for_again_after_a_retry_and_only_then(shop):
    shop.sandbox.faults.add(Fault("monta.label", "status", status=400, times=1, body=b"not now"))
    shop("run")
    with later(days=2):
        shop("run")
    assert shop.sandbox.counts.calls("monta.label") == 3
    shop("held", "retry", "--cause", "label-refused")
    assert shop("run").code == 0
    assert labelled(shop) == 3
    shop.assert_nothing_twice()


@pytest.mark.parametrize("status", [500, 502, 429, 401, 403])
def test_a_dead_warehouse_does_not_stop_the_pull_and_loses_nothing(shop, status):
    dead = [Fault(route, "status", status=status) for route in ROUTES if route.startswith("monta.")]
    shop.sandbox.faults.add(*dead)
    assert shop.run()["sources"]["shop-nl"]["new"] == 3
    shop.sandbox.faults.clear()
    go_on(shop)
    assert labelled(shop) == 3
    shop.assert_nothing_twice()


def test_a_dead_source_does_not_stop_the_other_source(shop):
    shop.write_config()
    alive = tomllib.loads(shop.config.read_text())["sources"]["shop-nl"]
    shop.more["sources"] = {"dead": {**alive, "account_id": "0190a000-0000-7000-8000-00000000dead"}, "shop-nl": alive}
    ran = shop.run()
    assert ran["exit_code"] == 78
    assert ran["sources"]["dead"]["error"]
    assert (ran["announced"], ran["labelled"]) == (3, 3)


def test_one_record_whose_reading_fails_each_time_does_not_starve_the_others(shop):
    rows = shop.sandbox.returnista.return_orders
    for identity in list(rows)[:2]:
        rows[identity]["status"] = None  # set aside, and tried again one by one
    shop("run")
    assert [item["cause"] for item in shop.held()] == ["unreadable", "unreadable"]
    for identity in list(rows)[:2]:
        rows[identity] |= {"status": "Confirmed", "updatedAt": "2026-01-01T00:00:00Z"}  # no longer listed as changed
    first_of_the_two = shop.sandbox.counts.calls("returnista.one") + 1
    shop.sandbox.faults.add(Fault("returnista.one", "status", call=first_of_the_two))
    assert shop("run").code in {1, 75}
    assert len(shop.held()) == 1
    assert labelled(shop) == 2


def test_two_returns_of_one_order_do_not_share_its_last_unit_while_it_is_open_whether_one_was_announced(shop):
    shop.sandbox.monta.add(monta_order("3000", monta_line(quantity=1)))
    for index in range(2):
        shop.sandbox.returnista.add(return_order(request(order="#3000"), id=f"return {index}"))
    first = shop.sandbox.counts.calls("monta.create") + 1
    shop.warehouse |= {"concurrency": 1, "read_timeout": READ_TIMEOUT}
    for call in range(first, first + 5):
        shop.sandbox.faults.add(Fault("monta.create", call=call, **FAULTS["timeout before"]))
    shop("run")
    let_late_effects_happen(shop)
    shop.sandbox.faults.clear()
    go_on(shop)
    shop.assert_nothing_twice()
    assert sum(forecast.order == "3000" for forecast in shop.forecasts) == 1
    assert list(shop.causes().values()).count("too-many-units") == 1


def test_one_whose_announcement_is_in_doubt_keeps_the_others_of_its_order_waiting_until_it_is_released(shop):
    shop.sandbox.monta.add(monta_order("3000", monta_line(quantity=1)))
    for index in range(2):
        shop.sandbox.returnista.add(return_order(request(order="#3000"), id=f"return {index}"))
    lost = shop.sandbox.counts.calls("monta.create") + 1
    shop.warehouse["concurrency"] = 1
    for call in range(lost, lost + 4):
        shop.sandbox.faults.add(Fault("monta.create", "reset", call=call))
    shop.sandbox.faults.add(Fault("monta.forecast", "status", status=503))
    for hours in (0, 1, 26, 27, 53):
        with later(hours=hours):
            shop("run")
    assert sum(forecast.order == "3000" for forecast in shop.forecasts) == 0
    [held] = [item for item in shop.held() if item["order_number"] == "#3000"]
    assert held["cause"] == "forecast-in-doubt"
    shop("held", "release", held["code"], "--yes")
    with later(hours=80):
        shop("run")
    assert sum(forecast.order == "3000" for forecast in shop.forecasts) == 1


def test_a_lost_change_that_was_made_before_the_return_changed_once_more_is_followed_by_the_next_change(shop):
    shop.source["send_updates"] = True
    shop.sandbox.monta.add(monta_order("3001", monta_line(quantity=5)))
    identity = shop.sandbox.returnista.add(return_order(request(order="#3001"), id="changes"))
    shop.run()
    first = shop.sandbox.returnista.return_orders[identity]["returnRequests"][0]
    for units, faulty in ((2, True), (3, False)):
        if faulty:
            shop.sandbox.faults.add(Fault("monta.update", "reset-after", times=1))
            shop.sandbox.faults.add(Fault("monta.forecast", "status", status=503, call=2))
        requests = [{**first, "id": f"unit {unit}"} for unit in range(units)]
        shop.sandbox.returnista.touch(identity, at=datetime.now(UTC), returnRequests=requests)
        shop("run")
        shop.sandbox.faults.clear()
    go_on(shop)
    assert shop.sandbox.counts.effects("updates") == 2
    assert shop.held() == []
    assert shop("status", "--json").json["waiting"] == 0
