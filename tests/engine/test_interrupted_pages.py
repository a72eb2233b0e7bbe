"""When the completion of a page is stopped, what was read is kept, and each run gets further than the one before."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from kill_run import leaping

from returnsync.platforms import channable as channable_module
from returnsync.platforms.channable import calls
from returnsync.sandbox import Fault, World
from returnsync.sandbox.channable_records import order, returned
from returnsync.sandbox.world import monta_order

if TYPE_CHECKING:
    from shop import Shop

NUMBERS = tuple(str(number) for number in range(2000, 2008))
MADE = datetime.now(UTC) - timedelta(hours=2)
# The further read of each platform that needs one.
ROUTES = {"channable": "channable.order", "returnless": "returnless.one", "returnista": "returnista.one"}
EACH = pytest.mark.parametrize("shop", ROUTES, indirect=True)


@pytest.fixture
def world() -> World:
    world = World.empty()
    world.orders = [monta_order(number) for number in NUMBERS]
    return world


@pytest.fixture
def shop(request, shop) -> Shop:
    """A shop with one page of returns, each of which needs a read of its own."""
    name = getattr(request, "param", "channable")
    source = {"start_from": MADE - timedelta(hours=1), "own_label": "replace", "limits": {"1s": 1000}}
    shop = replace(shop, platforms=(name,), source=source)
    shop.sandbox.returnless.shape = "bare"
    shop.sandbox.returnista.list_leaves_out = frozenset({"shipments"})
    return shop


def give_back(shop: Shop, numbers: tuple[str, ...] = NUMBERS) -> list[str]:
    return [shop.platform().give_back(number, created=MADE) for number in numbers]


def route(shop: Shop) -> str:
    return ROUTES[shop.platforms[0]]


def announced(shop: Shop) -> list[str]:
    shop.assert_nothing_twice()
    return sorted(forecast.order for forecast in shop.forecasts)


def fail(shop: Shop, first: int, *, last: int = 0, **fault: Any) -> None:
    """Let further reads of the next run fail, from `first` to `last`, counted from 1."""
    shop.sandbox.faults.clear()
    done = shop.sandbox.counts.calls(route(shop))
    numbers = range(done + first, done + (last or len(NUMBERS) + 5) + 1)
    shop.sandbox.faults.add(*(Fault(route(shop), call=number, **{"kind": "status", **fault}) for number in numbers))


# -- the account stops -------------------------------------------------------------------------------------------------


@EACH
def test_a_limit_that_allows_a_few_reads_a_run_is_no_livelock(shop, clock):
    give_back(shop)
    shop.source["limits"] = {"1h": 8}
    reached = []
    for _ in range(10):
        ran = shop.run()
        assert ran["requests"]["shop-nl"] <= 8
        assert (shop.held(), ran["exit_code"] in {0, 75}) == ([], True)
        reached.append(len(announced(shop)))
        if ran["exit_code"] == 0:
            break
        clock.shift(timedelta(hours=1, seconds=5))
    assert reached[:2] == sorted(set(reached[:2])), "no progress"
    assert (ran["exit_code"], announced(shop)) == (0, list(NUMBERS))


@EACH
def test_a_server_that_wants_no_more_requests_holds_nothing_and_every_run_gets_further(shop, clock):
    give_back(shop)
    for run in range(2):
        fail(shop, 4, status=429, body=b"")
        assert shop("run").code == 75
        assert (shop.held(), len(announced(shop))) == ([], 3 * (run + 1))
        assert shop("status", "--json").json["sources"][0]["read_up_to"] is None
        clock.shift(timedelta(minutes=5))
    assert shop.sandbox.counts.calls(route(shop)) == 2 * 4
    shop.sandbox.faults.clear()
    assert shop("run").code == 0
    assert announced(shop) == list(NUMBERS)


@EACH
def test_credentials_that_are_refused_within_a_page_cost_only_what_is_not_read_yet(shop, clock):
    give_back(shop)
    fail(shop, 4, status=401)
    assert shop("run").code == 78
    assert (shop.held(), len(announced(shop))) == ([], 3)
    assert shop.sandbox.counts.calls(route(shop)) == 4
    shop.sandbox.faults.clear()
    clock.shift(timedelta(minutes=5))
    assert shop("run").code == 0
    assert announced(shop) == list(NUMBERS)


@EACH
def test_reads_that_are_not_permitted_are_the_accounts_trouble_and_cost_five_requests_a_run(shop):
    give_back(shop)
    fail(shop, 1, status=403)
    for run in range(1, 3):
        ran = shop("run")
        assert (ran.code, "may read" in ran.err, shop.held()) == (78, True, [])
        assert shop.sandbox.counts.calls(route(shop)) == 5 * run
    shop.sandbox.faults.clear()
    assert shop("run").code == 0
    assert announced(shop) == list(NUMBERS)


@EACH
@pytest.mark.parametrize("status", [403, 500])
def test_one_record_whose_further_read_fails_costs_no_other_and_the_mark_moves(shop, status):
    give_back(shop)
    fail(shop, 1, last=1, status=status)
    assert shop("run").code == 1
    assert len(announced(shop)) == len(NUMBERS) - 1
    assert [item["cause"] for item in shop.held()] == ["unreadable"]
    assert shop("status", "--json").json["sources"][0]["read_up_to"] is not None
    assert shop("run").code == 0
    assert announced(shop) == list(NUMBERS)


def test_records_that_may_not_be_read_do_not_hide_those_that_may(shop, monkeypatch):
    identities = give_back(shop)
    complete = type_of(shop).complete

    def refused_for_most(platform: Any, ret: Any, known: Any = None) -> Any:
        if ret.id != identities[0]:
            fail(shop, 1, last=1, status=403)
        try:
            return complete(platform, ret, known)
        finally:
            shop.sandbox.faults.clear()

    monkeypatch.setattr(type_of(shop), "complete", refused_for_most)
    for _ in range(30):
        if shop("run").code == 1:
            break
    assert announced(shop) == [NUMBERS[0]]
    assert len(shop.held()) == len(NUMBERS) - 1


@EACH
def test_a_record_at_which_the_account_gives_up_every_time_does_not_keep_the_others_from_being_read(shop, monkeypatch):
    identities = give_back(shop)
    shop.source |= {"attempts": 2, "retry_budget": 0.000_001}
    complete = type_of(shop).complete

    def on_a_bad_route(platform: Any, ret: Any, known: Any = None) -> Any:
        if ret.id == identities[0]:
            fail(shop, 1, last=9)  # this uses up the budget for retries
        try:
            return complete(platform, ret, known)
        finally:
            shop.sandbox.faults.clear()

    monkeypatch.setattr(type_of(shop), "complete", on_a_bad_route)
    for _ in range(2):
        assert shop("run").code in {1, 75}
    assert len(announced(shop)) == len(NUMBERS) - 1
    assert [item["return_id"] for item in shop.held()] == [identities[0]]


def type_of(shop: Shop) -> Any:
    from returnsync.platforms.registry import PLATFORMS

    return PLATFORMS.find(shop.platforms[0])


@EACH
def test_a_fault_in_a_platforms_code_costs_one_record_and_not_its_page(shop, monkeypatch):
    identities = give_back(shop)
    complete = type_of(shop).complete

    def faulty(platform: Any, ret: Any, known: Any = None) -> Any:
        if ret.id == identities[3]:
            raise KeyError("odd")
        return complete(platform, ret, known)

    monkeypatch.setattr(type_of(shop), "complete", faulty)
    assert shop("run").code == 70
    assert len(announced(shop)) == len(NUMBERS) - 1


def test_a_signal_while_a_page_is_read_sets_nothing_aside(shop):
    shop = replace(shop, platforms=("returnless",))
    give_back(shop)
    shop.sandbox.returnless.on_list = lambda: os.kill(os.getpid(), signal.SIGTERM)
    assert shop("run").code == 143
    assert (shop.held(), announced(shop)) == ([], [])
    shop.sandbox.returnless.on_list = None
    assert shop("run").code == 0
    assert announced(shop) == list(NUMBERS)


def test_time_that_is_up_before_a_page_is_completed_completes_one_more_each_run(shop):
    give_back(shop, NUMBERS[:4])
    shop.source["time_budget"] = 0.000_001
    for done in (1, 2, 3, 4):
        shop("run")
        assert len(announced(shop)) == done
    shop.source["time_budget"] = 60.0
    assert shop("run").code == 0


def test_records_that_need_no_further_read_are_saved_when_the_limit_is_used_up(shop):
    shop = replace(shop, platforms=("returnista",))
    give_back(shop)
    shop.sandbox.returnista.list_leaves_out = frozenset()
    for identity in list(shop.sandbox.returnista.return_orders)[:6]:  # the list shows the others whole
        del shop.sandbox.returnista.return_orders[identity]["shipments"]
    shop.source["limits"] = {"1h": 3}
    assert shop("run").code == 75
    assert len(announced(shop)) == 2 + 2


# -- returns that come in parts ----------------------------------------------------------------------------------------

SHIRT, SKIRT, COAT = SKUS = ("SHIRT-BL-M", "SKIRT-BK-36", "COAT-NV-XL")


@pytest.fixture
def parts(shop) -> Shop:
    """A shop with three articles of one marketplace return, on two pages when a page has two."""
    shop.sandbox.monta.add(monta_order("3001", *SKUS))
    shop.sandbox.channable.add_order(order("3001", *SKUS))
    for sku in SKUS:
        shop.sandbox.channable.add(returned(sku, "3001", return_id="R1", created=MADE))
    return shop


def units(shop: Shop) -> list[int]:
    shop.assert_nothing_twice()
    return [len(forecast.lines) for forecast in shop.forecasts]


def test_a_return_is_not_announced_without_the_parts_on_a_page_that_could_not_be_read(parts, monkeypatch):
    monkeypatch.setattr(calls, "PAGE_SIZE", 2)
    monkeypatch.setattr(channable_module, "PAGE_SIZE", 2)
    for page in (2, 2):
        done = parts.sandbox.counts.calls("channable.list")
        parts.sandbox.faults.add(Fault("channable.list", "status", call=done + page))
        assert parts("run").code == 75
        assert units(parts) == []
    assert parts("run").code == 0
    assert units(parts) == [3]


def test_a_return_that_waits_for_its_order_is_not_announced_without_a_part_that_is_listed_and_unread(parts):
    shop = parts
    late = shop.sandbox.channable.returns.popitem()
    shop.sandbox.faults.add(Fault("monta.order", "status", status=404, times=1))
    shop.run()
    assert units(shop) == []
    with leaping(4 * 3600):
        moved = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        shop.sandbox.channable.returns[late[0]] = late[1] | {"modified": moved}
        shop.sandbox.faults.add(Fault("channable.order", "status", status=429, times=1))
        assert shop("run").code == 75
        assert units(shop) == []
        assert shop("run").code == 0
    assert units(shop) == [3]


def test_a_return_is_not_announced_without_a_part_that_is_set_aside(parts):
    parts.sandbox.faults.add(Fault("channable.order", "status", status=500, times=1))
    assert parts("run").code == 1
    assert ([item["cause"] for item in parts.held()], units(parts)) == (["unreadable"], [])
    assert parts("run").code == 0
    assert units(parts) == [3]


def test_the_other_parts_are_announced_once_a_person_released_the_one_that_cannot_be_read(parts):
    parts.sandbox.faults.add(Fault("channable.order", "status", status=500, times=1))
    parts("run")
    [held] = parts.held()
    assert parts("held", "release", held["code"], "--yes").code == 0
    assert parts("run").code == 0
    assert units(parts) == [2]
