"""Sendcloud gives no ids: which return a record is when its number or its postal code is written in another way."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from shop import later

from returnsync.platforms.sendcloud.translation import identity
from returnsync.sandbox import Fault
from returnsync.sandbox.sendcloud_records import item, parcel_return
from returnsync.sandbox.world import monta_line, monta_order

if TYPE_CHECKING:
    from shop import Shop

SKU, OTHER = "SHIRT-BL-M", "JEANS-32-34"
# The number of units that come back is never guessed.
UNREADABLE = [item(SKU, "1001", quantity=None)]
FRACTION = datetime.now(UTC).replace(microsecond=123_000) - timedelta(hours=2)
WHOLE = FRACTION.replace(microsecond=0)


@pytest.fixture
def shop(shop, sandbox) -> Shop:
    """A shop where more was ordered than comes back, so that only its identity keeps a return from a second label."""
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
    # It is found by its new key too, and by either key its record at the platform is found.
    for name in (before, after):
        (story,) = shop("show", name, "--raw", "--json").json
        assert (story["return_id"], [record["order_number"] for record in story["raw"]]) == (
            before,
            [shop.sandbox.sendcloud.returns[known]["order_number"]],
        )


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
    shop("held", "release", other, "--yes")
    with later(hours=6):
        shop.run()
    # Then it is read again, and its platform no longer has it.
    assert (labelled(shop), causes(shop)) == (0, ["vanished-at-platform"])


def test_every_known_return_that_a_record_may_be_waits_and_is_named(shop, sandbox):
    keys, waiting = [], []
    for order, sku in (("1003", SKU), ("1004", OTHER)):
        waiting.append(give(shop, created=FRACTION, order=order, sku=sku))
        keys.append(key(shop, waiting[-1]))
    shown = give(shop, created=FRACTION, order="1002", sku="TSHIRT-XL")
    shop.run()
    for one in waiting:
        sandbox.sendcloud.remove(one)
    record = parcel_return(item("OTHER-1", "1001"), order="1001", created=FRACTION)
    sandbox.sendcloud.add(record)
    sandbox.monta.add(monta_order("1003", monta_line(SKU)))
    sandbox.monta.add(monta_order("1004", monta_line(OTHER)))
    with later(hours=3):
        shop.run()
        (held,) = [one for one in shop.held() if one["cause"] == "identity-unclear"]
        assert all(one in held["what"] for one in keys)
        assert key(shop, shown) not in held["what"]
        assert all(f"--same-as {one}" in held["next_step"] for one in keys)
        assert labelled(shop) == 0


def test_a_record_that_is_spelt_as_before_again_is_held_no_longer(shop, copies):
    known = give(shop, created=WHOLE)
    shop.run()
    copies.rewrite(known, postal_code="1614XX")
    shop.run()
    assert causes(shop) == ["identity-unclear"]
    copies.rewrite(known, postal_code="1614 XX")
    shop.run()
    assert (labelled(shop), causes(shop)) == (1, [])


@pytest.mark.parametrize("sku", [SKU, SKU.lower()])
def test_an_item_id_that_goes_and_a_sku_in_another_case_are_the_same_items(shop, sandbox, sku):
    shop.source["sku_case"] = "ignore"
    known = give(shop, created=FRACTION)
    shop.run()
    sandbox.sendcloud.copies.show_again(known)
    sandbox.sendcloud.copies.rewrite(known, number="#1001", postal_code="1614XX")
    sandbox.sendcloud.returns[known]["parcel_items"] = [item(sku, "1001", item_id=None)]
    ran = shop.run()
    assert (ran["exit_code"], labelled(shop)) == (0, 1)


def test_a_known_return_and_one_of_its_instant_and_items_for_another_order_are_held_where_both_are_shown(shop):
    give(shop, created=FRACTION)
    shop.run()
    record = parcel_return(item(SKU, "1002", item_id=None), order="1002", created=FRACTION)
    record["parcel_items"][0]["item_id"] = None
    other = shop.sandbox.sendcloud.add(record)
    for minutes in (0, 2, 62):  # single reads beside the listing do not know the other one
        with later(minutes=minutes):
            assert shop.run()["exit_code"] == 1
            assert (labelled(shop), causes(shop)) == (1, ["identity-unclear"])
    shop("replay", "1002")
    shop("held", "retry", "--all")
    shop.run()
    assert (labelled(shop), causes(shop)) == (1, ["identity-unclear"])
    assert shop("held", "resolve", "identity-unclear", key(shop, other), "--another").code == 0
    shop.run()
    assert (labelled(shop), causes(shop)) == (2, [])


def test_a_listing_that_is_cut_short_takes_nobody_for_a_rewritten_return_of_another_order(shop, sandbox):
    shop.source["start_from"] = FRACTION - timedelta(days=1)
    give(shop, created=FRACTION)
    shop.run()
    # One of the two is on the first page, and which one it is varies.
    for index in range(39):
        sandbox.sendcloud.add(parcel_return(order=f"77{index}", created=FRACTION + timedelta(seconds=1 + index)))
    sandbox.sendcloud.add(parcel_return(item(SKU, "1002", item_id=None), order="1002", created=FRACTION))
    for _ in range(3):
        listed = sandbox.counts.calls("sendcloud.list")
        sandbox.faults.add(Fault("sendcloud.list", "status", call=listed + 2, status=500))
        assert shop.run()["exit_code"] == 75
        assert {"moved-order", "cancelled-after-announcement"}.isdisjoint(causes(shop))


def test_two_spellings_that_stay_listed_write_nothing_in_later_runs(shop, copies):
    known = give(shop, created=FRACTION)
    shop.run()
    copies.show_again(known)
    copies.rewrite(known, number="#1001", postal_code="1614XX")
    shop.run()
    for _ in range(3):  # each listing shows them in the other order
        assert shop.run()["sources"]["shop-nl"]["changed"] == 0


def test_what_could_not_be_read_under_a_new_key_is_held_no_longer_once_it_can_be(shop, copies):
    known = give(shop, created=FRACTION)
    shop.run()
    copies.rewrite(known, postal_code="1614XX")
    shop.run()
    row = shop.sandbox.sendcloud.returns[known]
    items, row["parcel_items"] = row["parcel_items"], UNREADABLE
    shop.run()
    assert causes(shop) == ["unreadable"]
    row["parcel_items"] = items
    with later(hours=2):
        shop.run()
    assert (labelled(shop), causes(shop)) == (1, [])


def test_a_return_waits_while_its_newest_record_cannot_be_read_also_under_a_new_key(shop, copies, sandbox):
    known = give(shop, created=FRACTION, order="1003")
    shop.run()
    copies.rewrite(known, postal_code="1614XX")
    shop.run()
    row = sandbox.sendcloud.returns[known]
    items, row["parcel_items"] = row["parcel_items"], UNREADABLE
    sandbox.monta.add(monta_order("1003", monta_line(SKU)))
    with later(hours=3):
        shop.run()
        assert (labelled(shop), causes(shop)) == (0, ["unreadable"])
    copies.rewrite(known, postal_code="1614 XX")  # its first spelling again
    row["parcel_items"] = items
    with later(hours=6):
        shop.run()
        assert (labelled(shop), causes(shop)) == (1, [])


def test_with_a_record_that_cannot_be_read_its_unannounced_return_is_released(shop, sandbox):
    known = give(shop, created=FRACTION, order="1003")
    shop.run()
    sandbox.sendcloud.returns[known]["parcel_items"] = UNREADABLE
    sandbox.monta.add(monta_order("1003", monta_line(SKU)))
    with later(hours=3):
        shop.run()
        assert shop("held", "release", key(shop, known), "--yes").code == 0
    with later(hours=6):
        assert shop.run()["exit_code"] == 0
        assert labelled(shop) == 0


def test_a_return_whose_postal_code_is_gone_for_a_while_has_not_vanished(shop, sandbox):
    known = give(shop, created=FRACTION, order="1003")
    shop.run()
    sandbox.sendcloud.returns[known]["from_address"]["postal_code"] = None
    with later(hours=25):
        shop.run()
        assert "vanished-at-platform" not in causes(shop)


def test_a_return_is_found_by_the_key_that_it_has_now_where_another_has_its_instant(shop, copies):
    known = give(shop, created=FRACTION)
    give(shop, created=FRACTION, order="1002", sku=OTHER)
    before = key(shop, known)
    shop.run()
    copies.rewrite(known, postal_code="1614XX")
    shop.run()
    with later(minutes=5):
        assert shop("replay", before).code == 0
    assert (labelled(shop), causes(shop)) == (2, [])


def test_a_known_return_that_is_shown_and_cannot_be_read_is_not_gone(shop, sandbox):
    known = give(shop, created=FRACTION)
    shop.run()
    row = sandbox.sendcloud.returns[known]
    row["parcel_items"] = UNREADABLE
    sandbox.sendcloud.add(parcel_return(item(SKU, "1002", item_id=None), order="1002", created=FRACTION))
    shop.run()
    assert (labelled(shop), sorted(causes(shop))) == (1, ["identity-unclear", "unreadable"])


def test_what_could_not_be_read_is_held_no_longer_where_another_has_its_instant_and_it_is_spelt_as_before(shop, copies):
    known = give(shop, created=FRACTION)
    give(shop, created=FRACTION, order="1002", sku=OTHER)
    shop.run()
    row = shop.sandbox.sendcloud.returns[known]
    copies.rewrite(known, postal_code="1614XX")
    shop.run()
    items, row["parcel_items"] = row["parcel_items"], UNREADABLE
    shop.run()
    assert causes(shop) == ["unreadable"]
    copies.rewrite(known, postal_code="1614 XX")
    row["parcel_items"] = items
    for hours in (2, 4):
        with later(hours=hours):
            shop.run()
    assert (labelled(shop), causes(shop)) == (2, [])


def test_a_persons_decision_counts_for_every_source_that_shows_the_record(shop, monkeypatch):
    monkeypatch.setenv("OTHER_KEY", shop.environment["SHOP_SENDCLOUD_PUBLIC_KEY"])
    first = tomllib.loads(shop.write_config().read_text(encoding="utf-8"))["sources"]["shop-nl"]
    shop.more["sources"] = {"shop-nl": first, "shop-be": first | {"public_key": "env:OTHER_KEY"}}
    known = give(shop, created=WHOLE, order="1003")
    shop.run()
    shop.sandbox.sendcloud.copies.rewrite(known, postal_code="1614XX")
    shop.run()
    assert causes(shop) == ["identity-unclear"] * 2
    assert shop("held", "resolve", "identity-unclear", key(shop, known), "--another").code == 0
    with later(minutes=2):
        shop.run()
        assert causes(shop) == []


def test_a_word_about_what_is_not_held_says_where_to_look(shop):
    ran = shop("held", "resolve", "identity-unclear", "nothing", "--another")
    assert (ran.code, f"See:\n    returnsync held --config {shop.config}\n" in ran.err) == (2, True)


def test_a_listing_that_is_cut_short_keeps_what_it_read(shop, sandbox):
    shop.source["start_from"] = FRACTION - timedelta(days=1)
    for index in range(45):
        sandbox.sendcloud.add(parcel_return(order="1001", created=FRACTION + timedelta(seconds=index)))
    sandbox.faults.add(Fault("sendcloud.list", "status", call=2, status=500))
    ran = shop.run()
    assert ran["exit_code"] == 75
    assert 0 < ran["sources"]["shop-nl"]["new"] < 45


@pytest.mark.parametrize(("created", "number"), [(FRACTION, "1002"), (WHOLE, "#01001")])
def test_a_record_of_the_instant_of_a_known_return_that_is_not_shown_is_held(shop, sandbox, created, number):
    known = give(shop, created=created)
    before = key(shop, known)
    shop.run()
    sandbox.sendcloud.remove(known)
    other = give(shop, created=created, order=number, sku=OTHER)
    assert shop.run()["exit_code"] == 1
    (held,) = shop.held()
    assert (held["cause"], held["code"], held["order_number"]) == ("identity-unclear", key(shop, other), number)
    assert key(shop, other) in held["next_step"]
    assert labelled(shop) == 1
    # A record that may be the return is only shown by its own key, never as the record of that return.
    (story,) = shop("show", before, "--raw", "--json").json
    assert (story["raw"], story["raw_error"]["exit_code"]) == ([], 2)
    (story,) = shop("show", key(shop, other), "--raw", "--json").json
    assert [record["order_number"] for record in story["raw"]] == [number]


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


# -- how an unclear record goes on -------------------------------------------------------------------------------------


@pytest.fixture
def unclear(shop, sandbox) -> str:
    """Make a record that may be a known return; give its key. The known one is hidden, and can be shown again."""
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


def test_a_person_may_say_that_it_is_another_return(shop, unclear):
    assert shop("held", "resolve", "identity-unclear", unclear, "--another").code == 0
    for minutes in (2, 4):
        with later(minutes=minutes):
            shop.run()
            assert (labelled(shop), "identity-unclear" in causes(shop)) == (2, False)


def test_a_person_may_say_which_known_return_it_is(shop, sandbox):
    known = give(shop, created=WHOLE, order="1003")
    before = key(shop, known)
    shop.run()
    sandbox.sendcloud.copies.rewrite(known, postal_code="1614XX")
    sandbox.sendcloud.touch(known, word="open/cancelled")
    sandbox.monta.add(monta_order("1003", monta_line(SKU)))
    with later(hours=3):
        shop.run()
        assert (labelled(shop), causes(shop)) == (0, ["identity-unclear"])
        after = key(shop, known)
        assert shop("held", "resolve", "identity-unclear", after, "--same-as", "another").code == 2
        assert shop("held", "resolve", "identity-unclear", after, "--same-as", before).code == 0
    with later(hours=3, minutes=1):
        # Its present version was read before anything of it was announced.
        assert shop.run()["exit_code"] == 0
        assert (labelled(shop), causes(shop)) == (0, [])


def test_a_persons_last_request_before_the_next_run_counts(shop, unclear):
    (held,) = [one for one in shop.held() if one["cause"] == "identity-unclear"]
    known = held["next_step"].split("--same-as ")[1].split(". ")[0]
    assert shop("held", "resolve", "identity-unclear", unclear, "--same-as", known).code == 0
    assert shop("held", "resolve", "identity-unclear", unclear, "--another").code == 0
    with later(minutes=2):
        shop.run()
        assert labelled(shop) == 2
        assert shop("held", "resolve", "identity-unclear", unclear, "--same-as", known).code == 2


def test_what_is_held_stays_held_while_another_of_its_instant_is_replayed_or_it_becomes_unreadable(shop, sandbox):
    waiting = give(shop, created=FRACTION, order="1003")
    sandbox.sendcloud.add(parcel_return(item(SKU, "1002", quantity=2), order="1002", created=FRACTION))
    shop.run()
    sandbox.sendcloud.remove(waiting)
    other = give(shop, created=FRACTION, sku=OTHER)
    shop.run()
    shop("replay", "1002")
    assert "identity-unclear" in causes(shop)
    sandbox.sendcloud.returns[other]["parcel_items"] = UNREADABLE
    sandbox.monta.add(monta_order("1003", monta_line(SKU)))
    for hours in (3, 6):
        with later(hours=hours):
            shop.run()
            assert "unreadable" in causes(shop)
            assert [one.order for one in shop.forecasts] == ["1002"]


@pytest.mark.parametrize(
    "words", [["KEY"], ["KEY", "--another", "--same-as", "X"], ["--another"], ["KEY", "--none-made"]]
)
def test_what_is_said_of_it_has_to_be_one_thing(shop, unclear, words):
    ran = shop("held", "resolve", "identity-unclear", *[unclear if word == "KEY" else word for word in words])
    assert ran.code == 2
    assert "--same-as" in ran.err


@pytest.mark.parametrize("which", [["--all"], ["KEY"]])
def test_to_retry_it_says_nothing_of_it(shop, unclear, which):
    assert shop("held", "retry", *[unclear if word == "KEY" else word for word in which]).code == 0
    with later(minutes=2):
        shop.run()
        assert (labelled(shop), "identity-unclear" in causes(shop)) == (1, True)


def test_a_person_who_releases_it_is_not_asked_again(shop, sandbox, unclear):
    assert shop("held", "release", unclear, "--yes").code == 0
    sandbox.sendcloud.touch(list(sandbox.sendcloud.returns)[-1], word="open/shipment-on-route")
    sandbox.sendcloud.hides_cancelled = False
    shop.run()
    assert (labelled(shop), causes(shop)) == (1, ["cancelled-after-announcement"])


def test_a_release_of_it_that_is_taken_back_holds_it_again_and_announces_nothing(shop, unclear):
    for _ in range(2):
        assert shop("held", "release", unclear, "--yes").code == 0
        shop.run()
        before = labelled(shop)
        assert shop("held", "take-back", unclear).code == 0
        with later(minutes=2):
            shop.run()
        assert (labelled(shop), "identity-unclear" in causes(shop)) == (before, True)


# -- one key twice in one listing --------------------------------------------------------------------------------------


def twice(shop: Shop) -> str:
    """Make two returns with one key and different items; give the id of the one that can be removed."""
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
    shop("replay", key(shop, second))
    assert (labelled(shop), causes(shop)) == (0, ["identity-unclear"])
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
    assert shop("held", "release", key_of_both, "--yes").code == 0
    for _ in range(3):
        shop.run()
        assert (labelled(shop), causes(shop)) == (0, [])


def test_two_records_of_one_key_are_held_again_once_their_release_is_taken_back(shop, sandbox):
    second = twice(shop)
    shop.run()
    assert shop("held", "release", "--all", "--yes").code == 0
    shop.run()
    assert shop("held", "take-back", "--cause", "identity-unclear").code == 0
    shop.run()
    assert (labelled(shop), causes(shop)) == (0, ["identity-unclear"])
    sandbox.sendcloud.remove(second)
    shop.run()
    assert (labelled(shop), causes(shop)) == (1, [])


def test_two_records_of_one_key_that_a_person_released_are_left_alone_under_another_key(shop, sandbox):
    second = twice(shop)
    shop.run()
    shop("held", "release", key(shop, second), "--yes")
    sandbox.sendcloud.remove(second)
    (left,) = sandbox.sendcloud.returns
    sandbox.sendcloud.copies.rewrite(left, postal_code="1614XX")
    assert shop.run()["exit_code"] == 0
    assert labelled(shop) == 0


def test_another_order_of_the_instant_and_items_that_a_person_released_is_a_return_of_its_own(shop, sandbox, unclear):
    shop("held", "release", unclear, "--yes")
    sandbox.monta.add(monta_order("1009", monta_line(OTHER)))
    record = parcel_return(item(OTHER, "1009", item_id=None), order="1009", created=FRACTION)
    sandbox.sendcloud.add(record)
    sandbox.sendcloud.hides_cancelled = False
    with later(minutes=2):
        shop.run()
        assert [one.order for one in shop.forecasts] == ["1001", "1009"]


def test_of_two_released_records_of_one_key_one_with_new_items_is_news(shop, sandbox):
    second = twice(shop)
    shop.run()
    shop("held", "release", key(shop, second), "--yes")
    sandbox.sendcloud.touch(second, parcel_items=[item(OTHER, "1001", quantity=2)])
    shop.run()
    assert (labelled(shop), causes(shop)) == (0, ["identity-unclear"])


@pytest.mark.parametrize("send_updates", [False, True])
def test_a_known_return_goes_on_beside_another_of_its_key_that_a_person_released(shop, sandbox, send_updates):
    shop.source["send_updates"] = send_updates
    known = give(shop, created=FRACTION)
    shop.run()
    give(shop, created=FRACTION, sku=OTHER)
    shop.run()
    assert causes(shop) == ["identity-unclear"]
    shop("held", "release", key(shop, known), "--yes")
    for _ in range(3):
        shop.run()
        assert (labelled(shop), causes(shop)) == (1, [])
    assert [line["ReturnQuantity"] for line in shop.forecasts[0].lines] == [1]
    sandbox.sendcloud.touch(known, word="open/cancelled")
    shop.run()
    assert causes(shop) == ["cancelled-after-announcement"]
