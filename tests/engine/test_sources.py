"""Several accounts and several warehouses, settings that change, and listings that do not show everything."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from shop import Shop

from returnsync import clock as product_clock
from returnsync.engine.pull import budget
from returnsync.platforms import returnista
from returnsync.sandbox import Fault, Sandbox, World
from returnsync.sandbox.channable import ChannableAccount
from returnsync.sandbox.channable_records import marketplace_number, returned
from returnsync.sandbox.loop import LoopAccount
from returnsync.sandbox.sendcloud import SendcloudAccount
from returnsync.sandbox.world import monta_order

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBERS = ("1001", "1002")
BRAND = "4711"
REPLACED = {"own_label": "replace"}


def orders() -> list[dict[str, Any]]:
    return [monta_order(number) for number in NUMBERS]


@pytest.fixture
def world() -> World:
    world = World.empty()
    world.orders = orders()
    return world


@pytest.fixture
def second() -> Iterator[Sandbox]:
    """Another sandbox: other accounts everywhere, with other credentials."""
    world = World(
        username="second",
        password="second-password",
        orders=orders(),
        sendcloud=SendcloudAccount(public_key="second.public", secret_key="second.secret"),
        channable=ChannableAccount(company_id=2, project_id=20, token="second.token"),
        loop=LoopAccount(api_key="second.key"),
    )
    with Sandbox(world) as running:
        yield running


@dataclass
class TwoWarehouses(Shop):
    """A merchant with a second account at Monta, and with `twice` also a second one on the platform."""

    second: Sandbox = field(kw_only=True)
    twice: bool = field(default=False, kw_only=True)

    @property
    def environment(self) -> dict[str, str]:
        world = self.second.world
        platform = next(one for one in self.second.platforms if one.name == self.platforms[0])
        secrets = {f"SECOND_{key}".upper(): secret for key, secret in platform.secrets().items()}
        return {**super().environment, "SECOND_USER": world.username, "SECOND_PASSWORD": world.password, **secrets}

    def write_config(self) -> Any:
        super().write_config()
        text = self.config.read_text(encoding="utf-8")
        more = (
            '[warehouses.second]\nkind = "monta"\nusername = "env:SECOND_USER"\npassword = "env:SECOND_PASSWORD"\n'
            f'carrier = "DPD"\nbase_url = "{self.second.monta_url}"\nattempts = 1\nlimits = {{ "1h" = 1000 }}\n'
        )
        self.config.write_text(text + more + (self._second_source() if self.twice else ""), encoding="utf-8")
        return self.config

    def _second_source(self) -> str:
        platform = next(one for one in self.second.platforms if one.name == self.platforms[0])
        start = datetime.now(UTC) - timedelta(days=30)
        settings = {
            "platform": platform.name,
            "warehouse": "second",
            **platform.settings(),
            **{key: f"env:SECOND_{key}".upper().replace("ENV:", "env:") for key in platform.secrets()},
            **platform.addresses(self.second.url),
            **REPLACED,
        }
        lines = [f"{key} = {value!r}" for key, value in settings.items()]
        return "\n".join(["[sources.second-shop]", f"start_from = {start.isoformat()}", "attempts = 1", *lines, ""])

    def at_both(self) -> tuple[list[str], list[str]]:
        """The orders with a forecast, for each warehouse."""
        self.assert_nothing_twice()
        second = [forecast.order for forecast in self.second.monta.forecasts]
        return sorted(forecast.order for forecast in self.forecasts), sorted(second)


@pytest.fixture
def both(tmp_path, sandbox, second) -> TwoWarehouses:
    return TwoWarehouses(tmp_path, sandbox, ("sendcloud",), dict(REPLACED), second=second)


def on(shop: Shop, platform: str, **source: Any) -> Shop:
    return replace(shop, platforms=(platform,), source={**REPLACED, **source})


def announcement(shop: Shop, number: str = "1001") -> dict[str, Any]:
    [found] = shop("show", number, "--json").json[0]["announcements"]
    return found


def calls(shop: Shop, route: str) -> int:
    return shop.sandbox.counts.calls(route)


def not_known_yet(sandbox: Sandbox) -> None:
    """Let the warehouse not find an order once, so that nothing is sent."""
    sandbox.faults.add(Fault("monta.order", "status", status=404, times=1))


# -- brands ------------------------------------------------------------------------------------------------------------


def of_two_brands(shop: Shop) -> None:
    shop.sandbox.sendcloud.give_back("1001")
    other = shop.sandbox.sendcloud.give_back("1002")
    shop.sandbox.sendcloud.returns[other]["brand_id"] = 5000


def test_the_returns_of_a_brand_go_to_its_warehouse_and_the_others_stay(both):
    of_two_brands(both)
    both.source["brands"] = {BRAND: "second"}
    assert both.run()["exit_code"] == 0
    assert both.at_both() == (["1002"], ["1001"])
    assert {label.parent.name for label in both.labels()} == {"monta", "second"}


def test_a_brand_that_moves_before_the_announcement_takes_its_return_along(both, clock):
    both.sandbox.sendcloud.give_back("1001")
    not_known_yet(both.sandbox)
    both.run()
    both.source["brands"] = {BRAND: "second"}
    clock.shift(timedelta(hours=1))
    both.run()
    assert both.at_both() == ([], ["1001"])


def test_a_brand_that_moves_after_the_announcement_leaves_it_where_it_is(both, clock):
    both.sandbox.sendcloud.give_back("1001")
    both.run()
    both.source["brands"] = {BRAND: "second"}
    clock.shift(timedelta(hours=1))
    assert both.run()["exit_code"] == 0
    assert both("replay", "1001").code == 0
    assert both.at_both() == (["1001"], [])


# -- two accounts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", ["sendcloud", "channable", "loop"])
def test_two_accounts_of_one_platform_keep_apart_with_their_warehouses(both, platform):
    both = replace(both, platforms=(platform,), twice=True)
    made = datetime.now(UTC) - timedelta(hours=1)
    for sandbox in (both.sandbox, both.second):
        next(one for one in sandbox.platforms if one.name == platform).give_back("1001", created=made)
    ran = both.run()
    assert (ran["exit_code"], ran["announced"], ran["labelled"]) == (0, 2, 2), ran
    assert both.at_both() == (["1001"], ["1001"])
    codes = {forecast.code for sandbox in (both.sandbox, both.second) for forecast in sandbox.monta.forecasts}
    assert len(codes) == 2
    assert {label.parent.name: label.stem in codes for label in both.labels()} == {"monta": True, "second": True}
    assert {"monta", "second", "shop-nl", "second-shop"} == set(ran["requests"])
    with closing(sqlite3.connect(both.state)) as state:
        assert state.execute("SELECT source, count(*) FROM returns GROUP BY source ORDER BY source").fetchall() == [
            ("second-shop", 1),
            ("shop-nl", 1),
        ]


def test_an_account_that_is_refused_costs_the_other_account_nothing(both):
    both = replace(both, twice=True)
    for sandbox in (both.sandbox, both.second):
        sandbox.sendcloud.give_back("1001")
    both.second.faults.add(Fault("sendcloud.list", "status", status=401))
    ran = both.run()
    assert (ran["exit_code"], both.at_both()) == (78, (["1001"], []))


# -- settings that change ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("platform", "number_from", "wanted"),
    [("channable", ["channel_order_id"], marketplace_number("1001")), ("loop", "provider_order_id", None)],
)
def test_another_order_number_for_the_warehouse_changes_no_code_and_announces_nothing_again(
    shop, clock, platform, number_from, wanted
):
    shop = on(shop, platform)
    shop.platform().give_back("1001")
    shop.run()
    [before] = [forecast.code for forecast in shop.forecasts]
    if wanted:
        shop.sandbox.monta.add(monta_order(wanted))
    shop.source["order_number_from"] = number_from
    for hours in (1, 30):
        clock.shift(timedelta(hours=hours))
        shop.run()
    shop("replay", before)
    assert [forecast.code for forecast in shop.forecasts] == [before]
    assert shop.held() == []


def test_an_order_that_was_not_found_is_found_by_another_number_under_the_same_code(shop, clock):
    shop = on(shop, "channable", order_number_from=["channel_order_id"])
    shop.platform().give_back("1001")
    shop.run()
    before = announcement(shop, marketplace_number("1001"))["code"]
    del shop.source["order_number_from"]
    clock.shift(timedelta(minutes=5))
    assert shop("replay", before).code == 0
    assert [forecast.code for forecast in shop.forecasts] == [before]


def test_test_returns_that_were_passed_over_are_read_once_the_setting_counts_them(shop, clock):
    shop = on(shop, "channable")
    record = returned(
        created=datetime.now(UTC) - timedelta(days=9),
        modified=datetime.now(UTC) - timedelta(days=9),
        meta={"is_test_return": True},
    )
    shop.sandbox.channable.give_back("1001", word="accepted")  # brings the order
    shop.sandbox.channable.add(record)
    assert shop.run()["announced"] == 0
    shop.source["test_returns"] = True
    clock.shift(timedelta(minutes=5))
    assert shop.run()["announced"] == 1


@pytest.mark.parametrize(("first", "then"), [("skip", "announce"), ("wait", "announce")])
def test_returns_of_a_channel_are_announced_once_the_setting_says_so(shop, clock, first, then):
    shop = on(shop, "channable", channels={"bol": first})
    shop.platform().give_back("1001", created=datetime.now(UTC) - timedelta(days=9))
    assert shop.run()["announced"] == 0
    shop.source["channels"] = {"bol": then}
    clock.shift(timedelta(minutes=5))
    assert shop.run()["announced"] == 1


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["show", "replay"])
def test_a_return_is_found_by_its_tracking_number(shop, command):
    shop = on(shop, "sendcloud")
    identity = shop.platform().give_back("1001")
    shop.run()
    tracking = shop.sandbox.sendcloud.returns[identity]["tracking_number"]
    ran = shop(command, tracking, "--json")
    assert ran.code == 0
    assert shop.forecasts[0].code in ran.out


# -- what vanishes -----------------------------------------------------------------------------------------------------


def vanished(shop: Shop, clock: Any) -> tuple[Shop, str]:
    """A Sendcloud return that was announced, then cancelled, and is no longer listed."""
    shop = on(shop, "sendcloud")
    identity = shop.platform().give_back("1001")
    shop.run()
    shop.sandbox.sendcloud.hides_cancelled = True
    shop.sandbox.sendcloud.touch(identity, word="open/cancelled")
    clock.shift(timedelta(days=1, hours=2))
    assert shop.run()["exit_code"] == 1
    assert shop.causes() == {"1001": "vanished-at-platform"}
    return shop, shop.forecasts[0].code


def test_a_return_that_vanishes_after_its_announcement_is_held_and_can_be_released(shop, clock):
    shop, code = vanished(shop, clock)
    assert shop("held", "release", code, "--yes").code == 0
    clock.shift(timedelta(days=2))
    assert shop.run()["exit_code"] == 0
    assert announcement(shop)["progress"] == "released"


def test_a_return_that_vanished_and_is_still_coming_goes_on_when_a_person_says_so(shop, clock):
    shop, code = vanished(shop, clock)
    assert shop("held", "retry", code).code == 0
    for _ in range(2):
        clock.shift(timedelta(days=2))
        assert shop.run()["exit_code"] == 0
    assert announcement(shop)["progress"] == "settled"
    shop.assert_nothing_twice()


# -- listings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pause", [timedelta(hours=1, minutes=1), timedelta(days=10)])
def test_an_approval_twenty_days_after_creation_is_seen_where_listings_go_by_creation(shop, clock, pause):
    shop = on(shop, "sendcloud")
    made = datetime.now(UTC) - timedelta(days=19)
    identity = shop.platform().give_back("1001", word="open/announcing", created=made)
    shop.sandbox.sendcloud.give_back("1002")
    shop.run()
    before = len(shop.forecasts)
    shop.platform().touch(identity, word="open/announced")
    clock.shift(pause)
    shop.run()
    assert (before, len(shop.forecasts)) == (1, 2)


def test_a_request_approved_late_is_seen_by_the_hourly_look_back_at_returnless(shop, clock):
    shop = on(shop, "returnless")
    identity = shop.platform().give_back("1001", created=datetime.now(UTC) - timedelta(days=20))
    shop.sandbox.returnless.touch(identity, state="request.pending")
    assert shop.run()["announced"] == 0
    shop.sandbox.returnless.touch(identity, state="return.created")
    clock.shift(timedelta(hours=1, minutes=1))
    assert shop.run()["announced"] == 1


def test_retry_reads_a_return_again_where_every_change_is_listed(shop, clock):
    shop = on(shop, "loop")
    shop.platform().give_back("1001", created=datetime.now(UTC) - timedelta(days=3))
    [record] = shop.sandbox.loop._records.values()  # noqa: SLF001 - changed without a new time of change
    shop.sandbox.monta.orders["1001"][0]["Lines"][0]["Sku"] = "ANOTHER"
    record["line_items"][0]["provider_line_item_id"] = "unknown"
    shop.run()
    assert set(shop.causes().values()) == {"line-unmatched"}
    record["line_items"][0]["sku"] = "ANOTHER"
    assert shop("held", "retry", "--all").code == 0
    clock.shift(timedelta(minutes=5))
    before = calls(shop, "loop.one")
    assert shop.run()["announced"] == 1
    assert calls(shop, "loop.one") == before + 1


# -- the time budget ---------------------------------------------------------------------------------------------------


def test_a_slow_source_stops_between_two_pages_and_the_others_of_the_run_deliver(shop, monkeypatch):
    monkeypatch.setattr(returnista, "PAGE_SIZE", 2)
    shop = replace(shop, platforms=("returnista", "sendcloud"), source={**REPLACED, "time_budget": 0.001})
    for hours in range(6):
        shop.platform().give_back("1001", word="Pending", created=datetime.now(UTC) - timedelta(days=9, hours=-hours))
    shop.platform("sendcloud").give_back("1002")
    ran = shop.run()
    assert ran["exit_code"] == 75
    assert "time_budget" in ran["sources"]["shop-nl"]["error"]
    assert ran["announced"] == 1


def test_a_backlog_after_a_pause_is_finished_by_runs_that_each_have_time_for_a_few_pages(shop, clock, monkeypatch):
    monkeypatch.setattr(returnista, "PAGE_SIZE", 2)
    shop = replace(shop, source=dict(REPLACED))
    platform = shop.platform()
    shop.run()
    # As if the tool had not run for ten days.
    paused = datetime.now(UTC) - timedelta(days=10)
    with closing(sqlite3.connect(shop.state)) as state, state:
        state.execute("UPDATE marks SET mark = ?, deep_from = ?", (product_clock.stamp(paused),) * 2)
    for day in range(9):
        at = paused + timedelta(days=day, hours=12)
        platform.give_back("1001", word="Pending", created=at, updated=at)
    platform.give_back("1002")
    # Three pages each.
    ticks = count()
    monkeypatch.setattr(budget, "monotonic", lambda: next(ticks))
    shop.source["time_budget"] = 2.5
    codes = []
    for _ in range(20):
        clock.shift(timedelta(minutes=5))
        codes.append(shop.run()["exit_code"])
        if shop.forecasts:
            break
    assert codes[0] == 75
    assert len(shop.forecasts) == 1
