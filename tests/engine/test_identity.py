"""Sendcloud gives no ids: which return a record is when its number or its postal code is written another way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from shop import later

from returnsync.platforms.sendcloud.translation import identity
from returnsync.sandbox.sendcloud_records import item, parcel_return
from returnsync.sandbox.world import monta_line, monta_order

if TYPE_CHECKING:
    from shop import Shop

SKU, OTHER = "SHIRT-BL-M", "JEANS-32-34"
FRACTION = datetime.now(UTC).replace(microsecond=123_000) - timedelta(hours=2)
WHOLE = FRACTION.replace(microsecond=0)


@pytest.fixture
def shop(shop, sandbox) -> Shop:
    """Of everything more was ordered than comes back, so that nothing but its identity keeps a return from a label."""
    for number in ("1001", "1002"):
        sandbox.monta.add(monta_order(number, monta_line(SKU, quantity=5), monta_line(OTHER, quantity=5)))
    return replace(shop, platforms=("sendcloud",), source={"own_label": "replace"})


@pytest.fixture
def copies(sandbox):
    return sandbox.sendcloud.copies


def give(shop: Shop, *, created: datetime, order: str = "1001", sku: str = SKU, postal: str = "1614 XX") -> str:
    record = parcel_return(item(sku, order.strip("# ").lstrip("0")), order=order, created=created)
    record["from_address"]["postal_code"] = postal
    return shop.sandbox.sendcloud.add(record)


def key(shop: Shop, inside: str) -> str:
    return identity(shop.sandbox.sendcloud.returns[inside])


def causes(shop: Shop) -> list[str]:
    return [item["cause"] for item in shop.held()]


def labelled(shop: Shop) -> int:
    shop.assert_nothing_twice()
    assert len(shop.forecasts) == len(shop.sandbox.monta.labels)
    return len(shop.forecasts)


# -- row by row --------------------------------------------------------------------------------------------------------


def test_a_record_with_the_key_of_a_known_return_is_that_return_whatever_its_items(shop, sandbox):
    known = give(shop, created=FRACTION)
    shop.run()
    sandbox.sendcloud.touch(known, parcel_items=[item(OTHER, "1001")])
    shop.run()
    assert (labelled(shop), causes(shop)) == (1, ["changed-after-announcement"])


@pytest.mark.parametrize("spelling", [{"postal_code": "1614XX"}, {"number": "#1001", "postal_code": "1614xx"}])
def test_a_record_that_has_the_instant_and_the_items_of_one_known_return_is_that_return(shop, copies, spelling):
    known = give(shop, created=FRACTION)
    before = key(shop, known)
    shop.run()
    copies.rewrite(known, **spelling)
    after = key(shop, known)
    assert after != before
    ran = shop.run()
    assert (ran["exit_code"], ran["sources"]["shop-nl"]["new"], labelled(shop)) == (0, 0, 1)
    # It is found by its new key too.
    assert before in shop("show", after, "--json").out


def test_a_rewritten_return_that_is_cancelled_is_known_as_cancelled(shop, copies, sandbox):
    known = give(shop, created=FRACTION)
    shop.run()
    copies.rewrite(known, postal_code="1614XX")
    sandbox.sendcloud.touch(known, word="open/cancelled")
    shop.run()
    assert causes(shop) == ["cancelled-after-announcement"]


def test_a_single_read_alone_finds_a_return_that_was_rewritten(shop, copies):
    known = give(shop, created=FRACTION)
    before = key(shop, known)
    shop.run()
    copies.rewrite(known, postal_code="1614XX")
    assert shop("replay", before).code == 0
    assert (labelled(shop), causes(shop)) == (1, [])


def test_both_spellings_in_one_listing_are_one_return(shop, copies):
    known = give(shop, created=FRACTION)
    copies.show_again(known)
    copies.rewrite(known, postal_code="1614XX")
    assert shop.run()["exit_code"] == 0
    assert labelled(shop) == 1


@pytest.mark.parametrize("created", [FRACTION, WHOLE])
def test_another_return_of_the_same_instant_that_is_shown_together_with_it_is_another_return(shop, created):
    give(shop, created=created)
    shop.run()
    give(shop, created=created, order="1001", sku=OTHER, postal="9999 XX")
    ran = shop.run()
    assert (ran["exit_code"], labelled(shop)) == (0, 2)


def test_two_new_returns_of_one_instant_are_two_also_with_the_same_article(shop, sandbox):
    for order in ("1001", "1002"):
        record = parcel_return(item(SKU, order, item_id=None), order=order, created=FRACTION)
        sandbox.sendcloud.add(record)
    assert shop.run()["exit_code"] == 0
    assert labelled(shop) == 2


def test_a_new_return_in_two_spellings_is_one(shop, copies):
    known = give(shop, created=FRACTION)
    copies.show_again(known)
    copies.rewrite(known, number="#1001", postal_code="1614XX")
    shop.run()
    assert labelled(shop) == 1


def test_a_return_that_waits_is_not_announced_while_a_record_may_be_it(shop, sandbox):
    waiting = give(shop, created=FRACTION, order="1003")
    shop.run()
    sandbox.sendcloud.remove(waiting)
    other = key(shop, give(shop, created=FRACTION, sku=OTHER))
    shop.run()
    sandbox.monta.add(monta_order("1003", monta_line(SKU, quantity=5)))
    with later(hours=3):
        shop.run()
    assert (labelled(shop), causes(shop)) == (0, ["identity-unclear"])
    shop("held", "release", other)
    with later(hours=6):
        shop.run()
    assert labelled(shop) == 1


@pytest.mark.parametrize(("created", "number"), [(FRACTION, "1002"), (WHOLE, "#01001")])
def test_a_record_of_the_instant_of_a_known_return_that_is_not_shown_is_held(shop, sandbox, created, number):
    known = give(shop, created=created)
    shop.run()
    sandbox.sendcloud.remove(known)
    other = give(shop, created=created, order=number, sku=OTHER)
    assert shop.run()["exit_code"] == 1
    (held,) = shop.held()
    assert (held["cause"], held["code"], held["order_number"]) == ("identity-unclear", key(shop, other), number)
    assert key(shop, other) in held["next_step"]
    assert labelled(shop) == 1


def test_a_whole_second_with_another_number_is_another_return(shop, sandbox):
    known = give(shop, created=WHOLE)
    shop.run()
    sandbox.sendcloud.remove(known)
    give(shop, created=WHOLE, order="1002")
    assert shop.run()["exit_code"] == 0
    assert labelled(shop) == 2


def test_a_postal_code_that_is_rewritten_is_unclear_where_the_instant_is_a_whole_second(shop, copies):
    known = give(shop, created=WHOLE)
    shop.run()
    copies.rewrite(known, postal_code="1614XX")
    shop.run()
    assert (labelled(shop), causes(shop)) == (1, ["identity-unclear"])


# -- what is unclear goes on -------------------------------------------------------------------------------------------


@pytest.fixture
def unclear(shop, sandbox) -> str:
    """A record that may be a known return; its key. The known one is hidden, and can be shown again."""
    known = give(shop, created=FRACTION)
    shop.run()
    sandbox.sendcloud.hides_cancelled = True
    sandbox.sendcloud.touch(known, word="open/cancelled")
    other = key(shop, give(shop, created=FRACTION, order="1002", sku=OTHER))
    with later(minutes=1):
        shop.run()
        assert "identity-unclear" in causes(shop)
    return other


@pytest.mark.usefixtures("unclear")
def test_it_goes_on_once_the_known_return_is_shown_beside_it(shop, sandbox):
    sandbox.sendcloud.hides_cancelled = False
    shop.run()
    assert (labelled(shop), causes(shop)) == (2, ["cancelled-after-announcement"])


def test_a_person_who_names_it_says_that_it_is_another_return(shop, unclear):
    assert shop("held", "retry", unclear).code == 0
    for minutes in (2, 4):
        with later(minutes=minutes):
            shop.run()
            assert (labelled(shop), "identity-unclear" in causes(shop)) == (2, False)


@pytest.mark.usefixtures("unclear")
def test_to_retry_all_that_is_held_says_nothing_of_it(shop):
    assert shop("held", "retry", "--all").code == 0
    with later(minutes=2):
        shop.run()
        assert (labelled(shop), "identity-unclear" in causes(shop)) == (1, True)


def test_a_person_who_releases_it_is_asked_no_more(shop, sandbox, unclear):
    assert shop("held", "release", unclear).code == 0
    sandbox.sendcloud.touch(list(sandbox.sendcloud.returns)[-1], word="open/shipment-on-route")
    sandbox.sendcloud.hides_cancelled = False
    shop.run()
    assert (labelled(shop), causes(shop)) == (1, ["cancelled-after-announcement"])


# -- one key twice in one listing --------------------------------------------------------------------------------------


def twice(shop: Shop) -> str:
    """Two returns under one key, with different items; the id of the one that can be taken away."""
    give(shop, created=FRACTION)
    return give(shop, created=FRACTION, sku=OTHER)


@pytest.mark.parametrize(("word", "labels"), [("open/shipment-on-route", 1), ("open/cancelled", 0)])
def test_two_records_of_one_key_and_the_same_items_are_one_return_as_the_newer_has_it(
    shop, copies, sandbox, word, labels
):
    known = give(shop, created=FRACTION)
    copies.show_again(known)
    sandbox.sendcloud.touch(known, word=word)
    for _ in range(2):  # the second listing shows them in the other order
        assert shop.run()["exit_code"] == 0
    assert labelled(shop) == labels


def test_two_records_of_one_key_with_different_items_are_held_until_one_is_shown(shop, sandbox):
    second = twice(shop)
    for _ in range(2):
        shop.run()
        assert (labelled(shop), causes(shop)) == (0, ["identity-unclear"])
    assert shop("replay", key(shop, second)).code in {0, 1, 2}
    assert labelled(shop) == 0
    sandbox.sendcloud.remove(second)
    shop.run()
    assert (labelled(shop), causes(shop)) == (1, [])


def test_two_records_of_one_key_on_two_pages_are_held(shop, sandbox):
    give(shop, created=FRACTION)
    for index in range(39):
        waiting = parcel_return(order=f"77{index}", created=FRACTION, status="requested", parcel="no-label")
        sandbox.sendcloud.add(waiting)
    give(shop, created=FRACTION, sku=OTHER)
    for _ in range(2):
        shop.run()
        assert (labelled(shop), causes(shop)) == (0, ["identity-unclear"])


def test_two_records_of_one_key_that_a_person_released_are_left_alone(shop):
    key_of_both = key(shop, twice(shop))
    shop.run()
    assert shop("held", "release", key_of_both).code == 0
    shop.run()
    assert (labelled(shop), causes(shop)) == (0, [])
