"""The rules that are never broken, one by one, on real servers: nothing twice, nothing lost, and so on."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from returnsync.http import retry
from returnsync.sandbox import EFFECTS, Fault, Sandbox, World
from returnsync.sandbox.world import consumer, monta_line, monta_order, request, return_order

pytestmark = pytest.mark.usefixtures("old_state")

if TYPE_CHECKING:
    from pathlib import Path

    from shop import Shop

SETTLED = ("settled", "")
DOUBT = ("held", "label-in-doubt")


def give_back(shop: Shop, number: str = "1001", *, ordered: int = 1, **fields: Any) -> str:
    """Put in a shipped order, and an approved return of one unit of it; give the return's id."""
    shop.sandbox.monta.add(monta_order(number, monta_line(quantity=ordered)))
    return shop.sandbox.returnista.add(return_order(request(order=f"#{number}"), **fields))


def one_more_unit(shop: Shop, identity: str) -> None:
    """Let the consumer send back one more of the same article."""
    requests = shop.sandbox.returnista.return_orders[identity]["returnRequests"]
    shop.sandbox.returnista.touch(identity, returnRequests=[*requests, {**requests[0], "id": "one more"}])


def story(shop: Shop, number: str = "1001") -> dict[str, Any]:
    return shop("show", f"#{number}", "--json").json[0]


def stands(shop: Shop, number: str = "1001") -> tuple[str, str]:
    """The progress and the cause of the announcement for an order."""
    found = [item for item in story(shop, number)["announcements"] if item["order_number"] == f"#{number}"]
    assert len(found) == 1
    return found[0]["progress"], found[0]["cause"]


def code_of(shop: Shop, number: str = "1001") -> str:
    return story(shop, number)["announcements"][0]["code"]


def effects(shop: Shop) -> tuple[int, int, int]:
    """The numbers of forecasts, updates and labels that the stand-in made; none is doubled, and nothing forbidden."""
    counts = shop.sandbox.counts
    assert counts.effects("duplicate_forecasts") == counts.effects("forbidden") == 0
    return counts.effects("forecasts"), counts.effects("updates"), counts.effects("labels")


def calls(shop: Shop, route: str) -> int:
    return shop.sandbox.counts.calls(route)


def fail(shop: Shop, *faults: Fault) -> None:
    shop.sandbox.faults.add(*faults)


# -- 1: never twice ----------------------------------------------------------------------------------------------------


def test_rule_1_a_run_after_a_run_makes_nothing_again(shop):
    give_back(shop)
    shop.run()
    shop.run()
    assert effects(shop) == (1, 0, 1)


def test_rule_1_a_state_that_was_lost_is_found_again_at_the_warehouse_and_on_disk(shop):
    give_back(shop)
    shop.run()
    lose_state(shop)
    again = shop.run()
    assert (again["announced"], again["adopted"], again["exit_code"]) == (0, 1, 0)
    assert effects(shop) == (1, 0, 1)
    assert stands(shop) == SETTLED


def test_rule_1_a_state_moved_without_its_labels_buys_none_again(shop):
    give_back(shop)
    shop.run()
    lose_state(shop)
    shutil.rmtree(shop.folder / "labels")
    for _ in range(2):
        assert shop.run()["exit_code"] == 1
        assert stands(shop) == DOUBT
    assert shop("held", "retry", code_of(shop)).code == 0
    shop.run()
    assert shop("replay", "#1001").code == 1
    assert stands(shop) == DOUBT
    assert effects(shop) == (1, 0, 1)


def test_rule_1_a_new_label_is_bought_by_name_and_exactly_once(shop):
    give_back(shop)
    shop.run()
    lose_state(shop)
    shutil.rmtree(shop.folder / "labels")
    shop.run()
    assert shop("replay", code_of(shop), "--new-label", "--yes").code == 0
    assert effects(shop) == (1, 0, 2)
    assert stands(shop) == SETTLED
    assert len(shop.labels()) == 1
    shop.run()
    assert effects(shop) == (1, 0, 2)


