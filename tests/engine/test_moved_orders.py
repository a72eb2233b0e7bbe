"""An order number that its platform later writes differently buys nothing, and another order waits for a person."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shop import later

from returnsync.engine.orders import Lead
from returnsync.engine.plan.codes import code_for
from returnsync.mapping.order_numbers import folded
from returnsync.model import OrderNumber, ReturnId, SourceId, WarehouseOrderNumber
from returnsync.sandbox import Fault, World
from returnsync.sandbox.channable_records import order as channable_order
from returnsync.sandbox.channable_records import returned as channable_record
from returnsync.sandbox.world import monta_line, monta_order, request, return_order

if TYPE_CHECKING:
    from shop import Shop

MOVED, CANCELLED_AFTER = "moved-order", "cancelled-after-announcement"
SKUS = SHIRT, SHOE = "SHIRT", "SHOE"


@pytest.fixture
def world() -> World:
    """Each order has more units than come back, so that only the rule prevents a second announcement."""
    world = World.empty()
    world.orders = [monta_order(number, *(monta_line(sku, 3) for sku in SKUS)) for number in ("1001", "2002", "3003")]
    return world


def wish(number: str, sku: str = SHIRT) -> dict[str, Any]:
    """One unit of an order, known only by its SKU: nothing but the number changes."""
    return {**request(sku, number), "id": f"wish-{sku}", "purchaseId": None}


def give_back(shop: Shop, *wishes: dict[str, Any], **fields: Any) -> str:
    return shop.sandbox.returnista.add(return_order(*wishes, id="r-1", **fields))


def shows(shop: Shop, *wishes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Let the platform show the return like this from now on, and make a run."""
    shop.sandbox.returnista.touch("r-1", at=datetime.now(UTC), returnRequests=list(wishes), **fields)
    return shop.run()


def stands(shop: Shop) -> dict[str, tuple[str, str]]:
    """Order number → progress and cause, for every announcement of the return."""
    (story,) = shop("show", "r-1", "--json").json
    return {item["order_number"]: (item["progress"], item["cause"]) for item in story["announcements"]}


def code_of(shop: Shop, number: str) -> str:
    (story,) = shop("show", "r-1", "--json").json
    return next(item["code"] for item in story["announcements"] if item["order_number"] == number)


def bought(shop: Shop) -> tuple[int, int]:
    shop.assert_nothing_twice()
    return len(shop.forecasts), len(shop.sandbox.monta.labels)


def removed_in_the_portal(shop: Shop, code: str) -> None:
    shop.sandbox.monta.forecasts[:] = [one for one in shop.sandbox.monta.forecasts if one.code != code]


# -- the same order, written differently -------------------------------------------------------------------------------


def test_a_number_that_is_only_written_differently_keeps_its_code(shop):
    give_back(shop, wish("1001"))
    shop.run()
    for now in ("#1001", " 1001 ", "01001", "#001001", "1001"):
        assert shows(shop, wish(now))["exit_code"] == 0, now
    assert (bought(shop), stands(shop)) == ((1, 1), {"1001": ("settled", "")})
    # After the state is lost, it is found by the number that was seen first.
    assert [one.code for one in shop.forecasts] == [code_for(SourceId("shop-nl"), ReturnId("r-1"), OrderNumber("1001"))]


spellings = st.builds(
    "{}{}{}{}{}".format,
    *(st.sampled_from(["", " ", "\t "]), st.sampled_from(["", "#"])),
    st.sampled_from(["", "00"]),
    st.sampled_from(["7", "1001", "A-9"]),
    st.sampled_from(["", " "]),
)


@given(spellings, spellings)
def test_two_spellings_lead_to_one_order_exactly_where_they_are_one_number(one, other):
    def lead(text):
        return Lead(OrderNumber(text), WarehouseOrderNumber(text.strip()))

    same = one.strip().strip("#").lstrip("0") == other.strip().strip("#").lstrip("0")
    assert lead(one).is_same_order(lead(other)) is lead(other).is_same_order(lead(one)) is same
    assert folded(folded(one)) == folded(one)


