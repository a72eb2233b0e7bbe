"""Order lines on real servers: each way to find a line, units on several lines, bundles, and what is held."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from shop import later

from returnsync.sandbox import Fault
from returnsync.sandbox.channable_records import gtin_of, returned
from returnsync.sandbox.world import monta_line, monta_order, request, return_order

pytestmark = pytest.mark.usefixtures("old_state")

if TYPE_CHECKING:
    from shop import Shop

FILL = {"repeated_sku": "fill"}
SOCKS = {"bundles": {"SET": {"SOCK-A": 1, "SOCK-B": 2}}}
SHAPES = pytest.mark.parametrize("shape", ["create", "list"])


def ordered(shop: Shop, *lines: tuple[str | None, str, int], number: str = "1001") -> None:
    """Put in a shipped order with lines that each have an id, a SKU and units."""
    made = (monta_line(sku, units, line_id=line_id) for line_id, sku, units in lines)
    shop.sandbox.monta.add(monta_order(number, *made))


def wishes(sku: str, units: int, *, name: str = "r", number: str = "1001", **fields: Any) -> list[dict[str, Any]]:
    """A request for each unit, of a purchase whose id the warehouse does not know."""
    return [request(sku, f"#{number}", purchase_id=f"{name}-{unit}", **fields) for unit in range(units)]


def give_back(shop: Shop, sku: str, units: int = 1, *, name: str = "r", number: str = "1001") -> str:
    wished, now = wishes(sku, units, name=name, number=number), datetime.now(UTC)
    return shop.sandbox.returnista.add(return_order(*wished, id=name, created=now, updated=now))


def announced(shop: Shop) -> list[dict[str, int]]:
    """The units of each forecast by order line."""
    found = []
    for forecast in shop.forecasts:
        units = Counter[str]()
        for line in forecast.lines:
            units[line["WebshopOrderLineId"]] += line["ReturnQuantity"]
        found.append(dict(units))
    return found


def set_up(shop: Shop, **source: Any) -> None:
    shop.source = source


def why_held(shop: Shop) -> tuple[str, str]:
    (item,) = shop.held()
    return item["cause"], item["what"]


def asked(shop: Shop) -> int:
    """The number of requests to the warehouse for a product by its barcode."""
    return shop.sandbox.counts.calls("monta.products")


# ---- SKUs: the table, case and zeros


def test_a_sku_goes_through_the_table_and_a_new_table_counts_in_the_next_run(shop):
    ordered(shop, ("l-1", "WAREHOUSE-1", 1))
    give_back(shop, "shop-1")
    table = shop.folder / "skus.csv"
    table.write_text("other;WAREHOUSE-1\n", encoding="utf-8")
    set_up(shop, sku_table="skus.csv")
    shop.run()
    assert why_held(shop)[0] == "line-unmatched"
    table.write_text("other;WAREHOUSE-9\nshop-1;WAREHOUSE-1\n", encoding="utf-8")
    assert shop("held", "retry", "--all").code == 0
    assert shop.run()["announced"] == 1
    assert announced(shop) == [{"l-1": 1}]


@pytest.mark.parametrize("content", [None, "one\n", b"\xff\xfe"])
def test_a_table_that_cannot_be_read_stops_its_source_and_no_other(shop, content):
    ordered(shop, ("l-1", "A", 1))
    ordered(shop, ("l-2", "SHIRT-BL-M", 1), number="1002")
    give_back(shop, "A")
    shop.platforms = ("returnista", "loop")
    shop.platform("loop").give_back("1002")
    table = shop.folder / "skus.csv"
    if content is not None:
        table.write_bytes(content.encode() if isinstance(content, str) else content)
    set_up(shop, sku_table="skus.csv", id="shop-nl")
    ran = shop("run", "--json")
    assert (ran.code, ran.json["announced"]) == (78, 1)
    assert str(table) in ran.err
    assert announced(shop) == [{"l-2": 1}]
    assert shop.sandbox.counts.calls("monta.order") == 1
    assert shop.held() == []
    table.write_text("X,Y\n", encoding="utf-8")
    assert (shop.run()["exit_code"], announced(shop)) == (0, [{"l-2": 1}, {"l-1": 1}])


def test_a_table_that_cannot_be_read_is_reported_although_nothing_came_back(shop):
    set_up(shop, sku_table="skus.csv")
    assert shop("run").code == 78


def test_check_looks_at_the_table_of_skus(shop):
    set_up(shop, sku_table="skus.csv")
    ran = shop("check")
    assert (ran.code, "skus.csv cannot be read" in ran.out) == (78, True)
    (shop.folder / "skus.csv").write_text("a,b\nc,d\n", encoding="utf-8")
    ran = shop("check")
    assert (ran.code, "2 in " in ran.out) == (0, True)


def test_case_and_leading_zeros_count_unless_they_are_set_not_to(shop):
    ordered(shop, ("l-1", "00SHIRT-m", 1))
    give_back(shop, "Shirt-M")
    shop.run()
    assert why_held(shop)[0] == "line-unmatched"
    set_up(shop, sku_case="ignore", sku_leading_zeros="ignore")
    shop("held", "retry", "--all")
    shop.run()
    assert announced(shop) == [{"l-1": 1}]


# ---- barcodes


@pytest.fixture
def by_barcode(shop: Shop) -> Shop:
    """A shop whose returns name an article only by its barcode: their orders are not among Channable's."""
    return replace(shop, platforms=("channable",))