def test_rule_1_a_new_label_is_not_bought_without_a_yes(shop):
    give_back(shop)
    shop.run()
    assert shop("replay", "#1001", "--new-label").code == 2
    assert shop("replay", "#1001", "--new-label", "--dry-run").code == 0
    assert effects(shop) == (1, 0, 1)


def test_rule_1_a_replay_makes_nothing_again(shop):
    give_back(shop)
    shop.run()
    assert shop("replay", "#1001").code == 0
    assert effects(shop) == (1, 0, 1)


@pytest.mark.parametrize("fills_tracking", [True, False])
def test_rule_1_a_backup_from_before_the_label_settles_by_the_label_file(shop, fills_tracking):
    shop.sandbox.monta.fills_tracking = fills_tracking
    restore_backup_from_between(shop)
    assert len(shop.labels()) == 1
    shop.run()
    assert stands(shop) == SETTLED
    assert effects(shop) == (1, 0, 1)


def test_rule_1_a_link_where_the_label_was_buys_none_again_after_a_backup(shop):
    shop.sandbox.monta.fills_tracking = False
    restore_backup_from_between(shop)
    (label,) = shop.labels()
    label.rename(shop.folder / "archived.pdf")
    label.symlink_to(shop.folder / "archived.pdf")
    assert "does not count as a label" in shop("run").err
    assert stands(shop) == DOUBT
    assert effects(shop) == (1, 0, 1)


def test_rule_1_a_backup_from_before_the_label_without_its_file_buys_none_again(shop):
    restore_backup_from_between(shop)
    shutil.rmtree(shop.folder / "labels")
    shop.run()
    assert stands(shop) == DOUBT
    assert effects(shop) == (1, 0, 1)


def test_rule_1_two_sources_of_one_platform_do_not_collide(shop):
    with Sandbox(World(account_id="0190a000-0000-7000-8000-000000000002")) as other:
        shop.sandbox.monta.add(monta_order("1001", "SHIRT", "SHOE"))
        for sandbox, sku in ((shop.sandbox, "SHIRT"), (other, "SHOE")):
            sandbox.returnista.add(return_order(request(sku, "#1001"), id="the same id at both"))
        first = plain_source(shop)
        second = {**first, "account_id": other.world.account_id, "base_url": other.returnista_url}
        shop.more = {"sources": {"shop-nl": first, "shop-be": second}}
        shop.run()
        shop.run()
    assert effects(shop) == (2, 0, 2)
    assert len({forecast.code for forecast in shop.forecasts}) == 2
    assert {item["progress"] for found in shop("show", "#1001", "--json").json for item in found["announcements"]} == {
        "settled"
    }


def test_rule_1_a_renamed_source_is_noticed_before_anything_is_announced_again(shop):
    give_back(shop)
    shop.run()
    source = plain_source(shop)
    shop.more = {"sources": {"shop-nederland": source}}
    refused = shop("run")
    assert refused.code == 78
    assert 'id = "shop-nl"' in refused.err
    assert effects(shop) == (1, 0, 1)
    shop.more = {"sources": {"shop-nederland": {**source, "id": "shop-nl"}}}
    assert shop("run").code == 0
    assert effects(shop) == (1, 0, 1)


@pytest.mark.parametrize("route", ["monta.create", "monta.label"])
def test_rule_1_an_effect_answered_with_429_is_sent_again(shop, monkeypatch, route):
    monkeypatch.setattr(retry, "_FIRST_WAIT", 0.0)
    shop.warehouse = {"attempts": 2}
    give_back(shop)
    fail(shop, Fault(route, "status", call=1, status=429))
    assert shop.run()["exit_code"] == 0
    assert calls(shop, route) == 2
    assert effects(shop) == (1, 0, 1)


@pytest.mark.parametrize("route", ["monta.create", "monta.label"])
def test_rule_1_an_effect_that_was_never_sent_is_sent_later(shop, clock, route):
    give_back(shop)
    fail(shop, Fault(route, "status", call=1, status=429))
    shop.run()
    assert stands(shop) == ("waiting", "call-failed")
    clock.shift(timedelta(minutes=6))
    shop.run()
    assert stands(shop) == SETTLED
    assert calls(shop, route) == 2
    assert effects(shop) == (1, 0, 1)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("kind", ["status", "status-after", "reset", "reset-after", "cut", "html", "wrong-type"])