def test_nothing_leads_to_the_order_of_no_number():
    for text in ("", " ", "#", "0"):
        assert not Lead(OrderNumber(text), WarehouseOrderNumber(text)).is_same_order(
            Lead(OrderNumber(""), WarehouseOrderNumber(""))
        )


@pytest.mark.prove
def test_before_anything_was_sent_the_number_may_change_and_nothing_is_held(shop):
    give_back(shop, wish("1001"), status="Pending")
    shop.run()
    assert shows(shop, wish("2002"), status="Confirmed")["announced"] == 1
    assert stands(shop) == {"1001": ("withdrawn", ""), "2002": ("settled", "")}


def test_of_several_orders_the_one_that_is_written_differently_keeps_its_code_and_its_lines(shop):
    give_back(shop, wish("1001"), wish("2002", SHOE))
    shop.run()
    assert shows(shop, wish("#1001"), wish("2002", SHOE))["exit_code"] == 0
    assert (bought(shop), stands(shop)) == ((2, 2), {"1001": ("settled", ""), "2002": ("settled", "")})
    shows(shop, wish("#1001"), wish("#2002", SHOE), {**wish("#2002", SHOE), "id": "one more"})
    assert stands(shop)["1001"] == ("settled", "")
    assert stands(shop)["2002"] == ("held", "changed-after-announcement")
    assert bought(shop) == (2, 2)


def test_one_order_in_two_spellings_is_announced_once(shop):
    give_back(shop, wish("1001"), wish("#1001", SHOE))
    assert shop.run()["exit_code"] == 0
    assert [sum(line["ReturnQuantity"] for line in one.lines) for one in shop.forecasts] == [2]
    shows(shop, wish("#1001", SHOE), wish("1001"))
    assert (bought(shop), list(stands(shop).values())) == ((1, 1), [("settled", "")])


def test_one_line_that_is_written_differently_while_its_order_is_waited_for_stays_with_the_others(shop):
    give_back(shop, wish("4004"), wish("4004", SHOE))
    shop.run()
    shows(shop, wish("#4004"), wish("4004", SHOE))
    shop.sandbox.monta.add(monta_order("4004", *(monta_line(sku, 3) for sku in SKUS)))
    with later(hours=3):
        shop.run()
    assert (bought(shop), stands(shop)) == ((1, 1), {"4004": ("settled", "")})


@pytest.mark.prove
def test_one_line_of_an_order_that_is_written_differently_stays_with_the_others(shop):
    give_back(shop, wish("1001"), wish("1001", SHOE))
    shop.run()
    assert shows(shop, wish("1001"), wish("#1001", SHOE))["exit_code"] == 0
    assert (bought(shop), stands(shop)) == ((1, 1), {"1001": ("settled", "")})


@pytest.mark.prove
def test_an_order_that_a_person_released_is_not_announced_under_another_spelling(shop):
    give_back(shop, wish("4004"))
    shop.run()
    shop("held", "release", code_of(shop, "4004"), "--yes")
    shop.sandbox.monta.add(monta_order("4004", *SKUS))
    with later(days=20):
        shop.run()
        shop("held", "release", "--all", "--yes")
        shows(shop, wish("#4004"))
        assert bought(shop)[0] <= 1


@pytest.mark.usefixtures("old_state")
def test_a_create_in_flight_is_settled_under_its_code_whatever_the_number_is_now(shop):
    give_back(shop, wish("1001"))
    shop.warehouse["settle_after"] = 600
    shop.sandbox.faults.add(
        Fault("monta.create", "reset-after", times=1), Fault("monta.forecast", "status", status=500)
    )
    shop.run()
    shows(shop, wish("#1001"))
    shop.sandbox.faults.clear()
    with later(hours=1):
        assert shop.run()["exit_code"] == 0
        assert (bought(shop), stands(shop)) == ((1, 1), {"1001": ("settled", "")})


