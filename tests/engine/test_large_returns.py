"""A return of any size: its cost does not grow faster than its size, and nothing delays the outcome of a call."""

from __future__ import annotations

import logging
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from returnsync import clock
from returnsync.mapping.line_match import barcode_to_ask, find, spread
from returnsync.mapping.line_rules import LineRules
from returnsync.mapping.lines import add_up, check_units
from returnsync.model import (
    Forecast,
    ForecastLine,
    NewForecastLine,
    OrderNumber,
    Return,
    ReturnId,
    ReturnLine,
    ReturnStatus,
    SourceId,
    WarehouseOrder,
    WarehouseOrderLine,
    WarehouseOrderNumber,
)
from returnsync.redact import MASK, Masker
from returnsync.sandbox.world import monta_line, monta_order, request, return_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from shop import Shop

SMALL, LARGE = 100, 800


def effort(call: Callable[[], object]) -> int:
    """The number of function calls, including those of Python's own functions."""
    counted = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        call()
    finally:
        sys.setprofile(None)
    return counted


def assert_grows_with_the_size(made: Callable[[int], Callable[[], object]]) -> None:
    """A search or a sort may cost a little more than that; a comparison of each pair of lines costs eight times."""
    small, large = effort(made(SMALL)), effort(made(LARGE))
    assert large / small < 2 * LARGE / SMALL, (small, large)


def comment(index: int) -> str:
    return f"Article {index} of these is too small for me"


def returned(count: int, sku: str = "") -> list[ReturnLine]:
    return [
        ReturnLine(OrderNumber("1"), 1, () if sku else (f"l-{at}",), sku, comment=comment(at)) for at in range(count)
    ]


def ordered(count: int, sku: str = "") -> WarehouseOrder:
    lines = tuple(WarehouseOrderLine(f"l-{at}", sku or f"S-{at}", 1) for at in range(count))
    return WarehouseOrder(WarehouseOrderNumber("1"), "", shipped=True, deleted=False, lines=lines)


def test_masking_one_text_of_a_return_with_many_comments():
    def masking(count: int) -> Callable[[], object]:
        now = clock.now()
        lines = tuple(returned(count))
        ret = Return(SourceId("s"), "p", ReturnId("r"), ReturnStatus.APPROVED, "ok", now, now, lines=lines)
        assert Masker(ret)(f"Line 7: {comment(7)}!") == f"Line 7: {MASK}!"
        return lambda: Masker(ret)("Nothing of it is refused")

    assert_grows_with_the_size(masking)


@pytest.mark.parametrize("rules", [LineRules(), LineRules(ignore_case=True, skus={f"x{at}": "y" for at in range(500)})])
def test_finding_many_lines_on_an_order_of_many(rules):
    def finding(count: int) -> Callable[[], object]:
        order, lines = ordered(count), returned(count)
        lines += [ReturnLine(OrderNumber("1"), 1, (), f"s-{at}" if rules.ignore_case else f"S-{at}") for at in range(9)]
        return lambda: [(barcode_to_ask(line, order, rules), find(line, order, rules, {})) for line in lines]

    assert_grows_with_the_size(finding)


def test_adding_up_many_units_of_one_line():
    one = ReturnLine(OrderNumber("1"), 1, ("l-1",))

    def adding(count: int) -> Callable[[], object]:
        lines = [ReturnLine(OrderNumber("1"), 1, ("l-1", f"u-{at}"), comment=comment(at)) for at in range(count)]
        (joined,) = add_up([one, *lines])
        assert joined.comment == " / ".join(map(comment, range(count)))
        return lambda: add_up(lines)

    assert_grows_with_the_size(adding)


def test_what_others_announced_is_compared_once():
    def checking(count: int) -> Callable[[], object]:
        wanted = [NewForecastLine(f"l-{at}", f"S-{at}", 1, "") for at in range(count)]
        theirs = Forecast("theirs", tuple(ForecastLine(f"m-{at}", "", 1) for at in range(count)))
        own = Forecast("own", tuple(ForecastLine("", f"T-{at}", 1) for at in range(count)))
        return lambda: check_units(wanted, ordered(count), [own], [theirs])

    assert_grows_with_the_size(checking)


def test_many_units_fill_many_lines_of_one_sku():
    def filling(count: int) -> Callable[[], object]:
        order, rules = ordered(count, "S"), LineRules(fill=True)
        shares = [share for line in returned(count, "S") for share in find(line, order, rules, {})]
        assert {placed.place.id for placed in spread(shares, order)} == {line.id for line in order.lines}
        return lambda: spread(shares, order, None, [])

    small, large = effort(filling(25)), effort(filling(100))
    # Each of them may go on each line, so all pairs are looked at. But assigned units are not summed again each time.
    assert large / small < 1.5 * (100 / 25) ** 2, (small, large)


def test_a_return_of_1500_lines_and_comments_is_announced_and_shown(shop: Shop):
    """With an expression for each comment in masking, or a comparison of all pairs of lines, it would take minutes."""
    ids = [f"line-{at}" for at in range(1500)]
    shop.sandbox.monta.add(monta_order("1001", *(monta_line(f"S-{at}", 1, line_id=at) for at in ids)))
    wishes = [request(f"S-{at}", "#1001", purchase_id=at, reason_key=f"odd.{at}", comment=f"No, {at}") for at in ids]
    shop.sandbox.returnista.add(return_order(*wishes))
    ran = shop.run()
    assert (ran["announced"], ran["labelled"], len(ran["unpaired_reasons"])) == (1, 1, 1500)
    assert "No, line-7" not in shop("show", "#1001").out


def test_nothing_is_masked_between_an_answer_and_its_outcome(shop: Shop):
    shop.sandbox.monta.add(monta_order("1001", "SHIRT-BL-M"))
    shop.sandbox.returnista.add(return_order(request(comment="Too small for me")))
    seen: list[str] = []

    class Steps(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record.getMessage())

    def watch(frame: object, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code.co_qualname.startswith("Masker."):
            seen.append("masked")

    logger, steps = logging.getLogger("returnsync.steps"), Steps()
    level = logger.level
    logger.addHandler(steps)
    logger.setLevel(logging.DEBUG)
    threading.setprofile(watch)
    try:
        assert len(shop.run()["unpaired_reasons"]) == 1
    finally:
        threading.setprofile(None)
        logger.removeHandler(steps)
        logger.setLevel(level)
    between = seen[seen.index("create: call answered") : seen.index("label: outcome written")]
    assert "create: outcome written" in between
    assert "masked" in seen
    assert "masked" not in between
