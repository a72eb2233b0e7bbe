"""Which order lines a returned line means, and how many units go on each. Pure.

A line is found by its order-line id, else by its SKU, else by the SKU of its barcode, else as the parts of a bundle;
each only where the one before found nothing. Nothing is guessed: a line that fits nowhere, or in two places, holds the
return. So does an id that its SKU contradicts (`line_ids`).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from returnsync import typed
from returnsync.errors import HoldError
from returnsync.mapping.line_ids import places_by_id
from returnsync.mapping.line_rules import LineRules
from returnsync.mapping.lines import Covered, identity, too_many
from returnsync.model import Cause, Forecast, ReturnLine, WarehouseOrder, WarehouseOrderLine

Barcodes = Mapping[str, Sequence[str]]
"""A barcode → the SKUs of the products with it, as the warehouse knows them."""

_BY_HAND = "Announce this return by hand at the warehouse, then: returnsync held release <CODE>."


@dataclass(frozen=True, slots=True)
class Share:
    """Units of a returned line, and where they may go: on one order line, or on several with the same SKU."""

    line: ReturnLine
    quantity: int
    places: tuple[WarehouseOrderLine, ...]
    without_id: int = 0
    """How many more lines of the order have that SKU but no order-line id: nothing can be announced on them."""

    @property
    def fills(self) -> bool:
        """Whether its SKU is on several lines, so that its units fill them one after the other."""
        return len(self.places) + self.without_id > 1


@dataclass(frozen=True, slots=True)
class Placed:
    """Units of a returned line on one order line."""

    line: ReturnLine
    place: WarehouseOrderLine
    quantity: int


def barcode_to_ask(line: ReturnLine, order: WarehouseOrder, rules: LineRules) -> str:
    """The barcode that the warehouse must be asked for to find a line; empty where its id or SKU is enough.

    Raises:
        HoldError: as `find`.
    """
    if places_by_id(line, order, rules):
        return ""
    sku = _translated(line, order, rules)
    if sku and (_by_sku(sku, order, rules) or rules.parts(sku)):
        return ""
    return line.barcode.strip()


def find(line: ReturnLine, order: WarehouseOrder, rules: LineRules, barcodes: Barcodes) -> tuple[Share, ...]:
    """Where the units of a returned line may go; one share, or one for each part of a bundle.

    Raises:
        HoldError: it fits no line, several that cannot be told apart, or one that the shop sent without an id; or its
            id and its SKU name different lines.
    """
    # by the order-line id
    if places := places_by_id(line, order, rules):
        return (_share(line, line.quantity, places, order, fill=False),)
    for sku in _skus(line, order, rules, barcodes):
        # by the SKU, the line's own or that of its barcode
        if places := _by_sku(sku, order, rules):
            return (_share(line, line.quantity, places, order, fill=rules.fill),)
        # as the parts of a bundle
        if parts := _parts(line, sku, rules):
            return tuple(_part(line, sku, part, count, order, rules) for part, count in parts.items())
    raise _unmatched(_shown(line), order, sku=line.sku)


def _by_sku(sku: str, order: WarehouseOrder, rules: LineRules) -> list[WarehouseOrderLine]:
    names = rules.alike(sku, order.by_sku)
    if len(names) > 1:
        raise HoldError(
            Cause.LINE_AMBIGUOUS,
            f"SKU {sku} matches {len(names)} SKUs of order {order.number}: {', '.join(names)}.",
            "Name the right one in the source's `sku_table`, then: returnsync held retry <CODE>.",
        )
    return [place for name in names for place in order.by_sku[name]]


def _skus(line: ReturnLine, order: WarehouseOrder, rules: LineRules, barcodes: Barcodes) -> Iterator[str]:
    """The names to search for: the warehouse's name of its SKU, then the SKU of its barcode."""
    if sku := _translated(line, order, rules):
        yield sku
    found = list(dict.fromkeys(name.strip() for name in barcodes.get(line.barcode.strip(), ()) if name.strip()))
    if len(found) > 1:
        raise HoldError(
            Cause.LINE_AMBIGUOUS,
            f"Barcode {line.barcode.strip()} belongs to {len(found)} products at the warehouse: {', '.join(found)}.",
            "Leave the barcode on only one of them there, then: returnsync held retry <CODE>.",
        )
    yield from found