def send_back(shop: Shop, sku: str, number: str = "1001", **item: Any) -> None:
    shop.sandbox.channable.add(returned(sku, number, item=item))


@pytest.mark.parametrize("shape", ["bare", "wrapped", "list", "array"])
def test_an_article_known_by_its_barcode_only_is_found(by_barcode, shape):
    by_barcode.sandbox.monta.product_shape = shape
    ordered(by_barcode, ("l-1", "B", 1), ("l-2", "A", 1))
    send_back(by_barcode, "A")
    assert by_barcode.run()["exit_code"] == 0
    assert announced(by_barcode) == [{"l-2": 1}]


def test_a_barcode_is_asked_for_once_a_run(by_barcode):
    for number in ("1001", "1002", "1003"):
        ordered(by_barcode, (f"l-{number}", "A", 1), number=number)
        send_back(by_barcode, "A", number)
    assert by_barcode.run()["announced"] == 3
    assert asked(by_barcode) == 1


def test_nothing_is_asked_where_a_sku_will_do_and_a_new_return_takes_four_calls(shop):
    ordered(shop, ("l-1", "A", 1), ("l-2", "A", 1))
    give_back(shop, "A")
    set_up(shop, **FILL)
    assert shop.run()["requests"]["monta"] == 4 + 1  # and the list of reasons, once in a run
    assert asked(shop) == 0


def test_a_barcode_that_two_products_carry_holds_the_return(by_barcode):
    ordered(by_barcode, ("l-1", "A", 1))
    by_barcode.sandbox.monta.barcodes["OTHER"].append(gtin_of("A"))
    send_back(by_barcode, "A")
    by_barcode.run()
    cause, what = why_held(by_barcode)
    assert (cause, announced(by_barcode)) == ("line-ambiguous", [])
    assert "2 products" in what


def test_a_barcode_that_no_product_carries_holds_the_return(by_barcode):
    ordered(by_barcode, ("l-1", "A", 1))
    send_back(by_barcode, "A", gtin="8700000000001")
    by_barcode.run()
    assert why_held(by_barcode)[0] == "line-unmatched"


def test_a_barcode_with_odd_characters_is_asked_for_as_it_is(by_barcode):
    odd = "A&B=1 +/#é"
    ordered(by_barcode, ("l-1", "A", 1))
    by_barcode.sandbox.monta.barcodes["A"].append(odd)
    send_back(by_barcode, "A", gtin=odd)
    by_barcode.run()
    assert announced(by_barcode) == [{"l-1": 1}]


@pytest.mark.parametrize("kind", ["status", "reset", "html", "cut"])
def test_while_products_cannot_be_read_the_return_waits(by_barcode, kind):
    ordered(by_barcode, ("l-1", "A", 1))
    send_back(by_barcode, "A")
    by_barcode.sandbox.faults.add(Fault("monta.products", kind, call=1, status=500))
    ran = by_barcode.run()
    assert (ran["exit_code"], ran["waiting"], ran["held"]) == (75, 1, 0)
    with later(minutes=6):
        assert by_barcode.run()["announced"] == 1
    assert announced(by_barcode) == [{"l-1": 1}]


