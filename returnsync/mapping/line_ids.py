"""Which order line the order-line id of a returned line names, and whether its SKU names another. Pure.

Both together decide about goods: where they contradict each other, it is unclear which article comes back, and the
return is held. A missing id on the order, or a missing SKU, contradicts nothing.
"""

from collections.abc import Iterable, Sequence

from returnsync.errors import HoldError
from returnsync.mapping.line_rules import LineRules
from returnsync.model import Cause, ReturnLine, WarehouseOrder, WarehouseOrderLine


def places_by_id(line: ReturnLine, order: WarehouseOrder, rules: LineRules) -> Sequence[WarehouseOrderLine]:
    """The order lines that its ids name; none where its SKU is a bundle and the id names only one part of it.

    Raises:
        HoldError: its SKU is on another line and not on these, or is a bundle whose parts are.
    """
    wanted = dict.fromkeys(key.strip() for key in line.order_line_ids)
    places = [place for key in wanted for place in order.by_id.get(key, ())]
    sku, there = line.sku.strip(), [place.sku.strip() for place in places if place.sku.strip()]
    if not places or not sku or (sku in there and sku not in rules.skus):
        return places
    # Where the table gives several names, one that agrees is enough.
    names = rules.translated(sku, order.by_sku)
    if any(rules.alike(name, there) for name in names):
        return places
    if elsewhere := _on_order(names, order, rules):
        raise _contradicted(places, f"SKU {_with_meaning(sku, elsewhere)} is on another line", order)
    parts = sorted({part for name in names for made_of in rules.parts(name) for part in made_of})
    if not parts or not there:
        return places
    if any(rules.alike(part, there) for part in parts):
        # a bundle that was split: its id names one part, which does not show what comes back
        return []
    if elsewhere := _on_order(parts, order, rules):
        which = f"SKU {sku} is a bundle with parts on another line ({', '.join(elsewhere)})"
        raise _contradicted(places, which, order)
    return []


def _on_order(skus: Iterable[str], order: WarehouseOrder, rules: LineRules) -> list[str]:
    return list(dict.fromkeys(found for sku in skus for found in rules.alike(sku, order.by_sku)))


def _with_meaning(sku: str, meant: Sequence[str]) -> str:
    return sku if list(meant) == [sku] else f"{sku} ({', '.join(meant)} at the warehouse)"


def _contradicted(places: Sequence[WarehouseOrderLine], sku_says: str, order: WarehouseOrder) -> HoldError:
    ids = ", ".join(dict.fromkeys(place.id.strip() for place in places))
    skus = ", ".join(dict.fromkeys(place.sku.strip() for place in places if place.sku.strip()))
    return HoldError(
        Cause.LINE_AMBIGUOUS,
        f"The return's order-line id {ids} is on order {order.number} with {f'SKU {skus}' if skus else 'no SKU'}, but "
        f"its {sku_says}: nobody can tell which article comes back.",
        "Find out which article it is. Correct the return at the platform, and it goes on by itself. Or announce it by "
        "hand at the warehouse, then: returnsync held release <CODE>.",
    )
