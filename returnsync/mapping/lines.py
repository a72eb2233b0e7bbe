"""Order lines: adding up what a platform gives unit by unit, and holding what would be announced twice. Pure.

Which line of the warehouse's order a returned line means stands in `line_match`.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from returnsync.errors import HoldError
from returnsync.model import (
    Cause,
    Forecast,
    ForecastLine,
    NewForecastLine,
    OrderNumber,
    ReturnLine,
    WarehouseOrder,
    WarehouseOrderLine,
)


def add_up(lines: Iterable[ReturnLine]) -> tuple[ReturnLine, ...]:
    """Join what belongs to the same order line and reason: units are added, different comments kept."""
    joined: dict[tuple[str, ...], ReturnLine] = {}
    for line in lines:
        reason = line.reason.key if line.reason else ""
        key = (line.order_number, identity(line), line.sku, reason, line.resolution)
        known = joined.get(key)
        joined[key] = line if known is None else _join(known, line)
    return tuple(joined.values())


def _join(one: ReturnLine, other: ReturnLine) -> ReturnLine:
    comments = dict.fromkeys(text for text in (one.comment, other.comment) if text)
    return replace(
        one,
        quantity=one.quantity + other.quantity,
        order_line_ids=tuple(dict.fromkeys(one.order_line_ids + other.order_line_ids)),
        comment=" / ".join(comments),
    )


def identity(line: ReturnLine) -> str:
    """What tells an order line from another at its platform, by the best that the platform gives."""
    return (line.order_line_ids or (line.sku or line.barcode or line.title,))[0]


def of_order(lines: Iterable[ReturnLine], number: OrderNumber) -> tuple[ReturnLine, ...]:
    """The lines of a return that belong to one of its orders."""
    return tuple(line for line in lines if line.order_number == number)


def units(lines: Iterable[ReturnLine]) -> str:
    """How many units of which order line, as a text to compare: equal texts mean that nothing to announce changed."""
    counted: Counter[str] = Counter()
    for line in lines:
        counted[identity(line)] += line.quantity
    return json.dumps(sorted(counted.items()), ensure_ascii=False)


def check_units(
    lines: Sequence[NewForecastLine], order: WarehouseOrder, own_others: Sequence[Forecast], others: Sequence[Forecast]
) -> None:
    """Nothing is announced twice, and nothing beyond what was ordered.

    `own_others` are forecasts of the same source's other announcements: their units are subtracted from what was
    ordered. `others` are everybody else's: one that touches the same line or SKU may well be this very return.

    Raises:
        HoldError: covered elsewhere, or more units than are left of what was ordered.
    """
    by_id = {line.id: line for line in order.lines if line.id}
    for line in lines:
        place = by_id[line.order_line_id]
        if any(_touches(theirs, place, order) for forecast in others for theirs in forecast.lines):
            raise HoldError(
                Cause.COVERED_ELSEWHERE,
                f"Order {order.number} already has a forecast that is not ours for SKU {place.sku}, "
                "or one that does not say what it is for.",
                "Look at the order's forecasts in the portal. If it is this return: returnsync held release <CODE>. "
                "If it is a mistake, remove it there, then: returnsync held retry <CODE>.",
            )
    wanted = Counter[str]()
    for line in lines:
        wanted[line.order_line_id] += line.quantity
    for line_id, quantity in wanted.items():
        place = by_id[line_id]
        announced = covered(place, order, own_others)
        if place.ordered is None:
            raise HoldError(
                Cause.TOO_MANY_UNITS,
                f"Order {order.number} does not show how many units of SKU {place.sku} were ordered.",
                "Look the order up in the portal; announce this return by hand there, "
                "then: returnsync held release <CODE>.",
            )
        if quantity > place.ordered - announced:
            raise HoldError(
                Cause.TOO_MANY_UNITS,
                f"{quantity} units of SKU {place.sku} come back, but order {order.number} has {place.ordered}, "
                f"of which {announced} are announced already.",
                "Correct the return at the platform, or announce it by hand, then: returnsync held release <CODE>.",
            )


def covered(place: WarehouseOrderLine, order: WarehouseOrder, forecasts: Iterable[Forecast]) -> int:
    """How many units of an order line are announced by these forecasts; where they name a SKU alone, by that.

    Raises:
        HoldError: one of them does not show how many.
    """
    units = 0
    for forecast in forecasts:
        for theirs in forecast.lines:
            is_here = theirs.order_line_id == place.id if theirs.order_line_id else _touches(theirs, place, order)
            if is_here and theirs.quantity is None:
                raise HoldError(
                    Cause.TOO_MANY_UNITS,
                    f"Forecast {forecast.code} of order {order.number} does not show how many units of SKU "
                    f"{place.sku} it announces, so nobody knows how many are left.",
                    "Correct that forecast in the portal, then: returnsync held retry <CODE>.",
                )
            units += theirs.quantity or 0 if is_here else 0
    return units


def _touches(theirs: ForecastLine, place: WarehouseOrderLine, order: WarehouseOrder) -> bool:
    """Whether a forecast's line is about the goods of an order line; one that names neither line nor SKU may be."""
    if theirs.order_line_id == place.id and place.id:
        return True
    skus = {theirs.sku.strip()} - {""}
    if not skus and theirs.order_line_id:
        skus = {line.sku.strip() for line in order.lines if line.id == theirs.order_line_id} - {""}
    if not skus:
        return not theirs.order_line_id
    return place.sku.strip() in skus


def same_units(forecast: Forecast, lines: Sequence[NewForecastLine]) -> bool:
    """Whether a forecast at the warehouse holds exactly the units of `lines`, by order line (else by SKU).

    One that does not show how many units a line has is never taken for the same.
    """
    by_line = all(line.order_line_id for line in forecast.lines)
    theirs, ours = Counter[str](), Counter[str]()
    for line in forecast.lines:
        if line.quantity is None:
            return False
        theirs[(line.order_line_id if by_line else line.sku).strip()] += line.quantity
    for mine in lines:
        ours[(mine.order_line_id if by_line else mine.sku).strip()] += mine.quantity
    return theirs == ours
