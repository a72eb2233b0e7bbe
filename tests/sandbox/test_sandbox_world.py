import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from returnsync.sandbox import World
from returnsync.sandbox.world import monta_order, request, return_order

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
RETURN_ORDER_FIELDS = {
    *("id", "storeId", "consumerId", "status", "paymentStatus", "source", "purchaseOrderNumbers", "packageCount"),
    *("createdFromRequest", "createdWithoutShipment", "createdAt", "updatedAt", "relationUpdatedAt", "tags"),
    *("consumer", "shipments", "returnRequests"),
}


@pytest.fixture
def day():
    return World.day(now=NOW)


def numbers_of(world, wanted):
    return {number for row in world.return_orders if wanted(row) for number in row["purchaseOrderNumbers"]}


def orders_of(world):
    return {order["WebshopOrderId"]: order for order in world.orders}


def test_the_same_seed_gives_the_same_day(day):
    assert World.day(seed=1, now=NOW) == day
    assert World.day(seed=2, now=NOW) != day


def test_the_same_seed_gives_the_same_crowd():
    assert World.bulk(20, seed=3, now=NOW) == World.bulk(20, seed=3, now=NOW)
    assert World.bulk(20, seed=4, now=NOW) != World.bulk(20, seed=3, now=NOW)


@pytest.mark.parametrize("world", [World.day(now=NOW), World.bulk(1000, now=NOW)], ids=["day", "bulk"])
def test_every_return_changed_in_the_last_twenty_hours_or_so_and_none_after_now(world):
    for row in world.return_orders:
        updated = datetime.fromisoformat(row["updatedAt"])
        assert timedelta(0) <= NOW - updated <= timedelta(hours=20, minutes=30)
        assert row["createdAt"] <= row["updatedAt"]


@pytest.mark.parametrize("world", [World.day(now=NOW), World.bulk(1000, now=NOW)], ids=["day", "bulk"])
def test_no_two_records_share_an_id(world):
    assert len({row["id"] for row in world.return_orders}) == len(world.return_orders)
    wishes = [wish["id"] for row in world.return_orders for wish in row["returnRequests"]]
    assert len(set(wishes)) == len(wishes)


def test_the_shape_is_that_of_the_dossier(day):
    for row in day.return_orders:
        assert row.keys() - {"store"} == RETURN_ORDER_FIELDS
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row["updatedAt"])
        for wish in row["returnRequests"]:
            assert wish["returnOrderId"] == row["id"]
            assert wish["purchaseOrderNumber"] in row["purchaseOrderNumbers"]


def test_the_platform_has_a_hash_and_the_warehouse_has_none(day):
    assert all(number.startswith("#") for number in numbers_of(day, lambda _: True))
    assert "20417" in orders_of(day)
    assert not any(number.startswith("#") for number in orders_of(day))


def test_nobody_in_it_is_real(day):
    assert all(row["consumer"]["email"].endswith("@example.com") for row in day.return_orders)


def test_a_day_has_about_forty_returns_most_of_them_approved(day):
    statuses = Counter(row["status"] for row in day.return_orders)
    assert 38 <= len(day.return_orders) <= 46
    assert statuses["Confirmed"] > 30
    assert statuses.keys() == {"Confirmed", "Pending", "Complete", "draft", "AwaitingMoonrise"}


def test_a_day_has_two_units_of_one_line_as_two_requests(day):
    wishes = [row["returnRequests"] for row in day.return_orders if len(row["returnRequests"]) == 2]
    lines = {line["WebshopOrderLineId"]: line for order in day.orders for line in order["Lines"]}
    ordered = [
        lines[one["parentPurchaseId"]]["OrderedQuantity"]
        for one, other in wishes
        if one["parentPurchaseId"] and one["parentPurchaseId"] == other["parentPurchaseId"]
    ]
    assert sorted(ordered) == [1, 2]  # the first of these is one more than was ordered


