"""The same return, written in another way than before, on every platform: nothing is announced twice or lost.

These are the rows of docs/respelt.md about articles and records. There are other files for the identity of records, for
older versions, and for numbers that move to another order.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from rewriting import CANCELLED, SHAPES, listed
from shop import later

from returnsync.engine.plan.codes import code_for
from returnsync.model import OrderNumber, ReturnId, SourceId
from returnsync.platforms.sendcloud.translation import identity as sendcloud_key
from returnsync.sandbox import Sandbox, World
from returnsync.sandbox.channable_records import order as marketplace_order
from returnsync.sandbox.world import monta_line, monta_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from shop import Shop

PLATFORMS = tuple(platform.name for platform in Sandbox(World.empty()).platforms)
SKU, JEANS = "SHIRT-BL-M", "JEANS-32-34"
CHANGED = "changed-after-announcement"


def on(*often: str, among: Iterable[str] = PLATFORMS) -> pytest.MarkDecorator:
    """Mark a test for each of these platforms; ordinary test runs use only those in `often`."""
    params = [pytest.param(name, marks=() if name in often else pytest.mark.prove) for name in among]
    return pytest.mark.parametrize("shop", params, indirect=True)


WITH_ID = [name for name in SHAPES if "id" in SHAPES[name].names]
WITH_SKU = [name for name in SHAPES if "sku" in SHAPES[name].names]
"""The platforms whose articles have a SKU."""


@pytest.fixture
def world() -> World:
    world = World.empty()
    world.orders = [
        monta_order("1001", monta_line(SKU, 1), monta_line(JEANS, 1)),
        monta_order("2002", monta_line(SKU, 2)),
        monta_order("3003", monta_line("4711", 1)),
    ]
    return world


@pytest.fixture
def shop(request, shop):
    return replace(shop, platforms=(request.param,), source={"own_label": "replace"})


def ran_once(shop: Shop) -> None:
    """Make a run in which one return is announced and labelled."""
    ran = shop.run()
    assert (ran["announced"], ran["labelled"]) == (1, 1), (ran, shop.held())


def announced(shop: Shop, created: str = "1001") -> str:
    """Make one return of one article, and let a run announce and label it."""
    identity = shop.platform().give_back(created)
    ran_once(shop)
    return identity


def rewrite(shop: Shop, identity: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a record as the vendor might, and let it be listed again."""
    platform = shop.platform()
    with platform.lock:
        change(platform.rows()[identity])
    platform.touch(identity)


def write(shop: Shop, identity: str, name: str, value: Callable[[Any], Any]) -> list[Any]:
    """Rewrite one name of every article; gives the earlier values."""
    old: list[Any] = []

    def noted(before: Any) -> Any:
        old.append(before)
        return value(before)

    rewrite(shop, identity, lambda record: SHAPES[shop.platforms[0]].write(record, name, noted))
    return old


def assert_only_one(shop: Shop, *causes: str) -> None:
    """Assert that it was announced and labelled once, and is held for these causes."""
    shop.assert_nothing_twice()
    assert (len(shop.forecasts), len(shop.labels())) == (1, 1)
    assert sorted(item["cause"] for item in shop.held()) == sorted(causes)


def assert_none(shop: Shop, *causes: str) -> None:
    """Assert that nothing was announced, and that it is held for these causes."""
    assert (shop.forecasts, [item["cause"] for item in shop.held()]) == ([], list(causes))


# ---- an article's names


@on(among=WITH_ID)
def test_an_order_line_id_that_goes_or_becomes_a_number_is_no_change(shop):
    identity = announced(shop)
    (old,) = write(shop, identity, "id", lambda old: old)
    for minutes, value in enumerate((None, "", f" {old} ", int(old)), start=5):
        with later(minutes=minutes):
            write(shop, identity, "id", lambda _old, value=value: value)
            shop.run()
            assert_only_one(shop)


