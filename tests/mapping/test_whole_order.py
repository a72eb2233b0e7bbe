"""What remains to be announced of a whole order, from its lines and forecasts at the warehouse. Pure."""

from collections.abc import Sequence

import pytest

from returnsync.errors import HoldError
from returnsync.mapping import whole_order
from returnsync.mapping.line_rules import LineRules
from returnsync.model import (
    Cause,
    Forecast,
    ForecastLine,
    OrderNumber,
    ReturnLine,
    WarehouseOrder,
    WarehouseOrderLine,
    WarehouseOrderNumber,
)

LINE = ReturnLine(OrderNumber("1001"), 0)


def order(*lines: WarehouseOrderLine) -> WarehouseOrder:
    return WarehouseOrder(WarehouseOrderNumber("1001"), "", shipped=True, deleted=False, lines=lines)


def line(key: str, sku: str, ordered: int | None = 1, *, flyer: bool = False) -> WarehouseOrderLine:
    return WarehouseOrderLine(key, sku, ordered, flyer)


def by(code: str, *lines: tuple[str, str, int | None]) -> Forecast:
    return Forecast(code, tuple(ForecastLine(*one) for one in lines))


def left(
    found: WarehouseOrder, *ours: Forecast, others: Sequence[Forecast] = (), rules: LineRules | None = None
) -> dict[str, int]:
    shares = whole_order.shares(LINE, found, rules or LineRules())
    return {placed.place.id: placed.quantity for placed in whole_order.place(shares, found, ours, others)}


TWO = order(line("a", "SHIRT", 3), line("b", "JEANS", 1))
REPEATED = order(line("a", "SHIRT", 1), line("b", "SHIRT", 2))


@pytest.mark.parametrize(
    ("found", "beside", "is_left"),
    [
        (TWO, [], {"a": 3, "b": 1}),
        (TWO, [by("x", ("a", "", 1)), by("y", ("", "SHIRT", 1))], {"a": 1, "b": 1}),
        (TWO, [by("x", (" a ", "SHIRT ", 3))], {"b": 1}),
        (TWO, [by("x", ("a", "OLD-NAME", 3))], {"b": 1}),
        (TWO, [by("x", ("gone", "SHIRT", 3))], {"b": 1}),
        (TWO, [by("x", ("a", "", 7))], {"b": 1}),
        (REPEATED, [by("x", ("b", "SHIRT", 1))], {"a": 1, "b": 1}),
        (order(line("a", "SHIRT"), line("f", "FLYER", flyer=True)), [by("x", ("f", "FLYER", 1))], {"a": 1}),
        (order(line("a", "SHIRT"), line("b", "JEANS", 0)), [], {"a": 1}),
    ],
)
def test_units_that_a_forecast_announces_are_not_left_on_their_line(found, beside, is_left):
    assert left(found, *beside) == is_left


@pytest.mark.parametrize(
    ("found", "beside", "cause"),
    [
        (TWO, [by("x", ("", "", 1))], Cause.COVERED_ELSEWHERE),
        (TWO, [by("x")], Cause.COVERED_ELSEWHERE),
        (TWO, [by("x", ("gone", "", 1))], Cause.COVERED_ELSEWHERE),
        (TWO, [by("x", ("", "GIFT-SET", 1))], Cause.COVERED_ELSEWHERE),
        (TWO, [by("x", ("a", "JEANS", 1))], Cause.COVERED_ELSEWHERE),
        (REPEATED, [by("x", ("", "SHIRT", 1))], Cause.COVERED_ELSEWHERE),
        (TWO, [by("x", ("a", "SHIRT", None))], Cause.TOO_MANY_UNITS),
        (order(line("a", "SHIRT"), line("", "SOCK", 2)), [by("x", ("", "SOCK", 2))], Cause.COVERED_ELSEWHERE),
        (order(WarehouseOrderLine("a", "SHIRT", 1, is_on_backorder=True)), [], Cause.NO_ITEMS),
        (TWO, [by("x", ("a", "", 3), ("b", "", 1))], Cause.NO_ITEMS),
        (order(), [], Cause.NO_ITEMS),
        (order(line("f", "FLYER", flyer=True)), [], Cause.NO_ITEMS),
        (order(line("a", "SHIRT", None)), [], Cause.TOO_MANY_UNITS),
        (order(line("a", "SHIRT"), line("a", "JEANS")), [], Cause.LINE_AMBIGUOUS),
        (order(line("", "SHIRT"), line("", "JEANS")), [], Cause.LINE_UNMATCHED),
    ],
)
def test_what_cannot_be_told_holds_the_return(found, beside, cause):
    with pytest.raises(HoldError) as held:
        left(found, *beside)
    assert held.value.cause is cause
    assert held.value.next_step.endswith(".")


@pytest.mark.parametrize(
    ("parts", "is_left"),
    [
        ([line("p", "SOCK-A", 2), line("q", "SOCK-B", 4)], {"s": 2}),
        ([line("", "SOCK-A", 2), line("", "SOCK-B", 4)], {"s": 2}),
        ([line("c", "COAT")], {"s": 2, "c": 1}),
    ],
)
def test_the_parts_of_a_bundle_that_is_on_the_order_are_left_out(parts, is_left):
    rules = LineRules(bundles={"SET": {"SOCK-A": 1, "SOCK-B": 2}})
    assert left(order(line("s", "SET", 2), *parts), rules=rules) == is_left


def test_parts_whose_bundle_is_not_on_the_order_are_its_goods():
    rules = LineRules(bundles={"SET": {"SOCK-A": 1, "SOCK-B": 2}})
    assert left(order(line("p", "SOCK-A"), line("q", "SOCK-B", 2)), rules=rules) == {"p": 1, "q": 2}


def test_more_units_of_a_part_than_its_bundles_have_hold_the_return():
    rules = LineRules(bundles={"SET": {"SOCK-A": 1}})
    with pytest.raises(HoldError) as held:
        left(order(line("s", "SET"), line("p", "SOCK-A", 2)), rules=rules)
    assert held.value.cause is Cause.LINE_AMBIGUOUS