def test_a_number_that_is_empty_in_one_version_changes_nothing(shop):
    give_back(shop, wish("1001"), wish("2002", SHOE))
    shop.run()
    for number in ("", "1001", "", "#1001"):
        assert shows(shop, wish(number), wish("2002", SHOE))["exit_code"] == 0, number
    assert shows(shop, wish(""), wish("", SHOE))["exit_code"] == 0
    assert (bought(shop), stands(shop)) == ((2, 2), {"1001": ("settled", ""), "2002": ("settled", "")})


def test_it_is_found_and_replayed_by_the_old_number_and_by_the_new(shop):
    give_back(shop, wish("1001"), wish("2002", SHOE))
    shop.run()
    shows(shop, wish("#1001"), wish("2002", SHOE))
    for asked, name in enumerate(("1001", "#1001"), start=2):
        assert [story["return_id"] for story in shop("show", name, "--json").json] == ["r-1"]
        # Only the order of the return that has that name is meant.
        assert shop("replay", name, "--new-label", "--yes").code == 0
        assert [label.code for label in shop.sandbox.monta.labels].count(code_of(shop, "1001")) == asked
    assert (len(shop.forecasts), len(shop.sandbox.monta.labels)) == (2, 4)


# -- by the rules of the source ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("maps", "held"), [pytest.param("1001", False, marks=pytest.mark.prove), ("2002", True)])
def test_what_the_rules_make_of_a_number_decides(shop, maps, held):
    (shop.folder / "orders.csv").write_text(f"platform,warehouse\n1001,1001\n01001,{maps}\nEXT-1,{maps}\n", "utf-8")
    shop.source["order_number"] = [{"table": "orders.csv"}]
    give_back(shop, wish("1001"))
    shop.run()
    for now in ("EXT-1", "01001"):
        shows(shop, wish(now))
        assert stands(shop).get(now) == (("held", MOVED) if held else None)
        assert bought(shop) == (1, 1)


@pytest.mark.prove
def test_a_spelling_that_a_table_lacks_is_the_order_that_it_looks_like(shop):
    (shop.folder / "orders.csv").write_text("platform,warehouse\nW,1001\n", "utf-8")
    shop.source["order_number"] = [{"table": "orders.csv", "missing": "hold"}]
    give_back(shop, wish("W"))
    shop.run()
    assert (shows(shop, wish("#W"))["exit_code"], bought(shop)) == (0, (1, 1))


def test_a_person_who_fixes_the_rules_keeps_the_existing_forecast(shop):
    give_back(shop, wish("1001"))
    shop.run()
    shows(shop, wish("EXT-1001"))
    assert shop.causes() == {"1001": CANCELLED_AFTER, "EXT-1001": MOVED}
    shop.source["order_number"] = [{"strip_prefix": "EXT-"}]
    shop("held", "retry", "--cause", MOVED)
    assert shop.run()["exit_code"] == 0
    assert (bought(shop), shop.held(), stands(shop)["1001"]) == ((1, 1), [], ("settled", ""))


# -- another order -----------------------------------------------------------------------------------------------------


def moved(shop: Shop, *more: dict[str, Any]) -> None:
    """Announce it for one order, and let the platform show it with another one now."""
    give_back(shop, wish("1001"), *more)
    shop.run()
    shows(shop, wish("2002"), *more)


def test_another_order_waits_for_the_one_that_was_announced_whatever_a_person_says_of_it(shop):
    moved(shop)
    first = code_of(shop, "1001")
    for command in ((), ("held", "retry", "--all"), ("replay", "2002")):
        if command:
            shop(*command)
        shop.run()
        assert (bought(shop), shop.causes()) == ((1, 1), {"1001": CANCELLED_AFTER, "2002": MOVED}), command
        held = {item["order_number"]: item for item in shop.held()}
        assert first in held["2002"]["what"]
        assert "names 2002" in held["1001"]["what"]


def test_once_the_first_forecast_is_removed_the_other_order_goes_on_by_itself(shop):
    moved(shop)
    removed_in_the_portal(shop, code_of(shop, "1001"))
    shop("held", "retry", code_of(shop, "1001"))
    shop.run()
    shop.run()
    assert stands(shop) == {"1001": ("withdrawn", ""), "2002": ("settled", "")}
    assert [one.order for one in shop.forecasts] == ["2002"]


