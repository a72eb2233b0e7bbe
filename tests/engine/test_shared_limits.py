"""Two sources, or two warehouses, that share one account share its limits."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from returnsync.sandbox.world import monta_order

if TYPE_CHECKING:
    from shop import Shop


def tables(shop: Shop, kind: str) -> dict[str, Any]:
    """The tables of a kind, as the shop writes them into its configuration."""
    return tomllib.loads(shop.write_config().read_text(encoding="utf-8"))[kind]


@pytest.mark.parametrize(("token", "requests"), [("env:SHOP_TOKEN", 1), ("env:OTHER_TOKEN", 2)])
def test_two_sources_with_one_key_make_as_many_requests_together_as_one(shop, monkeypatch, token, requests):
    monkeypatch.setenv("OTHER_TOKEN", shop.environment["SHOP_TOKEN"])
    shop.source = {"limits": {"1h": 1}, "retry_budget": 1.0}
    first = tables(shop, "sources")["shop-nl"]
    other = first | {"account_id": "0190a000-0000-7000-8000-0000000000ff", "token": token}
    shop.more["sources"] = {"shop-nl": first, "shop-be": other}
    ran = shop.run()
    assert sum(ran["requests"].get(name, 0) for name in ("shop-nl", "shop-be")) == requests


@pytest.mark.parametrize(("password", "requests"), [("env:SHOP_PASSWORD", 6), ("env:OTHER_PASSWORD", 12)])
def test_two_warehouses_with_one_login_make_as_many_requests_together_as_one(shop, monkeypatch, password, requests):
    monkeypatch.setenv("OTHER_PASSWORD", shop.environment["SHOP_PASSWORD"])
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
    assert ran["requests"]["monta"] + ran["requests"]["second"] == requests
