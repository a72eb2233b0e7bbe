"""The same return, written otherwise than before, on every platform: nothing is announced twice, and nothing is lost.

The rows of docs/respelt.md that are about articles and records.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from shop import later

from returnsync.sandbox import Sandbox, World
from returnsync.sandbox.channable_records import order as marketplace_order
from returnsync.sandbox.world import monta_line, monta_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from shop import Shop

PLATFORMS = tuple(platform.name for platform in Sandbox(World.empty()).platforms)
SKU = "SHIRT-BL-M"


@dataclass(frozen=True)
class Shape:
    """Where a platform's record has its articles, and where an article its names."""

    rows: str
    names: dict[str, str]
    inner: str = ""

    def articles(self, record: dict[str, Any]) -> list[dict[str, Any]]:
        return [article[self.inner] if self.inner else article for article in record[self.rows]]


SHAPES = {
    "returnista": Shape("returnRequests", {"id": "purchaseId", "sku": "product.sku", "title": "product.name"}),
    "sendcloud": Shape("parcel_items", {"id": "item_id", "sku": "sku", "title": "description"}),
    "returnly": Shape(
        "included", {"id": "ext_order_line_item_id", "sku": "sku", "title": "product_name"}, "attributes"
    ),
    "returnless": Shape("return_order_items", {"sku": "product.sku", "title": "product.name"}),
    "loop": Shape("line_items", {"id": "provider_line_item_id", "sku": "sku", "title": "title"}),
}


def on(*often: str, among: Iterable[str] = PLATFORMS) -> pytest.MarkDecorator:
    """On each of these platforms; in every test run on those named alone."""
    params = [pytest.param(name, marks=() if name in often else pytest.mark.prove) for name in among]
    return pytest.mark.parametrize("shop", params, indirect=True)


WITH_ID = [name for name in SHAPES if "id" in SHAPES[name].names]


@pytest.fixture
def world() -> World:
    world = World.empty()
    world.orders = [monta_order("1001", monta_line(SKU, 1), monta_line("JEANS-32-34", 1))]
    return world


@pytest.fixture
def shop(request, shop):
    return replace(shop, platforms=(request.param,), source={"own_label": "replace"})


def announced(shop: Shop, created: str = "1001") -> str:
    """One return of one article, announced and labelled."""
    identity = shop.platform().give_back(created)
    ran = shop.run()
    assert (ran["announced"], ran["labelled"]) == (1, 1), ran
    return identity