def _translated(line: ReturnLine, order: WarehouseOrder, rules: LineRules) -> str:
    names = rules.translated(line.sku, order.by_sku)
    if len(names) > 1:
        raise HoldError(
            Cause.LINE_AMBIGUOUS,
            f"{_shown(line)} matches several SKUs of `sku_table`, which mean {', '.join(names)}.",
            "Give it a row of its own there, then: returnsync held retry <CODE>.",
        )
    return names[0] if names else ""


def _parts(line: ReturnLine, sku: str, rules: LineRules) -> Mapping[str, int]:
    found = rules.parts(sku)
    if len(found) > 1:
        raise HoldError(
            Cause.LINE_AMBIGUOUS,
            f"{_shown(line)} matches {len(found)} different bundles of `bundles`.",
            "Give it an entry of its own there, then: returnsync held retry <CODE>.",
        )
    return found[0] if found else {}


def _part(line: ReturnLine, bundle: str, sku: str, count: int, order: WarehouseOrder, rules: LineRules) -> Share:
    shown = f"SKU {sku} of bundle {bundle}"
    places = _by_sku(sku, order, rules)
    if not places:
        raise _unmatched(shown, order, "Compare `bundles` of the source with the order's lines. ")
    return _share(line, line.quantity * count, places, order, fill=rules.fill, shown=shown)


def _share(
    line: ReturnLine,
    quantity: int,
    found: Sequence[WarehouseOrderLine],
    order: WarehouseOrder,
    *,
    fill: bool,
    shown: str = "",
) -> Share:
    """The units with the lines found for them: lines that can be announced on and told apart.

    Raises:
        HoldError: there are several where only one may be, none has an id, or the id of one is on another line, too.
    """
    shown = shown or _shown(line)
    if len(found) > 1 and not fill:
        raise HoldError(Cause.LINE_AMBIGUOUS, f"{shown} fits {len(found)} lines of order {order.number}.", _BY_HAND)
    places = tuple(place for place in found if place.id.strip())
    if not places:
        raise no_id(shown, order)
    for place in places:
        if len(order.by_id[place.id.strip()]) > 1:
            raise same_id(shown, order)
    return Share(line, quantity, places, len(found) - len(places))


def spread(
    shares: Sequence[Share], order: WarehouseOrder, ours: Forecast | None = None, own_others: Sequence[Forecast] = ()
) -> list[Placed]:
    """Put every unit on a line. Where several fit: first where it is announced, then line by line up to what is left.

    Units that `ours`, the forecast under our own code, has on a line stay there, so that a later look gives what was
    sent. `own_others` are the same source's other announcements: their units are not available. How many units go on
    which line does not depend on the order of the shares. A line that is the only one with its SKU may get too many
    units, which `lines.check_units` finds.

    Raises:
        HoldError: there are more units than all lines of a SKU have left.
    """
    places = {place.id: place for share in shares for place in share.places}
    covered = Covered(own_others, order)
    left = Counter({key: (place.ordered or 0) - covered.units(place) for key, place in places.items()})
    stands = Counter[str]()
    for theirs in ours.lines if ours else ():
        # A quantity that it does not show never counts as sent, wherever it is put.
        stands[theirs.order_line_id] += theirs.quantity or 0
    given = [Counter({} if share.fills else {share.places[0].id: share.quantity}) for share in shares]
    for taken in given:
        left.subtract(taken)
        stands.subtract(taken)
    several = [index for index, share in enumerate(shares) if share.fills]
    several.sort(key=lambda index: _order_of_filling(shares[index]))
    missing = {index: shares[index].quantity for index in several}
    for supply in (stands, left):
        for index in several:
            for place in shares[index].places:
                if not missing[index]:
                    break
                if (units := min(supply.get(place.id, 0), missing[index])) > 0:
                    given[index][place.id] += units
                    missing[index] -= units
                    left[place.id] -= units
                    stands[place.id] -= units
    if short := [index for index in several if missing[index]]:
        raise _too_many(shares[short[0]], shares, order, own_others)
    return [
        Placed(share.line, place, taken[place.id])
        for share, taken in zip(shares, given, strict=True)
        for place in share.places
        if place.id in taken
    ]