def test_once_the_first_is_released_the_other_order_goes_on_when_a_person_asks(shop):
    moved(shop)
    shop("held", "release", code_of(shop, "1001"), "--yes")
    assert shop("replay", "2002").code == 0
    assert (bought(shop), stands(shop)["2002"]) == ((2, 2), ("settled", ""))


def test_when_the_release_of_the_first_is_taken_back_both_stay_as_they_are(shop):
    moved(shop)
    shop("held", "release", code_of(shop, "1001"), "--yes")
    shop("replay", "2002")
    shop("held", "take-back", "--all")
    shop.run()
    assert (bought(shop), shop.causes()) == ((2, 2), {"1001": CANCELLED_AFTER})
    assert stands(shop)["2002"] == ("settled", "")


@pytest.mark.prove
def test_a_return_that_is_gone_when_the_first_is_released_is_not_announced(shop):
    moved(shop)
    shop("held", "release", code_of(shop, "1001"), "--yes")
    del shop.sandbox.returnista.return_orders["r-1"]
    shop.run()
    assert (bought(shop), shop.causes()) == ((1, 1), {"2002": "vanished-at-platform"})


def test_there_and_back_ends_as_it_was(shop):
    moved(shop)
    assert shows(shop, wish("1001"))["exit_code"] == 0
    assert (bought(shop), stands(shop)) == ((1, 1), {"1001": ("settled", ""), "2002": ("withdrawn", "")})


@pytest.mark.prove
def test_of_several_orders_one_moves_and_the_others_are_left_as_they_are(shop):
    moved(shop, wish("3003", SHOE))
    assert stands(shop)["3003"] == ("settled", "")
    assert (bought(shop), shop.causes()) == ((2, 2), {"1001": CANCELLED_AFTER, "2002": MOVED})


def test_goods_that_go_over_to_another_order_wait_until_their_forecast_is_corrected(shop):
    give_back(shop, wish("1001"), wish("1001", SHOE))
    shop.run()
    shows(shop, wish("1001"), wish("2002", SHOE))
    assert (bought(shop), shop.causes()) == ((1, 1), {"1001": "changed-after-announcement", "2002": MOVED})
    shop("held", "release", code_of(shop, "1001"), "--yes")
    shop.run()
    assert (bought(shop), shop.held()) == ((2, 2), [])


@pytest.mark.prove
def test_other_goods_of_another_order_are_announced_at_once(shop):
    give_back(shop, wish("1001"))
    shop.run()
    shows(shop, wish("1001"), wish("2002", SHOE))
    assert (bought(shop), shop.held()) == ((2, 2), [])


@pytest.mark.parametrize("made", [True, pytest.param(False, marks=pytest.mark.prove)])
@pytest.mark.usefixtures("old_state")
def test_another_order_waits_while_a_create_is_in_flight(shop, made):
    give_back(shop, wish("1001"))
    shop.warehouse["settle_after"] = 600
    shop.sandbox.faults.add(
        Fault("monta.create", "reset-after" if made else "reset", times=1),
        Fault("monta.forecast", "status", status=500),
    )
    shop.run()
    shows(shop, wish("2002"))
    assert stands(shop)["2002"] == ("held", MOVED)
    shop.sandbox.faults.clear()
    for hours in (1, 2, 3, 4):
        with later(hours=hours):
            shop.run()
    # If it was made after all, it prevents the other order and has no label; if not, the other order went on.
    assert stands(shop) == (
        {"1001": ("held", CANCELLED_AFTER), "2002": ("held", MOVED)}
        if made
        else {"1001": ("withdrawn", ""), "2002": ("settled", "")}
    )
    assert bought(shop) == ((1, 0) if made else (1, 1))


def test_a_dry_run_says_that_the_other_order_would_be_held_and_changes_nothing(shop):
    give_back(shop, wish("1001"))
    shop.run()
    shop.sandbox.returnista.touch("r-1", at=datetime.now(UTC), returnRequests=[wish("2002")])
    told = shop.run("--dry-run")
    assert MOVED in json.dumps(told)
    assert (bought(shop), shop.held()) == ((1, 1), [])


