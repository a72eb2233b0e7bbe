"""`show` prints a return's story in sentences that a person can read out on the phone."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from shop import later

from returnsync.engine.tell import timeline
from returnsync.mapping.carriers import ChosenBy
from returnsync.sandbox import Fault
from returnsync.sandbox.world import monta_order, request, return_order
from returnsync.state import stories
from returnsync.state.history import ByPerson

if TYPE_CHECKING:
    from shop import Shop

TRACKING = "05210000000001"


@pytest.fixture
def shop(shop) -> Shop:
    shop.sandbox.monta.add(monta_order("1001"))
    record = return_order(request(order="#1001"), created=datetime.now(UTC) - timedelta(hours=1))
    shop.sandbox.returnista.return_orders[record["id"]] = record
    return shop


def told(shop: Shop, name: str = "#1001") -> list[str]:
    """The sentences of the story."""
    (story,) = shop("show", name, "--json").json
    return [entry["text"] for entry in story["history"]]


def test_each_step_is_a_sentence(shop):
    shop.run()
    assert told(shop) == [
        "Seen at the platform for the first time, with status 'Confirmed'.",
        "Something is to be done for it at the warehouse.",
        "Began to announce it at the warehouse, for its order 1001: 1 × SHIRT-BL-M (Too small).",
        "The warehouse has it.",
        "Began to ask the warehouse for a label of PostNL, since the platform names it.",
        f"The label came. It was saved as monta/{shop.labels()[0].name}.",
    ]


def test_which_rule_made_what_is_beside_what_was_sent(shop):
    shop.run()
    (story,) = shop("show", "#1001", "--json").json
    sent = story["announcements"][0]["sent"]
    assert (sent["order_number"], sent["order_rules"]) == (
        "1001",
        [{"rule": '{ strip_prefix = "#" }', "number": "1001"}],
    )
    (line,) = sent["lines"]
    assert (line["matched_by"], line["reason_by"]) == ("the order line that the platform names", "in words alone")
    assert (sent["carrier"], sent["carrier_by"]) == ("PostNL", "since the platform names it")
    out = shop("show", "#1001").out
    assert 'order at monta: 1001, made 1001 by { strip_prefix = "#" }' in out
    assert "carrier: PostNL, since the platform names it" in out


def test_rules_that_lead_elsewhere_today_are_not_told_of_what_was_sent(shop):
    shop.run()
    shop.source["order_number"] = [{"strip_prefix": "#1"}]
    (story,) = shop("show", "#1001", "--json").json
    sent = story["announcements"][0]["sent"]
    assert (sent["order_number"], sent["order_rules"]) == ("1001", [])


def test_what_is_held_says_why_and_how_to_go_on(shop):
    shop.sandbox.monta.orders.clear()
    shop.sandbox.monta.add(monta_order("1001", "SKIRT"))
    shop.run()
    assert told(shop)[-1].startswith("It is held, and needs a person (line-unmatched): SKU SHIRT-BL-M")
    assert re.search(r"\n          returnsync held retry shop-nl-1001-\w+", shop("show", "1001").out)


def test_a_waiting_return_says_when_it_is_tried_next(shop):
    shop.sandbox.monta.orders.clear()
    shop.run()
    assert told(shop)[-1].startswith("It waits (order-unknown): ")
    assert re.search(r"Next try: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d ", shop("show", "1001").out)


def test_a_refusal_of_the_warehouse_is_reported_in_its_words(shop):
    shop.sandbox.faults.add(Fault("monta.label", "status", status=400, body=b'{"Message": "No such shipper."}'))
    shop.run()
    assert any(text.startswith("The warehouse made no label: ") for text in told(shop))


PASTED = (f" {TRACKING} ", "0521 0000 000001", "05210000-000001", f"https://tracking.example/parcel?nr={TRACKING}")


@pytest.mark.parametrize("name", [TRACKING, *PASTED, "1001", "#1001", "\uff031001"])
def test_it_is_found_by_the_labels_tracking_number_and_with_or_without_a_hash(shop, name):
    shop.run()
    assert len(shop("show", name, "--json").json) == 1


@pytest.mark.parametrize("name", ["tracking", "example", "0521000000000", "5210000000001", "nr", "%", "_"])
def test_a_part_of_a_tracking_number_or_of_its_page_is_no_name(shop, name):
    shop.run()
    assert shop("show", name).code == 2


def test_the_other_commands_find_it_by_that_number_too(shop):
    shop.run()
    before = len(shop.forecasts)
    assert shop("replay", TRACKING).code == 0
    assert len(shop.forecasts) == before
    shop.assert_nothing_twice()


def _packed_words() -> list[str]:
    """Every event that a packed story writes as a number."""
    made = (stories.unpacked(f"[[0,{place}]]", datetime.now(UTC), ()) for place in range(17))
    return [entry["event"] for (entry,) in made]


def test_every_event_that_is_packed_and_every_act_of_a_person_has_its_sentence():
    for word in (*_packed_words(), *ByPerson):
        assert not timeline.in_words(word, {}).startswith(word[:1].upper() + word[1:] + "."), word
    assert all(map(timeline.chosen_by, ChosenBy))


def test_an_event_of_another_version_is_reported_as_that_called_it():
    assert timeline.in_words("weighed", {"by": "Monta", "grams": 7}) == "Weighed (by: Monta)."


def test_held_tells_since_when_and_lists_by_source_and_time(shop):
    shop.sandbox.monta.orders.clear()
    shop.sandbox.monta.add(monta_order("1001", "SKIRT"))
    shop.run()
    (entry,) = shop.held()
    (listed,) = shop("returns", "--json").json
    assert entry["since"] == listed["since"]
    with later(days=2, minutes=1):
        assert "held 2 days" in shop("held").out
        assert shop("held", "--since", "1d").out == "Nothing is held that matches these options.\n"
        assert shop("held", "--since", "3d", "--source", "shop-nl").code == 1
    ran = shop("held", "--source", "nowhere")
    assert (ran.code, "There are: shop-nl." in ran.err) == (2, True)


def test_held_waiting_lists_what_goes_on_by_itself_with_the_next_try(shop):
    shop.sandbox.monta.orders.clear()
    shop.run()
    ran = shop("held", "--waiting")
    assert (ran.code, "order-unknown: " in ran.out, "next try 20" in ran.out) == (0, True, True)
    (entry,) = shop("held", "--waiting", "--json").json
    assert entry["next_try"] > entry["since"]
    assert shop("held", "--waiting", "--cause", "call-failed").out == "Nothing waits for call-failed.\n"


def test_what_chooses_from_the_list_is_refused_before_another_command(shop):
    shop.run()
    ran = shop("held", "--source", "shop-nl", "release", "--all", "--yes")
    assert (ran.code, "--source" in ran.err) == (2, True)


def test_held_lists_so_many_of_each_cause_and_says_how_to_see_the_others(shop):
    shop.sandbox.monta.orders.clear()
    for number in ("1001", "1002", "1003"):
        shop.sandbox.monta.add(monta_order(number, "SKIRT"))
    for number in ("#1002", "#1003"):
        record = return_order(request(order=number), created=datetime.now(UTC) - timedelta(hours=1))
        shop.sandbox.returnista.return_orders[record["id"]] = record
    shop.run()
    out = shop("held", "--limit", "1", "--since", "2d", "--source", "shop-nl").out
    assert out.count("→") == 1
    assert "And 2 more of line-unmatched. All of them:" in out
    command = "returnsync held --source shop-nl --since 2d --cause line-unmatched --limit 3"
    assert f"\n      {command} --config " in out
    assert len(shop.held()) == 3
    assert "more of" not in shop(*command.split()[1:]).out


def test_what_is_in_the_address_of_every_label_names_none(shop):
    shop.sandbox.monta.add(monta_order("1002"))
    record = return_order(request(order="#1002"), created=datetime.now(UTC) - timedelta(hours=1))
    shop.sandbox.returnista.return_orders[record["id"]] = record
    assert shop.run()["labelled"] == 2
    with closing(sqlite3.connect(shop.state)) as state, state:
        state.execute("UPDATE labels SET tracking_link = tracking_link || '&customer=12345678'")
    assert shop("show", "12345678").code == 2
    assert shop("purge", "12345678", "--yes").code == 2
    assert len(shop("show", TRACKING, "--json").json) == 1


def test_nothing_is_erased_by_a_number_that_is_in_the_address_of_a_label_alone(shop):
    shop.run()
    assert shop("purge", TRACKING, "--yes").code == 2
    assert shop("show", TRACKING, "--json").json[0]["erased_at"] is None


def test_a_labels_tracking_number_names_its_own_order_of_several(shop):
    shop.sandbox.monta.add(monta_order("1002", "SKIRT"))
    articles = (request(order="#1001"), request(order="#1002"))
    shop.sandbox.returnista.return_orders.clear()
    record = return_order(*articles, created=datetime.now(UTC) - timedelta(hours=1))
    shop.sandbox.returnista.return_orders[record["id"]] = record
    shop.run()
    assert shop.causes() == {"#1002": "line-unmatched"}
    ran = shop("held", "release", TRACKING, "--yes")
    assert (ran.code, "settled" in ran.err, len(shop.held())) == (2, True, 1)


def test_once_erased_a_line_that_was_found_by_its_sku_names_no_other_rule(shop):
    shop = replace(shop, platforms=("channable",))
    shop.platform().give_back("1001", created=datetime.now(UTC) - timedelta(hours=1))
    shop.run()
    (before,) = shop("show", "1001", "--json").json
    assert shop("purge", "1001", "--yes").code == 0
    (after,) = shop("show", "1001", "--json").json
    found = [story["announcements"][0]["sent"]["lines"][0]["matched_by"] for story in (before, after)]
    assert found == ["the SKU", ""]
