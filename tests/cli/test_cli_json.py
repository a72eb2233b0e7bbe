"""`--json`: one object or list, also if a command fails, with the same bytes under every locale."""

import json
import re

import pytest
from filelock import FileLock
from shop import Shop

from returnsync.engine.summary import error_of
from returnsync.errors import AccountRefused, AccountUnavailable, ExitCode
from returnsync.sandbox import Fault, World
from returnsync.sandbox.world import monta_order, request, return_order
from returnsync.state import runs

COMMANDS = [
    ("run",), ("run", "--dry-run"), ("replay", "#1001"), ("held",), ("held", "retry", "--all"),
    ("held", "release", "--all", "--dry-run"), ("show", "#1001"), ("status",), ("report",), ("check",),
    ("check", "--order", "#1001"),
    ("map-reasons", "--list"), ("map-reasons", "--check"), ("map-reasons", "--auto", "90"),
    ("map-reasons", "--import", "no.csv"),
]  # fmt: skip
CONTRACT = {
    "run", "started", "finished", "exit_code", "sources", "announced", "adopted", "labelled", "labels_found", "updated",
    "withdrawn", "left_alone", "waiting", "held", "requests",
}  # fmt: skip


@pytest.fixture
def world() -> World:
    world = World.empty()
    world.orders += [monta_order("1001"), monta_order("1003", Deleted=True)]
    world.return_orders += [return_order(request(order=f"#{number}")) for number in (1001, 1003)]
    return world


def failed(shop: Shop, command: tuple[str, ...], code: int) -> dict:
    """The object that a failing command prints, after a check of the keys that every failure has."""
    ran = shop(*command, "--json")
    assert ran.code == code
    assert ran.out.count("\n") == 1
    told = ran.json
    assert told["exit_code"] == code
    assert set(told["error"]) == {"what", "next_step", "problems"}
    assert told["error"]["what"]
    if command[0] in {"run", "replay"}:
        assert set(told) >= CONTRACT
    return told


def test_a_broken_configuration_is_one_object_with_every_problem(shop):
    shop.more = {"colour": "red", "flavour": "sweet"}
    for command in COMMANDS:
        told = failed(shop, command, 78)
        assert [re.search("colour|flavour", text)[0] for text in told["error"]["problems"]] == ["colour", "flavour"]


def test_a_damaged_state_is_one_object(shop):
    shop.state.write_bytes(b"not a database, and long enough to be looked at " * 50)
    for command in COMMANDS:
        failed(shop, command, 78)


@pytest.mark.parametrize("command", [("run",), ("replay", "#1001"), ("held", "retry", "--all")], ids=" ".join)
def test_a_locked_state_is_one_object(shop, command):
    shop.run()
    with FileLock(shop.state.with_name("returnsync.db.lock")):
        assert "Another returnsync" in failed(shop, command, 75)["error"]["what"]


@pytest.mark.parametrize(
    "command", [("run",), ("replay", "#1001"), ("map-reasons", "--list"), ("map-reasons", "--auto", "90")], ids=" ".join
)
def test_refused_credentials_are_one_object(shop, command):
    (shop.folder / "wrong").write_text("wrong-secret")
    shop.warehouse["password"] = "file:wrong"
    assert "wrong-secret" not in json.dumps(failed(shop, command, 78))


def test_of_several_accounts_that_fail_each_is_reported_and_first_the_one_that_decides_the_exit_code():
    troubles = [
        AccountUnavailable("shop-nl", "shop-nl is down."),
        AccountRefused("monta", "monta refuses.", "Mend it."),
    ]
    assert error_of(troubles, ExitCode.CONFIG) == {
        "what": "monta refuses.", "next_step": "Mend it.", "problems": ["shop-nl is down."]
    }  # fmt: skip


def test_calls_that_failed_are_an_error_too(shop):
    shop.sandbox.faults.add(Fault("monta.order", "wrong-type"))
    told = failed(shop, ("run",), 75)
    assert "Calls for some returns failed" in told["error"]["what"]
    assert isinstance(told["held"], int)


def test_a_fault_of_ours_is_one_object_that_tells_what_was_done_before(shop, monkeypatch):
    def broken(*_args):
        raise KeyError("something private")

    monkeypatch.setattr(runs, "finish", broken)
    told = failed(shop, ("run",), 70)
    assert (told["announced"], told["labelled"], told["held"]) == (1, 1, None)
    assert "something private" not in json.dumps(told)


@pytest.mark.parametrize(
    "command", [("replay", "nobody"), ("run", "--source", "shop-be"), ("held", "retry", "no-such")]
)
def test_what_is_not_there_is_one_object(shop, command):
    shop.run()
    failed(shop, command, 2)


def test_json_is_ascii_and_holds_what_it_stands_for(shop):
    for row in shop.sandbox.returnista.return_orders.values():
        row["returnRequests"][0]["product"]["sku"] = "Größe-日本"
    shop.run()
    ran = shop("show", "#1001", "--json")
    assert ran.out.isascii()
    assert ran.json[0]["lines"][0]["sku"] == "Größe-日本"


def test_a_command_that_ends_well_has_no_error(shop):
    assert "error" not in shop.run()
    assert "error" not in shop("status", "--json").json


def test_a_log_line_stays_json_whatever_is_masked_in_it(shop):
    ran = shop("replay", 'jo@example.com"', "--log-json", "--verbose")
    assert ran.code == 2
    for line in ran.err.splitlines():
        if line.startswith("{"):
            json.loads(line)