def test_rule_1_a_create_with_an_unclear_answer_is_looked_for_and_ends_made_once(shop, monkeypatch, kind):
    monkeypatch.setattr(retry, "_FIRST_WAIT", 0.0)
    shop.warehouse = {"attempts": 3}
    give_back(shop)
    fail(shop, Fault("monta.create", kind, call=1))
    shop.run()
    never_made = kind in ("status", "reset")
    assert calls(shop, "monta.create") == 1 + never_made
    assert stands(shop) == SETTLED
    assert effects(shop) == (1, 0, 1)


@pytest.mark.parametrize("kind", ["status", "status-after", "reset", "reset-after", "cut", "html", "wrong-type"])
def test_rule_1_a_label_with_an_unclear_answer_is_never_asked_for_again(shop, clock, monkeypatch, kind):
    monkeypatch.setattr(retry, "_FIRST_WAIT", 0.0)
    shop.warehouse = {"attempts": 3}
    give_back(shop)
    fail(shop, Fault("monta.label", kind, call=1))
    assert shop.run()["exit_code"] == 1
    clock.shift(timedelta(days=2))
    shop.run()
    shop("held", "retry", "--all")
    shop.run()
    assert stands(shop)[0] == "held"
    assert stands(shop)[1] in ("label-in-doubt", "label-unusable")
    assert calls(shop, "monta.label") == 1


# -- 2: never lost -----------------------------------------------------------------------------------------------------


def test_rule_2_what_a_broken_listing_did_not_show_is_read_by_the_next_run(shop):
    days = World.bulk(120)
    for order in days.orders:
        shop.sandbox.monta.add(order)
    shown = {shop.sandbox.returnista.add(record) for record in days.return_orders}
    fail(shop, Fault("returnista.list", "status", call=2, status=503))
    first = shop.run("--yes")
    assert first["exit_code"] == 75
    assert first["sources"]["shop-nl"]["error"]
    shop.run("--yes")
    assert known_returns(shop) == shown
    assert effects(shop)[0] == effects(shop)[2] == 120


def test_rule_2_rows_that_move_while_they_are_read_are_not_skipped(shop):
    days = World.bulk(120)
    shown = [shop.sandbox.returnista.add(record) for record in days.return_orders]

    def move_the_first() -> None:
        """Every listing moves rows that were read already to the end, so that page numbers would skip as many."""
        for identity in shown[:20]:
            shop.sandbox.returnista.touch(identity)

    shop.sandbox.returnista.on_list = move_the_first
    shop.run("--yes")
    assert known_returns(shop) == set(shown)


def test_rule_2_every_return_that_a_platform_shows_stays_visible(shop):
    give_back(shop, "1001")
    give_back(shop, "1002", status="Pending")
    give_back(shop, "1003", status="AwaitingMoonrise")
    give_back(shop, "1004", status="Cancelled")
    give_back(shop, "1005", created=datetime.now(UTC) - timedelta(days=40), updated=datetime.now(UTC))
    shop.sandbox.returnista.add(return_order(request(order="#1006")))
    shop.run()
    assert {number: stands(shop, number) for number in ("1001", "1002", "1003", "1004", "1005", "1006")} == {
        "1001": SETTLED,
        "1002": ("waiting", "not-approved"),
        "1003": ("held", "status-unknown"),
        "1004": ("withdrawn", ""),
        "1005": ("left_alone", "before-start"),
        "1006": ("waiting", "order-unknown"),
    }


def test_rule_2_an_order_that_is_unknown_is_asked_for_at_growing_intervals_and_held_in_the_end(shop, clock):
    shop.sandbox.returnista.add(return_order(request(order="#1001")))
    shop.run()
    asked = []
    for minutes in (4, 2, 8, 3, 15, 6):
        clock.shift(timedelta(minutes=minutes))
        shop.run()
        asked.append(calls(shop, "monta.order"))
    assert asked == [1, 2, 2, 3, 3, 4], "pauses of 5, 10 and 20 minutes"
    clock.shift(timedelta(days=15))
    assert shop.run()["exit_code"] == 1
    assert stands(shop) == ("held", "order-unknown")
    shop.sandbox.monta.add(monta_order("1001"))
    shop("held", "retry", "--all")
    shop.run()
    assert stands(shop) == SETTLED


