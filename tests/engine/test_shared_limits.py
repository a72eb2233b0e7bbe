"""Two sources, or two warehouses, that share one account share its limits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from credentials import tables

from returnsync.engine.login import Login
from returnsync.http.account import CallSettings
from returnsync.sandbox.world import monta_order

if TYPE_CHECKING:
    from shop import Shop


def two_sources(shop: Shop, token: str, **limits: int) -> None:
    """Configure two sources of one account; the second one has another reference to its key."""
    first = tables(shop, "sources")["shop-nl"]
    other = first | {"account_id": "0190a000-0000-7000-8000-0000000000ff", "token": token}
    shop.more["sources"] = {"shop-nl": first, "shop-be": other | ({"limits": limits} if limits else {})}


def requests(ran: dict[str, Any]) -> list[int]:
    return [ran["requests"].get(name, 0) for name in ("shop-nl", "shop-be")]


@pytest.fixture
def one_an_hour(shop, monkeypatch):
    monkeypatch.setenv("SAME_TOKEN", shop.environment["SHOP_TOKEN"])
    monkeypatch.setenv("OTHER_TOKEN", "another")
    shop.config.with_name("token").write_text(shop.environment["SHOP_TOKEN"], encoding="utf-8")
    shop.source = {"limits": {"1h": 1}, "retry_budget": 1.0}
    return shop


@pytest.mark.parametrize(
    ("token", "together"),
    [("env:SHOP_TOKEN", 1), ("env:SAME_TOKEN", 1), ("file:token", 1), ("env:OTHER_TOKEN", 2)],
)
def test_two_sources_with_one_key_make_as_many_requests_together_as_one(one_an_hour, token, together):
    two_sources(one_an_hour, token)
    assert sum(requests(one_an_hour.run())) == together


def test_what_one_command_counted_counts_for_another_of_another_source(one_an_hour):
    two_sources(one_an_hour, "file:token")
    assert requests(one_an_hour.run("--source", "shop-be")) == [0, 1]
    ran = one_an_hour.run("--source", "shop-nl")
    assert requests(ran) == [0, 0]
    assert "shop-nl: its limit" in ran["sources"]["shop-nl"]["error"]


def test_each_keeps_to_its_own_limits_and_counts_the_requests_of_both(one_an_hour):
    two_sources(one_an_hour, "env:SAME_TOKEN", **{"1h": 3})
    assert requests(one_an_hour.run("--source", "shop-be")) == [0, 1]
    assert requests(one_an_hour.run()) == [0, 1]
    assert requests(one_an_hour.run()) == [0, 1]
    assert requests(one_an_hour.run()) == [0, 0]


def test_the_address_is_compared_as_what_it_means(one_an_hour):
    two_sources(one_an_hour, "env:SHOP_TOKEN")
    one_an_hour.more["sources"]["shop-be"]["base_url"] += "/"
    assert sum(requests(one_an_hour.run())) == 1


@pytest.mark.parametrize("password", ["env:SHOP_PASSWORD", "env:SAME_PASSWORD"])
def test_two_warehouses_with_one_login_make_as_many_requests_together_as_one(shop, monkeypatch, password):
    monkeypatch.setenv("SAME_PASSWORD", shop.environment["SHOP_PASSWORD"])
    shop = replace(shop, platforms=("returnista", "loop"), warehouse={"limits": {"1h": 6}, "retry_budget": 1.0})
    for place, number in enumerate(("1001", "1002", "1003", "1004", "1005", "1006")):
        shop.sandbox.monta.add(monta_order(number))
        shop.platform(shop.platforms[place % 2]).give_back(number)
    warehouse, sources = tables(shop, "warehouses")["monta"], tables(shop, "sources")
    shop.more["warehouses"] = {"monta": warehouse, "second": warehouse | {"password": password}}
    shop.more["sources"] = {
        name: its | {"warehouse": "second"} if name != "shop-nl" else its for name, its in sources.items()
    }
    ran = shop.run()
    assert ran["requests"]["monta"] + ran["requests"]["second"] == 6


# -- what counts as one account ---------------------------------------------------------------------------------------


class Settings(CallSettings):
    """The settings of an account with all kinds of references."""

    username: str = "env:USER"
    password: str = "env:PASSWORD"
    token: str = "command:give-token"


def counted_as(secrets: dict[str, str], url: str = "https://api.example", **references: str) -> str:
    settings = Settings(base_url=url, **references)
    login = Login(secrets.__getitem__, settings)
    for key in secrets:
        login(key)
    return login.name_at(url)


def test_a_name_and_not_its_password_tells_an_account():
    usual = counted_as({"username": "a", "password": "p"})
    assert counted_as({"username": "a", "password": "new"}) == usual
    assert counted_as({"username": "b", "password": "p"}) != usual
    assert counted_as({"username": "a", "password": "p"}, "https://test.example") != usual
    assert counted_as({"username": "a", "password": "p"}, "https://api.example:443/") == usual
    assert "a" != usual != counted_as({"token": "a"})


def test_of_a_program_that_may_give_another_token_each_time_the_command_counts():
    assert counted_as({"token": "first"}) == counted_as({"token": "second"})
    assert counted_as({"token": "first"}) != counted_as({"token": "first"}, token="command:give-another")
    assert counted_as({"token": "first"}, token="env:A") == counted_as({"token": "first"}, token="env:B")


def test_where_nothing_is_logged_in_with_the_name_of_the_account_counts():
    assert counted_as({}) == ""
