"""Accounts are remembered: a changed one is recognised as the same merchant's, or left alone until a person decides."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from certainty import in_flight
from credentials import file_of, go_live, log_in_as, log_in_as_before, rotate, tables

from returnsync.sandbox import Fault, Sandbox, World
from returnsync.sandbox.world import monta_order

if TYPE_CHECKING:
    from shop import Shop

    from returnsync.sandbox.monta import Monta

NUMBERS = ("1001", "1002", "1003")
OTHER_ACCOUNT = "0190a000-0000-7000-8000-0000000000ff"


@pytest.fixture
def world() -> World:
    return World(orders=[monta_order(number) for number in NUMBERS])


@pytest.fixture
def merchant(sandbox: Sandbox) -> Monta:
    """Another merchant at the same address, with the same order numbers."""
    return sandbox.add_merchant(
        World(username="live-user", password="live-password", orders=[monta_order(number) for number in NUMBERS])
    )


def give_back(shop: Shop, number: str) -> str:
    return _give_back(shop.platform(), number)


def _give_back(platform: Any, number: str) -> str:
    at = datetime.now(UTC) - timedelta(minutes=1)
    return platform.give_back(number, created=at, updated=at)


def announced(shop: Shop, number: str = "1001") -> Shop:
    """Put in a return, and let a run announce and label it."""
    give_back(shop, number)
    assert shop.run()["exit_code"] == 0
    return shop


def rows(shop: Shop, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(shop.state)) as connection:
        return connection.execute(query).fetchall()


def remembered(shop: Shop) -> set[tuple[str, str]]:
    return set(rows(shop, "SELECT side, name FROM known_accounts"))


def calls(shop: Shop, *routes: str) -> int:
    return sum(shop.sandbox.counts.calls(f"monta.{route}") for route in routes)


def is_refused(shop: Shop, *command: str, name: str = "monta") -> None:
    told = shop(*(command or ("run",)))
    assert told.code == 78, told
    assert "start a new state" in told.err + told.out
    assert f"returnsync accept-account {name}" in told.err + told.out


# -- what is remembered ------------------------------------------------------------------------------------------------


def test_nothing_is_remembered_before_something_is_announced(shop):
    give_back(shop, "9999")
    shop.run()
    assert remembered(shop) == set()


def test_from_the_first_intent_on_warehouse_and_source_are_remembered_and_no_name_stands_there(shop):
    announced(shop)
    assert remembered(shop) == {("warehouse", "monta"), ("source", "shop-nl")}
    for file in shop.folder.glob("returnsync.db*"):
        assert b"username" not in file.read_bytes()
    digests = rows(shop, "SELECT account FROM known_accounts")
    assert {len(digest) for (digest,) in digests} == {64}


def test_a_run_that_dies_right_after_the_first_intent_has_remembered_the_account(shop):
    shop.sandbox.faults.add(Fault("monta.create", "reset", times=1))
    give_back(shop, "1001")
    shop.warehouse["settle_after"] = 600
    shop.run()
    assert len(in_flight(shop)) == 1
    assert remembered(shop) == {("warehouse", "monta"), ("source", "shop-nl")}


def test_a_typing_mistake_that_is_fixed_before_the_first_announcement_asks_nobody(shop):
    log_in_as(shop, "sandbxo", "sandbox-password")
    give_back(shop, "1001")
    assert shop.run()["exit_code"] == 78
    log_in_as_before(shop)
    assert shop.run()["exit_code"] == 0
    assert len(shop.forecasts) == 1


def test_a_create_that_was_refused_ties_no_account(shop, merchant):
    shop.sandbox.faults.add(Fault("monta.create", "status", status=400, body=b'"Not allowed"'))
    give_back(shop, "1001")
    shop.run()
    shop.sandbox.faults.clear()
    go_live(shop)
    give_back(shop, "1002")
    told = shop.run()
    assert (told["announced"], told["exit_code"]) == (1, 1)
    assert [forecast.order for forecast in merchant.forecasts] == ["1002"]


def as_an_older_version_left_it(shop: Shop) -> None:
    with closing(sqlite3.connect(shop.state)) as connection:
        connection.execute("UPDATE known_accounts SET account = ''")
        connection.commit()


def test_what_an_older_version_announced_is_looked_for_once_and_without_a_word(shop):
    announced(shop)
    as_an_older_version_left_it(shop)
    for number, looks in (("1002", 2), ("1003", 1)):  # one look precedes each of the first creates
        give_back(shop, number)
        before = calls(shop, "forecast")
        told = shop.run()
        assert (told["exit_code"], "warnings" in told) == (0, False)
        assert calls(shop, "forecast") == before + looks
        assert {len(digest) for (digest,) in rows(shop, "SELECT account FROM known_accounts")} == {64}


@pytest.mark.parametrize("what", ["never came there", "was withdrawn", "cannot be read"])
def test_an_upgrade_stops_nobody_of_whom_nothing_says_that_the_account_changed(shop, clock, what):
    if what == "never came there":
        shop.warehouse["settle_after"] = 600
        shop.sandbox.faults.add(Fault("monta.create", "reset", call=1))
    give_back(shop, "1001")
    shop.run()
    if what == "was withdrawn":
        with closing(sqlite3.connect(shop.state)) as connection:
            connection.execute("UPDATE announcements SET progress = 'withdrawn', step = 'none'")
            connection.commit()
        shop.sandbox.monta.forecasts.clear()
    if what == "cannot be read":
        (code,) = rows(shop, "SELECT code FROM announcements")[0]
        shop.sandbox.faults.add(Fault("monta.forecast", "status", status=500, about=code))
    as_an_older_version_left_it(shop)
    give_back(shop, "1002")
    ran = []
    for _ in range(3):
        clock.shift(timedelta(hours=1))
        ran.append(shop.run())
    assert "1002" in {forecast.order for forecast in shop.forecasts}
    assert ran[-1]["exit_code"] == 0


def test_who_went_live_while_upgrading_is_left_alone_until_a_person_accepts_it(shop, merchant):
    announced(shop)
    as_an_older_version_left_it(shop)
    go_live(shop)
    give_back(shop, "1002")
    told = shop("run")
    assert (told.code, "returnsync accept-account monta" in told.err) == (78, True)
    assert merchant.forecasts == []
    assert shop("accept-account", "monta", "--yes").out.startswith("Accepted: warehouse monta")
    assert shop.run()["announced"] == 1


# -- the same merchant -------------------------------------------------------------------------------------------------


def test_new_credentials_of_the_same_merchant_are_accepted_and_reported_once(shop):
    announced(shop)
    rotate(shop)
    give_back(shop, "1002")
    told = shop.run()
    assert (told["exit_code"], told["announced"]) == (0, 1)
    assert "new credentials" in told["warnings"][0]
    give_back(shop, "1003")
    before = calls(shop, "forecast")
    told = shop.run()
    assert (told["exit_code"], told["announced"], "warnings" in told) == (0, 1, False)
    assert calls(shop, "forecast") == before + 1
    shop.assert_nothing_twice()


def test_a_new_address_of_the_same_merchant_is_accepted(shop):
    announced(shop)
    shop.warehouse["base_url"] = shop.sandbox.monta_url.replace("127.0.0.1", "localhost")
    give_back(shop, "1002")
    assert shop.run()["announced"] == 1


def test_one_that_shows_on_its_order_alone_is_found(shop):
    announced(shop)
    rotate(shop)
    give_back(shop, "1002")
    shop.sandbox.faults.add(
        Fault(
            "monta.forecast",
            "status",
            status=404,
            body=b'"Return forecast not found"',
            call=calls(shop, "forecast") + 1,
        )
    )
    assert shop.run()["exit_code"] == 0


def test_a_secret_that_moves_to_another_place_costs_no_request_and_no_word(shop):
    announced(shop)
    usual = dict(announced(shop, "1002").run()["requests"])
    give_back(shop, "1003")
    log_in_as(shop, shop.sandbox.world.username, shop.sandbox.world.password)
    told = shop.run()
    assert (told["exit_code"], told["announced"], "warnings" in told) == (0, 1, False)
    assert told["requests"]["monta"] == 6  # reasons, order, its forecasts, a first create's look, create, label
    assert usual.get("monta", 0) == 0


def test_a_secret_is_asked_for_once_a_command(shop):
    announced(shop)
    counted = shop.folder / "asked"
    shop.warehouse["username"] = f"command:sh -c 'echo x >> {counted}; echo {shop.sandbox.world.username}'"
    give_back(shop, "1002")
    assert shop.run()["announced"] == 1
    assert counted.read_text() == "x\n"


def test_a_dry_run_decides_the_same_and_remembers_nothing(shop):
    announced(shop)
    rotate(shop)
    give_back(shop, "1002")
    before = rows(shop, "SELECT * FROM known_accounts")
    told = shop.run("--dry-run")
    assert [item["would"] for item in told["decisions"]] == ["announce"]
    assert rows(shop, "SELECT * FROM known_accounts") == before


# -- another merchant --------------------------------------------------------------------------------------------------


def test_from_test_to_live_is_refused_with_what_to_do(shop, merchant):
    announced(shop)
    go_live(shop)
    give_back(shop, "1002")
    before = calls(shop, "create", "label")
    is_refused(shop)
    is_refused(shop, "run", "--dry-run")
    assert calls(shop, "create", "label") == before
    assert merchant.forecasts == []


@pytest.mark.usefixtures("merchant")
def test_no_more_than_five_are_looked_for(shop):
    for number in range(1004, 1010):
        shop.sandbox.monta.add(monta_order(str(number)))
        give_back(shop, str(number))
    shop.run()
    go_live(shop)
    give_back(shop, "1002")
    before = calls(shop, "forecast", "forecasts", "order", "reasons")
    is_refused(shop)
    assert calls(shop, "forecast", "forecasts", "order", "reasons") == before + 11


@pytest.mark.usefixtures("merchant")
def test_put_back_all_goes_on(shop):
    announced(shop)
    go_live(shop)
    give_back(shop, "1002")
    is_refused(shop)
    log_in_as_before(shop)
    told = shop.run()
    assert (told["exit_code"], told["announced"], "warnings" in told) == (0, 1, False)
    assert len(shop.forecasts) == len(shop.labels()) == 2


@pytest.mark.parametrize("command", [("run",), ("replay", "#1002"), ("replay", "#1001", "--new-label", "--yes")])
@pytest.mark.parametrize("route", ["create", "label"])
@pytest.mark.usefixtures("merchant")
def test_nothing_in_flight_is_resolved_meanwhile(shop, clock, route, command):
    announced(shop)
    shop.warehouse["settle_after"] = 600
    if route == "create":
        shop.sandbox.faults.add(Fault("monta.create", "reset", call=2))
    else:
        shop.sandbox.faults.add(Fault("monta.label", "status", status=401, call=2))
    give_back(shop, "1002")
    shop.run()
    before = in_flight(shop)
    assert [kind for kind, _ in before] == [route]
    go_live(shop)
    for _ in range(3):
        clock.shift(timedelta(hours=1))
        is_refused(shop, *command)
    assert in_flight(shop) == before
    assert calls(shop, "label") == (1 if route == "create" else 2)
    log_in_as_before(shop)
    shop.sandbox.faults.clear()
    for _ in range(3):
        clock.shift(timedelta(hours=1))
        shop.run()
    assert len(shop.forecasts) == 2
    shop.assert_nothing_twice()


def test_two_warehouses_that_are_swapped_are_both_left_alone(shop):
    orders = [monta_order(number) for number in NUMBERS]
    world = World(username="user-of-second", password="second-password", account_id=OTHER_ACCOUNT, orders=orders)
    with Sandbox(world) as second:
        plain = {"kind": "monta", "carrier": "PostNL", "channel": next(iter(world.channels)), "attempts": 1}
        at_first = {
            **plain,
            "base_url": shop.sandbox.monta_url,
            "username": "env:SHOP_USER",
            "password": "env:SHOP_PASSWORD",
        }
        at_second = {
            **plain,
            "base_url": second.monta_url,
            "username": file_of(shop, "user-of-second"),
            "password": file_of(shop, "second-password"),
        }
        source = tables(shop, "sources")["shop-nl"]
        other = {**source, "account_id": world.account_id, "base_url": second.returnista_url, "warehouse": "second"}
        shop.more = {
            "warehouses": {"monta": at_first, "second": at_second},
            "sources": {"shop-nl": source, "shop-be": other},
        }
        give_back(shop, "1001")
        _give_back(second.returnista, "1001")
        assert shop.run()["announced"] == 2
        shop.more["warehouses"] = {"monta": at_second, "second": at_first}
        give_back(shop, "1002")
        _give_back(second.returnista, "1002")
        is_refused(shop)
        is_refused(shop, name="second")
        assert (len(shop.forecasts), len(second.monta.forecasts)) == (1, 1)


@pytest.mark.usefixtures("merchant")
def test_a_gateways_404_is_not_none_found(shop):
    announced(shop)
    go_live(shop)
    give_back(shop, "1002")
    shop.sandbox.faults.add(Fault("monta.forecast", "html", status=404))
    told = shop("run")
    assert told.code == 75
    assert "could not be checked" in told.err
    shop.sandbox.faults.clear()
    is_refused(shop)


@pytest.mark.parametrize("status", [500, 401])
def test_an_account_that_cannot_be_asked_is_neither_accepted_nor_used(shop, status):
    announced(shop)
    rotate(shop)
    give_back(shop, "1002")
    before = rows(shop, "SELECT * FROM known_accounts")
    for route in ("forecast", "forecasts", "reasons", "order"):
        shop.sandbox.faults.add(Fault(f"monta.{route}", "status", status=status))
    asked = calls(shop, "forecast", "forecasts", "reasons", "order")
    assert shop.run()["exit_code"] == (75 if status == 500 else 78)
    assert calls(shop, "forecast", "forecasts", "reasons", "order") <= asked + 3
    assert rows(shop, "SELECT * FROM known_accounts") == before
    shop.sandbox.faults.clear()
    assert shop.run()["announced"] == 1


@pytest.mark.parametrize("odd", [1, 2])
def test_odd_orders_do_not_keep_the_merchant_from_being_recognised(shop, odd):
    for number in NUMBERS:
        announced(shop, number)
    rotate(shop)
    newest = rows(shop, "SELECT code FROM effects WHERE kind = 'create' ORDER BY intent_at DESC, code")[:odd]
    shop.sandbox.faults.add(*(Fault("monta.forecast", "status", status=500, about=code) for (code,) in newest))
    shop.sandbox.monta.add(monta_order("1004"))
    give_back(shop, "1004")
    assert shop.run()["announced"] == 1


@pytest.mark.usefixtures("merchant")
def test_check_names_a_changed_account_and_the_next_step(shop):
    announced(shop)
    go_live(shop)
    told = shop("check")
    assert told.code == 78
    assert "FAIL monta: usable: monta: this warehouse is not the account" in told.out
    assert "returnsync accept-account monta" in told.out


# -- accept-account ----------------------------------------------------------------------------------------------------


def test_a_person_accepts_another_account_once(shop, merchant):
    announced(shop)
    go_live(shop)
    give_back(shop, "1002")
    is_refused(shop)
    asked = shop("accept-account", "monta")
    assert (asked.code, asked.out) == (2, "")
    assert "--yes" in asked.err
    is_refused(shop)
    assert shop("accept-account", "monta", "--yes").out.startswith("Accepted: warehouse monta")
    assert shop.run()["announced"] == 1
    assert [forecast.order for forecast in merchant.forecasts] == ["1002"]
    log_in_as_before(shop)
    give_back(shop, "1003")
    told = shop.run()
    assert (told["announced"], len(told["warnings"])) == (1, 1)


def test_an_account_that_did_not_change_is_said_to_be_so(shop):
    for number in ("1001", "1002"):
        told = shop("accept-account", "monta")
        assert told.code == 0
        assert "Nothing was changed" in told.out
        announced(shop, number)


def test_a_name_that_is_not_configured_is_reported_with_those_that_are(shop):
    told = shop("accept-account", "mnota")
    assert told.code == 2
    assert "monta, shop-nl" in told.err


# -- sources -----------------------------------------------------------------------------------------------------------


def test_another_account_under_a_known_source_is_left_alone_until_a_person_accepts_it(shop):
    announced(shop)
    give_back(shop, "1002")
    shop.sandbox.returnista.account_id = shop.sandbox.world.account_id = OTHER_ACCOUNT
    before = shop.sandbox.counts.calls("returnista.list")
    for command in (("run",), ("run", "--dry-run"), ("replay", "#1001"), ("check",)):
        is_refused(shop, *command, name="shop-nl")
    assert shop.sandbox.counts.calls("returnista.list") == before
    assert len(shop.forecasts) == 1
    assert shop("accept-account", "shop-nl", "--yes").code == 0
    assert shop.run()["announced"] == 1
    assert shop.run()["exit_code"] == 0


def test_another_platform_under_a_known_source_is_left_alone(shop):
    announced(shop)
    shop.platforms = ("loop",)
    shop.sandbox.loop.give_back("1002")
    is_refused(shop, name="shop-nl")
    assert len(shop.forecasts) == 1


def test_nothing_of_a_source_that_changed_is_resolved(shop, clock):
    shop.sandbox.faults.add(Fault("monta.create", "reset-after", call=1))
    shop.warehouse["settle_after"] = 600
    give_back(shop, "1001")
    shop.run()
    before = in_flight(shop)
    shop.sandbox.returnista.account_id = shop.sandbox.world.account_id = OTHER_ACCOUNT
    clock.shift(timedelta(hours=1))
    is_refused(shop, name="shop-nl")
    assert in_flight(shop) == before


def test_an_account_that_goes_on_under_a_new_id_while_its_id_went_to_another_is_noticed(shop):
    announced(shop)
    plain = tables(shop, "sources")["shop-nl"]
    shop.more = {"sources": {"shop-nl": {**plain, "account_id": OTHER_ACCOUNT}, "shop-be": plain}}
    told = shop("run")
    assert told.code == 78
    assert 'or set `id = "shop-nl"` in [sources.shop-be]. Give [sources.shop-nl] an `id` of its own.' in told.err
    assert len(shop.forecasts) == 1


@pytest.mark.parametrize("platform", ["loop", "returnless", "sendcloud", "returnly"])
def test_a_key_that_rotates_and_moves_costs_a_source_nothing(shop, clock, platform):
    shop.platforms = (platform,)
    stand_in = shop.platform()
    stand_in.give_back("1001")
    assert shop.run()["announced"] == 1
    clock.shift(timedelta(hours=3))
    shop.source |= {key: file_of(shop, value) for key, value in stand_in.secrets().items()}
    stand_in.give_back("1002")
    told = shop("run", "--json")
    assert (told.code, told.json["announced"], told.json["sources"]["shop-nl"]["new"]) == (0, 1, 1)
    assert "start_from" not in told.err


# -- a warehouse that is renamed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("run",), ("replay", "#1001"), ("check",)])
def test_a_renamed_warehouse_is_noticed_as_a_renamed_source_is(shop, command):
    announced(shop)
    shop.more = {"warehouses": {"north": tables(shop, "warehouses")["monta"]}}
    shop.source["warehouse"] = "north"
    told = shop(*command)
    assert told.code == 78
    assert "[warehouses.monta]" in told.err + told.out
    assert len(shop.forecasts) == 1


def test_where_the_old_name_went_to_another_account_what_is_under_it_is_left_alone(shop, merchant):
    shop.warehouse["settle_after"] = 600
    shop.sandbox.faults.add(Fault("monta.create", "reset", call=2))
    announced(shop)
    give_back(shop, "1002")
    shop.run()
    before = in_flight(shop)
    plain = tables(shop, "warehouses")["monta"]
    other = {**plain, "username": file_of(shop, "live-user"), "password": file_of(shop, "live-password")}
    shop.more = {"warehouses": {"north": plain, "monta": other}}
    shop.source["warehouse"] = "north"
    give_back(shop, "1003")
    is_refused(shop)
    assert [forecast.order for forecast in shop.forecasts] == ["1001", "1003"]
    assert (merchant.forecasts, in_flight(shop)) == ([], before)


def test_one_of_two_names_of_one_login_may_get_another_one(shop):
    """For example, each name is a channel: the other one, which announced nothing yet, keeps the login for now."""
    announced(shop)
    plain = tables(shop, "warehouses")["monta"]
    world = shop.sandbox.world
    other = {**plain, "username": file_of(shop, world.username), "password": file_of(shop, world.password)}
    shop.more = {"warehouses": {"monta": plain, "north": other}}
    rotate(shop)
    give_back(shop, "1002")
    assert shop.run()["announced"] == 1


def test_one_at_which_nothing_stands_may_be_renamed(shop):
    shop.sandbox.faults.add(Fault("monta.create", "status", status=400, body=b'"Not allowed"'))
    give_back(shop, "1001")
    shop.run()
    shop.sandbox.faults.clear()
    shop.more = {"warehouses": {"north": tables(shop, "warehouses")["monta"]}}
    shop.source["warehouse"] = "north"
    give_back(shop, "1002")
    assert shop.run()["announced"] == 1


def test_one_that_is_added_beside_it_is_none_that_was_renamed(shop, merchant):
    announced(shop)
    plain = tables(shop, "warehouses")["monta"]
    other = {**plain, "username": file_of(shop, "live-user"), "password": file_of(shop, "live-password")}
    shop.more = {"warehouses": {"monta": plain, "north": other}}
    shop.source["warehouse"] = "north"
    give_back(shop, "1002")
    assert shop.run()["announced"] == 1
    assert [forecast.order for forecast in merchant.forecasts] == ["1002"]