def test_products_that_may_not_be_read_hold_the_return(by_barcode):
    ordered(by_barcode, ("l-1", "A", 1))
    send_back(by_barcode, "A")
    by_barcode.sandbox.faults.add(Fault("monta.products", "status", status=400))
    by_barcode.run()
    assert why_held(by_barcode)[0] == "lookup-refused"


# ---- an id and a SKU that contradict each other


def by_id(sku: str, line_id: str | None) -> dict[str, Any]:
    """A request to return one article, with its order-line id at the platform, if any, and its SKU."""
    return request(sku, "#1001", purchaseId=line_id)


def with_id(shop: Shop, sku: str, line_id: str | None, name: str = "r") -> str:
    now = datetime.now(UTC)
    return shop.sandbox.returnista.add(return_order(by_id(sku, line_id), id=name, created=now, updated=now))


def test_an_id_of_another_line_than_the_sku_is_held_until_the_platform_corrects_it(shop):
    ordered(shop, ("l-1", "SHIRT-S", 1), ("l-2", "SHIRT-L", 1))
    with_id(shop, "SHIRT-L", "l-1")
    shop.run()
    cause, what = why_held(shop)
    assert (cause, announced(shop), shop.labels()) == ("line-ambiguous", [], [])
    assert all(word in what for word in ("l-1", "SHIRT-S", "SHIRT-L"))
    shop("held", "retry", "--all")
    shop.run()
    assert (why_held(shop)[0], announced(shop)) == ("line-ambiguous", [])
    shop.sandbox.returnista.touch("r", returnRequests=[by_id("SHIRT-L", "l-2")])
    shop.run()
    assert (shop.held(), announced(shop)) == ([], [{"l-2": 1}])


def test_an_id_of_another_line_than_the_sku_holds_its_return_alone(shop):
    ordered(shop, ("l-1", "A", 2), ("l-2", "B", 2))
    with_id(shop, "B", "l-1", name="wrong")
    with_id(shop, "B", "l-2", name="right")
    assert shop.run()["announced"] == 1
    assert announced(shop) == [{"l-2": 1}]


@pytest.mark.parametrize("send_updates", [False, True])
def test_an_id_that_comes_later_and_one_that_goes_are_no_change(shop, send_updates):
    ordered(shop, ("l-1", "A", 1), ("l-2", "B", 1))
    set_up(shop, send_updates=send_updates)
    with_id(shop, "A", None)
    shop.run()
    for line_id in ("l-1", None, "l-1"):
        shop.sandbox.returnista.touch("r", returnRequests=[by_id("A", line_id)])
        ran = shop.run()
        assert (shop.held(), ran["updated"], announced(shop)) == ([], 0, [{"l-1": 1}])
    shop.assert_nothing_twice()


def test_a_sku_in_another_spelling_is_no_change_where_spelling_is_set_not_to_count(shop):
    ordered(shop, ("l-1", "shirt", 1), ("l-2", "B", 1))
    set_up(shop, sku_case="ignore", sku_leading_zeros="ignore")
    with_id(shop, "SHIRT", None)
    shop.run()
    shop.sandbox.returnista.touch("r", returnRequests=[by_id("00Shirt", None)])
    shop.run()
    assert shop.held() == []
    shop.sandbox.returnista.touch("r", returnRequests=[by_id("B", None)])
    shop.run()
    assert why_held(shop)[0] == "changed-after-announcement"


# ---- a SKU on several lines

TWICE = (("l-1", "A", 2), ("l-2", "B", 1), ("l-3", "A", 1))


def test_a_repeated_sku_is_held_unless_it_is_set_to_fill(shop):
    ordered(shop, *TWICE)
    give_back(shop, "A", 2)
    shop.run()
    assert why_held(shop)[0] == "line-ambiguous"