def test_a_day_has_a_return_over_two_orders(day):
    assert [len(row["purchaseOrderNumbers"]) for row in day.return_orders].count(2) == 1


def test_a_day_has_one_order_unknown_one_unshipped_one_deleted_and_one_in_two_channels(day):
    orders = orders_of(day)
    assert len({number[1:] for number in numbers_of(day, lambda _: True)} - orders.keys()) == 1
    assert [order["Shipped"] for order in day.orders].count(None) == 1
    assert [order["Deleted"] for order in day.orders].count(True) == 1
    assert list(Counter(order["WebshopOrderId"] for order in day.orders).values()).count(2) == 1
    assert set(day.enclosed_labels) <= orders.keys()


def test_a_day_has_an_order_on_which_the_line_cannot_be_known(day):
    ambiguous = [
        order
        for order in day.orders
        if Counter((line["Sku"], line["WebshopOrderLineId"]) for line in order["Lines"]).most_common(1)[0][1] > 1
    ]
    assert len(ambiguous) == 1
    assert {line["WebshopOrderLineId"] for line in ambiguous[0]["Lines"]} == {None}
    assert numbers_of(day, lambda row: row["purchaseOrderNumbers"] == [f"#{ambiguous[0]['WebshopOrderId']}"])


def test_a_day_has_a_test_store_an_own_label_no_parcel_no_reason_and_a_refused_article(day):
    rows = day.return_orders
    assert [row.get("store", {}).get("uat") for row in rows].count(True) == 1
    assert sum(1 for row in rows for parcel in row["shipments"] if parcel["labelUrl"] and parcel["trackingNumber"]) == 1
    assert [row["createdWithoutShipment"] for row in rows].count(True) == 1
    wishes = [wish for row in rows for wish in row["returnRequests"]]
    assert [wish["returnReasonId"] for wish in wishes].count(None) == 1
    assert [wish["status"] for wish in wishes].count("denied") == 1


def test_a_day_has_sub_reasons_and_a_dutch_comment(day):
    comments = [wish["returnReasonComment"] for row in day.return_orders for wish in row["returnRequests"]]
    assert any(comment.startswith("sub_return_reasons.") for comment in comments)
    assert any("De naad" in comment for comment in comments)


def test_a_day_has_flyers_and_bundle_components(day):
    assert any(line["IsFlyer"] for order in day.orders for line in order["Lines"])
    assert any("Gift set" in line["Description"] for order in day.orders for line in order["Lines"])


def test_a_crowd_is_plain_and_every_line_of_it_can_be_matched():
    world = World.bulk(100, now=NOW)
    lines = {line["WebshopOrderLineId"] for order in world.orders for line in order["Lines"]}
    assert len(world.orders) == len(world.return_orders) == 100
    assert {len(order["Lines"]) for order in world.orders} == {1, 2}
    assert {row["status"] for row in world.return_orders} == {"Confirmed"}
    assert all(wish["purchaseId"] in lines for row in world.return_orders for wish in row["returnRequests"])


def test_an_empty_world_has_reasons_and_carriers_but_no_orders():
    world = World.empty()
    assert world.return_orders == world.orders == []
    assert world.reasons
    assert world.return_reasons
    assert world.carriers


def test_a_request_and_an_order_of_one_number_and_article_fit_together():
    (line,) = monta_order("2002", "COAT")["Lines"]
    assert request("COAT", "#2002")["purchaseId"] == line["WebshopOrderLineId"]


def test_the_same_article_on_two_lines_has_two_line_ids():
    first, second = monta_order("2002", "COAT", "COAT")["Lines"]
    assert first["WebshopOrderLineId"] != second["WebshopOrderLineId"]


def test_fields_by_their_name_on_the_wire_replace_the_default_ones():
    assert return_order(packageCount=3)["packageCount"] == 3
    assert monta_order("2002", Deleted=True)["Deleted"] is True
    assert request(status="denied")["status"] == "denied"
