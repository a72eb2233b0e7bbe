"""Order lines: adding up units that a platform gives one by one, and holding what would be announced twice. Pure.

Which line of the warehouse's order a returned line means is decided in `line_match`.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from returnsync.errors import HoldError
from returnsync.model import (
    Cause,
    Forecast,
    NewForecastLine,
    OrderNumber,
    ReturnLine,
    WarehouseOrder,
    WarehouseOrderLine,
)


def add_up(lines: Iterable[ReturnLine]) -> tuple[ReturnLine, ...]:
    """Join lines with the same order line and reason: units are added, different comments are kept."""
    alike: dict[tuple[str, ...], list[ReturnLine]] = {}
    for line in lines:
        reason = line.reason.key if line.reason else ""
        key = (line.order_number, identity(line), line.sku, reason, line.resolution)
        alike.setdefault(key, []).append(line)
    return tuple(map(_joined, alike.values()))


def _joined(lines: Sequence[ReturnLine]) -> ReturnLine:
    return replace(
        lines[0],
        quantity=sum(line.quantity for line in lines),
        order_line_ids=tuple(dict.fromkeys(key for line in lines for key in line.order_line_ids)),
        comment=joined_texts(line.comment for line in lines),
    )


def joined_texts(texts: Iterable[str]) -> str:
    """Several comments as one text; each different one once, without empty ones."""
    return " / ".join(dict.fromkeys(text for text in texts if text))


def identity(line: ReturnLine) -> str:
    """What distinguishes an order line from others at its platform: the best value that the platform gives."""
    return (line.order_line_ids or (line.sku or line.barcode or line.title,))[0]


def of_order(lines: Iterable[ReturnLine], number: OrderNumber) -> tuple[ReturnLine, ...]:
    """The lines of a return that belong to one of its orders."""
    return tuple(line for line in lines if line.order_number == number)


def units(lines: Iterable[ReturnLine]) -> str:
    """How many units of which order line, with all its names at the platform, as a text to store.

    Whether lines still match such a text is decided by `told.is_as_told`.
    """
    counted: Counter[tuple[tuple[str, ...], str, str]] = Counter()
    for line in lines:
        ids = dict.fromkeys(key.strip() for key in line.order_line_ids)
        counted[tuple(filter(None, ids)), line.sku.strip(), line.barcode.strip()] += line.quantity
    return json.dumps(sorted((*names, count) for names, count in counted.items()), ensure_ascii=False)


def check_units(
    lines: Sequence[NewForecastLine], order: WarehouseOrder, own_others: Sequence[Forecast], others: Sequence[Forecast]
) -> None:
    """Make sure that nothing is announced twice, and nothing beyond what was ordered.

    `own_others` are forecasts of the same source's other announcements: their units are subtracted from what was
    ordered. `others` are those of anybody else: one for the same line or SKU may well be this very return.

    Raises:
        HoldError: it is covered elsewhere, or there are more units than are left of what was ordered.
    """
    by_id = {line.id: line for line in order.lines if line.id}
    theirs = _Goods(others, order)
    for line in lines:
        place = by_id[line.order_line_id]
        if theirs.touch(place):
            raise HoldError(
                Cause.COVERED_ELSEWHERE,
                f"Order {order.number} already has a forecast for SKU {place.sku} that was not made for this source, "
                "or one that does not say what it is for.",
                "Look at the order's forecasts in the warehouse's portal. If one of them is this return: "
                "returnsync held release <CODE>. If it is a mistake, remove it there, then: returnsync held retry "
                "<CODE>.",
            )
    wanted = Counter[str]()
    for line in lines:
        wanted[line.order_line_id] += line.quantity
    covered = Covered(own_others, order)
    for line_id, quantity in wanted.items():
        place = by_id[line_id]
        announced = covered.units(place)
        if place.ordered is None or quantity > place.ordered - announced:
            raise too_many(order, place.sku, quantity, place.ordered, announced, covered.codes([place]))


def too_many(
    order: WarehouseOrder, sku: str, wanted: int, ordered: int | None, announced: int, others: tuple[str, ...]
) -> HoldError:
    """The error for more units of a SKU than are left of `ordered`; `None`: the warehouse does not show that number.

    `others` are the codes of the forecasts that announce the other units.
    """
    if ordered is None:
        return HoldError(
            Cause.TOO_MANY_UNITS,
            f"Order {order.number} does not show how many units of SKU {sku} were ordered.",
            "Announce this return by hand at the warehouse, then: returnsync held release <CODE>.",
        )
    of_which = f", of which {announced} {'is' if announced == 1 else 'are'} announced already" if announced else ""
    return HoldError(
        Cause.TOO_MANY_UNITS,
        f"{wanted} {'unit comes' if wanted == 1 else 'units come'} back of SKU {sku}, but order {order.number} has "
        f"{ordered}{of_which}.",
        "Correct the return at the platform, and it goes on by itself. Or announce it by hand at the warehouse, then: "
        "returnsync held release <CODE>.",
        others=others,
    )


class Covered:
    """How many units some forecasts of an order announce, by order line; computed once for all lines of the order."""

    def __init__(self, forecasts: Iterable[Forecast], order: WarehouseOrder) -> None:
        """Add up their units."""
        self._order = order
        self._by_id, self._by_sku = Counter[str](), Counter[str]()
        # By order line or SKU: the code of a forecast that does not show how many units.
        self._unknown_by_id: dict[str, str] = {}
        self._unknown_by_sku: dict[str, str] = {}
        self._codes: dict[tuple[bool, str], dict[str, None]] = {}
        for code, theirs in ((forecast.code, line) for forecast in forecasts for line in forecast.lines):
            by_line, key = bool(theirs.order_line_id), theirs.order_line_id or theirs.sku.strip()
            self._codes.setdefault((by_line, key), {})[code] = None
            if theirs.quantity is None:
                (self._unknown_by_id if by_line else self._unknown_by_sku)[key] = code
            else:
                (self._by_id if by_line else self._by_sku)[key] += theirs.quantity

    def units(self, place: WarehouseOrderLine) -> int:
        """The units on an order line, including those of forecasts that name only its SKU, or nothing at all.

        Raises:
            HoldError: one of them does not show how many.
        """
        skus = {place.sku.strip(), ""}
        unknown = [self._unknown_by_id.get(place.id), *(self._unknown_by_sku.get(sku) for sku in skus)]
        for code in unknown:
            if code is not None:
                raise HoldError(
                    Cause.TOO_MANY_UNITS,
                    f"Forecast {code} of order {self._order.number} does not show how many units of SKU {place.sku} "
                    "it announces, so it is not known how many are left.",
                    "Correct that forecast in the warehouse's portal, then: returnsync held retry <CODE>.",
                )
        return self._by_id[place.id] + sum(self._by_sku[sku] for sku in skus)

    def codes(self, places: Iterable[WarehouseOrderLine]) -> tuple[str, ...]:
        """The codes of the forecasts that announce units of some order lines, each once."""
        keys = [key for place in places for key in ((True, place.id), (False, place.sku.strip()), (False, ""))]
        return tuple(dict.fromkeys(code for key in keys for code in self._codes.get(key, ())))


class _Goods:
    """The goods that some forecasts are about: order lines, SKUs, or any goods where a forecast names neither."""

    def __init__(self, forecasts: Iterable[Forecast], order: WarehouseOrder) -> None:
        self._ids: set[str] = set()
        self._skus: set[str] = set()
        self._any = False
        skus_of: dict[str, set[str]] = {}
        for line in order.lines:
            skus_of.setdefault(line.id, set()).add(line.sku.strip())
        for theirs in (line for forecast in forecasts for line in forecast.lines):
            sku = theirs.sku.strip()
            if theirs.order_line_id:
                self._ids.add(theirs.order_line_id)
                self._skus |= {sku} if sku else skus_of.get(theirs.order_line_id, set())
            elif sku:
                self._skus.add(sku)
            else:
                self._any = True

    def touch(self, place: WarehouseOrderLine) -> bool:
        """Whether a forecast is, or may be, about the goods of an order line."""
        sku = place.sku.strip()
        return self._any or bool(place.id and place.id in self._ids) or bool(sku and sku in self._skus)


def same_units(forecast: Forecast, lines: Sequence[NewForecastLine]) -> bool:
    """Whether a forecast at the warehouse has exactly the units of `lines`, by order line (else by SKU).

    A forecast that does not show how many units a line has never counts as the same.
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
