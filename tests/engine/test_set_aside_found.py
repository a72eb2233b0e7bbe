"""A record that cannot be read is found all the same: by its order number, its tracking number and its key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from shop import later

from returnsync.sandbox.world import monta_order, request, return_order, shipment

if TYPE_CHECKING:
    from shop import Shop

PARCEL = "3SABCD1234567"


@pytest.fixture
def broken(shop: Shop) -> str:
    """Put in a return whose time of creation is unreadable; gives its id."""
    shop.sandbox.monta.add(monta_order("1001"))
    order = return_order(request(order="#1001"), shipments=[shipment(trackingNumber=PARCEL)])
    identity = shop.sandbox.returnista.add(order)
    shop.sandbox.returnista.return_orders[identity]["createdAt"] = "the day before yesterday"
    shop.run()
    return identity


@pytest.mark.usefixtures("broken")
def test_held_names_it_by_its_order_number_and_tracking_number(shop):
    (entry,) = shop.held()
    assert (entry["order_number"], entry["tracking_number"]) == ("#1001", PARCEL)
    assert "#1001" in shop("held").out


@pytest.mark.parametrize("name", ["#1001", "1001", PARCEL, "the key"])
def test_show_finds_it_and_says_what_cannot_be_read_and_what_to_do(shop, broken, name):
    ran = shop("show", broken if name == "the key" else name, "--json")
    (story,) = ran.json
    (record,) = story["set_aside"]
    assert (ran.code, record["code"], record["order_number"]) == (0, broken, "#1001")
    assert "creation" in record["what"]
    said = shop("show", name if name != "the key" else broken).out
    assert f"returnsync held retry {broken}" in said
    assert PARCEL in said


@pytest.mark.parametrize("name", ["1001", PARCEL])
def test_replay_finds_it_and_ends_with_1_and_goes_on_with_it_once_it_can_be_read(shop, broken, name):
    ran = shop("replay", name)
    assert (ran.code, shop.forecasts) == (1, [])
    assert "cannot be read" in ran.out
    assert "No return was found" not in ran.err
    shop.sandbox.returnista.return_orders[broken]["createdAt"] = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    with later(minutes=5):
        assert shop("replay", name).code == 0
    shop.assert_nothing_twice()
    assert len(shop.forecasts) == 1


@pytest.mark.usefixtures("broken")
def test_a_new_label_is_refused_for_what_cannot_be_read(shop):
    ran = shop("replay", "1001", "--new-label", "--yes")
    assert (ran.code, shop.sandbox.monta.labels) == (2, [])
    assert "No label was made" in ran.err


@pytest.mark.usefixtures("broken")
def test_it_is_released_by_its_order_number_and_replay_says_so_then(shop):
    assert shop("held", "release", "1001", "--yes").code == 0
    ran = shop("replay", "1001")
    assert ran.code == 2
    assert "a person released it" in ran.err
    assert "returnsync held take-back" in ran.err
    assert shop.held() == []
    (story,) = shop("show", "1001", "--json").json
    assert story["set_aside"][0]["is_released"]


@pytest.mark.usefixtures("broken")
def test_beside_a_return_of_the_same_order_both_are_shown(shop):
    shop.sandbox.returnista.add(
        return_order(request(order="#1001"), id="0195a000-0000-7000-8000-000000000001", updated=datetime.now(UTC))
    )
    shop.run()
    stories = shop("show", "1001", "--json").json
    assert sorted(len(story["set_aside"]) for story in stories) == [0, 1]
    assert sorted(len(story["announcements"]) for story in stories) == [0, 1]