def test_rule_2_an_order_that_becomes_known_is_announced_without_anybody(shop, clock):
    shop.sandbox.returnista.add(return_order(request(order="#1001")))
    shop.run()
    shop.sandbox.monta.add(monta_order("1001"))
    clock.shift(timedelta(minutes=6))
    assert shop.run()["exit_code"] == 0
    assert stands(shop) == SETTLED


def test_rule_2_a_return_that_is_approved_later_goes_on_by_itself(shop, clock):
    identity = give_back(shop, status="Pending")
    assert shop.run()["exit_code"] == 0
    assert effects(shop) == (0, 0, 0)
    clock.shift(timedelta(minutes=5))
    shop.sandbox.returnista.touch(identity, status="Confirmed")
    shop.run()
    assert stands(shop) == SETTLED


# -- 3: intent before effect -------------------------------------------------------------------------------------------


def test_rule_3_the_intent_is_committed_before_the_warehouse_hears_of_it(shop):
    give_back(shop, ordered=2)
    seen: list[tuple[str, str | None]] = []

    def now() -> datetime:
        """Monta's stand-in reads the time when it makes a forecast or a label: look into the state at that moment."""
        with closing(sqlite3.connect(shop.state)) as state:
            seen.extend(state.execute("SELECT kind, outcome FROM effects ORDER BY intent_at"))
        return datetime.now(UTC)

    shop.sandbox.monta.now = now
    shop.run()
    assert seen == [("create", None), ("create", "made"), ("label", None)]


@pytest.mark.usefixtures("clock")
def test_rule_3_a_create_is_sent_again_only_half_a_minute_later_and_after_two_looks(shop):
    give_back(shop)
    fail(shop, Fault("monta.create", "reset", call=1))
    sent: list[datetime] = []
    looks: list[int] = []

    def now() -> datetime:
        sent.append(datetime.now(UTC))
        looks.append(calls(shop, "monta.forecast"))
        return sent[-1]

    shop.sandbox.monta.now = now
    began = datetime.now(UTC)
    shop.run()
    assert sent[0] - began >= timedelta(seconds=30)
    assert looks[0] == 2


@pytest.mark.usefixtures("clock")
def test_rule_3_a_label_in_doubt_is_settled_by_its_file(shop):
    give_back(shop)
    fail(shop, Fault("monta.label", "reset-after", call=1))
    shop.run()
    assert stands(shop) == DOUBT
    place = shop.folder / "labels" / "monta" / f"{code_of(shop)}.pdf"
    place.write_bytes(b"this is no label")
    retry_all(shop)
    assert stands(shop) == DOUBT
    place.write_bytes(shop.sandbox.monta.labels[0].data)
    retry_all(shop)
    assert stands(shop) == SETTLED
    assert calls(shop, "monta.label") == 1


@pytest.mark.parametrize(
    ("kind", "end"), [("reset-after", ("held", "cancelled-after-announcement")), ("reset", ("withdrawn", ""))]
)
def test_rule_3_a_return_cancelled_while_its_create_is_in_flight_is_settled_first(shop, monkeypatch, clock, kind, end):
    monkeypatch.setattr("returnsync.engine.run._WAIT_FOR_CERTAINTY", timedelta(0))
    identity = give_back(shop)
    hide_forecasts(shop)
    fail(shop, Fault("monta.create", kind, call=1))
    shop.run()
    assert stands(shop) == ("waiting", "in-flight")
    shop.sandbox.faults.clear()
    shop.sandbox.returnista.touch(identity, status="Cancelled")
    for _ in range(2):
        clock.shift(timedelta(seconds=31))
        shop.run()
    assert stands(shop) == end
    assert calls(shop, "monta.create") == 1
    assert calls(shop, "monta.label") == 0