@on("sendcloud", among=WITH_ID)
def test_an_order_line_id_that_comes_later_is_no_change(shop):
    identity = shop.platform().give_back("1001")
    ids = write(shop, identity, "id", lambda _old: None)
    shop.run()
    with later(minutes=5):
        write(shop, identity, "id", lambda _none: ids[0])
        shop.run()
        assert_only_one(shop)


@on("returnista", among=WITH_ID)
def test_an_order_line_id_in_another_form_leaves_the_sku_to_decide(shop):
    identity = shop.platform().give_back("1001")
    write(shop, identity, "id", lambda old: f"gid://shop/LineItem/{old}")
    ran_once(shop)


@on(among=WITH_ID)
def test_an_order_line_id_in_another_form_is_held_and_goes_on_once_it_is_compared(shop):
    identity = announced(shop)
    with later(minutes=5):
        write(shop, identity, "id", lambda old: f"gid://shop/LineItem/{old}")
        shop.run()
        assert_only_one(shop, CHANGED)
        shop("held", "retry", "--all")
        shop.run()
        assert_only_one(shop)


def id_of(sku: str) -> str:
    """The order-line id of an article of the order."""
    return {line["Sku"]: line["WebshopOrderLineId"] for line in monta_order("1001", SKU, JEANS)["Lines"]}[sku]


@on("loop", among=WITH_ID)
def test_an_order_line_id_of_another_line_than_the_sku_is_held_before_the_announcement(shop):
    identity = shop.platform().give_back("1001")
    write(shop, identity, "id", lambda _old: id_of(JEANS))
    shop.run()
    assert_none(shop, "line-ambiguous")


@on("sendcloud", among=WITH_ID)
def test_an_order_line_id_that_becomes_that_of_another_line_than_the_sku_is_a_change(shop):
    identity = announced(shop)
    with later(minutes=5):
        write(shop, identity, "id", lambda _old: id_of(JEANS))
        shop.run()
        assert_only_one(shop, CHANGED)


@on("returnly", among=WITH_ID)
def test_an_order_line_id_of_another_line_that_comes_later_is_no_change_where_the_sku_stays(shop):
    identity = shop.platform().give_back("1001")
    write(shop, identity, "id", lambda _old: None)
    ran_once(shop)
    with later(minutes=5):
        write(shop, identity, "id", lambda _none: id_of(JEANS))
        shop.run()
        assert_only_one(shop)


@on(among=WITH_SKU)
def test_a_sku_in_another_case_is_no_change_where_case_does_not_count(shop):
    shop.source["sku_case"] = "ignore"
    identity = announced(shop)
    with later(minutes=5):
        write(shop, identity, "sku", lambda old: f" {old.lower()} ")
        shop.run()
        assert_only_one(shop)


@on("returnless", among=WITH_SKU)
def test_a_sku_with_other_zeros_in_front_is_the_same_where_zeros_do_not_count(shop):
    shop.source["sku_leading_zeros"] = "ignore"
    identity = shop.platform().give_back("3003", sku="4711")
    write(shop, identity, "sku", lambda old: f"0{old}")
    ran_once(shop)
    for minutes, sku in enumerate(("4711", "004711", 4711), start=5):
        with later(minutes=minutes):
            write(shop, identity, "sku", lambda _old, sku=sku: sku)
            shop.run()
            assert_only_one(shop)


@on("returnless", among=WITH_SKU)
@pytest.mark.parametrize("sku", ["OTHER-1", pytest.param(SKU.lower(), marks=pytest.mark.prove)])
def test_another_sku_is_a_change_where_no_id_stays(shop, sku):
    identity = announced(shop)
    with later(minutes=5):
        write(shop, identity, "sku", lambda _old: sku)
        shop.run()
        assert_only_one(shop, *([] if shop.platforms[0] in WITH_ID else [CHANGED]))


