"""A clock that was wrong once is not trusted for ever: nothing waits until a wrong moment that it gave."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from rewriting import SHAPES
from shop import later

from returnsync.platforms.contract.between import Between
from returnsync.sandbox.world import monta_order

if TYPE_CHECKING:
    from shop import Shop

FAR = timedelta(days=7)


def marks(shop: Shop) -> list[str]:
    with closing(sqlite3.connect(shop.state)) as state:
        return [row[0] for row in state.execute("SELECT mark FROM marks")]


def waits_for_its_order_in_the_far_future(shop: Shop) -> None:
    shop.platform().give_back("1001")
    with later(days=7):
        assert shop.run()["waiting"] == 1
    shop.sandbox.monta.add(monta_order("1001"))


def test_a_return_that_waits_since_the_clock_was_ahead_is_tried_by_the_next_run(shop):
    waits_for_its_order_in_the_far_future(shop)
    ran = shop.run()
    assert (ran["announced"], ran["exit_code"]) == (1, 0)
    assert "count as now" in ran["warnings"][0]
    assert "warnings" not in shop.run()


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == "returnista" else pytest.mark.prove) for name in SHAPES]
)
def test_what_changed_since_a_mark_was_written_by_a_clock_that_was_ahead_is_read(shop, name):
    shop = replace(shop, platforms=(name,), source={"own_label": "replace"})
    shop.platform().give_back("1001")
    with later(days=7):
        shop.run()
    shop.sandbox.monta.add(monta_order("1001"))
    shop.sandbox.monta.add(monta_order("1002"))
    shop.platform().give_back("1002", created=datetime.now(UTC) - timedelta(seconds=90))
    with later(minutes=2):
        ran = shop.run()
        assert (ran["announced"], marks(shop)[0] <= datetime.now(UTC).isoformat()) == (2, True)


@pytest.mark.parametrize("days", [7, -7])
def test_where_the_clocks_disagree_and_a_moment_depends_on_it_nothing_is_done(shop, days):
    waits_for_its_order_in_the_far_future(shop)
    shop.sandbox.monta.date = lambda: datetime.now(UTC) + timedelta(days=days)
    ran = shop("run", "--json")
    assert ran.code == 75
    assert "clock" in ran.json["error"]["what"]
    assert "NTP" in ran.json["error"]["next_step"]
    assert shop.sandbox.counts.calls("monta.create") == 0
    shop.sandbox.monta.date = lambda: datetime.now(UTC)
    assert shop.run()["announced"] == 1


@pytest.fixture
def between(shop):
    """A server in front of Returnista, which may give another time or none."""
    between = Between(shop.sandbox.url + shop.platform().base)
    shop.source["base_url"] = between.url
    yield between
    between.close()


def test_a_platforms_clock_decides_where_the_warehouse_sends_no_time(shop, between):
    waits_for_its_order_in_the_far_future(shop)
    shop.sandbox.monta.date = lambda: None
    between.date = datetime.now(UTC) - FAR
    assert shop("run").code == 75
    between.date = None
    assert shop.run()["announced"] == 1


def test_of_several_platforms_one_whose_clock_is_right_is_enough(shop, between):
    shop = replace(shop, platforms=("returnista", "loop"))
    waits_for_its_order_in_the_far_future(shop)
    shop.sandbox.monta.date = lambda: None
    between.date = datetime.now(UTC) - FAR
    assert shop.run()["announced"] == 1


def test_where_nobody_tells_the_time_ours_is_believed(shop, between):
    waits_for_its_order_in_the_far_future(shop)
    shop.sandbox.monta.date = lambda: None
    between.tells_time = False
    assert shop.run()["announced"] == 1


def test_clocks_that_disagree_are_reported_once_a_day_and_stop_nothing(shop, between):
    shop.sandbox.monta.add(monta_order("1001"))
    shop.platform().give_back("1001")
    for hours, told in ((0, 1), (1, 0), (25, 1)):
        with later(hours=hours):
            between.date = datetime.now(UTC) + timedelta(minutes=10)
            ran = shop.run()
            assert ran["exit_code"] == 0
            assert len(ran.get("warnings", [])) == told
    assert len(shop.forecasts) == 1


def test_clocks_that_disagree_at_every_server_are_one_warning_that_names_each(shop, between):
    ahead = datetime.now(UTC) + timedelta(hours=3)
    between.date = ahead
    shop.sandbox.monta.date = lambda: ahead
    shop.sandbox.monta.add(monta_order("1001"))
    shop.platform().give_back("1001")
    [told] = shop.run()["warnings"]
    assert "180 minutes behind that of monta" in told
    assert "180 minutes behind that of shop-nl" in told
    assert "warnings" not in shop.run()


def test_a_dry_run_tells_of_moments_from_the_future_and_changes_none(shop):
    waits_for_its_order_in_the_far_future(shop)
    before = shop.state.read_bytes()
    assert "count as now" in shop.run("--dry-run")["warnings"][0]
    assert shop.state.read_bytes() == before
    assert shop.run()["announced"] == 1


def test_a_replay_lets_no_source_skip_what_changed_before_what_it_reads(shop):
    for number in ("1001", "1002", "1003"):
        shop.sandbox.monta.add(monta_order(number))
    shop.platform().give_back("1001")
    with later(days=7):
        shop.run()
    for number, minutes in (("1002", 170), ("1003", 1)):
        at = datetime.now(UTC) - timedelta(minutes=minutes)
        shop.platform().give_back(number, created=at, updated=at)
    assert shop("replay", "1003").code == 0
    assert shop.run()["announced"] == 1
    assert sorted(forecast.order for forecast in shop.forecasts) == ["1001", "1002", "1003"]


def test_a_source_that_tells_no_time_gets_no_mark_later_than_its_newest_record(shop, between):
    changed = datetime.now(UTC) - timedelta(hours=2)
    between.tells_time = False
    shop.run()
    assert marks(shop) == []
    shop.platform().give_back("1001", created=changed, updated=changed)
    shop.run()
    assert marks(shop)[0][:19] == changed.isoformat()[:19]


@pytest.mark.parametrize(
    ("platform", "warehouse", "found", "code"),
    [
        (0, 0, {"shop-nl": "ok", "monta": "ok"}, 0),
        (10, 0, {"shop-nl": "warns", "monta": "ok"}, 0),  # only its own clock is wrong
        (10, None, {"shop-nl": "fails"}, 78),
        (0, 10, {"shop-nl": "ok", "monta": "fails"}, 78),
        (10, 10, {"shop-nl": "fails", "monta": "fails"}, 78),
    ],
)
def test_check_tells_of_clocks_and_fails_where_ours_is_wrong(shop, between, platform, warehouse, found, code):
    between.date = datetime.now(UTC) + timedelta(minutes=platform)
    shop.sandbox.monta.date = lambda: None if warehouse is None else datetime.now(UTC) + timedelta(minutes=warehouse)
    ran = shop("check", "--json")
    lines = {item["about"]: item for item in ran.json if item["subject"] == "clock"}
    words = {name: "fails" if not it["ok"] else "warns" if it["warning"] else "ok" for name, it in lines.items()}
    assert (words, ran.code) == (found, code)
