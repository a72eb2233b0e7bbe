"""`check --order`: what the rules make of one order number, step by step, and what the warehouse says to the result."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from returnsync.sandbox import Fault
from returnsync.sandbox.world import monta_line, monta_order

if TYPE_CHECKING:
    from shop import Ran, Shop


@pytest.fixture(autouse=True)
def rules(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain rule, and a lookup."""
    monkeypatch.setenv("ERP_TOKEN", shop.sandbox.erp.token)
    address = shop.sandbox.erp_url + "/orders/{number}"
    shop.source["order_number"] = [
        {"strip_prefix": "#"},
        {"lookup": address, "find": "order.number", "bearer": "env:ERP_TOKEN"},
    ]
    shop.sandbox.erp.numbers["1001"] = "W-1"


def check(shop: Shop, *arguments: str, order: str = "#1001") -> Ran:
    return shop("check", "--order", order, *arguments)


def told(shop: Shop, *arguments: str, order: str = "#1001") -> Any:
    """The JSON about the only source."""
    ran = check(shop, "--json", *arguments, order=order)
    (found,) = ran.json
    assert ran.code == found["exit_code"]
    return found


def put(shop: Shop, number: str = "W-1", **fields: Any) -> None:
    shop.sandbox.monta.add(monta_order(number, monta_line(quantity=1), monta_line("OTHER"), **fields))


def test_every_step_is_shown_and_what_the_warehouse_has(shop):
    put(shop)
    found = told(shop)
    assert [step["number"] for step in found["steps"]] == ["1001", "W-1"]
    assert found["steps"][0]["rule"] == '{ strip_prefix = "#" }'
    assert found["result"] == "W-1"
    (monta,) = found["warehouses"]
    assert (monta["warehouse"], monta["order_number"], monta["lines"]) == ("monta", "W-1", 2)
    assert (monta["shipped"], monta["deleted"], monta["ok"]) == (True, False, True)
    assert monta["channel"] == next(iter(shop.sandbox.world.channels))
    assert found["exit_code"] == 0


def test_people_read_the_same(shop):
    put(shop)
    ran = check(shop)
    assert ran.code == 0
    first, plain, lookup, monta = ran.out.splitlines()
    assert first == "shop-nl: #1001"
    assert plain.strip() == '{ strip_prefix = "#" }  becomes  1001'
    assert lookup.endswith('find = "order.number" }  becomes  W-1')
    assert monta.startswith("ok   monta: order W-1: shipped, channel Webshop NL, 2 lines: ")


def test_an_order_that_the_warehouse_does_not_know_ends_with_1(shop):
    found = told(shop)
    (monta,) = found["warehouses"]
    assert (found["exit_code"], monta["ok"], monta["order_number"], monta["shipped"]) == (1, False, None, None)
    assert "does not know order W-1" in monta["text"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"Deleted": True}, "deleted"),
        ({"channel": "Webshop BE"}, "does not know"),
        ({"shipped": None}, "not shipped"),
    ],
)
def test_an_order_that_nothing_can_be_announced_on_ends_with_1(shop, fields, words):
    put(shop, **fields)
    ran = check(shop)
    assert ran.code == 1
    assert words in next(line for line in ran.out.splitlines() if line.startswith("FAIL monta"))


def test_a_number_that_a_rule_holds_ends_with_1_and_shows_the_steps_before_it(shop):
    found = told(shop, order="#7")
    assert [step["number"] for step in found["steps"]] == ["7"]
    assert (found["ok"], found["warehouses"], found["exit_code"]) == (False, [], 1)
    assert "does not know order number '7'" in found["text"]
    assert "CODE" not in found["next_step"]
    assert shop.sandbox.counts.calls("monta.order") == 0