def test_rule_3_a_return_cancelled_in_the_run_that_looks_again_is_never_labelled(shop, clock):
    """The cancellation comes between the look that settles the create and the delivery."""
    identity = give_back(shop)
    hide_forecasts(shop)
    fail(shop, Fault("monta.create", "reset-after", call=1))

    def cancel() -> None:
        clock.shift(timedelta(minutes=11))
        shop.sandbox.faults.clear()
        shop.sandbox.returnista.touch(identity, status="Cancelled")

    shop.run()
    assert stands(shop) == ("waiting", "in-flight")
    shop.sandbox.returnista.on_list = cancel
    clock.shift(timedelta(seconds=31))
    shop.run()
    assert stands(shop) == ("held", "cancelled-after-announcement")
    assert calls(shop, "monta.label") == 0


# -- 4 is test_kill.py -------------------------------------------------------------------------------------------------

# -- 5: never guess ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ([monta_order("1001"), monta_order("1001", channel="Webshop BE")], "order-ambiguous"),
        (monta_order("1001", channel="Webshop BE"), "channel-differs"),
        (monta_order("10010"), "order-ambiguous"),
    ],
)
def test_rule_5_an_order_that_may_be_another_is_held(shop, answer, cause):
    give_back(shop)
    fail(shop, Fault("monta.order", "wrong-type", body=json.dumps(answer).encode()))
    assert shop.run()["exit_code"] == 1
    assert stands(shop) == ("held", cause)
    assert effects(shop) == (0, 0, 0)


def test_rule_5_an_ambiguous_line_is_held_with_its_next_step(shop):
    line = monta_line(line_id=None)
    shop.sandbox.monta.add(monta_order("1001", line, line))
    shop.sandbox.returnista.add(return_order(request(order="#1001")))
    assert shop.run()["exit_code"] == 1
    [held] = shop.held()
    assert held["cause"] == "line-ambiguous"
    assert "returnsync held" in held["next_step"]
    assert effects(shop) == (0, 0, 0)


def test_rule_5_an_unknown_status_is_held_and_goes_on_once_the_platform_says_approved(shop, clock):
    identity = give_back(shop, status="AwaitingMoonrise")
    assert shop.run()["exit_code"] == 1
    assert stands(shop) == ("held", "status-unknown")
    retry_all(shop)
    assert stands(shop) == ("held", "status-unknown")
    assert effects(shop) == (0, 0, 0)
    clock.shift(timedelta(minutes=5))
    shop.sandbox.returnista.touch(identity, status="Confirmed")
    assert shop.run()["exit_code"] == 0
    assert stands(shop) == SETTLED


def test_rule_5_an_echo_that_differs_is_held_without_a_label(shop):
    give_back(shop)
    [planned] = shop.run("--dry-run")["decisions"]
    other = {"Code": planned["code"], "WebshopOrderId": "1001", "Lines": []}
    fail(shop, Fault("monta.create", "wrong-type", call=1, body=json.dumps(other).encode()))
    shop.run()
    assert stands(shop) == ("held", "echo-differs")
    retry_all(shop)
    assert stands(shop) == SETTLED, "what stands there is right after all"
    assert effects(shop) == (1, 0, 1)


def test_rule_5_goods_that_somebody_else_announced_are_held(shop):
    give_back(shop)
    line = shop.sandbox.monta.orders["1001"][0]["Lines"][0]["WebshopOrderLineId"]
    shop.sandbox.monta.announce("by hand", "1001", {line: 1})
    shop.run()
    assert stands(shop) == ("held", "covered-elsewhere")
    assert effects(shop) == (0, 0, 0)


def test_rule_5_cancelled_before_the_announcement_is_withdrawn(shop, clock):
    identity = give_back(shop, status="Pending")
    shop.run()
    clock.shift(timedelta(minutes=5))
    shop.sandbox.returnista.touch(identity, status="Cancelled")
    assert shop.run()["exit_code"] == 0
    assert stands(shop) == ("withdrawn", "")
    assert effects(shop) == (0, 0, 0)


