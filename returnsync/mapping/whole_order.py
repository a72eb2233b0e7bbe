"""The whole order: what is announced for a return that lists no items. Pure.

It is all units that this source has not announced yet, without what Monta adds by itself: flyers, and the parts of
bundles (docs/warehouses/monta.md, section 4). Which units a forecast announces is never guessed: units that cannot be
told apart, and units that anybody else announced, hold the return.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from returnsync.errors import HoldError
from returnsync.mapping.line_match import Placed, Share, no_id, same_id
from returnsync.mapping.line_rules import LineRules
from returnsync.mapping.lines import too_many
from returnsync.model import Cause, Forecast, ForecastLine, ReturnLine, WarehouseOrder, WarehouseOrderLine

_LOOK = "Look at the order's forecasts in the warehouse's portal"
_BY_HAND = "Announce this return by hand at the warehouse, then: returnsync held release <CODE>."


def shares(line: ReturnLine, order: WarehouseOrder, rules: LineRules) -> list[Share]:
    """Every line of the order that the consumer may send back, with all its units; `line` says why they come back.

    A line without an order-line id does not come from the shop: it is a flyer, or part of a bundle.

    Raises:
        HoldError: no line has an order-line id, or two have the same one; a line does not show its units, or is on
            backorder; or it is unclear whether a line is part of a bundle.
    """
    goods = [place for place in order.lines if not place.is_flyer and place.ordered != 0]
    places = [place for place in goods if place.id.strip()]
    if goods and not places:
        raise no_id(f"SKU {goods[0].sku.strip()}", order)
    if order.is_on_backorder or any(place.is_on_backorder for place in goods):
        raise HoldError(
            Cause.NO_ITEMS,
            f"The return lists no items, and something of order {order.number} is on backorder: nobody can tell how "
            "many units were sent.",
            _BY_HAND,
        )
    parts = _parts_of_bundles(places, order, rules)
    found = []
    for place in (place for place in places if place.sku.strip() not in parts):
        if len(order.by_id[place.id.strip()]) > 1:
            raise same_id(f"SKU {place.sku.strip()}", order)
        if place.ordered is None:
            raise too_many(order, place.sku, 0, None, 0, ())
        found.append(Share(line, place.ordered, (place,)))
    return found


def _parts_of_bundles(places: Sequence[WarehouseOrderLine], order: WarehouseOrder, rules: LineRules) -> frozenset[str]:
    """The SKUs that are on the order only as parts of bundles that are also on it: their goods count once.

    Raises:
        HoldError: the order has more or fewer units of a part than its bundles have, so some may have been sold alone.
    """
    made_of = Counter[str]()
    for place in places:
        for parts in rules.parts(place.sku.strip()):
            for sku, count in parts.items():
                for name in rules.alike(sku, order.by_sku):
                    made_of[name] += count * (place.ordered or 0)
    for sku, units in made_of.items():
        ordered = sum(place.ordered or 0 for place in places if place.sku.strip() == sku)
        if ordered not in (0, units):
            raise HoldError(
                Cause.LINE_AMBIGUOUS,
                f"Order {order.number} has {ordered} units of SKU {sku}, and bundles with {units} of them: nobody can "
                "tell which of them were sold alone.",
                _BY_HAND,
            )
    return frozenset(made_of)


def place(
    found: Sequence[Share], order: WarehouseOrder, own_others: Sequence[Forecast], others: Sequence[Forecast]
) -> list[Placed]:
    """What is left of each line after the units of the same source's other announcements are subtracted.

    One of `others`, made by anybody else, may be this very return, or a part of it.

    Raises:
        HoldError: nothing is left; the order has a forecast of somebody else; or it is unclear which goods, or how
            many, one of ours announces.
    """
    if others:
        raise _made_by_others(order, others)
    announced = Counter[str]()
    places = {its_line.id.strip() for share in found for its_line in share.places}
    for forecast in own_others:
        if not forecast.lines:
            raise _says_nothing(forecast, order)
        for theirs in forecast.lines:
            if (its_line := _line_of(theirs, forecast, order)) is None:
                continue
            if its_line.id.strip() not in places and its_line.ordered != 0:
                raise _has_a_part(theirs, forecast, order)
            announced[its_line.id.strip()] += _units(theirs, forecast, order)
    placed = []
    for share in found:
        (its_line,) = share.places
        left = share.quantity - announced[its_line.id.strip()]
        if left > 0:
            placed.append(Placed(share.line, its_line, left))
    if not placed:
        raise _nothing_left(order, own_others)
    return placed


def _line_of(theirs: ForecastLine, forecast: Forecast, order: WarehouseOrder) -> WarehouseOrderLine | None:
    """The order line that a line of a forecast is about; `None` where it is a flyer."""
    sku = theirs.sku.strip()
    by_id = order.by_id.get(theirs.order_line_id.strip(), ())
    by_sku = order.by_sku.get(sku, ()) if sku else ()
    named = by_id or by_sku
    if named and all(one.is_flyer for one in named):
        return None
    if by_id and (not by_sku or by_id[0] in by_sku):
        # its id names the line, and its SKU names no other
        return by_id[0]
    if len(by_sku) == 1 and not by_id:
        # its SKU names it
        return by_sku[0]
    raise _says_nothing(forecast, order, f"of SKU {sku}, but does not say of which line" if sku else "")


def _says_nothing(forecast: Forecast, order: WarehouseOrder, which: str = "") -> HoldError:
    """The error for a forecast with units of which it is unclear what they are."""
    return HoldError(
        Cause.COVERED_ELSEWHERE,
        f"The return lists no items, and forecast {forecast.code} of order {order.number} has units "
        f"{which or 'but does not say of what'}: nobody can tell what is left to announce.",
        f"{_LOOK}, and announce what is left there by hand, then: returnsync held release <CODE>.",
    )


def _made_by_others(order: WarehouseOrder, others: Sequence[Forecast]) -> HoldError:
    codes = ", ".join(dict.fromkeys(forecast.code or "one without a code" for forecast in others))
    return HoldError(
        Cause.COVERED_ELSEWHERE,
        f"The return lists no items, and order {order.number} already has a forecast that was not made for this source "
        f"({codes}): nobody can tell whether that is this return.",
        f"{_LOOK}. If one of them is this return: returnsync held release <CODE>. If one is a mistake, remove it "
        "there, then: returnsync held retry <CODE>. Otherwise, announce what is left by hand, then: returnsync held "
        "release <CODE>.",
    )


def _has_a_part(theirs: ForecastLine, forecast: Forecast, order: WarehouseOrder) -> HoldError:
    return HoldError(
        Cause.COVERED_ELSEWHERE,
        f"The return lists no items, and forecast {forecast.code} of order {order.number} has units of SKU "
        f"{theirs.sku.strip() or theirs.order_line_id}, a part of a bundle: nobody can tell what is left to announce.",
        f"{_LOOK}, and announce what is left there by hand, then: returnsync held release <CODE>.",
    )


def _units(theirs: ForecastLine, forecast: Forecast, order: WarehouseOrder) -> int:
    if theirs.quantity is None:
        raise HoldError(
            Cause.TOO_MANY_UNITS,
            f"Forecast {forecast.code} of order {order.number} does not show how many units of SKU {theirs.sku} it "
            "announces, so it is not known how many are left.",
            "Correct that forecast in the warehouse's portal, then: returnsync held retry <CODE>.",
        )
    return theirs.quantity


def _nothing_left(order: WarehouseOrder, beside: Iterable[Forecast]) -> HoldError:
    codes = tuple(dict.fromkeys(forecast.code for forecast in beside if forecast.code))
    if not codes:
        what = f"The return lists no items, and order {order.number} has nothing that could be announced."
        return HoldError(Cause.NO_ITEMS, what, f"Look the order up in the warehouse's portal. {_BY_HAND}")
    return HoldError(
        Cause.NO_ITEMS,
        f"The return lists no items, and all units of order {order.number} are announced already.",
        f"{_LOOK}. If one of them is this return: returnsync held release <CODE>. If one is a mistake, remove it "
        "there, then: returnsync held retry <CODE>.",
        others=codes,
    )