@pytest.mark.parametrize("number", ["", "#", "#.", "#..", "\x1b[31m"])
def test_a_number_that_nobody_can_be_asked_for_is_reported_without_a_call(shop, number):
    ran = check(shop, order=number)
    assert ran.code == 1
    assert "\x1b" not in ran.out
    assert shop.sandbox.counts.requests == 0


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("erp.order", "status", status=500), 75),
        (Fault("erp.order", "status", status=401), 78),
        (Fault("erp.order", "status", status=403), 78),
        (Fault("monta.order", "status", status=500), 75),
        (Fault("monta.order", "status", status=401), 78),
    ],
)
def test_what_cannot_be_asked_ends_as_everywhere(shop, fault, code):
    put(shop)
    shop.sandbox.faults.add(fault)
    found = told(shop)
    assert found["exit_code"] == code
    assert found["next_step"] or found["warehouses"][0]["next_step"]


def test_a_table_that_cannot_be_read_ends_with_78(shop):
    shop.source["order_number"] = [{"table": "orders.csv"}]
    found = told(shop)
    assert found["exit_code"] == 78
    assert "orders.csv" in found["text"]


def test_it_asks_as_a_run_would_and_keeps_nothing(shop):
    put(shop)
    shop.run()
    told(shop)
    with closing(sqlite3.connect(shop.state)) as state:
        assert state.execute("SELECT count(*) FROM lookups").fetchone() == (0,)
    assert sum(shop.sandbox.counts.effects(name) for name in ("forecasts", "labels")) == 0


def test_an_answer_that_is_remembered_is_shown_as_such(shop):
    put(shop)
    shop.platform().give_back("1001")
    assert shop.run()["announced"] == 1
    step = told(shop)["steps"][-1]
    assert (step["number"], step["note"]) == ("W-1", "as it was answered before")
    assert shop.sandbox.erp.asked == ["1001"]


def test_every_source_is_shown_or_those_that_are_named(shop):
    shop.platforms = ("returnista", "loop")
    put(shop)
    ran = check(shop, "--json")
    assert [(found["source"], found["result"]) for found in ran.json] == [("shop-nl", "W-1"), ("shop-us", "1001")]
    assert ran.code == 1
    assert [found["source"] for found in check(shop, "--json", "--source", "shop-nl").json] == ["shop-nl"]
    assert check(shop, "--source", "shop-nl").code == 0
    assert check(shop, "--source", "nobody").code == 2


def test_each_warehouse_of_a_source_is_asked_and_one_that_has_the_order_will_do(shop):
    shop.platforms = ("sendcloud",)
    shop.source = {"order_number": [], "brands": {"4711": "other"}}
    account = {
        "kind": "monta",
        "username": "env:SHOP_USER",
        "password": "env:SHOP_PASSWORD",
        "carrier": "DPD",
        "base_url": shop.sandbox.monta_url,
    }
    channels = {"monta": "Webshop NL", "other": "Webshop BE"}
    shop.more["warehouses"] = {name: {**account, "channel": channel} for name, channel in channels.items()}
    put(shop, channel="Webshop BE")
    found = told(shop, order="W-1")
    assert {one["warehouse"]: one["ok"] for one in found["warehouses"]} == {"monta": False, "other": True}
    assert found["exit_code"] == 0


def test_no_secret_is_shown(shop):
    put(shop)
    shop.sandbox.faults.add(Fault("monta.order", "status", status=500, body=shop.sandbox.erp.token.encode()))
    for arguments in ((), ("--json",), ("--verbose",)):
        ran = check(shop, *arguments)
        assert shop.sandbox.erp.token not in ran.out + ran.err


def test_the_plain_check_reads_tables_and_secrets_of_the_rules(shop, monkeypatch):
    assert "looked up at" in shop("check").out
    (shop.folder / "orders.csv").write_text("1,2\n3,4\n", encoding="utf-8")
    shop.source["order_number"].append({"table": "orders.csv"})
    assert "order numbers: 2 in" in shop("check").out
    (shop.folder / "orders.csv").write_text("1\n", encoding="utf-8")
    broken = shop("check")
    assert (broken.code, "orders.csv:1: " in broken.out) == (78, True)
    monkeypatch.delenv("ERP_TOKEN")
    assert "ERP_TOKEN is not set" in shop("check").out
