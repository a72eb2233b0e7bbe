"""`reconcile` reports each difference once, by kind, changes nothing, and adopts only what is certain."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from shop import Shop, later
from terminal import on_terminal

from returnsync import clock
from returnsync.engine.reconcile import Kind
from returnsync.sandbox import Fault, Sandbox, World
from returnsync.sandbox.records import SKU, line_id_of
from returnsync.sandbox.world import monta_line, monta_order, request, return_order

MADE = datetime.now(UTC) - timedelta(hours=2)
KINDS = {
    "2001": "seen-there-not-here",
    "1002": "changed-there-not-here",
    "1003": "announced-there-not-here",
    "1004": "announced-here-gone-there",
    "1005": "announced-twice",
    "1006": "cancelled-since",
    "1007": "received-never-announced",
    "1008": "booked-short",
    "1009": "booked-over",
    "1010": "several-labels",
}


def give_back(shop: Shop, number: str, units: int = 1) -> dict[str, Any]:
    """Put in a return of some units of the only line of an order of three."""
    line = line_id_of(number, SKU)
    wishes = [request(order=f"#{number}", purchase_id=f"{line}-{unit}", parent=line) for unit in range(units)]
    record = return_order(*(wishes if units > 1 else [request(order=f"#{number}")]), created=MADE)
    shop.sandbox.returnista.return_orders[record["id"]] = record
    return record


def record_of(shop: Shop, number: str) -> dict[str, Any]:
    found = shop.sandbox.returnista.return_orders.values()
    return next(one for one in found if f"#{number}" in one["purchaseOrderNumbers"])


def order(number: str) -> dict[str, Any]:
    return monta_order(number, monta_line(quantity=3))


def read_long_ago(shop: Shop) -> None:
    """Make it look as if no run had read a return for long, although runs were made."""
    long_ago = clock.stamp(datetime.now(UTC) - timedelta(days=5))
    with closing(sqlite3.connect(shop.state)) as state, state:
        state.execute("UPDATE returns SET read_at = ?", (long_ago,))


def code_of(shop: Shop, number: str) -> str:
    (story,) = shop("show", number, "--json").json
    return str(story["announcements"][0]["code"])


def reconciled(shop: Shop, *arguments: str) -> dict[str, Any]:
    ran = shop("reconcile", "--json", *arguments)
    assert ran.out, ran.err
    return ran.json


def kinds(content: dict[str, Any]) -> dict[str, str]:
    """Order number → kind."""
    found = [(one["order_number"].lstrip("#"), one["kind"]) for one in content["differences"]]
    assert len(found) == len(dict(found)), found
    return dict(found)


def line(number: str) -> str:
    return line_id_of(number, SKU)


@pytest.fixture
def shop(shop) -> Shop:
    """A shop with three returns that were announced and labelled, of orders of three units each; nothing differs."""
    announce(shop, "1002", "1008", "1010")
    return shop


def announce(shop: Shop, *numbers: str) -> None:
    for number in numbers:
        shop.sandbox.monta.add(order(number))
        give_back(shop, number, units=2 if number == "1008" else 1)
    shop.sandbox.monta.add(order("2001"))
    assert shop.run()["announced"] == len(numbers)


@pytest.fixture
def ten(tmp_path, sandbox) -> Shop:
    """A shop with ten orders, one of which was announced by a state that was lost since."""
    shop = Shop(tmp_path, sandbox)
    give_back(shop, "1003")
    announce(shop, *(number for number in KINDS if number not in ("2001", "1003")))
    before = shop.state.read_bytes()
    shop.sandbox.monta.add(order("1003"))
    with later(hours=1):
        assert shop("replay", "1003").code == 0
    for beside in ("-wal", "-shm"):
        shop.state.with_name(shop.state.name + beside).unlink(missing_ok=True)
    shop.state.write_bytes(before)
    return shop


def test_nothing_differs_where_all_is_well(ten):
    with later(hours=1):
        ten("replay", "1003")
        content = reconciled(ten)
    assert (content["differences"], content["exit_code"]) == ([], 0)
    assert ten("reconcile").out.startswith("Nothing differs.")


def ask_for_label(shop: Shop, code: str) -> None:
    """Make a label call as another program would."""
    url = f"{shop.sandbox.monta_url}/returnforecast/{code}/returnlabel?shipperCode=PostNL"
    requests.get(url, auth=(shop.sandbox.world.username, shop.sandbox.world.password), timeout=5).raise_for_status()


def make_one_of_each(shop: Shop) -> None:
    monta = shop.sandbox.monta
    give_back(shop, "2001")
    changed = next(
        one for one in shop.sandbox.returnista.return_orders.values() if "#1002" in one["purchaseOrderNumbers"]
    )
    changed["returnRequests"][0]["product"]["name"] = "Renamed"
    monta.forecasts = [one for one in monta.forecasts if one.order != "1004"]
    monta.announce(code_of(shop, "1005"), "1005", {line("1005"): 1})
    cancelled = next(
        one for one in shop.sandbox.returnista.return_orders.values() if "#1006" in one["purchaseOrderNumbers"]
    )
    shop.sandbox.returnista.touch(cancelled["id"], word="Cancelled")
    shop.run()
    record_of(shop, "1002")["returnRequests"][0]["product"]["name"] = "Renamed"
    read_long_ago(shop)
    monta.receive("1007", {line("1007"): 1})
    monta.receive("1008", {line("1008"): 1}, code=code_of(shop, "1008"))
    monta.receive("1009", {line("1009"): 2}, code=code_of(shop, "1009"))
    ask_for_label(shop, code_of(shop, "1010"))
    monta.announce("RMA-7", "1001", {line("1002"): 1})


AFTERWARDS = {"hours": 30}
"""A time after which a run would have read changed returns again."""


def test_a_world_with_one_of_each_difference_is_reported_whole(ten):
    make_one_of_each(ten)
    with later(**AFTERWARDS):
        content = reconciled(ten)
        again = reconciled(ten)
    assert kinds(content) == KINDS
    assert content["counts"] == dict.fromkeys(KINDS.values(), 1)
    assert content["by_others"] == {"monta": 1}
    assert content["exit_code"] == 1
    # It changed nothing, and only requested the lists, and one read for each order and each doubt.
    assert again["differences"] == content["differences"]
    assert content["requests"] == {"monta": 19, "shop-nl": 1}


def test_it_makes_no_effect_and_writes_no_file(ten):
    make_one_of_each(ten)
    before = ten.state.read_bytes(), ten.sandbox.counts.as_dict()["effects"]
    with later(**AFTERWARDS):
        reconciled(ten)
    assert (ten.state.read_bytes(), ten.sandbox.counts.as_dict()["effects"]) == before


def test_what_is_certain_is_adopted_and_nothing_else_and_nothing_more_afterwards(ten):
    make_one_of_each(ten)
    effects = dict(ten.sandbox.counts.as_dict()["effects"])
    with later(**AFTERWARDS):
        content = reconciled(ten, "--adopt", "--yes")
        adopted = {one["order_number"].lstrip("#") for one in content["differences"] if one["adopted"]}
        assert adopted == {"2001", "1002", "1003"}
        again = reconciled(ten, "--adopt", "--yes")
        assert not any(one["certain"] or one["adopted"] for one in again["differences"])
        assert kinds(again) == {number: kind for number, kind in KINDS.items() if number not in adopted}
        assert ten.sandbox.counts.as_dict()["effects"] == effects
        ran = ten.run()
    assert ran["announced"] == 1  # the return that was missed
    assert len(ten.sandbox.monta.forecasts_of(code_of(ten, "1003"))) == 1
    assert len(ten.sandbox.monta.labels_of(code_of(ten, "1003"))) == 1


def test_adopting_asks_and_without_a_terminal_does_nothing(ten):
    make_one_of_each(ten)
    with later(**AFTERWARDS):
        ran = ten("reconcile", "--adopt")
        assert ran.code == 2
        assert "nothing was added to the state" in ran.err
        assert kinds(reconciled(ten)) == KINDS


def test_each_difference_is_reported_in_words_with_what_to_do(ten):
    make_one_of_each(ten)
    with later(**AFTERWARDS):
        out = ten("reconcile").out
    for number, kind in KINDS.items():
        assert f"{kind}: 1" in out
        assert f"order #{number}" in out
    assert "example.com" not in out
    assert "Requests: monta 19 (in all" in out


# --- what cannot be compared ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("route", "kept"),
    [
        ("monta.list", {"booked-short", "seen-there-not-here", "several-labels"}),
        ("monta.received", {"announced-twice", "seen-there-not-here", "several-labels"}),
        ("monta.labels", {"announced-twice", "seen-there-not-here", "booked-short"}),
        ("returnista.list", {"announced-twice", "booked-short", "several-labels"}),
    ],
)
def test_what_cannot_be_read_costs_only_its_own_part_and_is_reported(ten, route, kept):
    make_one_of_each(ten)
    ten.sandbox.faults.add(Fault(route, "status", status=503))
    with later(**AFTERWARDS):
        ran = ten("reconcile", "--json")
        assert ran.code == 75
        assert kept <= set(kinds(ran.json).values())
        assert "503" in ran.json["error"]["what"]
        assert ran.json["error"]["next_step"]
        assert "503" in ran.err


def test_a_404_of_a_gateway_is_not_taken_for_an_empty_list(shop):
    shop.sandbox.faults.add(Fault("monta.list", "html", status=404), Fault("monta.received", "html", status=404))
    with later(**AFTERWARDS):
        ran = shop("reconcile", "--json")
    assert ran.code == 75
    assert "announced-here-gone-there" not in kinds(ran.json).values()


def test_a_forecast_that_the_list_leaves_out_and_that_stands_is_no_difference(shop):
    shop.sandbox.faults.add(Fault("monta.list", "status", status=200, body=b"[]"))
    with later(**AFTERWARDS):
        assert kinds(reconciled(shop)) == {}


def test_what_was_just_announced_may_not_show_yet(shop):
    shop.sandbox.monta.visible_after = timedelta(days=1)
    with later(seconds=10):
        assert "announced-here-gone-there" not in kinds(reconciled(shop)).values()


def test_one_return_that_cannot_be_asked_for_costs_the_others_nothing(ten):
    codes = {number: code_of(ten, number) for number in ("1004", "1005", "1006")}
    ten.sandbox.monta.forecasts = [one for one in ten.sandbox.monta.forecasts if one.code not in codes.values()]
    ten.sandbox.faults.add(Fault("monta.forecast", "status", status=500, about=codes["1005"]))
    with later(minutes=5):
        ran = ten("reconcile", "--json")
    found = {number for number, kind in kinds(ran.json).items() if kind == "announced-here-gone-there"}
    assert found == {"1004", "1006"}
    assert ran.code == 75
    assert ran.json["error"]["next_step"]


# --- received -------------------------------------------------------------------------------------------------------


def test_what_was_booked_in_two_parts_is_counted_together_however_long_ago_the_first_was(shop):
    code = code_of(shop, "1008")
    shop.sandbox.monta.receive("1008", {line("1008"): 1}, code=code)
    with later(days=9):
        shop.sandbox.monta.receive("1008", {line("1008"): 1}, code=code)
        content = reconciled(shop, "--days", "30")
    assert "booked-short" not in kinds(content).values()
    assert content["received_since"]["monta"] > content["since"]


def test_another_article_than_was_announced_is_reported_without_its_name(shop):
    shop.sandbox.monta.orders["1008"][0]["Lines"].append(monta_line("SECRET-SKU", line_id="77"))
    shop.sandbox.monta.receive("1008", {line("1008"): 2, "77": 1}, code=code_of(shop, "1008"))
    with later(minutes=5):
        (one,) = reconciled(shop, "--source", "shop-nl")["differences"]
    assert (one["kind"], one["what"]) == ("booked-over", "The warehouse booked 1 of 0 another article.")


def test_of_what_nobody_announced_no_words_of_the_warehouse_are_reported_unless_they_are_known(shop):
    shop.sandbox.monta.add(order("7001"))
    shop.sandbox.monta.receive("7001", {line("7001"): 2})
    shop.sandbox.monta.receive("2001", {line("2001"): 1})
    give_back(shop, "2001")
    with later(days=3):
        shop.run("--dry-run")
        ran = shop("reconcile", "--json", "--verbose")
    found = [one for one in ran.json["differences"] if one["kind"] == "received-never-announced"]
    assert (found[0]["order_number"], found[0]["code"]) == ("", "")
    assert "received 2 units, and matched that with no forecast. Its number there: 4100200." in found[0]["what"]
    assert found[1]["order_number"] == "#2001"
    assert found[1]["what"].endswith("A return of its order is known and not announced.")
    assert "7001" not in ran.out + ran.err


def test_what_came_of_a_forecast_that_is_older_than_the_list_costs_no_request(shop):
    code = code_of(shop, "1010")
    with later(days=9):
        before = shop.sandbox.counts.as_dict()["routes"]["monta.forecasts"]
        reconciled(shop)
        between = shop.sandbox.counts.as_dict()["routes"]["monta.forecasts"]
        shop.sandbox.monta.receive("1010", {line("1010"): 1}, code=code)
        assert not reconciled(shop)["differences"]
        after = shop.sandbox.counts.as_dict()["routes"]["monta.forecasts"]
    assert after - between == between - before


def test_a_forecast_that_a_person_corrected_is_what_counts(shop):
    (forecast,) = shop.sandbox.monta.forecasts_of(code_of(shop, "1002"))
    forecast.body["Lines"][0]["ReturnQuantity"] = 2
    shop.sandbox.monta.receive("1002", {line("1002"): 2}, code=forecast.code)
    with later(minutes=5):
        assert "booked-over" not in kinds(reconciled(shop)).values()


# --- adopting -------------------------------------------------------------------------------------------------------


def test_a_forecast_of_other_content_is_held_and_not_adopted(ten):
    (forecast,) = ten.sandbox.monta.forecasts_of(code_of(ten, "1003"))
    forecast.body["Lines"][0]["ReturnQuantity"] = 2
    with later(**AFTERWARDS):
        content = reconciled(ten, "--adopt", "--yes")
        assert [one["adopted"] for one in content["differences"]] == [False]
        assert content["exit_code"] == 1
        assert ten.causes() == {"#1003": "forecast-differs"}
        assert not any(one["certain"] for one in reconciled(ten)["differences"])


def test_a_forecast_of_a_return_that_cannot_be_read_now_is_not_adopted(ten):
    record = record_of(ten, "1003")
    good, record["returnRequests"] = record["returnRequests"], "none"
    with later(**AFTERWARDS):
        found = reconciled(ten, "--adopt", "--yes")["differences"]
        assert [one["adopted"] for one in found if one["kind"] == "announced-there-not-here"] == [False]
        record["returnRequests"] = good
    with later(hours=32):
        ten.run()
        assert ten("show", "1003", "--json").json[0]["announcements"][0]["progress"] == "settled"
        ten.assert_nothing_twice()


def test_a_forecast_whose_release_was_taken_back_is_not_adopted_before_its_platform_is_read(ten):
    code = code_of(ten, "1003")
    (forecast,) = ten.sandbox.monta.forecasts_of(code)
    forecast.body["Lines"][0]["ReturnQuantity"] = 2
    with later(hours=1):
        ten.run()
        assert ten("held", "release", code, "--yes").code == 0
    forecast.body["Lines"][0]["ReturnQuantity"] = 1
    ten.sandbox.faults.add(*(Fault(f"returnista.{route}", "status", status=503) for route in ("list", "one")))
    with later(**AFTERWARDS):
        assert ten("held", "take-back", code).code == 0
        (one,) = reconciled(ten, "--adopt", "--yes")["differences"]
        assert (one["code"], one["adopted"]) == (code, False)
        ten.sandbox.faults.clear()
    with later(hours=32):
        ten.run()
        (item,) = ten("show", code, "--json").json[0]["announcements"]
        assert item["progress"] == "settled"
        ten.assert_nothing_twice()


def test_what_a_run_could_not_read_while_a_person_was_asked_is_not_adopted(ten):
    record = record_of(ten, "1003")

    def agreed(_process: object) -> str:
        record["returnRequests"] = "none"
        ten.sandbox.returnista.touch(record["id"])
        assert ten("run").code == 1
        return "y"

    _, shown = on_terminal(ten, "reconcile", "--adopt", question="[y/N]", answer=agreed)
    assert "was not adopted. Its return has to be read at its platform first." in " ".join(shown.split())
    assert "Adopted: 0 of 1." in shown


def test_a_create_in_flight_is_left_to_the_next_run(shop):
    give_back(shop, "1011")
    shop.sandbox.monta.add(order("1011"))
    asked = shop.sandbox.counts.calls("monta.forecast")
    later_looks = [Fault("monta.forecast", "status", call=asked + look, status=503) for look in range(2, 9)]
    shop.sandbox.faults.add(Fault("monta.create", "reset-after", times=1), *later_looks)
    with later(hours=1):
        shop("replay", "1011")
    shop.sandbox.faults.clear()
    assert shop.sandbox.monta.forecasts_of(code_of(shop, "1011"))
    with later(hours=2):
        assert "1011" not in kinds(reconciled(shop))


def test_a_return_that_the_next_run_reads_is_no_difference(shop):
    with later(hours=3):
        record = return_order(request(order="#2001"), created=datetime.now(UTC) - timedelta(minutes=5))
        shop.sandbox.returnista.return_orders[record["id"]] = record
        content = reconciled(shop)
    assert "2001" not in kinds(content)
    assert content["not_read_yet"] == {"shop-nl": 1}


def test_nothing_of_a_state_that_is_still_to_be_made_differs(ten):
    ten.state.unlink()
    content = reconciled(ten)
    assert (content["differences"], content["not_read_yet"]) == ([], {"shop-nl": len(KINDS) - 1})
    assert not ten.state.exists()


def test_a_return_from_before_the_start_is_none_that_is_missing(shop):
    shop.source["start_from"] = MADE + timedelta(minutes=30)
    record = return_order(request(order="#2001"), created=MADE, updated=MADE + timedelta(minutes=40))
    shop.sandbox.returnista.return_orders[record["id"]] = record
    with later(**AFTERWARDS):
        assert "2001" not in kinds(reconciled(shop))


def test_a_change_that_no_listing_tells_of_is_a_difference_once_a_run_should_have_read_it(shop):
    record_of(shop, "1002")["returnRequests"][0]["product"]["name"] = "Renamed"
    with later(**AFTERWARDS):  # cron had paused: the next run reads it
        content = reconciled(shop)
        assert "1002" not in kinds(content)
        assert content["not_read_yet"] == {"shop-nl": 1}
        read_long_ago(shop)
        assert kinds(reconciled(shop))["1002"] == "changed-there-not-here"


def test_what_is_to_be_read_soon_is_for_the_next_run(shop):
    record_of(shop, "1002")["returnRequests"][0]["product"]["name"] = "Renamed"
    with closing(sqlite3.connect(shop.state)) as state, state:
        state.execute("UPDATE returns SET read_at = ''")
    content = reconciled(shop)
    assert (content["differences"], content["not_read_yet"]) == ([], {"shop-nl": 1})


def test_what_was_cancelled_just_now_is_for_the_next_run(ten):
    with later(hours=1):
        ten.sandbox.returnista.touch(record_of(ten, "1006")["id"], word="Cancelled")
        content = reconciled(ten)
    assert "1006" not in kinds(content)
    assert content["not_read_yet"] == {"shop-nl": 1}


def test_what_was_taken_back_and_removed_is_reported_once_with_what_to_do(shop):
    shop.sandbox.returnista.touch(record_of(shop, "1010")["id"], word="Cancelled")
    with later(hours=1):
        shop.run()
        shop.sandbox.monta.forecasts = [one for one in shop.sandbox.monta.forecasts if one.order != "1010"]
        (one,) = reconciled(shop)["differences"]
        assert one["kind"] == "announced-here-gone-there"
        assert one["next_step"].endswith(f"returnsync held retry {one['code']}.")
        assert shop("held", "retry", one["code"]).code == 0
        shop.run()
        assert reconciled(shop)["differences"] == []


def test_a_cancellation_that_was_missed_is_adopted_and_still_needs_a_person(shop):
    record_of(shop, "1010")["status"] = "Cancelled"
    read_long_ago(shop)
    with later(hours=1):
        content = reconciled(shop, "--adopt", "--yes")
        (one,) = content["differences"]
        assert (one["kind"], one["adopted"], content["exit_code"]) == ("cancelled-since", True, 1)
        assert shop.causes() == {"#1010": "cancelled-after-announcement"}
        assert not any(one["certain"] for one in reconciled(shop)["differences"])


def test_a_second_forecast_is_found_however_long_ago_the_first_was_made(shop):
    with later(days=9):
        shop.sandbox.monta.announce(code_of(shop, "1010"), "1010", {line("1010"): 1})
        assert kinds(reconciled(shop)) == {"1010": "announced-twice"}


def test_what_a_person_released_is_no_difference_and_what_is_withdrawn_is_to_be_removed(ten):
    assert ten("held", "release", code_of(ten, "1003"), "--yes").code in (0, 2)
    ten.sandbox.returnista.touch(record_of(ten, "1003")["id"], word="Cancelled")
    with later(hours=1):
        ten.run()
        (one,) = reconciled(ten)["differences"]
        assert one["kind"] == "announced-there-not-here"
        assert one["next_step"].startswith(f"Remove forecast {one['code']}")


def test_a_return_that_vanishes_before_it_is_read_is_not_adopted(ten):
    give_back(ten, "2001")
    ten.sandbox.faults.add(Fault("returnista.one", "status", status=404, body=b"{}"))
    with later(**AFTERWARDS):
        content = reconciled(ten, "--adopt", "--yes")
    assert {one["order_number"]: one["adopted"] for one in content["differences"]} == {"#2001": False, "#1003": True}
    assert content["exit_code"] != 0


def test_adopting_moves_no_mark_and_applies_no_setting(ten):
    with later(**AFTERWARDS):
        ten.source["start_from"] = MADE - timedelta(days=60)
        before = ten("status", "--json").json["sources"]
        assert [one["adopted"] for one in reconciled(ten, "--adopt", "--yes")["differences"]] == [True]
        after = ten("status", "--json").json["sources"]
    assert [one["read_up_to"] for one in after] == [one["read_up_to"] for one in before]


# --- two warehouses -------------------------------------------------------------------------------------------------


def test_a_forecast_at_another_warehouse_than_its_return_goes_to_is_reported_and_not_adopted(ten):
    code = code_of(ten, "1003")
    account = {"kind": "monta", "carrier": "PostNL", "base_url": ten.sandbox.monta_url, "password": "env:SHOP_PASSWORD"}
    account |= {"channel": "Webshop NL", "username": "env:SHOP_USER"}
    ten.more = {"warehouses": {"monta": account, "second": {**account, "username": "env:HOME"}}}
    with closing(sqlite3.connect(ten.state)) as state, state:
        state.execute("UPDATE announcements SET warehouse = 'second' WHERE code = ?", (code,))
    with later(**AFTERWARDS):
        found = [one for one in reconciled(ten)["differences"] if one["order_number"] == "#1003"]
    assert [(one["kind"], one["certain"]) for one in found] == [("announced-there-not-here", False)]
    assert "monta" in found[0]["what"]
    assert "second" in found[0]["what"]


# --- labels ---------------------------------------------------------------------------------------------------------


def test_a_label_that_was_packed_with_the_order_is_none_too_many(shop):
    shop.sandbox.monta.enclosed_labels.append("1010")
    with later(minutes=5):
        assert "1010" not in kinds(reconciled(shop))
        shop.sandbox.monta.label_times = "none"
        found = [one for one in reconciled(shop)["differences"] if one["kind"] == "several-labels"]
    assert [one["order_number"] for one in found] == ["#1010"]
    assert "may have been packed with the order" in found[0]["what"]


def test_a_second_label_that_came_here_counts_also_where_the_warehouse_lists_none(shop):
    shop.sandbox.monta.lists_labels = False
    assert shop("replay", "1010", "--new-label", "--yes").code == 0
    with later(minutes=5):
        found = reconciled(shop)
    assert kinds(found)["1010"] == "several-labels"
    assert found["differences"][-1]["what"] == "2 labels came here for its one announcement."


def test_a_label_of_a_forecast_that_somebody_made_by_hand_is_none_too_many(shop):
    shop.sandbox.monta.announce("RMA-7", "1010", {line("1010"): 1})
    ask_for_label(shop, "RMA-7")
    with later(minutes=5):
        assert "several-labels" not in kinds(reconciled(shop)).values()
        ask_for_label(shop, "RMA-7")
        assert kinds(reconciled(shop)) == {"1010": "several-labels"}


def test_labels_that_a_lost_state_bought_twice_are_found_after_it_was_adopted(ten):
    ask_for_label(ten, code_of(ten, "1003"))
    with later(**AFTERWARDS):
        reconciled(ten, "--adopt", "--yes")
        assert kinds(reconciled(ten)) == {"1003": "several-labels"}


def test_two_returns_of_one_order_have_a_label_each(shop):
    give_back(shop, "1010", units=2)
    with later(hours=1):
        assert shop.run("--source", "shop-nl")["labelled"] >= 1
    with later(hours=2):
        assert "several-labels" not in kinds(reconciled(shop)).values()


# --- every platform -------------------------------------------------------------------------------------------------


PLATFORMS = tuple(platform.name for platform in Sandbox(World.empty()).platforms)


# Platforms in every run of the tests: one that lists by change, one with parts, one that lists by creation.
OFTEN = ("returnista", "channable", "sendcloud")
EACH = [name if name in OFTEN else pytest.param(name, marks=pytest.mark.prove) for name in PLATFORMS]


@pytest.mark.parametrize("platform", EACH)
def test_of_each_platform_what_was_missed_is_found_and_adopted_and_nothing_else_differs(tmp_path, sandbox, platform):
    # There are more reads than some platforms allow in ten seconds, and the tests are not about limits.
    shop = Shop(tmp_path, sandbox, (platform,), {"own_label": "replace", "limits": {"1h": 1000}})
    for number in ("1001", "1002"):
        sandbox.monta.add(order(number))
    shop.platform().give_back("1001", created=MADE)
    assert shop.run()["announced"] == 1
    # so late that no platform's listing looks back that far
    with later(days=3):
        assert shop.run()["announced"] == 0
        assert reconciled(shop)["differences"] == []
        shop.platform().give_back("1002", created=MADE + timedelta(seconds=30))
        content = reconciled(shop, "--adopt", "--yes")
        assert [(one["kind"], one["adopted"]) for one in content["differences"]] == [("seen-there-not-here", True)]
        assert reconciled(shop)["differences"] == []
        assert shop.run()["announced"] == 1
    shop.assert_nothing_twice()


def test_each_kind_is_in_the_docs():
    page = (Path(__file__).parents[2] / "docs/how-to/reconcile.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE) == list(Kind)