@on("returnless", among=WITH_SKU)
@pytest.mark.parametrize("sku", ["OTHER-1", pytest.param(None, marks=pytest.mark.prove)])
def test_an_article_whose_sku_is_on_no_line_is_found_by_its_id_or_barcode(shop, sku):
    identity = shop.platform().give_back("1001")
    write(shop, identity, "sku", lambda _old: sku)
    ran_once(shop)
    assert [line["WebshopOrderLineId"] for one in shop.forecasts for line in one.lines] == [id_of(SKU)]


@on("returnless", among=WITH_SKU)
def test_a_sku_that_goes_while_another_name_stays_is_no_change(shop):
    identity = announced(shop)
    with later(minutes=5):
        write(shop, identity, "sku", lambda _old: None)
        write(shop, identity, "title", lambda _old: "Renamed")
        shop.run()
        assert_only_one(shop)


@on("channable")
def test_other_words_for_an_article_its_reason_and_the_comment_are_no_change(shop):
    shop.sandbox.channable.add_order(marketplace_order("1001", SKU, JEANS))
    identity = announced(shop)
    before = [list(one.lines) for one in shop.forecasts]
    with later(minutes=5):
        for name in {"title", "reason", "comment"} & SHAPES[shop.platforms[0]].names.keys():
            write(shop, identity, name, lambda _old: "In other words")
        shop.run()
        assert_only_one(shop)
        assert [list(one.lines) for one in shop.forecasts] == before


@on("returnly", among=WITH_SKU)
def test_units_in_several_rows_or_in_one_are_added_up_and_no_change(shop):
    shape = SHAPES[shop.platforms[0]]
    identity = shop.platform().give_back("2002")
    rewrite(shop, identity, shape.twice)
    ran_once(shop)
    assert [line["ReturnQuantity"] for one in shop.forecasts for line in one.lines] == [2]
    with later(minutes=5):
        rewrite(shop, identity, shape.once)
        write(shop, identity, "quantity", lambda _one: 2)
        shop.run()
        assert_only_one(shop)


# ---- numbers


def in_numbers(value: Any) -> Any:
    """A record in which every text that is a number is written as a number.

    The ids of JSON:API stay: Returnly's stand-in already gives every second one as a number.
    """
    if isinstance(value, dict):
        kept = {"id"} if "type" in value and "attributes" in value else {"relationships"}
        return {name: one if name in kept else in_numbers(one) for name, one in value.items()}
    if isinstance(value, list):
        return [in_numbers(one) for one in value]
    return int(value) if isinstance(value, str) and value.isdigit() and not value.startswith("0") else value


@on("loop")
def test_ids_and_numbers_that_become_numbers_instead_of_texts_are_no_change(shop):
    identity = announced(shop)
    with later(minutes=5):
        rewrite(shop, identity, lambda record: record.update(in_numbers(record)))
        ran = shop.run()
        assert (ran["exit_code"], ran["sources"]["shop-nl"]["new"]) == (0, 0)
        assert_only_one(shop)


@on("sendcloud")
def test_an_order_number_that_is_only_written_differently_is_no_other_order(shop):
    identity = announced(shop)
    (old,) = write(shop, identity, "number", lambda old: old)
    # Returnless and Loop have no return without a number.
    empty = ["unreadable"] if shop.platforms[0] in ("returnless", "loop") else []
    bare = old.strip("#")
    for minutes, (number, causes) in enumerate(
        ((f" {old} ", []), (bare, []), (f"#00{bare}", []), ("", empty)), start=5
    ):
        with later(minutes=minutes):
            write(shop, identity, "number", lambda _old, number=number: number)
            shop.run()
            assert_only_one(shop, *causes)