@SHAPES
@pytest.mark.parametrize("runs", [1, 2])
def test_two_returns_of_one_order_fill_its_lines_and_a_third_is_held(shop, shape, runs):
    shop.sandbox.monta.forecast_shape = shape
    ordered(shop, *TWICE)
    set_up(shop, **FILL)
    give_back(shop, "A", 1, name="one")
    if runs == 2:
        shop.run()
    give_back(shop, "A", 2, name="two")
    shop.run()
    assert announced(shop) == [{"l-1": 1}, {"l-1": 1, "l-3": 1}]
    give_back(shop, "A", 1, name="three")
    shop.run()
    assert why_held(shop)[0] == "too-many-units"
    assert len(announced(shop)) == 2
    shop.assert_nothing_twice()


def test_which_order_line_got_how_many_is_in_the_story(shop):
    ordered(shop, *TWICE)
    set_up(shop, **FILL)
    give_back(shop, "A", 3)
    shop.run()
    (told,) = (
        event for event in shop("show", "#1001", "--json").json[0]["history"] if event["event"] == "create intended"
    )
    lines = told["detail"]["request"]["forecast"]["lines"]
    assert {line["order_line_id"]: line["quantity"] for line in lines} == {"l-1": 2, "l-3": 1}


def test_a_dry_run_shows_which_order_line_would_get_how_many(shop):
    ordered(shop, *TWICE)
    set_up(shop, **FILL)
    give_back(shop, "A", 3)
    (decision,) = shop.run("--dry-run")["decisions"]
    assert {line["order_line"]: line["quantity"] for line in decision["lines"]} == {"l-1": 2, "l-3": 1}
    assert announced(shop) == []


@SHAPES
def test_after_a_lost_state_what_fills_lines_is_found_again_as_it_stands(shop, shape):
    shop.sandbox.monta.forecast_shape = shape
    ordered(shop, *TWICE)
    set_up(shop, **FILL)
    # Each was made when the other did not exist, so neither is on the line on which it would be put now.
    give_back(shop, "A", 2, name="one")
    shop.run()
    give_back(shop, "A", 1, name="two")
    shop.run()
    before = announced(shop)
    assert before == [{"l-1": 2}, {"l-3": 1}]
    lose_state(shop)
    shop.sandbox.returnista.touch("one")  # so that it is listed and delivered after the other
    again = shop.run()
    assert (again["adopted"], again["announced"], again["exit_code"]) == (2, 0, 0)
    assert announced(shop) == before
    shop.assert_nothing_twice()


def lose_state(shop: Shop) -> None:
    for file in shop.folder.glob("returnsync.db*"):
        file.unlink()


def change(shop: Shop, name: str, sku: str, units: int) -> None:
    shop.sandbox.returnista.touch(name, returnRequests=wishes(sku, units, name=name))


@SHAPES
def test_a_change_that_is_sent_leaves_on_its_lines_what_stands_there(shop, shape):
    shop.sandbox.monta.forecast_shape = shape
    ordered(shop, *TWICE)
    set_up(shop, **FILL, send_updates=True)
    give_back(shop, "A", 2, name="one")
    shop.run()
    give_back(shop, "A", 1, name="two")
    shop.run()
    change(shop, "one", "A", 1)
    assert shop.run()["updated"] == 1
    assert announced(shop) == [{"l-1": 1}, {"l-3": 1}]
    # The second one would be put on the first line now, but is found again on its own line.
    lose_state(shop)
    assert shop.run()["adopted"] == 2
    change(shop, "two", "A", 2)
    assert shop.run()["updated"] == 1
    assert announced(shop) == [{"l-1": 1}, {"l-1": 1, "l-3": 1}]


def test_a_change_that_is_sent_may_fill_up_the_line_that_it_stands_on(shop):
    ordered(shop, *TWICE)
    set_up(shop, **FILL, send_updates=True)
    give_back(shop, "A", 1, name="one")
    shop.run()
    change(shop, "one", "A", 2)
    shop.run()
    assert announced(shop) == [{"l-1": 2}]


@pytest.mark.parametrize("source", [{}, FILL], ids=["one line", "several lines"])
def test_a_change_to_more_than_is_left_is_never_sent(shop, source):
    ordered(shop, *(TWICE if source else TWICE[:1]))
    set_up(shop, **source, send_updates=True)
    give_back(shop, "A", 1, name="one")
    give_back(shop, "A", 1, name="two")
    shop.run()
    before = announced(shop)
    change(shop, "one", "A", 3)
    shop.run()
    assert why_held(shop)[0] == "too-many-units"
    shop("held", "retry", "--all")
    shop.run()
    assert why_held(shop)[0] == "too-many-units"
    assert announced(shop) == before
    change(shop, "one", "A", 1)
    assert shop.run()["exit_code"] == 0
    assert announced(shop) == before


