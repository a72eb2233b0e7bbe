"""Order numbers from tables and from another system, in whole runs on real servers."""

from __future__ import annotations

import json
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from shop import later

from returnsync.engine.orders import check_order
from returnsync.errors import HoldError
from returnsync.model import WarehouseOrder, WarehouseOrderNumber
from returnsync.sandbox import Fault
from returnsync.sandbox.world import monta_line, monta_order, request, return_order

if TYPE_CHECKING:
    from shop import Shop

HASH = {"strip_prefix": "#"}


@pytest.fixture(autouse=True)
def token(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERP_TOKEN", shop.sandbox.erp.token)


@pytest.fixture
def erp(shop: Shop) -> Any:
    """Let the shop's source ask the ERP for each number."""
    ask(shop)
    return shop.sandbox.erp


def ask(shop: Shop, **keys: Any) -> None:
    shop.source["order_number"] = [
        HASH,
        {
            "lookup": shop.sandbox.erp_url + "/orders/{number}",
            "find": "order.number",
            "bearer": "env:ERP_TOKEN",
            **keys,
        },
    ]


def give_back(shop: Shop, number: str, *, order: str = "", ordered: int = 1, exists: bool = True) -> str:
    """Put in a shipped order at the warehouse, and an approved return of one unit of it, with another number."""
    if exists:
        shop.sandbox.monta.add(monta_order(order or number, monta_line(quantity=ordered)))
    # Each is a return of its own, a second after the one before it.
    others = len(shop.sandbox.returnista.return_orders)
    created = datetime.now(UTC) - timedelta(seconds=500 - others)
    return shop.sandbox.returnista.add(return_order(request(order=f"#{number}"), created=created, id=f"r-{others}"))


def announced(shop: Shop) -> list[str]:
    return sorted(forecast.order for forecast in shop.forecasts)


def stands(shop: Shop, number: str) -> tuple[str, str]:
    (item,) = shop("show", f"#{number}", "--json").json[0]["announcements"]
    return item["progress"], item["cause"]


def code_of(shop: Shop, number: str) -> str:
    return shop("show", f"#{number}", "--json").json[0]["announcements"][0]["code"]


# -- lookups -----------------------------------------------------------------------------------------------------------


def test_a_return_is_announced_under_the_number_that_was_looked_up(shop, erp):
    erp.numbers["1001"] = "W-1"
    give_back(shop, "1001", order="W-1")
    ran = shop.run()
    assert (ran["announced"], ran["labelled"], ran["exit_code"]) == (1, 1, 0)
    assert announced(shop) == ["W-1"]
    assert ran["requests"]["shop-nl/lookup"] == 1


def test_a_number_is_asked_for_once_whatever_number_of_runs_and_returns_it_takes(shop, erp):
    erp.numbers["1001"] = "W-1"
    give_back(shop, "1001", order="W-1", ordered=3)
    give_back(shop, "1001", exists=False)
    shop.run()
    give_back(shop, "1001", exists=False)
    ran = shop.run()
    assert announced(shop) == ["W-1"] * 3
    assert erp.asked == ["1001"]
    assert "shop-nl/lookup" not in ran["requests"]


def test_another_address_is_asked_again(shop, erp):
    erp.numbers["1001"] = "W-1"
    give_back(shop, "1001", order="W-1", ordered=2)
    shop.run()
    ask(shop, lookup=shop.sandbox.erp_url + "/search?q={number}", find="orders[0].number")
    give_back(shop, "1001", exists=False)
    shop.run()
    assert erp.asked == ["1001", "1001"]


@pytest.mark.parametrize(
    "kind", ["status=500", "status=429", "status=400", "reset", "cut", "html", "redirect", "status=204"]
)
def test_a_lookup_that_fails_costs_that_return_a_wait_and_heals(shop, erp, kind):
    erp.numbers |= {"1001": "W-1", "1002": "W-2"}
    give_back(shop, "1001", order="W-1")
    give_back(shop, "1002", order="W-2")
    shop.sandbox.faults.add(shop.sandbox.faults.parse(f"erp.order:1:{kind}"))
    ran = shop.run()
    assert (ran["announced"], ran["waiting"], ran["held"], ran["exit_code"]) == (1, 1, 0, 75)
    with later(hours=1):
        ran = shop.run()
    assert (ran["announced"], ran["waiting"], ran["exit_code"]) == (1, 0, 0)
    assert announced(shop) == ["W-1", "W-2"]


@pytest.mark.usefixtures("erp")
@pytest.mark.parametrize("kind", ["status=500", "html", "redirect"])
def test_what_failed_names_the_lookup_once(shop, kind):
    give_back(shop, "1001")
    shop.sandbox.faults.add(shop.sandbox.faults.parse(f"erp.order:*:{kind}"))
    shop.run()
    (item,) = shop("show", "#1001", "--json").json[0]["announcements"]
    assert item["what"].count("shop-nl/lookup: ") == 1


@pytest.mark.usefixtures("erp")
def test_a_wait_for_a_lookup_never_becomes_held(shop):
    give_back(shop, "1001", order="W-1")
    shop.sandbox.faults.add(Fault("erp.order", "status", status=503))
    shop.warehouse["wait_for_order_days"] = 1
    shop.run()
    with later(days=4):
        ran = shop.run()
    assert (ran["waiting"], ran["held"]) == (1, 0)
    assert stands(shop, "1001") == ("waiting", "lookup-failed")


def test_a_number_that_is_not_known_there_is_held_and_nothing_is_asked_of_the_warehouse(shop, erp):
    give_back(shop, "1001")
    assert shop.run()["exit_code"] == 1
    (held,) = shop.held()
    assert held["cause"] == "order-number-unknown"
    assert "'1001'" in held["what"]
    assert held["code"] in held["next_step"]
    assert shop.sandbox.counts.calls("monta.order") == 0
    assert erp.asked == ["1001"]


def test_a_search_that_finds_nothing_is_not_known_either(shop, erp):
    ask(shop, lookup=shop.sandbox.erp_url + "/search?q={number}", find="orders[0].number")
    give_back(shop, "1001")
    shop.run()
    assert shop.causes() == {"#1001": "order-number-unknown"}
    assert erp.asked == ["1001"]


@pytest.mark.parametrize("answer", [True, 1.5, ["W-1"], {"a": "W-1"}])
def test_what_is_no_number_is_held_with_what_to_fix(shop, erp, answer):
    erp.numbers["1001"] = answer
    give_back(shop, "1001", order="W-1")
    shop.run()
    (held,) = shop.held()
    assert held["cause"] == "order-number-unknown"
    assert "`find`" in held["next_step"]
    assert "W-1" not in json.dumps(held)


def test_an_answer_that_the_warehouse_cannot_be_asked_for_is_held(shop, erp):
    erp.numbers["1001"] = "x" * 51
    give_back(shop, "1001")
    shop.run()
    assert shop.causes() == {"#1001": "order-number-unusable"}


def test_a_corrected_order_goes_on_after_a_retry(shop, erp):
    give_back(shop, "1001", order="W-1")
    shop.run()
    erp.numbers["1001"] = "W-1"
    assert shop("held", "retry", code_of(shop, "1001")).code == 0
    assert shop.run()["announced"] == 1


@pytest.mark.parametrize("how", ["retry", "replay"])
def test_a_person_who_asks_again_has_the_other_system_asked_again(shop, erp, how):
    erp.numbers["1001"] = "W-7"
    give_back(shop, "1001", order="W-1")
    shop.warehouse["wait_for_order_days"] = 1
    shop.run()
    with later(days=2):
        shop.run()
        assert shop.causes()["#1001"] == "order-unknown"
        erp.numbers["1001"] = "W-1"
        if how == "retry":
            shop("held", "retry", code_of(shop, "1001"))
            shop.run()
        else:
            shop("replay", "#1001")
    assert announced(shop) == ["W-1"]
    assert erp.asked.count("1001") == 2


@pytest.mark.usefixtures("erp")
@pytest.mark.parametrize("status", [401, 402, 403, 423, 451])
def test_a_refused_lookup_is_trouble_of_the_source_and_costs_a_wait(shop, status):
    for number in ("1001", "1002", "1003"):
        give_back(shop, number)
    shop.sandbox.faults.add(Fault("erp.order", "status", status=status))
    ran = shop("run", "--json")
    assert (ran.code, ran.json["waiting"], ran.json["held"], ran.json["announced"]) == (78, 3, 0, 0)
    assert "shop-nl/lookup" in ran.json["sources"]["shop-nl"]["error"]
    assert ran.err.count("shop-nl/lookup") == 1
    assert ran.json["requests"]["shop-nl/lookup"] == 1, "nobody knocks again and again"


def test_a_refused_lookup_stops_neither_the_warehouse_nor_other_sources(shop, erp):
    shop.platforms = ("returnista", "loop")
    shop.sandbox.faults.add(Fault("erp.order", "status", status=401))
    give_back(shop, "1001")
    shop.sandbox.monta.add(monta_order("2002", monta_line(quantity=1)))
    shop.platform("loop").give_back("2002")
    ran = shop.run()
    assert (ran["announced"], ran["waiting"], ran["exit_code"]) == (1, 1, 78)
    assert erp.asked == []


def test_without_its_secret_nothing_of_the_source_is_touched(shop, erp, monkeypatch):
    monkeypatch.delenv("ERP_TOKEN")
    give_back(shop, "1001", order="W-1")
    ran = shop("run", "--json")
    assert (ran.code, ran.json["held"], ran.json["announced"]) == (78, 0, 0)
    assert "sources.shop-nl.order_number[1].bearer" in ran.err
    assert stands(shop, "1001") == ("due", "")
    monkeypatch.setenv("ERP_TOKEN", erp.token)
    erp.numbers["1001"] = "W-1"
    assert shop.run()["announced"] == 1


def test_a_dry_run_looks_up_and_keeps_nothing(shop, erp):
    erp.numbers["1001"] = "W-1"
    give_back(shop, "1001", order="W-1")
    (would,) = shop.run("--dry-run")["decisions"]
    assert (would["would"], would["order"]) == ("announce", "W-1")
    assert announced(shop) == []
    shop.run()
    assert erp.asked == ["1001", "1001"]


def test_neither_the_secret_nor_the_words_of_the_other_system_are_shown(shop, erp):
    give_back(shop, "1001")
    words = f"token {erp.token} of Jane Doe".encode()
    shop.sandbox.faults.add(Fault("erp.order", "status", status=500, body=words))
    shown = [shop("run", "--verbose"), shop("show", "#1001", "--json"), shop("check", "--order", "#1001")]
    for ran in shown:
        assert erp.token not in ran.out + ran.err
    assert "Jane" not in shown[0].out + shown[0].err + shown[2].out + shown[2].err


def test_two_lookups_follow_one_another(shop, erp):
    shop.source["order_number"].append(
        {"lookup": shop.sandbox.erp_url + "/search?q={number}", "find": "orders[0].number", "bearer": "env:ERP_TOKEN"}
    )
    erp.numbers |= {"1001": "E-1", "E-1": "W-1"}
    give_back(shop, "1001", order="W-1")
    ran = shop.run()
    assert announced(shop) == ["W-1"]
    assert (ran["requests"]["shop-nl/lookup"], ran["requests"]["shop-nl/lookup2"]) == (1, 1)


def test_planning_asks_nobody(shop, erp):
    shop.source["guard_first"] = 1
    for number in ("1001", "1002"):
        erp.numbers[number] = f"W-{number}"
        give_back(shop, number, order=f"W-{number}")
    assert shop.run()["exit_code"] == 1
    assert erp.asked == []
    assert shop.run("--yes")["announced"] == 2


def test_an_announcement_stays_on_its_order(shop, erp):
    erp.numbers["1001"] = "W-1"
    identity = give_back(shop, "1001", order="W-1", ordered=2)
    shop.run()
    (item,) = shop.sandbox.returnista.return_orders[identity]["returnRequests"]
    shop.sandbox.returnista.touch(identity, returnRequests=[item, {**item, "id": "one more"}])
    shop.run()
    assert shop.causes() == {"#1001": "changed-after-announcement"}
    erp.numbers.clear()
    shop("held", "retry", code_of(shop, "1001"))
    shop.run()
    assert shop.causes() == {"#1001": "forecast-differs"}
    assert erp.asked == ["1001"]


# -- the number must be exactly the one that was asked for -------------------------------------------------------------


@pytest.mark.parametrize("shown", ["w-1", "W-01", "W-1 ", "W-10", "#W-1", ""])
def test_an_order_that_is_not_exactly_the_one_asked_for_is_held(shown):
    order = WarehouseOrder(WarehouseOrderNumber(shown), "Webshop NL", shipped=True, deleted=False, lines=())
    with pytest.raises(HoldError) as held:
        check_order(order, WarehouseOrderNumber("W-1"), "")
    assert held.value.cause == "order-ambiguous"


@pytest.mark.parametrize(("channel", "fits"), [("Webshop NL", True), ("webshop nl", False), ("", True)])
def test_the_configured_channel_must_be_exactly_the_orders_own(channel, fits):
    order = WarehouseOrder(WarehouseOrderNumber("W-1"), "Webshop NL", shipped=True, deleted=False, lines=())
    with nullcontext() if fits else pytest.raises(HoldError, match="belongs to channel Webshop NL"):
        assert check_order(order, WarehouseOrderNumber("W-1"), channel) is order


def test_the_number_after_the_rules_is_what_must_be_shown(shop):
    shop.source["order_number"] = [HASH, {"case": "upper"}]
    shop.sandbox.monta.add(monta_order("NL-1", monta_line(quantity=1)))
    shop.sandbox.monta.add(monta_order("nl-2", monta_line(quantity=1)))
    give_back(shop, "nl-1", exists=False)
    give_back(shop, "nl-2", exists=False)
    assert shop.run()["announced"] == 1
    assert announced(shop) == ["NL-1"]


# -- one order in one place --------------------------------------------------------------------------------------------


def test_two_numbers_that_lead_to_one_order_are_never_worked_on_at_once(shop, erp):
    """Three slow orders start a second worker; the next two returns then share the one unit that was ordered."""
    for number in ("1", "2", "3"):
        erp.numbers[number] = number
        give_back(shop, number)
    erp.numbers |= {"A": "W-1", "B": "W-1"}
    give_back(shop, "A", order="W-1")
    give_back(shop, "B", exists=False)
    shop.sandbox.faults.add(Fault("monta.forecasts", "delay-after", delay=0.08))
    ran = shop.run()
    assert (ran["announced"], ran["held"]) == (4, 1)
    assert list(shop.causes().values()) == ["too-many-units"]
    assert announced(shop).count("W-1") == 1


# -- tables ------------------------------------------------------------------------------------------------------------


def use_table(shop: Shop, text: str, **keys: Any) -> None:
    (shop.folder / "orders.csv").write_text(text, encoding="utf-8")
    shop.source["order_number"] = [HASH, {"table": "orders.csv", **keys}]


def test_a_table_says_which_number_stands_for_which(shop):
    use_table(shop, "1001;W-1\n")
    give_back(shop, "1001", order="W-1")
    give_back(shop, "1002")
    assert shop.run()["announced"] == 2
    assert announced(shop) == ["1002", "W-1"]


def test_what_is_not_in_the_table_can_be_held_until_it_is(shop):
    use_table(shop, "1001;W-1\n", missing="hold")
    give_back(shop, "1002", order="W-2")
    shop.run()
    (held,) = shop.held()
    assert held["cause"] == "order-number-unknown"
    use_table(shop, "1001;W-1\n1002;W-2\n", missing="hold")
    shop("held", "retry", held["code"])
    assert shop.run()["announced"] == 1
    assert announced(shop) == ["W-2"]


@pytest.mark.parametrize("text", ["1001\n", "1001,W-1\n1001,W-2\n", None])
def test_a_table_that_cannot_be_read_leaves_its_source_as_it_is_and_stops_no_other(shop, text):
    shop.platforms = ("returnista", "loop")
    use_table(shop, "1001,W-1\n")
    file = shop.folder / "orders.csv"
    file.unlink() if text is None else file.write_text(text, encoding="utf-8")
    give_back(shop, "1001", order="W-1")
    shop.sandbox.monta.add(monta_order("2002", monta_line(quantity=1)))
    shop.platform("loop").give_back("2002")
    ran = shop("run", "--json")
    assert (ran.code, ran.json["announced"], ran.json["held"]) == (78, 1, 0)
    assert ran.err.count("orders.csv") >= 1
    assert stands(shop, "1001") == ("due", "")
    assert announced(shop) == ["2002"]
    file.write_text("1001,W-1\n", encoding="utf-8")
    assert shop.run()["announced"] == 1


# -- what must not go wrong --------------------------------------------------------------------------------------------


def test_an_announcement_stays_on_its_order_whatever_the_rules_say_later(shop):
    shop.source["send_updates"] = True
    for number in ("1001", "NL-1001"):
        shop.sandbox.monta.add(monta_order(number, monta_line(quantity=2, line_id=number)))
    wish, other = (request(order="#1001", purchase_id=f"unit-{unit}") for unit in "ab")
    created = datetime.now(UTC) - timedelta(hours=1)
    shop.sandbox.returnista.add(return_order(wish, created=created, id="r-1"))
    shop.run()
    shop.source["order_number"] = [HASH, {"pattern": "^", "replace": "NL-"}]
    del shop.sandbox.returnista.return_orders["r-1"]
    shop.sandbox.returnista.add(return_order(wish, other, created=created, updated=datetime.now(UTC), id="r-1"))
    shop.run()
    assert announced(shop) == ["1001"]


def test_a_table_that_cannot_be_read_stops_the_labels_of_its_source_too(shop):
    table = shop.folder / "orders.csv"
    table.write_text("1001,W-1\n", encoding="utf-8")
    shop.source["order_number"] = [HASH, {"table": "orders.csv"}]
    give_back(shop, "1001", order="W-1")
    shop.sandbox.faults.add(Fault("monta.label", "status", status=429, times=1))
    shop.run()
    table.write_text("", encoding="utf-8")
    with later(hours=1):
        ran = shop.run()
    assert (ran["exit_code"], ran["labelled"]) == (78, 0)


def test_a_find_that_does_not_fit_what_is_answered_holds_the_return(shop):
    ask(shop, find="max_by(order.number, &created).number")
    body = json.dumps({"order": {"number": [{"created": 1}, {"created": "x"}]}}).encode()
    shop.sandbox.faults.add(Fault("erp.order", "wrong-type", body=body))
    give_back(shop, "1001")
    assert shop.run()["exit_code"] == 1
    assert stands(shop, "1001") == ("held", "order-number-unknown")


@pytest.mark.usefixtures("erp")
def test_a_number_that_is_gone_from_the_other_system_is_not_known_there(shop):
    shop.sandbox.faults.add(Fault("erp.order", "status", status=410))
    give_back(shop, "1001")
    shop.run()
    assert stands(shop, "1001") == ("held", "order-number-unknown")


@pytest.mark.usefixtures("erp")
def test_a_number_that_is_refused_for_good_is_held_in_the_end(shop):
    shop.sandbox.faults.add(Fault("erp.order", "status", status=422))
    give_back(shop, "1001")
    for days in (0, 1, 8, 15):
        with later(days=days):
            shop.run()
    assert stands(shop, "1001") == ("held", "order-number-unknown")


def test_days_in_which_nothing_could_be_asked_are_no_days_of_waiting_for_the_order(shop, erp):
    shop.sandbox.faults.add(Fault("erp.order", "status", status=503, times=1))
    give_back(shop, "1001", exists=False)
    erp.numbers["1001"] = "W-1"
    shop.run()
    with later(days=15):
        shop.run()
        assert stands(shop, "1001") == ("waiting", "order-unknown")
