"""The main flow on every platform: announced once and labelled once, whatever fails or dies during the reading."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from killing import Scenario, kill_at, not_killed
from rewriting import CANCELLED
from shop import later

from returnsync.http import retry
from returnsync.sandbox import Fault, Sandbox, World, retry_after
from returnsync.sandbox.world import monta_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shop import Shop

NUMBERS = ("1001", "1002", "1003")
PLATFORMS = tuple(platform.name for platform in Sandbox(World.empty()).platforms)
# The same in each shop of a test: if a platform has no ids, codes are derived from it.
MADE = datetime.now(UTC) - timedelta(hours=2)
# Every return gets Monta's label, whether or not its platform gave one.
REPLACED = {"own_label": "replace"}


def orders() -> World:
    world = World.empty()
    world.orders = [monta_order(number) for number in NUMBERS]
    return world


def returned(shop: Shop) -> None:
    """Put in three plain returns of three orders."""
    for number in NUMBERS:
        shop.platform().give_back(number, created=MADE)


@pytest.fixture
def world() -> World:
    return orders()


@pytest.fixture(params=PLATFORMS)
def shop(request, shop):
    return replace(shop, platforms=(request.param,), source=dict(REPLACED))


def reads(shop: Shop) -> list[str]:
    """The routes of the platform that the last commands called."""
    return [route for route in shop.sandbox.counts.as_dict()["routes"] if route.startswith(f"{shop.platforms[0]}.")]


def assert_all_done(shop: Shop) -> None:
    shop.assert_nothing_twice()
    assert len(shop.forecasts) == len(shop.labels()) == len(NUMBERS)
    assert shop.held() == []
    assert shop.sandbox.counts.effects("forbidden") == 0
    assert shop.sandbox.counts.calls("unrouted") == 0


def test_each_approved_return_is_announced_and_labelled_once(shop):
    returned(shop)
    ran = shop.run()
    assert (ran["exit_code"], ran["announced"], ran["labelled"]) == (0, 3, 3), ran
    again = shop.run()
    assert (again["announced"], again["labelled"]) == (0, 0)
    assert_all_done(shop)


def test_an_order_is_replayed_by_its_number(shop):
    # There are more reads than some platforms allow in ten seconds, and the tests are not about limits.
    shop.source["limits"] = {"1h": 1000}
    returned(shop)
    ran = shop("replay", "1002", "--json")
    assert ran.code == 0, ran.err
    assert [forecast.order for forecast in shop.forecasts] == ["1002"]
    shop.run()
    assert_all_done(shop)


def test_an_idle_run_reads_no_single_return_and_changes_nothing(shop):
    returned(shop)
    shop.run()
    with later(minutes=2):
        shop.run()
        before = shop.sandbox.counts.as_dict()["routes"]
    with later(minutes=4):
        idle = shop.run()
    after = shop.sandbox.counts.as_dict()["routes"]
    asked = {route for route in after if after[route] != before.get(route, 0)}
    assert asked == {f"{shop.platforms[0]}.list"}
    assert (idle["sources"]["shop-nl"]["new"], idle["sources"]["shop-nl"]["changed"]) == (0, 0)
    assert idle["requests"]["shop-nl"] == sum(after[route] - before[route] for route in asked)


def test_a_return_that_is_cancelled_in_time_is_never_announced(shop):
    shop.platform().give_back("1001", word=CANCELLED[shop.platforms[0]])
    ran = shop.run()
    assert (ran["exit_code"], ran["announced"]) == (0, 0)


def test_a_return_that_is_cancelled_after_its_announcement_is_held(shop):
    identity = shop.platform().give_back("1001")
    shop.run()
    with later(minutes=5):
        shop.platform().touch(identity, word=CANCELLED[shop.platforms[0]])
        assert shop.run()["exit_code"] == 1
        assert set(shop.causes().values()) == {"cancelled-after-announcement"}


def test_a_check_of_the_account_is_fine_and_announces_nothing(shop):
    returned(shop)
    ran = shop("check")
    assert ran.code == 0, ran.out
    assert shop.forecasts == []


@pytest.mark.parametrize("wrong", ["401", "403"])
def test_refused_credentials_stop_the_source_and_say_what_to_do(shop, wrong):
    returned(shop)
    shop.sandbox.faults.add(Fault(f"{shop.platforms[0]}.list", "status", status=int(wrong)))
    ran = shop("run")
    assert ran.code == 78
    assert "Check" in ran.err
    assert shop.forecasts == []


FAULTS: dict[str, dict[str, Any]] = {
    "reset before": {"kind": "reset"},
    "reset after": {"kind": "reset-after"},
    "429": {"kind": "status", "status": 429},
    "429 without a body": {"kind": "status", "status": 429, "body": b""},
    "429 with seconds": {"kind": "status", "status": 429, "headers": retry_after(30)},
    "500": {"kind": "status", "status": 500},
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


def routes_of_a_first_run(like: Shop) -> list[str]:
    """Every read that a first run makes, found in a separate sandbox."""
    folder = like.folder / "to find the routes"
    folder.mkdir()
    with Sandbox(orders()) as sandbox:
        shop = replace(like, folder=folder, sandbox=sandbox)
        returned(shop)
        shop.run()
        return reads(shop)


def faults_by_platform() -> Iterator[Any]:
    """Every fault on every platform; every second one is only tried in `make prove`."""
    for row, name in enumerate(FAULTS):
        for column, platform in enumerate(PLATFORMS):
            often = (row + column) % 2 == 0
            yield pytest.param(platform, name, id=f"{platform}-{name}", marks=() if often else pytest.mark.prove)


@pytest.mark.parametrize(("shop", "name"), list(faults_by_platform()), indirect=["shop"])
def test_a_read_that_fails_once_loses_and_doubles_nothing(shop, name, monkeypatch):
    monkeypatch.setattr(retry, "_FIRST_WAIT", 0.0)
    for route in routes_of_a_first_run(shop):
        for file in shop.folder.glob("returnsync.db*"):
            file.unlink()
        with Sandbox(orders()) as sandbox:
            times = {"exchange_timeout": 0.3} if name.startswith("dripping") else {}
            broken = replace(shop, folder=shop.folder / route, sandbox=sandbox, source={**shop.source, **times})
            broken.folder.mkdir()
            returned(broken)
            sandbox.faults.add(Fault(route, times=1, **FAULTS[name]))
            ran = broken("run")
            assert [fired.route for fired in sandbox.faults.fired] == [route]
            assert "Traceback" not in ran.out + ran.err
            assert ran.code in ({0, 1, 75, 78} if name in ("401", "403") else {0, 1, 75}), ran.err
            broken.assert_nothing_twice()
            for minutes in (1, 10, 70):
                with later(minutes=minutes):
                    assert "Traceback" not in broken("run").err
            assert_all_done(broken)


def pull_side(steps: list[str]) -> list[int]:
    """The numbers of the steps up to the first call that has an effect, one of each kind in each place."""
    until = next(at for at, step in enumerate(steps) if step.startswith("create:"))
    seen: dict[tuple[str, str], int] = {}
    for at in range(until):
        seen.setdefault((steps[at], steps[at - 1] if at else ""), at + 1)
    return list(seen.values())


def a_day(platform: str) -> Scenario:
    def prepare(shop: Shop) -> None:
        returned(shop)

    return Scenario(f"a first day on {platform}", orders(), source=REPLACED, platform=platform, prepare=prepare)


OTHERS = tuple(name for name in PLATFORMS if name != "returnista")  # `test_kill.py` tests that one


# The two with special ways of reading: in parts, and by creation. `make prove` kills every step on all platforms.
@pytest.mark.parametrize("shop", ["channable", "sendcloud"], indirect=True)
def test_rule_4_a_pull_killed_at_any_kind_of_step_is_finished_by_the_next_run(shop):
    reference = not_killed(a_day(shop.platforms[0]), shop, shop.folder / "reference")
    assert len(reference.after.forecasts) == len(NUMBERS)
    # The steps of opening a state are the same for all, and `test_kill.py` kills at them.
    first = next(at for at, step in enumerate(reference.steps) if step == "request about to be sent")
    kill_at([(reference, number) for number in pull_side(reference.steps) if number > first], shop)


@pytest.mark.prove
@pytest.mark.parametrize("shop", OTHERS, indirect=True)
def test_rule_4_a_run_killed_at_any_step_is_finished_by_the_next(shop):
    reference = not_killed(a_day(shop.platforms[0]), shop, shop.folder / "reference")
    kill_at([(reference, number) for number in range(1, len(reference.steps) + 1)], shop)