def test_a_change_that_a_person_made_in_the_portal_too_is_seen(shop):
    ordered(shop, *TWICE)
    set_up(shop, **FILL)
    give_back(shop, "A", 1, name="one")
    shop.run()
    change(shop, "one", "A", 2)
    shop.run()
    assert why_held(shop)[0] == "changed-after-announcement"
    (forecast,) = shop.forecasts
    # A person put the second unit on the other line.
    forecast.body["Lines"].append({**forecast.body["Lines"][0], "WebshopOrderLineId": "l-3"})
    shop("held", "retry", "--all")
    assert shop.run()["exit_code"] == 0


def test_somebody_elses_forecast_for_the_sku_holds_what_would_fill_another_line(shop):
    ordered(shop, *TWICE)
    set_up(shop, **FILL)
    shop.sandbox.monta.announce("RMA-1", "1001", {"l-1": 2})
    give_back(shop, "A")
    shop.run()
    assert why_held(shop)[0] == "covered-elsewhere"


# ---- bundles


def test_a_bundle_is_announced_by_its_parts(shop):
    ordered(shop, ("l-1", "SOCK-A", 2), ("l-2", "SOCK-B", 4), ("l-3", "C", 1))
    set_up(shop, **SOCKS)
    give_back(shop, "SET", 2)
    assert shop.run()["exit_code"] == 0
    assert announced(shop) == [{"l-1": 2, "l-2": 4}]


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        ([("l-1", "SOCK-A", 2)], "line-unmatched"),
        ([("l-1", "SOCK-A", 2), (None, "SOCK-B", 4)], "line-unmatched"),
        ([("l-1", "SOCK-A", 2), ("l-2", "SOCK-B", 1)], "too-many-units"),
        ([("l-1", "SOCK-A", 2), ("l-2", "SOCK-B", 1), ("l-3", "SOCK-B", 1)], "line-ambiguous"),
    ],
)
def test_a_bundle_of_which_one_part_has_no_place_is_held_whole(shop, lines, cause):
    ordered(shop, *lines)
    set_up(shop, **SOCKS)
    give_back(shop, "SET")
    shop.run()
    assert (why_held(shop)[0], announced(shop)) == (cause, [])


def test_a_bundle_by_its_barcode_is_announced_by_its_parts(by_barcode):
    ordered(by_barcode, ("l-1", "SOCK-A", 1), ("l-2", "SOCK-B", 2))
    by_barcode.sandbox.monta.barcodes["SET"].append(gtin_of("SET"))
    set_up(by_barcode, **SOCKS)
    send_back(by_barcode, "SET")
    by_barcode.run()
    assert announced(by_barcode) == [{"l-1": 1, "l-2": 2}]


def test_parts_fill_lines_where_that_is_set_and_a_change_of_one_bundle_less_is_sent(shop):
    ordered(shop, ("l-1", "SOCK-A", 2), ("l-2", "SOCK-B", 1), ("l-3", "SOCK-B", 3))
    set_up(shop, **SOCKS, **FILL, send_updates=True)
    give_back(shop, "SET", 2, name="one")
    shop.run()
    assert announced(shop) == [{"l-1": 2, "l-2": 1, "l-3": 3}]
    change(shop, "one", "SET", 1)
    shop.run()
    assert announced(shop) == [{"l-1": 1, "l-2": 1, "l-3": 1}]


@SHAPES
def test_two_lines_of_one_sku_that_come_back_by_their_ids_are_not_taken_for_each_other(shop, shape):
    shop.sandbox.monta.forecast_shape = shape
    ordered(shop, ("l-1", "SHIRT", 1), ("l-2", "SHIRT", 1))
    for line in ("l-1", "l-2"):
        wished, now = request("SHIRT", "#1001", purchase_id=line), datetime.now(UTC)
        shop.sandbox.returnista.add(return_order(wished, id=line, created=now, updated=now))
        shop.run()
    assert announced(shop) == [{"l-1": 1}, {"l-2": 1}]