# -- platforms with one order in a return ------------------------------------------------------------------------------


def test_an_article_of_a_marketplace_return_whose_number_is_written_differently_stays_where_it_is(shop):
    shop = replace(shop, platforms=("channable",), source={"limits": {"1h": 1000}})
    shop.sandbox.channable.add_order(channable_order("1001", *SKUS))
    ids = [shop.sandbox.channable.add(channable_record(sku, "1001", return_id="G-1")) for sku in SKUS]
    shop.run()
    assert bought(shop) == (1, 1)
    for identity in ids:
        meta = shop.sandbox.channable.returns[identity]["data"]["meta"]
        meta["channel_order_id"] = "#" + str(meta["channel_order_id"])
        shop.sandbox.channable.touch(identity)
        assert shop.run()["exit_code"] == 0
    assert bought(shop) == (1, 1)
    assert shop.held() == []


@pytest.mark.prove
def test_a_number_that_comes_later_beside_the_one_that_was_announced_is_the_same_order(shop):
    shop = replace(shop, platforms=("channable",), source={"limits": {"1h": 1000}})
    shop.source["order_number_from"] = ["channel_order_id", "platform_order_id"]
    shop.sandbox.channable.add_order(channable_order("1001", *SKUS))
    identity = shop.sandbox.channable.add(channable_record(SHIRT, "1001", id=1, meta={"channel_order_id": None}))
    shop.run()
    assert bought(shop) == (1, 1)
    shop.sandbox.channable.returns[identity]["data"]["meta"]["channel_order_id"] = "C000001001"
    shop.sandbox.channable.touch(identity)
    assert (shop.run()["exit_code"], bought(shop)) == (0, (1, 1))


@pytest.mark.parametrize(
    ("now", "causes"),
    [
        ("#2002", {"4004": CANCELLED_AFTER, "2002": MOVED}),
        pytest.param("4004", {}, marks=pytest.mark.prove),
    ],
)
def test_where_a_return_has_one_order_another_one_waits_too(shop, now, causes):
    shop = replace(shop, platforms=("loop",), source={"own_label": "replace"})
    shop.sandbox.monta.add(monta_order("4004"))
    identity = shop.platform().give_back("4004", created=datetime.now(UTC))
    shop.run()
    assert bought(shop) == (1, 1)
    shop.sandbox.loop.touch(str(identity), order_name=now)
    shop.run()
    assert bought(shop) == (1, 1)
    assert {number.strip("#"): cause for number, cause in shop.causes().items()} == causes


# -- one order, several returns ----------------------------------------------------------------------------------------


def test_too_many_units_names_the_return_that_has_them_and_its_code(shop):
    for identity in ("r-1", "r-2"):
        wishes = [{**wish("1001"), "id": f"{identity} {unit}"} for unit in range(2)]
        shop.sandbox.returnista.add(return_order(*wishes, id=identity, updated=datetime.now(UTC)))
        shop.run()
    (held,) = shop.held()
    assert (held["return_id"], held["cause"]) == ("r-2", "too-many-units")
    assert f"of order 1001 ({code_of(shop, '1001')})" in held["what"]
    number = shop("show", "r-1", "--json").json[0]["return_number"] or "r-1"
    assert f"return {number} " in held["what"]


# -- what was in flight ------------------------------------------------------------------------------------------------


def test_a_label_in_flight_of_a_return_that_was_taken_back_is_resolved_and_is_no_fault(shop):
    shop.warehouse["settle_after"] = 600
    give_back(shop, wish("1001"))
    shop.sandbox.faults.add(Fault("monta.label", "status", times=1, status=401))
    shop.run()
    for _ in range(2):
        assert shows(shop, wish("2002"))["exit_code"] == 1
    with later(hours=1):
        assert shop.run()["exit_code"] == 1
        assert shop.causes() == {"1001": CANCELLED_AFTER, "2002": MOVED}
