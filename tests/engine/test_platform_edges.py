"""Special cases of single platforms that could cost a second label, a lost return or a person's time."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from shop import later

from returnsync.platforms.sendcloud import Sendcloud
from returnsync.platforms.sendcloud.translation import translate
from returnsync.sandbox import Fault, Sandbox, World
from returnsync.sandbox import returnless_records as returnless
from returnsync.sandbox.channable_records import order, product, returned
from returnsync.sandbox.sendcloud_records import parcel_return
from returnsync.sandbox.world import monta_line, monta_order

if TYPE_CHECKING:
    from shop import Shop

SKU = "SHIRT-BL-M"


def ago(**time: float) -> datetime:
    return datetime.now(UTC) - timedelta(**time)


@pytest.fixture
def channable(shop: Shop) -> Shop:
    return replace(shop, platforms=("channable",), source={"limits": {"1s": 1000}})


def marks(shop: Shop) -> tuple[str, ...]:
    with closing(sqlite3.connect(shop.state)) as state:
        return state.execute("SELECT mark, deep_from, look_began, look_to FROM marks").fetchone()


# -- the parts of a code -----------------------------------------------------------------------------------------------


def test_an_order_number_that_is_filled_in_later_makes_no_second_announcement(channable, sandbox):
    sandbox.monta.add(monta_order("1001", monta_line(SKU, quantity=2)))
    sandbox.channable.add_order(order("1001", product(SKU, quantity=2)))
    identity = sandbox.channable.add(returned(SKU, "1001", id=1, meta={"channel_order_id": None}))
    assert channable.run()["announced"] == 1
    sandbox.channable.returns[identity]["data"]["meta"]["channel_order_id"] = "C000001001"
    sandbox.channable.touch(identity)
    assert (channable.run()["announced"], channable.causes()) == (0, {})
    assert len(channable.forecasts) == len(sandbox.monta.labels) == 1


def test_another_account_under_a_known_source_is_read_from_its_start(channable, sandbox):
    sandbox.monta.add(monta_order("1001", SKU))
    sandbox.channable.add_order(order("1001", product(SKU)))
    channable.run()
    sandbox.channable.project_id = 4101
    sandbox.channable.add(returned(SKU, "1001", id=1, created=ago(days=5), modified=ago(days=5)))
    with later(hours=4):
        assert channable.run()["announced"] == 1


# -- further reads -----------------------------------------------------------------------------------------------------


# By itself, and as a part of a marketplace return.
EITHER = pytest.mark.parametrize("return_id", [None, "R1"])
# A barcode that Monta does not know either: only the order at Channable has the SKU.
UNKNOWN = "8700000000001"


@EITHER
def test_a_wrong_choice_of_sku_can_be_fixed(channable, sandbox, return_id):
    sandbox.monta.add(monta_order("1001", SKU))
    sandbox.channable.add_order(order("1001", product(SKU, article_number="WRONG", reference_code=SKU, ean=UNKNOWN)))
    sandbox.channable.add(returned(SKU, "1001", id=1, return_id=return_id, item={"gtin": UNKNOWN}))
    channable.run()
    assert set(channable.causes().values()) == {"line-unmatched"}
    channable.source["sku_from"] = ["reference_code"]
    channable("held", "retry", "--all")
    assert channable.run()["announced"] == 1


@EITHER
def test_an_order_that_comes_later_tells_the_sku_after_a_retry(channable, sandbox, return_id):
    sandbox.monta.add(monta_order("1001", SKU))
    sandbox.channable.add(returned(SKU, "1001", id=1, return_id=return_id, item={"gtin": UNKNOWN}))
    channable.run()
    assert set(channable.causes().values()) == {"line-unmatched"}
    sandbox.channable.add_order(order("1001", product(SKU, ean=UNKNOWN)))
    channable("held", "retry", "--all")
    assert channable.run()["announced"] == 1


@pytest.mark.parametrize(
    ("status", "words"), [(403, "may read"), (402, "invoice"), (423, "blocked"), (426, "base_url"), (451, "legal")]
)
def test_orders_that_may_not_be_read_stop_the_source_and_are_reported_by_the_check(channable, sandbox, status, words):
    sandbox.channable.add_order(order("1001", product(SKU)))
    sandbox.channable.add(returned(SKU, "1001", id=1))
    routes = ("channable.order", "channable.orders")
    sandbox.faults.add(*(Fault(route, "status", status=status) for route in routes))
    ran = channable("run")
    assert ran.code == 78
    assert words in ran.err
    assert channable.held() == []
    told = channable("check")
    assert told.code == 78
    assert "orders cannot be read" in told.out


def test_what_changes_behind_a_list_without_its_parts_is_read_again(shop, sandbox):
    shop = replace(shop, platforms=("returnless",))
    sandbox.returnless.shape = "bare"
    record = returnless.return_order(returnless.item(quantity=1), order="1001", id="returnorder_x")
    identity = sandbox.returnless.add(record)
    shop.run()
    with later(minutes=30):
        sandbox.returnless.touch(identity, return_order_items=[returnless.item(quantity=3)])
        assert shop.run()["sources"]["shop-nl"]["changed"] == 1
    sandbox.monta.add(monta_order("1001", monta_line(SKU, quantity=3)))
    with later(hours=3):
        assert shop.run()["announced"] == 1
    assert [line["ReturnQuantity"] for forecast in shop.forecasts for line in forecast.lines] == [3]


def test_time_that_is_up_within_a_page_keeps_what_was_completed_and_the_next_runs_finish(tmp_path, shop):
    with Sandbox(World.empty(), latency=0.02) as sandbox:
        slow = replace(
            shop,
            folder=tmp_path / "slow",
            sandbox=sandbox,
            platforms=("channable",),
            source={"time_budget": 0.25, "limits": {"1s": 1000}},
        )
        slow.folder.mkdir()
        for number in range(30):
            sandbox.monta.add(monta_order(str(2000 + number)))
            sandbox.channable.give_back(str(2000 + number))
        first = slow.run()
        assert first["exit_code"] == 75
        assert 0 < first["announced"] < 30
        for _ in range(10):
            if (last := slow.run())["exit_code"] == 0:
                break
        assert last["exit_code"] == 0
        slow.assert_nothing_twice()
        assert len(slow.forecasts) == 30


# -- backlogs ----------------------------------------------------------------------------------------------------------


def test_a_long_look_back_that_takes_longer_than_its_time_goes_on_where_it_was_broken_off(tmp_path, shop):
    with Sandbox(World.empty()) as sandbox:
        start = ago(days=59)
        slow = replace(
            shop,
            folder=tmp_path / "slow",
            sandbox=sandbox,
            platforms=("returnless",),
            source={"start_from": start, "limits": {"1s": 1000}},
        )
        slow.folder.mkdir()
        for days in range(1, 59):
            sandbox.returnless.give_back(str(3000 + days), created=ago(days=days, hours=1), word="Afgehandeld")
        assert slow.run()["exit_code"] == 0
        slow.source["time_budget"] = 0.000_001  # one page per run
        places = []
        for run in range(1, 9):
            with later(hours=2, minutes=run):
                slow.run()
                places.append(marks(slow)[3])
                if not marks(slow)[2] and run > 1:
                    break
        reached = [place for place in places if place]
        assert reached == sorted(set(reached)), "it began anew"
        assert places[-1] == "", "it never came to its end"


def test_a_backlog_of_a_marketplace_is_read_week_by_week_however_little_time_there_is(channable, sandbox):
    for days in (27, 20, 13, 6):
        sandbox.channable.add(returned(id=9000 + days, status="keeps", created=ago(days=days), modified=ago(days=days)))
    channable.source |= {"time_budget": 0.000_001, "start_from": ago(days=28)}
    seen = []
    for _ in range(4):
        channable.run()
        seen.append(marks(channable)[0])
    assert seen == sorted(set(seen)), "it began anew"
    channable.source["time_budget"] = 60.0
    assert channable.run()["exit_code"] == 0


# -- messages for a person ---------------------------------------------------------------------------------------------


def test_a_channel_that_is_skipped_from_now_on_takes_back_nothing_that_was_announced(channable, sandbox):
    sandbox.monta.add(monta_order("1001", SKU))
    sandbox.channable.add_order(order("1001", product(SKU)))
    identity = sandbox.channable.add(returned(SKU, "1001", id=1))
    channable.run()
    sandbox.channable.touch(identity, word="accepted")
    channable.run()
    channable.source["channels"] = {"bol": "skip"}
    assert channable.run()["exit_code"] == 0
    assert channable.held() == []


def test_a_key_that_may_not_read_destinations_reads_the_returns_all_the_same(shop, sandbox):
    """Loop answers 401 for a scope that a key lacks, which says nothing about the other scopes."""
    shop = replace(shop, platforms=("loop",))
    sandbox.faults.add(Fault("loop.destinations", "status", status=401))
    for number in ("1001", "1002"):
        sandbox.monta.add(monta_order(number))
        sandbox.loop.give_back(number, created=ago(hours=3), updated=ago(hours=3))
    ran = shop.run()
    assert (ran["exit_code"], ran["labelled"]) == (0, 2)


def test_a_return_that_is_blocked_after_it_was_first_seen_waits(shop, sandbox):
    shop = replace(shop, platforms=("loop",))
    identity = sandbox.loop.give_back("1001", created=ago(hours=3), updated=ago(hours=3))
    shop.run()
    sandbox.loop.touch(identity, word="review")
    shop.run()
    sandbox.monta.add(monta_order("1001", SKU))
    with later(hours=30):
        assert shop.run()["announced"] == 0
    sandbox.loop.touch(identity, word="open", at=datetime.now(UTC) + timedelta(hours=31))
    with later(hours=32):
        assert shop.run()["announced"] == 1


@pytest.mark.parametrize("given", [{"status": "on-hold", "status_history": []}, {"status": "on-hold"}])
def test_a_status_can_be_approved_in_the_very_words_in_which_it_is_shown(given):
    record = parcel_return(**given)
    shown = translate(record, "portal", ()).raw_status
    assert translate(record, "portal", ()).status == "unknown"
    assert translate(record, "portal", (shown,)).status == "approved"
    assert Sendcloud.capabilities.unknown_statuses


def test_odd_values_in_what_decides_nothing_cost_no_return_of_sendcloud(shop, sandbox):
    shop = replace(shop, platforms=("sendcloud",), source={})
    sandbox.monta.add(monta_order("1001"))
    record = parcel_return(refund=["x"], tracking_url={}, brand_id={"id": 1}, shipping_option="x", reason=True, id=1.5)
    record["from_address"] |= {"name": ["Jo"], "phone_number": {}, "house_number": True}
    record["parcel_items"][0] |= {"description": {}, "return_message": [], "variant_id": True, "price": "x"}
    sandbox.sendcloud.add(record)
    assert shop.run()["exit_code"] == 0
    assert [forecast.order for forecast in shop.forecasts] == ["1001"]