def test_rule_5_cancelled_after_the_announcement_is_held_until_a_person_removed_the_forecast(shop, clock):
    identity = give_back(shop)
    shop.run()
    clock.shift(timedelta(minutes=5))
    shop.sandbox.returnista.touch(identity, status="Cancelled")
    assert shop.run()["exit_code"] == 1
    [held] = shop.held()
    assert held["cause"] == "cancelled-after-announcement"
    assert f"Remove forecast {held['code']}" in held["next_step"]
    retry_all(shop)
    assert stands(shop) == ("held", "cancelled-after-announcement"), "it still stands there"
    shop.sandbox.monta.forecasts.clear()
    retry_all(shop)
    assert stands(shop) == ("withdrawn", "")
    assert effects(shop) == (1, 0, 1)


def test_rule_5_changed_after_the_announcement_is_held_until_the_portal_agrees(shop, clock):
    identity = give_back(shop, ordered=2)
    shop.run()
    clock.shift(timedelta(minutes=5))
    one_more_unit(shop, identity)
    assert shop.run()["exit_code"] == 1
    assert stands(shop) == ("held", "changed-after-announcement")
    retry_all(shop)
    assert stands(shop)[0] == "held", "the portal says otherwise still"
    shop.sandbox.monta.forecasts[0].body["Lines"][0]["ReturnQuantity"] = 2
    retry_all(shop)
    assert stands(shop) == SETTLED
    assert effects(shop) == (1, 0, 1)


def test_rule_5_changed_after_the_announcement_is_sent_where_that_is_wanted(shop, clock):
    shop.source = {"send_updates": True}
    identity = give_back(shop, ordered=2)
    shop.run()
    clock.shift(timedelta(minutes=5))
    one_more_unit(shop, identity)
    assert shop.run()["exit_code"] == 0
    assert stands(shop) == SETTLED
    assert [line["ReturnQuantity"] for line in shop.forecasts[0].lines] == [2]
    assert effects(shop) == (1, 1, 1)


# -- 6: one failure costs one return -----------------------------------------------------------------------------------


def test_rule_6_a_broken_record_is_set_aside_and_tried_again_at_growing_intervals_until_it_can_be_read(shop, clock):
    broken = give_back(shop, "1001")
    give_back(shop, "1002")
    right = shop.sandbox.returnista.return_orders[broken]["createdAt"]
    shop.sandbox.returnista.return_orders[broken]["createdAt"] = "the day before yesterday"
    first = shop.run()
    assert (first["exit_code"], first["labelled"], first["sources"]["shop-nl"]["set_aside"]) == (1, 1, 1)
    assert stands(shop, "1002") == SETTLED
    [held] = shop.held()
    assert (held["cause"], held["return_id"]) == ("unreadable", broken)
    assert calls(shop, "returnista.one") == 0
    for minutes, tries in ((5, 1), (5, 1), (5, 1), (60, 2), (5, 2), (60, 3)):
        clock.shift(timedelta(minutes=minutes))
        assert shop.run()["exit_code"] == 1
        assert calls(shop, "returnista.one") == tries
    shop.sandbox.returnista.return_orders[broken]["createdAt"] = right
    clock.shift(timedelta(minutes=60))
    assert shop.run()["exit_code"] == 0
    assert shop.held() == []
    assert stands(shop, "1001") == SETTLED


def test_rule_6_one_return_that_fails_costs_no_other(shop):
    for number in ("1001", "1002", "1003"):
        give_back(shop, number)
    shop.warehouse = {"concurrency": 1}
    fail(shop, Fault("monta.label", "status", call=2, status=400))
    assert shop.run()["exit_code"] == 1
    assert sorted(stands(shop, number) for number in ("1001", "1002", "1003")) == [
        ("held", "label-refused"),
        SETTLED,
        SETTLED,
    ]


def test_rule_6_a_dead_source_does_not_stop_the_others(shop):
    give_back(shop)
    alive = plain_source(shop)
    dead = {**alive, "account_id": "gone", "base_url": "http://127.0.0.1:9/"}
    shop.more = {"sources": {"dead": dead, "shop-nl": alive}}
    ran = shop.run()
    assert ran["exit_code"] == 75
    assert ran["sources"]["dead"]["error"]
    assert stands(shop) == SETTLED


