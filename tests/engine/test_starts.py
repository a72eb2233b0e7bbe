"""A `start_from` in the future is reported with its date; if it is over a year ahead, only that source is not read."""

import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
import time_machine
from shop import Shop, later

from returnsync.sandbox import World
from returnsync.sandbox.world import monta_order, request, return_order

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
MADE = NOW - timedelta(hours=2)


@pytest.fixture
def world() -> World:
    world = World.empty()
    world.orders = [monta_order("1001"), monta_order("1002")]
    world.return_orders = [return_order(request(order="#1001"), id="r-1", created=MADE)]
    return world


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOW, tick=True):
        yield


def warnings(shop: Shop) -> list[str]:
    return shop.run().get("warnings", [])


def checked(shop: Shop) -> list[dict[str, object]]:
    """The findings of `check` about the source's start, or about why the source is not used."""
    found = shop("check", "--json").json
    return [item for item in found if item["about"] == "shop-nl" and item["subject"] in ("start_from", "usable")]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (date(2026, 12, 2), "2026-12-02 00:00 UTC"),
        (datetime(2026, 12, 2, 6, 30), "2026-12-02 06:30 UTC"),  # noqa: DTZ001 - naive on purpose: read as UTC
        (datetime(2026, 12, 2, tzinfo=timezone(timedelta(hours=-5))), "2026-12-02 00:00-05:00"),
    ],
    ids=str,
)
def test_it_is_reported_by_run_check_and_status_with_the_date_on_which_it_begins(shop, written, shown):
    shop.source["start_from"] = written
    done = shop.run()
    (told,) = done["warnings"]
    assert (done["exit_code"], done["announced"]) == (0, 0)
    assert told.startswith("shop-nl: ")
    assert f"begins on {shown};" in told
    assert [(item["text"], item["ok"], item["warning"]) for item in checked(shop)] == [(told, True, True)]
    assert shop("status", "--json").json["warnings"] == [told]
    plain = shop("run")
    assert (told in plain.err, told in re.sub(r"\s+", " ", shop("status").out), plain.code) == (True, True, 0)


def test_a_start_in_the_past_is_reported_nowhere(shop):
    for written in (date(2026, 11, 29), NOW - timedelta(seconds=1), date(2020, 1, 1)):
        shop.source["start_from"] = written
        assert (warnings(shop), checked(shop), shop("status", "--json").json["warnings"]) == ([], [], [])
    assert len(shop.forecasts) == 1


def test_a_start_that_is_in_the_future_begins_by_itself_on_its_date(shop):
    shop.source["start_from"] = date(2026, 12, 2)
    assert len(warnings(shop)) == len(warnings(shop)) == 1
    with later(days=2, hours=13):
        shop.sandbox.returnista.touch("r-1")
        shop.sandbox.returnista.add(return_order(request(order="#1002"), created=datetime.now(UTC)))
        assert (warnings(shop), shop.run()["exit_code"]) == ([], 0)
    assert [forecast.body["WebshopOrderId"] for forecast in shop.forecasts] == ["1002"]


def test_past_a_year_that_source_alone_is_left_alone_with_what_to_do_and_others_go_on(shop):
    shop.platforms = ("returnista", "channable")
    shop.platform("channable").give_back("1002")
    shop.source["start_from"] = date(2062, 11, 1)
    done = shop.run()
    assert (done["exit_code"], done["requests"].get("shop-nl", 0), done["announced"]) == (78, 0, 1)
    assert "`start_from`, 2062-11-01 00:00 UTC, is more than a year ahead" in done["error"]["what"]
    assert "start_from = 2026-11-29, into [sources.shop-nl]" in done["error"]["next_step"]
    assert done["error"]["what"] == done["sources"]["shop-nl"]["error"]
    assert "warnings" not in done
    assert shop("status", "--json").json["warnings"] == [done["error"]["what"]]
    (found,) = checked(shop)
    assert (found["ok"], found["text"], shop("check").code) == (False, done["error"]["what"], 78)


def test_a_year_ahead_is_reported_and_a_day_more_is_refused(shop):
    for days, code in ((366, 0), (367, 78)):
        shop.source["start_from"] = NOW + timedelta(days=days)
        assert shop.run()["exit_code"] == code


def test_the_last_moment_that_can_be_written_is_refused_like_any_other(shop):
    shop.source["start_from"] = datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-12)))
    assert shop.run()["exit_code"] == 78
    assert (shop("status").code, shop("check").code) == (0, 78)


def test_once_it_is_fixed_everything_goes_on_where_it_was(shop):
    right = shop.source["start_from"] = date(2026, 11, 1)
    shop.run()
    shop.source["start_from"] = date(2062, 11, 1)
    shop.sandbox.returnista.add(return_order(request(order="#1002"), id="r-2", created=MADE))
    assert shop.run()["exit_code"] == shop("replay", "#1001").code == 78
    assert len(shop.forecasts) == 1
    shop.source["start_from"] = right
    shop.sandbox.returnista.touch("r-2")
    assert shop.run()["exit_code"] == 0
    assert len(shop.forecasts) == len(shop.labels()) == 2
    shop.assert_nothing_twice()


def test_a_clock_that_is_years_behind_is_named_and_costs_nothing(shop):
    shop.source["start_from"] = date(2026, 11, 1)
    with time_machine.travel(datetime(2016, 1, 1, tzinfo=UTC), tick=True):
        done = shop.run()
        assert (done["exit_code"], done["announced"]) == (78, 0)
        assert "this machine's clock says 2016-01-01 00:00 UTC" in done["error"]["what"]
        assert "set it by NTP" in done["error"]["next_step"]
    assert (shop.run()["announced"], shop.run()["exit_code"]) == (1, 0)