def _order_of_filling(share: Share) -> tuple[str, ...]:
    """The order in which shares fill: it puts reasons on lines, so it must not depend on a platform's order."""
    return repr(share.line), str(share.quantity), share.places[0].id


def _too_many(
    share: Share, shares: Sequence[Share], order: WarehouseOrder, own_others: Sequence[Forecast]
) -> HoldError:
    """The error for more units of a SKU than its lines have left, or for lines of that SKU without ids."""
    sku = share.places[0].sku.strip()
    if share.without_id:
        return no_id(f"SKU {sku}", order)
    ids = {place.id for place in share.places}
    wanted = sum(one.quantity for one in shares if ids.issuperset(place.id for place in one.places))
    covered = Covered(own_others, order)
    announced = sum(covered.units(place) for place in share.places)
    shown = [place.ordered for place in share.places if place.ordered is not None]
    ordered = sum(shown) if len(shown) == len(share.places) else None
    return too_many(order, sku, wanted, ordered, announced, covered.codes(share.places))


def _unmatched(
    shown: str,
    order: WarehouseOrder,
    what_to_do: str = "Compare the order at the warehouse with the shop's. ",
    *,
    sku: str = "",
) -> HoldError:
    table = (
        "If the warehouse has another SKU for this article, give it a row in the source's `sku_table`. "
        if sku.strip()
        else ""
    )
    return HoldError(
        Cause.LINE_UNMATCHED,
        " ".join(filter(None, (f"{shown} is on no line of order {order.number}.", _looks_like(sku, order)))),
        f"{table}{what_to_do}Once they agree: returnsync held retry <CODE>.",
    )


def _looks_like(sku: str, order: WarehouseOrder) -> str:
    """Characters of a SKU, or of a similar one on the order, that are not what they look like; empty without any."""
    if odd := typed.odd_characters(sku):
        return odd
    looks = typed.folded(sku)
    alike = next(
        (line.sku for line in order.lines if looks and line.sku != sku and typed.folded(line.sku) == looks), ""
    )
    return f"SKU {alike} on the order looks the same. {typed.odd_characters(alike)}".rstrip() if alike else ""


def same_id(shown: str, order: WarehouseOrder) -> HoldError:
    """The error where `shown` is on a line whose id another line has, too."""
    what = f"{shown} is on a line of order {order.number} whose order-line id another line also has."
    return HoldError(Cause.LINE_AMBIGUOUS, what, _BY_HAND)


def no_id(shown: str, order: WarehouseOrder) -> HoldError:
    """The error where `shown` is on a line on which nothing can be announced."""
    return HoldError(
        Cause.LINE_UNMATCHED,
        f"{shown} is on a line of order {order.number} that has no order-line id at the warehouse.",
        "Have the shop send order-line ids with its orders. Announce this return by hand at the warehouse, "
        "then: returnsync held release <CODE>.",
    )


def _shown(line: ReturnLine) -> str:
    if line.sku.strip():
        return f"SKU {line.sku.strip()}"
    known_by = "order-line id" if line.order_line_ids else "barcode" if line.barcode.strip() else "title"
    return f"The article with {known_by} {identity(line).strip()!r}, for which the platform gives no SKU,"