@pytest.mark.parametrize("dead", ["no connection", "503", "401"])
def test_rule_6_a_dead_warehouse_does_not_stop_the_pull(shop, clock, dead):
    give_back(shop)
    if dead == "no connection":
        shop.warehouse = {"base_url": "http://127.0.0.1:9/"}
    else:
        routes = [name for name in shop.sandbox.faults.routes if name.startswith("monta.")]
        fail(shop, *(Fault(route, "status", status=int(dead)) for route in routes))
    ran = shop.run()
    assert ran["sources"]["shop-nl"]["new"] == 1
    assert ran["exit_code"] == {"401": 78}.get(dead, 75)
    assert stands(shop)[0] in ("due", "waiting")
    shop.sandbox.faults.clear()
    shop.warehouse = {}
    clock.shift(timedelta(minutes=6))
    assert shop.run()["exit_code"] == 0
    assert stands(shop) == SETTLED


# -- 7: nothing private leaves -----------------------------------------------------------------------------------------


def test_rule_7_neither_secrets_nor_consumers_are_in_what_is_shown(shop):
    person = consumer("Wilhelmina", "Zonneschijn", "#1001", email="mina@zonneschijn.example")
    person["shippingAddress"] |= {"street": "Hoevelaan 12", "postalCode": "9876 ZX"}
    for number in ("1001", "1002", "1003"):
        give_back(shop, number, by=person)
    words = (
        f"Wilhelmina Zonneschijn, Hoevelaan, 9876 ZX, mina@zonneschijn.example said no to {shop.sandbox.world.password}"
    )
    shop.warehouse = {"concurrency": 1}
    fail(
        shop,
        Fault("monta.create", "status", call=1, status=400, body=words.encode()),
        Fault("monta.label", "status", call=1, status=500, body=words.encode()),
    )
    shown = [
        shop.process("run", "--verbose"),
        shop.process("held"),
        shop.process("held", "--json"),
        shop.process("show", "#1001"),
        shop.process("status", "--json"),
        shop.process("replay", "#1002", "--verbose"),
    ]
    said = "".join(ran.out + ran.err for ran in shown).casefold()
    assert "said no" in said, "what the warehouse said is shown, masked"
    for private in (
        *("wilhelmina", "zonneschijn", "hoevelaan", "9876 zx", "mina@"),
        *(shop.sandbox.world.token, shop.sandbox.world.password),
    ):
        assert private not in said


def test_rule_7_state_and_labels_are_readable_by_their_owner_only(shop):
    give_back(shop)
    shop.run()
    files = [shop.state, *shop.folder.glob("returnsync.db-*"), *shop.labels()]
    assert len(files) >= 2
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file
    assert stat.S_IMODE((shop.folder / "labels" / "monta").stat().st_mode) & 0o077 == 0


# -- 8: dry means dry --------------------------------------------------------------------------------------------------


def test_rule_8_a_dry_run_changes_nothing_anywhere(shop, clock):
    settled = give_back(shop, "1001", ordered=2)
    shop.run()
    clock.shift(timedelta(minutes=6))
    give_back(shop, "1002", updated=datetime.now(UTC))
    shop.sandbox.returnista.add(return_order(request(order="#1003"), updated=datetime.now(UTC)))
    one_more_unit(shop, settled)
    before = everything(shop)
    dry = shop.run("--dry-run")
    assert everything(shop) == before
    assert dry["dry_run"] is True
    assert sorted(item["would"] for item in dry["decisions"]) == ["announce", "hold", "wait"]
    assert shop.run()["announced"] == 1, "the run after it does what it would have done"


def test_rule_8_a_dry_run_on_no_state_makes_none(shop):
    give_back(shop)
    dry = shop.run("--dry-run")
    assert [item["would"] for item in dry["decisions"]] == ["announce"]
    assert sorted(file.name for file in shop.folder.iterdir() if "limits" not in file.name) == ["returnsync.toml"]
    assert effects(shop) == (0, 0, 0)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    "command", [("replay", "#1001"), ("replay", "#1001", "--new-label"), ("held", "release", "--all")]
)
def test_rule_8_no_command_that_is_dry_changes_anything(shop, command):
    give_back(shop)
    fail(shop, Fault("monta.label", "reset-after", call=1))
    shop.run()
    before = everything(shop)
    shop(*command, "--dry-run")
    assert everything(shop) == before