@on("returnless", "returnly", among=WITH_SKU)
def test_before_the_announcement_the_warehouse_is_asked_for_the_number_that_is_shown_now(shop):
    identity = shop.platform().give_back("4004")
    rows = shop.platform().rows()
    first_id = sendcloud_key(rows[identity]) if shop.platforms[0] == "sendcloud" else identity
    shop.run()
    assert_none(shop)
    with later(hours=3):
        (first,) = write(shop, identity, "number", lambda _old: "1001")
        ran_once(shop)
    # If a return has one order, the code is derived from the number that was seen first.
    number = OrderNumber("1001" if shop.platforms[0] in ("returnista", "returnly") else first)
    (made,) = shop.forecasts
    assert made.code == code_for(SourceId("shop-nl"), ReturnId(first_id), number)


@on("loop")
def test_a_new_return_without_an_order_number_is_held(shop):
    identity = shop.platform().give_back("1001")
    write(shop, identity, "number", lambda _old: "")
    if shop.platforms[0] == "channable":
        rewrite(shop, identity, lambda record: record["data"]["meta"].update(platform_order_id=None))
    shop.run()
    has_none = shop.platforms[0] in ("returnista", "sendcloud", "returnly")
    assert_none(shop, "order-number-unusable" if has_none else "unreadable")


# ---- records


def one_more(shop: Shop, sku: str = SKU) -> str:
    """Put in another record, of an article of the same order, which is listed as new."""
    identity = shop.platform().give_back("1001", sku=sku)
    shop.platform().touch(identity)
    return identity


@on("returnless")
def test_a_record_twice_in_one_listing_is_one_return(shop):
    identity = shop.platform().give_back("1001")
    listed(shop.platform()).show_again(identity)
    write(shop, identity, "title", lambda _old: "Renamed")
    assert shop.run()["exit_code"] == 0
    assert_only_one(shop)


def without_articles(shop: Shop) -> str:
    """The cause for which a record without articles is held: at Sendcloud it is a return like any other."""
    return "no-items" if shop.platforms == ("sendcloud",) else "unreadable"


@on("loop", among=WITH_SKU)
def test_a_new_record_without_articles_is_held(shop):
    identity = shop.platform().give_back("1001")
    rewrite(shop, identity, SHAPES[shop.platforms[0]].empty)
    shop.run()
    assert_none(shop, without_articles(shop))


@on("returnista", among=WITH_SKU)
def test_a_record_that_is_emptied_of_its_articles_stays_as_it_was_announced(shop):
    identity = announced(shop)
    with later(minutes=5):
        rewrite(shop, identity, SHAPES[shop.platforms[0]].empty)
        shop.run()
        # On a platform where such a record is usual, it says nothing about the announced units.
        assert_only_one(shop, *({without_articles(shop)} - {"no-items"}))


@on("returnly", among=WITH_SKU)
def test_a_return_whose_record_is_emptied_waits_until_it_has_articles_again(shop):
    identity = shop.platform().give_back("4004")
    before = copy.deepcopy(shop.platform().rows()[identity])
    shop.run()
    with later(hours=3):
        rewrite(shop, identity, SHAPES[shop.platforms[0]].empty)
        shop.sandbox.monta.add(monta_order("4004", monta_line(SKU, 1)))
        shop.run()
        assert_none(shop, without_articles(shop))
    with later(hours=5):
        shop.platform().rows()[identity] = before
        shop.platform().touch(identity)
        shop.run()
        assert_only_one(shop)


NOT_READ_AGAIN = ("returnly", "loop")
"""All their changes are listed, so a return that no listing shows is only read again if a person asks for it."""


@on("channable")
def test_a_record_that_is_gone_before_its_announcement_is_held_once_a_single_read_shows_that(shop):
    identity = shop.platform().give_back("4004")
    shop.run()
    del shop.platform().rows()[identity]
    with later(hours=30):
        shop.run()
        assert_none(shop, *([] if shop.platforms[0] in NOT_READ_AGAIN else ["vanished-at-platform"]))
        if shop.platforms[0] in NOT_READ_AGAIN:
            shop("replay", identity)
            assert_none(shop, "vanished-at-platform")


