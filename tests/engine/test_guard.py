"""The guard: a table of what looks like an accident; and a backlog that passes by itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from shop import later

from returnsync.engine.plan.guard import Measure, measure, refusal
from returnsync.model import SourceId
from returnsync.sandbox import Fault
from returnsync.sandbox.world import monta_line, monta_order, request, return_order
from returnsync.state.sources import KnownSource

SOURCE = SimpleNamespace(settings=SimpleNamespace(guard_new=100, guard_factor=10, guard_first=500))
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def morning():
    """The guard counts by days, and a test that begins shortly before midnight would be in two days."""
    with time_machine.travel(datetime.now(UTC).replace(hour=6, minute=0), tick=True):
        yield


@pytest.mark.parametrize(
    ("usual", "new", "refused"),
    [
        (None, 500, False),
        (None, 501, True),
        (Measure(0, 1), 100, False),
        (Measure(0, 1), 101, True),
        (Measure(5, 1), 100, False),  # above ten times the largest, and not above the plain number
        (Measure(10, 1), 100, False),
        (Measure(10, 1), 101, True),
        (Measure(30, 1), 300, False),  # above the plain number, and not above ten times the largest
        (Measure(30, 1), 301, True),
        (Measure(30, 3), 900, False),
        (Measure(30, 3), 901, True),
        (Measure(1000, 1), 5000, False),
        (Measure(1000, 1), 0, False),
        # after `only` both count: the plain number of a first run, and the usual number
        (Measure(90, 1, after_only=True), 500, False),
        (Measure(90, 1, after_only=True), 501, True),
        (Measure(30, 1, after_only=True), 300, False),
        (Measure(30, 1, after_only=True), 301, True),
    ],
)
def test_a_source_is_refused_exactly_beyond_its_measure(usual, new, refused):
    assert (refusal(SOURCE, usual, new) is not None) is refused


@pytest.mark.parametrize(
    ("usual", "words"),
    [
        (None, ["guard_first = 500"]),
        (Measure(7, 1), ["guard_new = 100", "guard_factor = 10", "(7)"]),
        (Measure(7, 4), ["guard_new = 100", "guard_factor = 10", "(7)", "4 days"]),
        (Measure(700, 4, after_only=True), ["its first run without `only`", "guard_first = 500"]),
    ],
)
def test_a_refusal_names_the_numbers_and_the_settings(usual, words):
    told = refusal(SOURCE, usual, 1234)
    assert all(word in told for word in ["1234", *words])


def test_the_measures_are_settings():
    loose = SimpleNamespace(settings=SimpleNamespace(guard_new=2000, guard_factor=1, guard_first=2000))
    assert refusal(loose, None, 1234) is None
    assert refusal(loose, Measure(7, 1), 1234) is None


def known(**fields):
    return KnownSource(SourceId("shop"), "shop", "returnista", "account", NOW - timedelta(days=200), "", **fields)


@pytest.mark.parametrize(
    ("fields", "usual"),
    [
        ({}, None),
        ({"is_past_first": True}, Measure(40, 1)),
        ({"is_past_first": True, "delivered_at": NOW - timedelta(minutes=5)}, Measure(40, 1)),
        ({"is_past_first": True, "delivered_at": NOW - timedelta(days=2.5)}, Measure(40, 3)),
        # refused since the second day: no day is added
        (
            {"is_past_first": True, "delivered_at": NOW - timedelta(days=9), "refused_at": NOW - timedelta(days=7.5)},
            Measure(40, 2),
        ),
        # only some orders were delivered since the third day: no day is added, whatever was refused earlier or later
        (
            {"is_past_first": True, "delivered_at": NOW - timedelta(days=9), "only_since": NOW - timedelta(days=6.5)},
            Measure(40, 3, after_only=True),
        ),
        (
            {
                "is_past_first": True,
                "delivered_at": NOW - timedelta(days=9),
                "refused_at": NOW - timedelta(days=7.5),
                "only_since": NOW - timedelta(days=6.5),
            },
            Measure(40, 2, after_only=True),
        ),
        ({"only_since": NOW - timedelta(days=1)}, None),
        # a clock that was set back
        ({"is_past_first": True, "only_since": NOW + timedelta(days=1)}, Measure(40, 1, after_only=True)),
        ({"is_past_first": True, "delivered_at": NOW + timedelta(days=1)}, Measure(40, 1)),
    ],
)
def test_a_source_is_measured_by_its_largest_day_and_the_days_without_delivery_before_the_first_refusal(fields, usual):
    assert measure(known(**fields), 40, NOW) == usual


def test_a_source_that_is_not_known_has_no_measure():
    assert measure(None, 0, NOW) is None


# -- over days ---------------------------------------------------------------------------------------------------------


def come(shop, number, first):
    for at in range(first, first + number):
        shop.sandbox.monta.add(monta_order(str(at), monta_line(quantity=2)))
        now = datetime.now(UTC)
        shop.sandbox.returnista.add(return_order(request(order=f"#{at}"), created=now, updated=now))


@pytest.fixture
def usual(shop):
    """Four new returns are a usual day, and each run announces one or two of them; more than five are too many."""
    shop.source |= {"guard_new": 5, "guard_factor": 1, "guard_first": 10}
    for hour in range(3):
        with later(hours=hour):
            come(shop, 1 + hour % 2, 1000 + 10 * hour)
            assert shop.run()["exit_code"] == 0
    return shop


def test_the_backlog_of_an_outage_passes_by_itself(usual):
    with later(hours=10):
        usual.sandbox.faults.add(Fault("returnista.list", "status", status=500))
        assert usual.run()["exit_code"] == 75
    with later(days=3):
        come(usual, 12, 2000)
        assert usual.run()["exit_code"] == 75
        usual.sandbox.faults.clear()
        assert usual.run()["announced"] == 12


def test_what_is_refused_once_does_not_pass_because_time_goes_by(usual):
    for days in (0.2, 1, 5, 30):
        with later(days=days):
            if days < 1:
                come(usual, 9, 2000)
            ran = usual.run()
            assert (ran["exit_code"], ran["announced"], len(ran["refused"])) == (1, 0, 1)


def test_what_was_refused_passes_once_the_number_fits(usual):
    with later(hours=5):
        come(usual, 9, 2000)
        assert usual.run()["exit_code"] == 1
        for identity in list(usual.sandbox.returnista.return_orders)[-4:]:
            usual.sandbox.returnista.touch(identity, word="Cancelled")
        assert usual.run()["announced"] == 5
    with later(days=1):
        come(usual, 5, 3000)
        assert usual.run()["announced"] == 5


def test_what_a_person_let_pass_once_is_not_usual(usual):
    with later(hours=5):
        come(usual, 30, 2000)
        assert usual.run("--yes")["announced"] == 30
        come(usual, 6, 3000)
        assert usual.run()["announced"] == 0


def test_a_quiet_time_in_which_it_could_deliver_is_no_outage(usual):
    for days in (1, 2, 3):
        with later(days=days):
            assert usual.run()["exit_code"] == 0
    with later(days=3.5):
        come(usual, 12, 2000)
        assert usual.run()["exit_code"] == 1


# -- what hinders, and what does not count as usual --------------------------------------------------------------------


def down(shop, *routes):
    for route in routes:
        shop.sandbox.faults.add(Fault(route, "status", status=503))


MONTA = ("monta.order", "monta.forecasts", "monta.create")


def test_a_first_delivery_that_was_cut_short_goes_on_by_the_measure_of_a_first_one(shop):
    shop.source |= {"guard_new": 2, "guard_factor": 1, "guard_first": 10}
    shop.warehouse |= {"limits": {"1h": 5}, "retry_budget": 1.0, "concurrency": 1}
    come(shop, 9, 1000)
    announced = shop.run()["announced"]
    assert 0 < announced < 3
    shop.warehouse |= {"limits": {"1h": 500}}
    assert shop.run()["announced"] == 9 - announced
    come(shop, 10, 2000)
    with later(hours=2):
        ran = shop.run()
    assert (ran["announced"], len(ran["refused"])) == (0, 1)


def test_the_days_of_an_outage_that_follows_on_a_refusal_count_once_the_number_fits(usual):
    with later(hours=5):
        come(usual, 9, 2000)
        assert usual.run()["exit_code"] == 1
        for identity in list(usual.sandbox.returnista.return_orders)[-5:]:
            usual.sandbox.returnista.touch(identity, word="Cancelled")
    for days in (1, 2, 3):
        with later(days=days):
            usual.sandbox.faults.clear()
            usual.sandbox.faults.add(Fault("monta.reasons", "status", status=401))
            usual.sandbox.faults.add(Fault("monta.order", "status", status=401))
            assert usual.run()["exit_code"] == 78
    with later(days=3.1):
        usual.sandbox.faults.clear()
        come(usual, 8, 3000)
        assert usual.run()["exit_code"] == 0


def test_what_a_person_let_pass_is_not_usual_where_the_warehouse_takes_it_only_later(usual):
    with later(hours=5):
        come(usual, 8, 2000)
        down(usual, *MONTA)
        assert usual.run("--yes")["announced"] == 0
        usual.sandbox.faults.clear()
    with later(hours=7):
        assert usual.run()["announced"] == 8
        come(usual, 6, 3000)
        ran = usual.run()
    assert (ran["announced"], len(ran["refused"])) == (0, 1)


def test_a_dry_run_refuses_and_leaves_no_trace_of_it(usual):
    with later(hours=5):
        come(usual, 9, 2000)
        before = usual.state.read_bytes()
        assert len(usual.run("--dry-run")["refused"]) == 1
        assert usual.state.read_bytes() == before


@pytest.mark.prove
def test_a_run_of_another_source_says_nothing_about_a_source(usual):
    usual = replace(usual, platforms=("returnista", "loop"))
    with later(hours=4):
        assert usual.run()["exit_code"] == 0
    with later(days=3):
        other = usual.run("--source", usual.platform("loop").source)
        assert other["exit_code"] == 0
        come(usual, 12, 2000)
        assert usual.run()["announced"] == 12
