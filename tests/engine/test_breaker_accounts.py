"""Outages while an account changes, and while a part of the configuration is left alone, removed, or not used."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from certainty import assert_nothing_twice, give_back, give_back_each, in_flight
from credentials import file_of, rotate, tables
from weeks import MONTA, Week

from returnsync.sandbox import Fault, Sandbox, World
from returnsync.sandbox.world import monta_order

HOUR = timedelta(hours=1)
NEVER = timedelta(days=900)
OTHER_ACCOUNT = "0190a000-0000-7000-8000-0000000000ff"


@pytest.fixture
def shop(shop):
    shop.sandbox.returnista.return_orders.clear()
    return shop


def down(shop, *routes: str) -> None:
    shop.sandbox.faults.add(*(Fault(route, "status", status=503) for route in routes))


def out_at(shop) -> list[str]:
    """What is out, and since when."""
    return [item["since"] for item in shop("status", "--json").json["out"]]


def test_returns_of_a_source_that_is_left_alone_are_no_tries(shop, clock):
    shop.platforms = ("returnista", "loop")
    week = Week(shop, clock, timedelta(hours=2), incoming=NEVER)
    give_back(shop, "0999")
    week.run()
    give_back_each(shop, 3)
    down(shop, *MONTA)
    week.run()
    for number in range(2001, 2009):
        shop.sandbox.monta.add(monta_order(str(number)))
        shop.sandbox.loop.give_back(str(number))
    week.run()
    since = out_at(shop)
    assert len(since) == 1
    shop.sandbox.faults.clear()
    down(shop, *(route for route in MONTA if route != "monta.reasons"))
    shop.sandbox.returnista.account_id = shop.sandbox.world.account_id = OTHER_ACCOUNT
    assert week.requests([week.run() for _ in range(3)]) == [4, 4, 4]  # the probe, and three tries
    assert out_at(shop) == since


def test_returns_of_a_source_that_was_removed_keep_nothing_out(shop, clock):
    shop.platforms = ("returnista", "loop")
    week = Week(shop, clock, HOUR, incoming=NEVER)
    week.run()
    give_back_each(shop, 6)
    down(shop, *MONTA)
    assert week.run()["exit_code"] == 75
    shop.more = {"sources": {"shop-us": tables(shop, "sources")["shop-us"]}}
    shop.sandbox.faults.clear()
    assert [week.run()["exit_code"] for _ in range(2)] == [0, 0]
    assert out_at(shop) == []


def test_an_outage_while_an_account_is_recognised_costs_one_request_a_run_and_is_named(shop, clock):
    week = Week(shop, clock, HOUR, incoming=NEVER)
    give_back(shop, "4001")
    week.run()
    rotate(shop)
    give_back_each(shop, 8)
    down(shop, *MONTA)
    during = [week.run() for _ in range(6)]
    assert week.requests(during) == [2, 1, 1, 1, 1, 1]
    assert {ran["exit_code"] for ran in during} == {75}
    assert len(out_at(shop)) == 1
    shop.sandbox.faults.clear()
    assert week.run()["exit_code"] == 0
    week.assert_all_is_well()


def test_nothing_in_flight_is_resolved_at_an_account_that_is_out_before_it_is_recognised(shop, clock):
    week = Week(shop, clock, HOUR, incoming=NEVER)
    give_back(shop, "4001")
    week.run()
    # as after a run that was killed before it knew the outcome of its label call
    with closing(sqlite3.connect(shop.state)) as state, state:
        state.execute("UPDATE effects SET outcome = NULL WHERE kind = 'label'")
        state.execute("UPDATE announcements SET progress = 'due', step = 'label'")
        state.execute("DELETE FROM labels")
    rotate(shop)
    down(shop, *MONTA)
    for _ in range(3):
        week.run()
    assert ([kind for kind, _ in in_flight(shop)], shop.held()) == (["label"], [])


def test_where_the_list_of_reasons_alone_is_broken_a_changed_account_is_recognised_all_the_same(shop, clock):
    week = Week(shop, clock, HOUR, incoming=NEVER)
    give_back(shop, "4001")
    week.run()
    rotate(shop)
    give_back_each(shop, 4)
    down(shop, *MONTA)
    week.run()
    shop.sandbox.faults.clear()
    down(shop, "monta.reasons")
    runs = [week.run() for _ in range(5)]
    assert sum(ran["labelled"] for ran in runs) == 4
    assert_nothing_twice(shop)


def test_a_changed_account_of_which_only_the_list_of_reasons_answers_is_out(shop, clock):
    week = Week(shop, clock, HOUR, incoming=NEVER)
    give_back_each(shop, 6)
    week.run()
    rotate(shop)
    give_back(shop, "4002")
    down(shop, *(route for route in MONTA if route != "monta.reasons"))
    assert week.requests([week.run() for _ in range(4)]) == [4, 4, 4, 4]  # that list, and three looks
    assert len(out_at(shop)) == 1
    shop.sandbox.faults.clear()
    assert [week.run()["exit_code"] for _ in range(2)][-1] == 0
    week.assert_all_is_well()


def test_a_source_whose_table_is_broken_for_one_run_closes_nothing(shop, clock):
    table = shop.folder / "skus.csv"
    table.write_text("from,to\nA,B\n", encoding="utf-8")
    shop.source["sku_table"] = str(table)
    week = Week(shop, clock, HOUR, incoming=NEVER)
    give_back_each(shop, 8)
    down(shop, *MONTA)
    week.run()
    since = out_at(shop)
    assert len(since) == 1
    shop.sandbox.faults.clear()
    down(shop, *(route for route in MONTA if route != "monta.reasons"))
    table.unlink()
    assert week.run()["exit_code"] == 78
    assert out_at(shop) == since
    table.write_text("from,to\nA,B\n", encoding="utf-8")
    week.run()
    assert out_at(shop) == since


@pytest.fixture
def two_warehouses(shop):
    """A shop of two sources, each with a warehouse of its own, and the sandbox of the second ones."""
    orders = [monta_order(str(number)) for number in range(2000, 2010)]
    world = World(username="user-of-second", password="second-password", account_id=OTHER_ACCOUNT, orders=orders)
    with Sandbox(world) as second:
        monta, source = tables(shop, "warehouses")["monta"], tables(shop, "sources")["shop-nl"]
        shop.more = {
            "warehouses": {
                "monta": monta,
                "second": {
                    **monta,
                    "base_url": second.monta_url,
                    "username": file_of(shop, "user-of-second"),
                    "password": file_of(shop, "second-password"),
                    "channel": next(iter(world.channels)),
                },
            },
            "sources": {
                "shop-nl": source,
                "shop-be": {
                    **source,
                    "account_id": OTHER_ACCOUNT,
                    "base_url": second.returnista_url,
                    "warehouse": "second",
                },
            },
        }
        at = datetime.now(UTC) - timedelta(minutes=1)
        for number in range(2000, 2006):
            second.returnista.give_back(str(number), created=at, updated=at)
        second.faults.add(*(Fault(route, "status", status=503) for route in MONTA))
        yield shop, second


@pytest.mark.usefixtures("clock")
def test_a_run_of_one_source_ends_well_while_the_warehouse_of_another_is_out(two_warehouses):
    shop, _ = two_warehouses
    give_back_each(shop, 3)
    assert shop.run()["exit_code"] == 75
    since = out_at(shop)
    give_back_each(shop, 3, 1101)
    ran = shop.run("--source", "shop-nl")
    assert (ran["exit_code"], ran["labelled"], "second" in ran["requests"]) == (0, 3, False)
    assert out_at(shop) == since
    assert shop.run("--source", "shop-be")["exit_code"] == 75


@pytest.mark.usefixtures("clock")
def test_so_it_is_where_calls_to_the_other_are_in_flight(two_warehouses):
    shop, second = two_warehouses
    shop.more["warehouses"]["second"]["settle_after"] = 600
    second.faults.clear()
    second.faults.add(Fault("monta.create", "reset"))
    shop.run()
    second.faults.add(*(Fault(route, "status", status=503) for route in MONTA))
    asked = second.counts.requests
    give_back_each(shop, 3)
    ran = shop.run("--source", "shop-nl")
    assert (ran["exit_code"], ran["labelled"]) == (0, 3)
    assert second.counts.requests == asked
    give_back(shop, "1201")
    assert shop("replay", "#1201").code == 0


def test_a_warehouse_that_no_source_names_any_more_is_asked_one_thing_while_it_is_out(two_warehouses, clock):
    shop, second = two_warehouses
    second.faults.clear()
    second.faults.add(Fault("monta.label", "status", status=403))
    shop.run()
    shop.more["sources"]["shop-be"]["warehouse"] = "monta"
    second.faults.clear()
    second.faults.add(*(Fault(route, "status", status=503) for route in MONTA))
    requests = []
    for _ in range(5):
        clock.shift(HOUR)
        requests.append(shop.run()["requests"].get("second", 0))
    assert requests[2:] == [1, 1, 1]
    second.faults.clear()
    clock.shift(HOUR)
    shop.run()
    assert out_at(shop) == []
    assert len(second.monta.labels) == 6


def test_what_is_no_longer_configured_is_not_said_to_be_out(two_warehouses, clock):
    shop, _ = two_warehouses
    shop.run()
    assert len(out_at(shop)) == 1
    del shop.more["warehouses"]["second"], shop.more["sources"]["shop-be"]
    clock.shift(HOUR)
    shop.run()
    assert out_at(shop) == []


def test_our_own_limit_is_no_failed_probe(shop, clock):
    week = Week(shop, clock, timedelta(minutes=5), incoming=NEVER)
    give_back_each(shop, 8)
    down(shop, *MONTA)
    used = week.requests([week.run()])[0]
    shop.warehouse |= {"limits": {"1h": used + 1}, "retry_budget": 1.0}
    assert week.requests([week.run() for _ in range(3)]) == [1, 0, 0]
    with closing(sqlite3.connect(shop.state)) as state:
        assert state.execute("SELECT probes FROM breakers WHERE kind = 'warehouse'").fetchall() == [(1,)]
    assert "is reached, so no more are made in this run" in shop("run").err