@on("sendcloud")
def test_a_record_that_is_gone_after_its_announcement_stays_announced(shop):
    identity = announced(shop)
    del shop.platform().rows()[identity]
    with later(hours=30):
        shop.run()
        assert_only_one(shop, *(["vanished-at-platform"] if shop.platforms[0] == "sendcloud" else []))


@on("returnista")
def test_a_record_that_is_made_again_under_another_id_gets_no_label(shop):
    announced(shop)
    with later(minutes=5):
        one_more(shop)
        shop.run()
        assert_only_one(shop, "too-many-units")


@on("returnly", among=WITH_SKU)
def test_an_article_that_moves_to_another_record_gets_no_second_label(shop):
    identity = announced(shop)
    fields = SHAPES[shop.platforms[0]].fields
    with later(minutes=5):
        other = one_more(shop, JEANS)
        rows = shop.platform().rows()
        mine, theirs = copy.deepcopy(rows[identity]), copy.deepcopy(rows[other])
        rewrite(shop, identity, lambda record: record.update({name: theirs[name] for name in fields}))
        rewrite(shop, other, lambda record: record.update({name: mine[name] for name in fields}))
        shop.run()
        assert_only_one(shop, CHANGED, "too-many-units")


@on("loop", among=WITH_SKU)
def test_two_records_that_are_joined_are_held_both_and_nothing_is_sent(shop):
    one = announced(shop)
    with later(minutes=5):
        other = one_more(shop, JEANS)
        shop.run()
    before = [list(forecast.lines) for forecast in shop.forecasts]
    assert len(before) == len(shop.labels()) == 2
    with later(minutes=10):
        theirs = copy.deepcopy(shop.platform().rows()[other])
        rewrite(shop, one, lambda record: SHAPES[shop.platforms[0]].join(record, theirs))
        shop.platform().touch(other, word=CANCELLED[shop.platforms[0]])
        shop.run()
        shop.assert_nothing_twice()
        assert sorted(item["cause"] for item in shop.held()) == ["cancelled-after-announcement", CHANGED]
        assert [list(forecast.lines) for forecast in shop.forecasts] == before


# ---- Returnista


@on("returnista", among=["returnista"])
def test_of_the_two_ids_of_a_unit_at_returnista_any_that_stays_is_enough(shop):
    def ids(purchase: str | None, parent: str | None) -> None:
        rewrite(
            shop,
            identity,
            lambda record: record["returnRequests"][0].update(purchaseId=purchase, parentPurchaseId=parent),
        )

    identity, line = shop.platform().give_back("1001"), id_of(SKU)
    ids("unit-1", line)
    ran_once(shop)
    for minutes, version in enumerate(
        (("unit-1", None), (None, line), ("unit-2", line), ("unit-1", "parent-2")), start=5
    ):
        with later(minutes=minutes):
            ids(*version)
            shop.run()
            assert_only_one(shop)
    with later(minutes=30):
        ids("unit-2", None)
        shop.run()
        assert_only_one(shop, CHANGED)


@on("returnista", among=["returnista"])
@pytest.mark.parametrize(
    "change", ["refused", *(pytest.param(one, marks=pytest.mark.prove) for one in ("added", "taken out"))]
)
def test_requests_that_are_added_refused_or_taken_out_are_a_change_of_units(shop, change):
    identity = shop.platform().give_back("2002")
    shape = SHAPES["returnista"]
    if change != "added":
        rewrite(shop, identity, shape.twice)
    ran_once(shop)
    with later(minutes=5):
        changes = {
            "added": shape.twice,
            "refused": lambda record: record["returnRequests"][1].update(status="Denied"),
            "taken out": shape.once,
        }
        rewrite(shop, identity, changes[change])
        shop.run()
        assert_only_one(shop, CHANGED)


# ---- Sendcloud


