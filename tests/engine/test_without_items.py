"""Returns without items, as Sendcloud's panel and shops' own calls make them: held, or announced as a whole."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from shop import later

from returnsync.platforms.records import UntranslatableError, unreadable
from returnsync.platforms.sendcloud.translation import identity
from returnsync.sandbox import Fault
from returnsync.sandbox.records import line_id_of
from returnsync.sandbox.sendcloud_records import item, manual_return, parcel_return
from returnsync.sandbox.world import monta_line, monta_order

if TYPE_CHECKING:
    from shop import Shop

SHIRT, JEANS, FLYER, PART = "SHIRT-BL-M", "JEANS-32-34", "FLYER-AUTUMN", "SOCK-A"
WHOLE = {"without_items": "whole-order"}


@pytest.fixture
def shop(shop) -> Shop:
    shop.sandbox.monta.add(
        monta_order(
            "1001",
            monta_line(SHIRT, 2),
            monta_line(JEANS),
            monta_line(PART, line_id=None, description="Gift set: sock"),
            monta_line(FLYER, line_id=None, flyer=True),
        )
    )
    return replace(shop, platforms=("sendcloud",), source={"own_label": "replace"})


def give(shop: Shop, **fields) -> str:
    return shop.sandbox.sendcloud.add(manual_return(**fields))


def announced(shop: Shop, *, last: bool = False) -> dict[str, int]:
    """The units, by SKU, of our only forecast, or of the last one."""
    ours = [forecast for forecast in shop.forecasts if forecast.code.startswith("shop-nl")]
    assert last or len(ours) <= 1
    skus = {line_id_of("1001", sku): sku for sku in (SHIRT, JEANS)}
    return {skus[line["WebshopOrderLineId"]]: line["ReturnQuantity"] for line in (ours[-1].lines if ours else ())}


# ---- held, unless a setting says more


@pytest.mark.parametrize("items", [None, []], ids=["no list", "an empty list"])
def test_a_return_without_items_is_held_under_its_order_number_and_sends_nothing(shop, items):
    give(shop, items=items)
    assert shop.run()["exit_code"] == 1
    (held,) = shop.held()
    assert (held["order_number"], held["cause"]) == ("1001", "no-items")
    assert "lists no items" in held["what"]
    assert "without_items" in held["next_step"]
    assert shop.sandbox.counts.calls("monta.order") == 0
    assert shop.forecasts == []
    assert shop("show", "1001").code == 0


@pytest.mark.parametrize(
    ("fields", "progress"),
    [
        ({"status": "requested", "parcel": "no-label"}, ["waiting"]),
        ({"parcel": "delivered"}, ["left_alone"]),
        ({"created": datetime.now(UTC) - timedelta(days=40)}, []),
        ({"delivery_option": "in_store"}, ["left_alone"]),
    ],
    ids=["not approved", "delivered", "before the start", "handed in"],
)
def test_what_is_not_to_be_announced_anyway_is_not_held_for_its_items(shop, fields, progress):
    give(shop, **fields)
    shop.run("--yes")
    assert shop.held() == []
    shown = json.loads(shop("show", "1001", "--json").out)
    assert [item["progress"] for story in shown for item in story["announcements"]] == progress


def test_one_that_is_cancelled_while_it_is_held_is_held_no_longer(shop):
    known = give(shop)
    shop.run()
    shop.sandbox.sendcloud.touch(known, word="open/cancelled")
    shop.run()
    assert shop.held() == []
    assert shop.forecasts == []


def test_its_status_is_asked_before_its_items(shop):
    give(shop, parcel="no-label")
    shop.run()
    assert shop.causes() == {"1001": "status-unknown"}


def test_items_that_are_added_before_the_announcement_let_it_go_on(shop):
    known = give(shop)
    shop.run()
    shop.sandbox.sendcloud.returns[known]["parcel_items"] = [item(JEANS, "1001")]
    shop.run()
    assert announced(shop) == {JEANS: 1}
    assert shop.held() == []


def test_items_that_are_no_longer_listed_before_the_announcement_hold_it_whatever_the_setting(shop):
    shop.sandbox.monta.remove("1001")
    known = shop.sandbox.sendcloud.add(parcel_return(item(JEANS, "1001")))
    shop.source |= WHOLE
    shop.run()
    shop.sandbox.sendcloud.returns[known]["parcel_items"] = []
    shop.run()
    (held,) = shop.held()
    assert held["cause"] == "no-items"
    assert "before" in held["what"]
    shop("held", "retry", held["code"])
    shop.run()
    assert shop.causes() == {"1001": "no-items"}
    assert shop.forecasts == []


def test_items_that_are_no_longer_listed_after_the_announcement_change_nothing(shop):
    known = shop.sandbox.sendcloud.add(parcel_return(item(JEANS, "1001")))
    shop.source |= WHOLE | {"send_updates": True}
    shop.run()
    shop.sandbox.sendcloud.returns[known]["parcel_items"] = []
    assert shop.run()["exit_code"] == 0
    assert announced(shop) == {JEANS: 1}
    assert shop.sandbox.counts.calls("monta.update") == 0


# ---- the whole order


def test_the_whole_order_is_announced_without_what_the_warehouse_added_to_it(shop):
    give(shop, reason={"id": 11, "description": "Changed my mind"})
    shop.source |= WHOLE
    assert shop.run()["exit_code"] == 0
    assert announced(shop) == {SHIRT: 2, JEANS: 1}
    (ours,) = shop.forecasts
    assert {line["ReturnReason"] for line in ours.lines} == {"Changed my mind"}
    assert len(shop.sandbox.monta.labels) == 1
    for _ in range(2):
        shop.run()
    shop.assert_nothing_twice()


def test_without_a_reason_of_its_own_it_goes_as_no_reason(shop):
    give(shop, reason=None)
    shop.source |= WHOLE
    shop.run()
    (ours,) = shop.forecasts
    assert {line["ReturnReason"] for line in ours.lines} == {"No reason"}


@pytest.mark.parametrize("shape", ["create", "list"])
def test_what_this_source_announced_of_the_order_is_left_out(shop, shape):
    shop.sandbox.monta.forecast_shape = shape
    first = shop.sandbox.sendcloud.add(
        parcel_return(item(SHIRT, "1001"), created=datetime.now(UTC) - timedelta(hours=3))
    )
    shop.source |= WHOLE
    shop.run()
    assert announced(shop) == {SHIRT: 1}, first
    give(shop)
    assert shop.run()["exit_code"] == 0
    assert announced(shop, last=True) == {SHIRT: 1, JEANS: 1}


@pytest.mark.parametrize(
    "lines", [{line_id_of("1001", SHIRT): 1}, {None: 1}, {}], ids=["a line", "no goods", "no lines"]
)
def test_what_anybody_else_announced_of_the_order_holds_it(shop, lines):
    shop.sandbox.monta.announce("by-hand", "1001", lines)
    give(shop)
    shop.source |= WHOLE
    shop.run()
    (held,) = shop.held()
    assert held["cause"] == "covered-elsewhere"
    assert "by-hand" in held["what"]
    assert announced(shop) == {}
    assert shop.sandbox.monta.labels == []


def test_goods_that_are_announced_as_the_part_of_a_bundle_are_not_announced_with_the_bundle(shop):
    shop.sandbox.monta.remove("1001")
    shop.sandbox.monta.add(monta_order("1001", monta_line(SHIRT), monta_line(JEANS)))
    shop.sandbox.sendcloud.add(parcel_return(item(JEANS, "1001"), created=datetime.now(UTC) - timedelta(hours=3)))
    shop.source |= WHOLE | {"bundles": {SHIRT: {JEANS: 1}}}
    shop.run()
    give(shop)
    shop.run()
    assert announced(shop) == {JEANS: 1}
    assert shop.causes() == {"1001": "covered-elsewhere"}


@pytest.mark.parametrize("which", ["a line", "the part of a bundle", "the order"])
def test_an_order_of_which_something_is_on_backorder_is_never_announced_whole(shop, which):
    shop.sandbox.monta.remove("1001")
    shirt, jeans = monta_line(SHIRT), monta_line(JEANS)
    marked = {"a line": shirt, "the part of a bundle": jeans}.get(which, {})
    marked["Backorder"] = True
    shop.sandbox.monta.add(monta_order("1001", shirt, jeans, Backorder=which == "the order"))
    give(shop)
    shop.source |= WHOLE | {"bundles": {SHIRT: {JEANS: 1}}}
    shop.run()
    assert shop.causes() == {"1001": "no-items"}
    assert shop.forecasts == []


def test_of_two_returns_of_one_order_the_second_is_held_since_nothing_is_left(shop):
    for minutes in (30, 60):
        give(shop, created=datetime.now(UTC) - timedelta(minutes=minutes))
    shop.source |= WHOLE
    shop.run()
    assert announced(shop) == {SHIRT: 2, JEANS: 1}
    (held,) = shop.held()
    assert held["cause"] == "no-items"
    assert "announced already" in held["what"]
    assert shop.forecasts[0].code in held["what"]


def test_a_return_with_items_of_an_order_that_is_announced_whole_is_held(shop):
    give(shop, created=datetime.now(UTC) - timedelta(minutes=90))
    shop.source |= WHOLE
    shop.run()
    shop.sandbox.sendcloud.add(parcel_return(item(JEANS, "1001")))
    shop.run()
    assert shop.causes() == {"1001": "too-many-units"}


def test_an_order_of_lines_without_ids_is_held(shop):
    shop.sandbox.monta.remove("1001")
    shop.sandbox.monta.add(monta_order("1001", monta_line(SHIRT, line_id=None), monta_line(FLYER, flyer=True)))
    give(shop)
    shop.source |= WHOLE
    shop.run()
    assert shop.causes() == {"1001": "line-unmatched"}


@pytest.mark.parametrize(("socks", "cause"), [(1, None), (2, "line-ambiguous")])
def test_parts_that_are_beside_their_bundle_count_once(shop, socks, cause):
    shop.sandbox.monta.remove("1001")
    shop.sandbox.monta.add(monta_order("1001", monta_line(SHIRT), monta_line(JEANS, socks)))
    shop.source |= WHOLE | {"bundles": {SHIRT: {JEANS: 1}}}
    give(shop)
    shop.run()
    if cause is None:
        assert announced(shop) == {SHIRT: 1}
    else:
        assert shop.causes() == {"1001": cause}


def test_items_that_appear_after_the_announcement_are_a_change_of_its_lines(shop):
    known = give(shop)
    shop.source |= WHOLE
    shop.run()
    shop.sandbox.sendcloud.returns[known]["parcel_items"] = [item(JEANS, "1001")]
    shop.run()
    assert shop.causes() == {"1001": "changed-after-announcement"}
    assert announced(shop) == {SHIRT: 2, JEANS: 1}


def test_with_updates_the_items_that_appear_replace_the_whole_order(shop):
    known = give(shop)
    shop.source |= WHOLE | {"send_updates": True}
    shop.run()
    shop.sandbox.sendcloud.returns[known]["parcel_items"] = [item(JEANS, "1001")]
    assert shop.run()["exit_code"] == 0
    assert announced(shop) == {JEANS: 1}


def test_a_held_return_goes_on_when_a_person_asks_once_the_setting_says_more(shop):
    give(shop)
    shop.run()
    shop.source |= WHOLE
    shop.run()
    assert shop.causes() == {"1001": "no-items"}
    assert shop("held", "retry", "--cause", "no-items").code == 0
    shop.run()
    assert announced(shop) == {SHIRT: 2, JEANS: 1}


def test_a_dry_run_shows_the_whole_order_and_sends_nothing(shop):
    give(shop)
    shop.source |= WHOLE
    (decision,) = shop.run("--dry-run")["decisions"]
    assert decision["would"] == "announce"
    assert {line["sku"]: line["quantity"] for line in decision["lines"]} == {SHIRT: 2, JEANS: 1}
    assert shop.forecasts == []


def test_a_lost_state_finds_its_announcement_of_the_whole_order_and_makes_no_second(shop):
    give(shop)
    shop.source |= WHOLE
    shop.run()
    shop.state.unlink()
    shop.run()
    assert (len(shop.forecasts), len(shop.sandbox.monta.labels), shop.held()) == (1, 1, [])


def test_what_is_compared_of_a_whole_order_is_what_was_sent(shop):
    known = give(shop)
    shop.source |= WHOLE | {"send_updates": True}
    shop.run()
    shop.sandbox.monta.announce("by-hand", "1001", {line_id_of("1001", SHIRT): 1})
    for parcel in ("cancelled", "announced"):
        shop.sandbox.sendcloud.touch(known, word=f"open/{parcel}")
        shop.run()
    assert shop.held() == []
    assert announced(shop) == {SHIRT: 2, JEANS: 1}
    assert shop.sandbox.counts.calls("monta.update") == 0


# ---- what an earlier version set aside


def set_aside(shop: Shop, record, *, released: bool) -> None:
    """Put it into the state like a version that could not read it."""
    kept = unreadable(record, UntranslatableError("it has no parcel_items, so nothing says what comes back"))
    at = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    with sqlite3.connect(shop.state) as db:
        db.execute(
            "INSERT INTO set_aside (source, record, raw, problem, cause, hash, home, first_seen, tried_at, due_at,"
            " tries, released) VALUES ('shop-nl', ?, ?, ?, 'unreadable', '', '', ?, ?, ?, 3, ?)",
            (identity(record), kept.raw, kept.problem, at, at, at, int(released)),
        )
    db.close()


@pytest.mark.parametrize("days", [0, 20], ids=["lately", "weeks ago"])
def test_a_record_that_was_set_aside_for_want_of_items_becomes_a_return_by_itself(shop, days):
    shop.run()
    record = manual_return(created=datetime.now(UTC) - timedelta(days=days, hours=1))
    set_aside(shop, record, released=False)
    assert [entry["cause"] for entry in shop.held()] == ["unreadable"]
    shop.sandbox.sendcloud.add(record)
    with later(hours=2):
        shop.run()
        assert shop.causes() == {"1001": "no-items"}


@pytest.mark.parametrize(
    "then",
    [{"parcel_items": [item(JEANS, "1001")]}, {"postal_code": "1614XX"}],
    ids=["lists items", "is written otherwise"],
)
def test_one_that_a_person_released_then_stays_released_until_that_is_taken_back(shop, then):
    shop.run()
    record = manual_return(created=datetime.now(UTC).replace(microsecond=123_000) - timedelta(hours=2))
    set_aside(shop, record, released=True)
    known = shop.sandbox.sendcloud.add(record)
    shop.source |= WHOLE
    with later(hours=2):
        assert shop.run()["exit_code"] == 0
    if "postal_code" in then:
        shop.sandbox.sendcloud.copies.rewrite(known, **then)
    else:
        shop.sandbox.sendcloud.returns[known] |= then
    with later(hours=4):
        assert shop.run()["exit_code"] == 0
        assert (shop.held(), shop.forecasts) == ([], [])
        assert shop("held", "take-back", "1001").code == 0
        shop.run()
    assert announced(shop) == ({JEANS: 1} if "parcel_items" in then else {SHIRT: 2, JEANS: 1})


def test_one_that_was_released_then_stays_so_where_its_postal_code_changed_before_it_was_read_again(shop):
    shop.run()
    record = manual_return(created=datetime.now(UTC).replace(microsecond=123_000) - timedelta(hours=2))
    set_aside(shop, record, released=True)
    record["from_address"]["postal_code"] = "9999ZZ"
    shop.sandbox.sendcloud.add(record)
    shop.source |= WHOLE
    with later(hours=2):
        assert shop.run()["exit_code"] == 0
    assert shop.forecasts == []
    assert [item["progress"] for story in shop("show", "1001", "--json").json for item in story["announcements"]] == [
        "released"
    ]


def test_one_that_was_released_then_stays_so_when_it_is_under_way_again_after_it_was_delivered(shop):
    shop.run()
    record = manual_return()
    set_aside(shop, record, released=True)
    known = shop.sandbox.sendcloud.add(record)
    shop.source |= WHOLE
    for hours, word in ((2, "open/delivered"), (3, "open/announced")):
        shop.sandbox.sendcloud.touch(known, word=word)
        with later(hours=hours):
            assert shop.run()["exit_code"] == 0
    assert shop.forecasts == []


def test_one_that_was_released_for_something_else_is_shown_once_it_can_be_read(shop):
    record = manual_return()
    known = shop.sandbox.sendcloud.add(record | {"status": {"x": 1}})
    shop.run()
    (held,) = shop.held()
    assert held["cause"] == "unreadable"
    shop("held", "release", held["code"], "--yes")
    shop.sandbox.sendcloud.returns[known]["status"] = record["status"]
    with later(hours=2):
        shop.run()
        assert shop.causes() == {"1001": "no-items"}


def test_one_listing_that_shows_it_with_items_and_without_holds_it(shop):
    created = datetime.now(UTC).replace(microsecond=123_000) - timedelta(hours=2)
    shop.sandbox.sendcloud.add(parcel_return(item(JEANS, "1001"), created=created))
    give(shop, created=created)
    shop.source |= WHOLE
    shop.run()
    assert [entry["cause"] for entry in shop.held()] == ["identity-unclear"]
    assert shop.forecasts == []


# ---- who is who


def test_a_postal_code_that_is_written_differently_makes_no_second_return_of_it(shop):
    created = datetime.now(UTC).replace(microsecond=123_000) - timedelta(hours=2)
    known = give(shop, created=created)
    shop.source |= WHOLE
    shop.run()
    shop.sandbox.sendcloud.copies.rewrite(known, postal_code="1614XX")
    shop.run()
    shop.assert_nothing_twice()
    assert (len(shop.forecasts), shop.held()) == (1, [])


# ---- no order number


@pytest.mark.parametrize("more", [{}, WHOLE], ids=["held", "whole order"])
def test_without_an_order_number_too_it_is_held(shop, more):
    give(shop, order="")
    shop.source |= more
    shop.run()
    assert set(shop.causes()) == {""}


# ---- behind the intent, like any other


def test_a_whole_order_whose_answer_was_lost_is_not_announced_twice(shop):
    give(shop)
    shop.source |= WHOLE
    shop.sandbox.faults.add(Fault("monta.create", "reset-after", call=1))
    shop.run()
    with later(hours=1):
        shop.run()
    shop.assert_nothing_twice()
    assert announced(shop) == {SHIRT: 2, JEANS: 1}
    assert shop.held() == []