# -- 9: time is UTC inside ---------------------------------------------------------------------------------------------


def test_rule_9_the_zone_of_the_machine_changes_nothing(shop):
    identity = give_back(shop)
    shop.sandbox.returnista.return_orders[identity]["createdAt"] = "2026-11-01T01:30:00+02:00"
    shop.source = {"start_from": datetime(2026, 10, 31, 23, 0)}  # noqa: DTZ001  # naive on purpose: read as UTC
    for zone in ("America/New_York", "Pacific/Kiritimati", "Europe/Amsterdam"):
        assert shop.process("run", "--json", TZ=zone).code == 0
    assert effects(shop) == (1, 0, 1)
    with closing(sqlite3.connect(shop.state)) as state:
        assert state.execute("SELECT created FROM returns").fetchall() == [("2026-10-31T23:30:00.000000Z",)]
        moments = [row[0] for row in state.execute("SELECT at FROM history UNION SELECT intent_at FROM effects")]
    assert moments
    assert all(abs(datetime.fromisoformat(moment) - datetime.now(UTC)) < timedelta(minutes=5) for moment in moments)


# -- helpers -----------------------------------------------------------------------------------------------------------


def lose_state(shop: Shop) -> None:
    for file in shop.folder.glob("returnsync.db*"):
        file.unlink()


def retry_all(shop: Shop) -> None:
    """Retry everything that is held, as a person does."""
    assert shop("held", "retry", "--all").code == 0
    shop.run()


def restore_backup_from_between(shop: Shop) -> None:
    """Announce, make a backup, label, and restore the backup."""
    shop.warehouse = {"request_labels": True}
    give_back(shop)
    fail(shop, Fault("monta.label", "status", call=1, status=401))
    shop.run()
    assert effects(shop) == (1, 0, 0)
    backup = shop.folder / "backup.db"
    with closing(sqlite3.connect(shop.state)) as state, closing(sqlite3.connect(backup)) as copy:
        # As if it had been made before the label was requested at all.
        state.backup(copy)
        copy.execute("DELETE FROM effects WHERE kind = 'label'")
        copy.commit()
    shop.run()
    assert effects(shop) == (1, 0, 1)
    lose_state(shop)
    shutil.copy(backup, shop.state)


def hide_forecasts(shop: Shop) -> None:
    """Let Monta not answer whether it has a forecast, for now."""
    fail(shop, Fault("monta.forecast", "status", status=503))


def plain_source(shop: Shop) -> dict[str, Any]:
    return {
        "platform": "returnista",
        "warehouse": "monta",
        "account_id": shop.sandbox.world.account_id,
        "token": "env:SHOP_TOKEN",
        "start_from": datetime.now(UTC) - timedelta(days=30),
        "base_url": shop.sandbox.returnista_url,
        "attempts": 1,
    }


def known_returns(shop: Shop) -> set[str]:
    with closing(sqlite3.connect(shop.state)) as state:
        return {row[0] for row in state.execute("SELECT return_id FROM announcements")}


def everything(shop: Shop) -> dict[str, Any]:
    """Everything that a dry run must not change: files except the counter of requests, the state, and all effects."""

    def digest(file: Path) -> str:
        return hashlib.sha256(file.read_bytes()).hexdigest()

    kept = [file for file in shop.folder.rglob("*") if file.is_file() and "db-" not in file.name]
    with closing(sqlite3.connect(shop.state)) as state:
        content = list(state.iterdump())
    return {
        "files": {str(file): digest(file) for file in kept if file.suffix != ".toml"},
        "state": content,
        "effects": {name: shop.sandbox.counts.effects(name) for name in EFFECTS},
        "calls": {route: calls(shop, route) for route in ("monta.create", "monta.update", "monta.label")},
    }