@on("sendcloud", among=["sendcloud"])
def test_names_of_a_return_at_sendcloud_that_come_later_or_change_are_no_part_of_what_it_is_known_by(shop):
    identity = announced(shop)
    labels = "https://panel.sendcloud.sc/labels/label_printer/717455359"
    for minutes, fields in enumerate(
        (
            {"id": 4711},
            {"id": None},
            {"label_url": labels, "label": {"label_printer": labels}},
            {"tracking_number": "3S2"},
        ),
        start=5,
    ):
        with later(minutes=minutes):
            rewrite(shop, identity, lambda record, fields=fields: record.update(fields))
            assert shop.run()["sources"]["shop-nl"]["new"] == 0
            assert_only_one(shop)


@on("sendcloud", among=["sendcloud"])
def test_an_article_of_sendcloud_without_item_id_and_sku_is_looked_for_by_its_variant(shop):
    identity = shop.platform().give_back("1001")
    rewrite(
        shop,
        identity,
        lambda record: record["parcel_items"][0].update(item_id=None, sku="", variant_id=SKU, product_id="1"),
    )
    ran_once(shop)


# ---- Channable


@on("channable", among=["channable"])
def test_a_marketplaces_barcode_or_id_that_goes_is_no_change_while_the_order_tells_the_article(shop):
    shop.sandbox.channable.add_order(marketplace_order("1001", SKU, JEANS))
    identity = announced(shop)
    for minutes, item in enumerate(({"gtin": None}, {"id": None}), start=5):
        with later(minutes=minutes):
            before = copy.deepcopy(shop.platform().rows()[identity]["data"]["item"])
            rewrite(shop, identity, lambda record, item=item: record["data"]["item"].update(item))
            shop.run()
            assert_only_one(shop)
            rewrite(shop, identity, lambda record, before=before: record["data"]["item"].update(before))


@on("channable", among=["channable"])
def test_a_marketplaces_barcode_with_other_zeros_in_front_is_no_change(shop):
    # Without its order, only the barcode names the article.
    identity = announced(shop)
    for minutes, zeros in enumerate(("0", "000"), start=5):
        with later(minutes=minutes):
            write(shop, identity, "barcode", lambda old, zeros=zeros: f"{zeros}{old.lstrip('0')}")
            shop.run()
            assert_only_one(shop)


def items_of(*skus: str) -> dict[str, dict[str, Any]]:
    """The part of a record that names an article, for each article of a marketplace order."""
    products = marketplace_order("1001", *skus)["data"]["products"]
    return {sku: {"gtin": one["ean"], "id": one["id"]} for sku, one in zip(skus, products, strict=True)}


@on("channable", among=["channable"])
@pytest.mark.parametrize("gtin", ["8700000000000", pytest.param(JEANS, marks=pytest.mark.prove)])
@pytest.mark.parametrize("ordered", [(SKU, JEANS), pytest.param((SKU,), marks=pytest.mark.prove)])
def test_a_marketplaces_barcode_and_id_that_contradict_each_other_are_held(shop, ordered, gtin):
    shop.sandbox.channable.add_order(marketplace_order("1001", *ordered))
    other = items_of(SKU, JEANS)[JEANS]["gtin"] if gtin == JEANS else gtin
    identity = shop.platform().give_back("1001")
    (old,) = write(shop, identity, "barcode", lambda _old: other)
    shop.run()
    assert_none(shop, "unreadable")
    with later(hours=2):
        # Once they agree, it is announced; a contradiction after that changes nothing.
        write(shop, identity, "barcode", lambda _other: old)
        ran_once(shop)
    with later(hours=2, minutes=5):
        write(shop, identity, "barcode", lambda _old: other)
        shop.run()
        assert_only_one(shop, "unreadable")