def rewrite(shop: Shop, identity: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a record as the vendor might, and let it be listed anew."""
    platform = shop.platform()
    with platform.lock:
        change(platform.rows()[identity])
    platform.touch(identity)


def write(shop: Shop, identity: str, name: str, value: Callable[[Any], Any]) -> None:
    """Write one name of every article anew."""
    shape = SHAPES[shop.platforms[0]]
    *steps, last = shape.names[name].split(".")

    def change(record: dict[str, Any]) -> None:
        for article in shape.articles(record):
            for step in steps:
                article = article[step]  # noqa: PLW2901 - the way down
            article[last] = value(article[last])

    rewrite(shop, identity, change)


def assert_only_one(shop: Shop, *causes: str) -> None:
    """It was announced and labelled once, and is held for these causes."""
    shop.assert_nothing_twice()
    assert (len(shop.forecasts), len(shop.labels())) == (1, 1)
    assert sorted(item["cause"] for item in shop.held()) == sorted(causes)


# ---- an article's names


@on(among=WITH_ID)
def test_an_order_line_id_that_goes_or_becomes_a_number_is_no_change(shop):
    identity = announced(shop)
    ids: list[str] = []
    write(shop, identity, "id", lambda old: ids.append(old) or old)
    for minutes, value in enumerate((None, "", f" {ids[0]} ", int(ids[0])), start=5):
        with later(minutes=minutes):
            write(shop, identity, "id", lambda _old, value=value: value)
            shop.run()
            assert_only_one(shop)


@on("sendcloud", among=WITH_ID)
def test_an_order_line_id_that_comes_later_is_no_change(shop):
    identity = shop.platform().give_back("1001")
    ids: list[str] = []
    write(shop, identity, "id", lambda old: ids.append(old) or None)
    shop.run()
    with later(minutes=5):
        write(shop, identity, "id", lambda _none: ids[0])
        shop.run()
        assert_only_one(shop)


@on(among=WITH_ID)
def test_an_order_line_id_in_another_form_is_held_and_goes_on_once_it_is_compared(shop):
    identity = announced(shop)
    with later(minutes=5):
        write(shop, identity, "id", lambda old: f"gid://shop/LineItem/{old}")
        shop.run()
        assert_only_one(shop, "changed-after-announcement")
        shop("held", "retry", "--all")
        shop.run()
        assert_only_one(shop)


@on("loop", among=WITH_ID)
def test_an_order_line_id_of_another_line_than_the_sku_is_held_before_the_announcement(shop):
    identity = shop.platform().give_back("1001")
    ids = {line["Sku"]: line["WebshopOrderLineId"] for line in monta_order("1001", SKU, "JEANS-32-34")["Lines"]}
    write(shop, identity, "id", lambda _old: ids["JEANS-32-34"])
    shop.run()
    assert [item["cause"] for item in shop.held()] == ["line-ambiguous"]
    assert shop.forecasts == []


@on(among=SHAPES)
def test_a_sku_in_another_case_is_no_change_where_case_does_not_count(shop):
    shop.source["sku_case"] = "ignore"
    identity = announced(shop)
    with later(minutes=5):
        write(shop, identity, "sku", lambda old: f" {old.lower()} ")
        shop.run()
        assert_only_one(shop)


@on("returnless", among=SHAPES)
def test_a_sku_that_goes_while_another_name_stays_is_no_change(shop):
    identity = announced(shop)
    with later(minutes=5):
        write(shop, identity, "sku", lambda _old: None)
        write(shop, identity, "title", lambda _old: "Renamed")
        shop.run()
        assert_only_one(shop)


# ---- records


def one_more(shop: Shop, sku: str = SKU) -> str:
    """Another record, of an article of the same order, that is listed anew."""
    identity = shop.platform().give_back("1001", sku=sku)
    shop.platform().touch(identity)
    return identity


@on("returnista")
def test_a_record_that_is_made_anew_under_another_id_gets_no_label(shop):
    announced(shop)
    with later(minutes=5):
        one_more(shop)
        shop.run()
        assert_only_one(shop, "too-many-units")


@on("returnly", among=SHAPES)
def test_an_article_that_moves_to_another_record_gets_no_second_label(shop):
    identity = announced(shop)
    shape = SHAPES[shop.platforms[0]]
    with later(minutes=5):
        other = one_more(shop, "JEANS-32-34")
        rows = shop.platform().rows()
        mine, theirs = copy.deepcopy(rows[identity]), copy.deepcopy(rows[other])
        fields = [shape.rows, *(["relationships"] if shape.inner else [])]
        rewrite(shop, identity, lambda record: record.update({name: theirs[name] for name in fields}))
        rewrite(shop, other, lambda record: record.update({name: mine[name] for name in fields}))
        shop.run()
        assert_only_one(shop, "changed-after-announcement", "too-many-units")


@on("loop", among=SHAPES)
def test_two_records_that_are_joined_are_held_both_and_nothing_is_sent(shop):
    one = announced(shop)
    with later(minutes=5):
        other = one_more(shop, "JEANS-32-34")
        shop.run()
    before = [list(forecast.lines) for forecast in shop.forecasts]
    assert len(before) == len(shop.labels()) == 2
    shape, word = SHAPES[shop.platforms[0]], CANCELLED[shop.platforms[0]]
    with later(minutes=10):
        theirs = copy.deepcopy(shop.platform().rows()[other])

        def join(record: dict[str, Any]) -> None:
            record[shape.rows] += theirs[shape.rows]
            if shape.inner:
                record["relationships"]["return_line_items"]["data"] += theirs["relationships"]["return_line_items"][
                    "data"
                ]

        rewrite(shop, one, join)
        shop.platform().touch(other, word=word)
        shop.run()
        shop.assert_nothing_twice()
        assert sorted(item["cause"] for item in shop.held()) == [
            "cancelled-after-announcement",
            "changed-after-announcement",
        ]
        assert [list(forecast.lines) for forecast in shop.forecasts] == before


CANCELLED = {
    "returnista": "Cancelled",
    "sendcloud": "open/cancelled",
    "returnly": "canceled_by_merchant",
    "returnless": "Geannuleerd",
    "loop": "cancelled",
}


@on("channable", among=["channable"])
def test_a_marketplaces_barcode_or_id_that_goes_is_no_change_while_the_order_tells_the_article(shop):
    shop.sandbox.channable.add_order(marketplace_order("1001", SKU, "JEANS-32-34"))
    identity = announced(shop)
    for minutes, item in enumerate(({"gtin": None}, {"id": None}), start=5):
        with later(minutes=minutes):
            before = copy.deepcopy(shop.platform().rows()[identity]["data"]["item"])
            rewrite(shop, identity, lambda record, item=item: record["data"]["item"].update(item))
            shop.run()
            assert_only_one(shop)
            rewrite(shop, identity, lambda record, before=before: record["data"]["item"].update(before))
