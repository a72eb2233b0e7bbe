"""`returns` lists everything that is known, and finds a return by the data that people have."""

from __future__ import annotations

import csv
import io
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from shop import later

from returnsync.redact import MASK
from returnsync.sandbox.world import monta_order, request, return_order

if TYPE_CHECKING:
    from shop import Shop

LABELLED, HELD, WAITING, ODD = "#1001", "#1002", "#1003", "#1004"


@pytest.fixture
def known(shop) -> Shop:
    """One return that was labelled, one that is held for its article, one that waits, and a record without an order."""
    for order in (monta_order("1001"), monta_order("1002", "SKIRT")):
        shop.sandbox.monta.add(order)
    made = datetime.now(UTC) - timedelta(hours=3)
    for number in (LABELLED, HELD, WAITING):
        record = return_order(request(order=number), created=made)
        shop.sandbox.returnista.return_orders[record["id"]] = record
    assert shop.run()["labelled"] == 1
    odd = return_order(request(order=ODD), created=made) | {"createdAt": "soon"}
    shop.sandbox.returnista.return_orders[odd["id"]] = odd
    with later(hours=2):
        shop.run()
    return shop


def listed(shop: Shop, *more: str) -> list[tuple[str, str]]:
    """The state and the order of each entry."""
    ran = shop("returns", "--json", *more)
    assert ran.code == 0, ran.err
    return [(row["state"], row["order_number"]) for row in ran.json]


def test_everything_is_one_list_and_what_came_last_to_be_as_it_is_stands_first(known):
    found = listed(known)
    assert found[0] == ("held", ODD)  # the record was shown two hours later
    assert sorted(found[1:]) == [("held", HELD), ("labelled", LABELLED), ("waiting", WAITING)]
    moments = [row["since"] for row in known("returns", "--json").json]
    assert moments == sorted(moments, reverse=True)


def test_an_entry_tells_what_became_of_it(known):
    (row,) = known("returns", "--state", "labelled", "--json").json
    assert (row["order_number"], row["order_at_warehouse"], row["articles"]) == ("#1001", "1001", "1 × SHIRT-BL-M")
    assert (row["carrier"], row["label"]) == ("PostNL", f"monta/{row['code']}.pdf")
    assert row["since"] == row["labelled_at"] > row["announced_at"] > row["created"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--state", "held"), {HELD, ODD}),
        (("--state", "held", "--state", "Waiting"), {HELD, WAITING, ODD}),
        (("--state", "left-alone"), set()),
        (("--cause", "order-unknown"), {WAITING}),
        (("--cause", "unreadable", "--cause", "line-unmatched"), {HELD, ODD}),
        (("--carrier", "postnl"), {LABELLED}),
        (("--carrier", "dpd"), set()),
        (("--source", "shop-nl", "--state", "labelled"), {LABELLED}),
        (("--since", "1h"), {ODD}),
        (("--until", "1h"), {LABELLED, HELD, WAITING}),
        (("--until", f"{datetime.now().astimezone() + timedelta(hours=2):%Y%m%d}"), {LABELLED, HELD, WAITING, ODD}),
        (("--until", "9999-12-31"), {LABELLED, HELD, WAITING, ODD}),
        (("--since", "2026-01-01T09:30Z"), {LABELLED, HELD, WAITING, ODD}),
        (("--since", "2026-01-01T09:30:00.123456Z"), {LABELLED, HELD, WAITING, ODD}),
        (("--until", "today"), {LABELLED, HELD, WAITING, ODD}),
    ],
)
def test_a_list_of_some(known, options, expected):
    with later(hours=2):
        assert {order for _, order in listed(known, *options)} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1002", {HELD}),
        ("#1001", {LABELLED}),
        ("05210000000001", {LABELLED}),
        ("jo VOORBEELD 1003", {WAITING}),
        ("voorbeeld", {LABELLED, HELD, WAITING, ODD}),
        ("jo.voorbeeld@example.com", {LABELLED, HELD, WAITING, ODD}),
        ("status", set()),
        ("SHIRT-BL-M", set()),
    ],
)
def test_it_is_found_by_number_tracking_number_name_and_address_for_mail(known, text, expected):
    assert {order for _, order in listed(known, "--search", text)} == expected


def test_nothing_of_a_consumer_is_shown_unless_it_is_asked_for(shop):
    shop.sandbox.monta.add(monta_order("Voorbeeld"))
    record = return_order(request(order="#Voorbeeld"))
    shop.sandbox.returnista.return_orders[record["id"]] = record
    shop.run()
    (row,) = shop("returns", "--search", "voorbeeld", "--json").json
    assert row["order_number"] == f"#{MASK}"
    for more in ((), ("--json",), ("--csv",)):
        ran = shop("returns", "--search", "voorbeeld", *more)
        assert not any(word in ran.out for word in ("Voorbeeld", "example.com")), more
        ran = shop("returns", "--private", *more)
        assert all(word in ran.out for word in ("#Voorbeeld", "Jo Voorbeeld", "@example.com")), more


def test_the_table_tells_that_there_are_more(known):
    ran = known("returns", "--limit", "2")
    assert len(ran.out.splitlines()) == 4
    assert "These are the latest 2. For more: --limit NUMBER" in ran.out
    assert "The latest" not in known("returns", "--limit", "4").out


def test_how_many_there_are(known):
    assert known("returns", "--count").out == "4\n"
    assert known("returns", "--count", "--state", "held").out == "2\n"
    assert known("returns", "--count", "--search", "1001").out == "1\n"
    assert known("returns", "--count", "--json").json == 4


def test_a_table_for_a_spreadsheet_runs_nothing_and_is_taken_for_utf_8(shop):
    shop.sandbox.monta.add(monta_order("1001", "=SKIRT"))
    record = return_order(request("=SKIRT", order="#1001"))
    shop.sandbox.returnista.return_orders[record["id"]] = record
    shop.run()
    plain, marked = shop("returns", "--csv").out, shop("returns", "--csv", "--excel").out
    assert marked == f"\ufeff{plain}" == shop("returns", "--excel").out
    (row,) = csv.DictReader(io.StringIO(plain))
    assert (row["order_number"], row["articles"]) == ("#1001", "1 × =SKIRT")


def test_a_state_a_cause_or_a_text_that_cannot_be_is_reported(known):
    assert "There are: due, waiting, held," in known("returns", "--state", "lost").err
    assert "line-unmatched" in known("returns", "--cause", "line-unmatch").err
    assert "There are: shop-nl." in known("returns", "--source", "nowhere").err
    assert known("returns", "--search", "#").code == 2
    assert known("returns", "--since", "tomorrow").code == 2


def test_a_return_that_can_no_longer_be_read_costs_the_others_nothing(known):
    with closing(sqlite3.connect(known.state)) as state, state:
        state.execute("UPDATE returns SET body = '{' WHERE rowid = (SELECT min(rowid) FROM returns)")
    assert len(listed(known)) == 4
    assert len(listed(known, "--search", "1001")) == 1


def test_before_the_first_run_nothing_is_known(shop):
    assert shop("returns").out == "Nothing of that kind is known.\n"
    assert shop("returns", "--json").json == []