@on("channable", among=["channable"])
@pytest.mark.parametrize("is_announced", [True, pytest.param(False, marks=pytest.mark.prove)])
def test_a_marketplaces_id_that_becomes_that_of_another_product_alone_is_not_looked_at(shop, is_announced):
    shop.sandbox.channable.add_order(marketplace_order("1001", SKU, JEANS))
    at_monta = shop.sandbox.monta.orders
    known = at_monta["1001"] if is_announced else at_monta.pop("1001")
    identity = shop.platform().give_back("1001")
    shop.run()
    at_monta["1001"] = known
    other = items_of(SKU, JEANS)[JEANS]["id"]
    with later(hours=3):
        rewrite(shop, identity, lambda record: record["data"]["item"].update(id=other))
        shop.run()
        assert_only_one(shop)


@on("channable", among=["channable"])
def test_a_marketplaces_barcode_of_another_product_of_the_order_is_a_change(shop):
    shop.sandbox.channable.add_order(marketplace_order("1001", SKU, JEANS))
    identity = announced(shop)
    with later(minutes=5):
        rewrite(shop, identity, lambda record: record["data"]["item"].update(items_of(SKU, JEANS)[JEANS]))
        shop.run()
        assert_only_one(shop, CHANGED)


@on("channable", among=["channable"])
@pytest.mark.parametrize(
    "item",
    [{"gtin": "8700000000000", "id": None}, pytest.param({"gtin": None, "id": "99999"}, marks=pytest.mark.prove)],
)
def test_the_only_product_of_a_marketplaces_order_is_not_taken_for_another(shop, item):
    shop.sandbox.channable.add_order(marketplace_order("1001", SKU))
    identity = shop.platform().give_back("1001")
    rewrite(shop, identity, lambda record: record["data"]["item"].update(item))
    shop.run()
    assert_none(shop, "line-unmatched")


# ---- Returnly


@on("returnly", among=["returnly"])
@pytest.mark.parametrize("names", [("id", "sku"), pytest.param(("id",), marks=pytest.mark.prove)])
def test_an_article_of_returnly_without_a_line_id_is_looked_for_by_sku_and_barcode(shop, names):
    identity = shop.platform().give_back("1001")
    for name in names:
        write(shop, identity, name, lambda _old: None)
    ran_once(shop)


# ---- Returnless


@on("returnless", among=["returnless"])
def test_a_request_at_returnless_that_becomes_a_return_is_announced_then(shop):
    identity = shop.platform().give_back("1001")
    rewrite(shop, identity, lambda record: record.update(state="request-open"))
    shop.run()
    assert_none(shop)
    with later(hours=2):
        rewrite(shop, identity, lambda record: record.update(state="return-open"))
        ran_once(shop)


@on("returnless", among=["returnless"])
@pytest.mark.parametrize("order", [None, pytest.param({"order_number": ""}, marks=pytest.mark.prove)])
def test_a_return_at_returnless_that_names_no_order_any_more_stays_as_it_was(shop, order):
    identity = announced(shop)
    with later(minutes=5):
        rewrite(shop, identity, lambda record: record.update(sales_order=order))
        shop.run()
        assert_only_one(shop, "unreadable")


# ---- Loop


@on("loop", among=["loop"])
def test_the_order_number_of_loops_own_is_never_used(shop):
    identity = shop.platform().give_back("1001")
    rewrite(shop, identity, lambda record: record.update(order_number="2002"))
    ran_once(shop)
    assert [one.order for one in shop.forecasts] == ["1001"]
    with later(minutes=5):
        rewrite(shop, identity, lambda record: record.update(order_number="3003"))
        shop.run()
        assert_only_one(shop)


@on("loop", among=["loop"])
def test_a_comment_or_tracking_number_at_loop_that_comes_in_the_place_of_none_is_no_change(shop):
    identity = announced(shop)
    with later(minutes=5):
        write(shop, identity, "comment", lambda _none: "Too tight")
        rewrite(shop, identity, lambda record: record.update(tracking_number="3STEST1", carrier="PostNL"))
        shop.run()
        assert_only_one(shop)
