"""Whether a platform still shows what was announced of a return, however it is written now. Pure.

An order-line id that is added or removed later is no change. Neither is a SKU in another spelling that the settings
ignore, nor leading zeros in a barcode. A different id is a change: two lines of an order may have the same SKU.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from returnsync.mapping import barcodes
from returnsync.mapping import lines as order_lines
from returnsync.mapping.line_rules import LineRules
from returnsync.model import ReturnLine


@dataclass(slots=True)
class _Units:
    """Units of one order line as a platform gave them, and how many of them were not found again yet."""

    ids: Sequence[str]
    sku: str
    barcode: str
    left: int
    is_old: bool = False
    """Whether an earlier version recorded it with one name only: an id, else a SKU, else a barcode; unknown which."""

    @property
    def has_id(self) -> bool:
        return bool(self.ids) and not self.is_old


_Names = Callable[[_Units], Iterable[str]]
_May = Callable[[_Units, _Units], bool]


def is_as_told(told: str, lines: Iterable[ReturnLine], rules: LineRules) -> bool:
    """Whether `lines` are exactly the units that `lines.units` recorded as `told`, line by line."""
    now = order_lines.units(lines)
    if told == now:
        return True
    before, shown = _read(told), _read(now)
    _take_off_what_is_the_same(before, shown, rules)
    return not any(units.left for units in (*before, *shown))


def went_over(told: str, left: Iterable[ReturnLine], there: Iterable[ReturnLine], rules: LineRules) -> bool:
    """Whether some units that `lines.units` recorded as `told` are missing in `left` and are in `there`."""
    before, elsewhere = _read(told), _read(order_lines.units(there))
    _take_off_what_is_the_same(before, _read(order_lines.units(left)), rules)
    gone = [replace(units) for units in before if units.left]
    _take_off_what_is_the_same(gone, elsewhere, rules)
    return sum(units.left for units in gone) < sum(units.left for units in before)


def _take_off_what_is_the_same(before: Sequence[_Units], shown: Sequence[_Units], rules: LineRules) -> None:
    # by an id that both have
    _find_again(before, shown, lambda units: units.ids, lambda _one, _other: True)
    # by the SKU, where one of the two has no id; first where the other has one, since such a pair fits fewer others
    for may in (_has_id_alone, _comes_to_have_one, _have_none):
        _find_again(before, shown, lambda units: filter(None, (rules.folded(units.sku),)), may)
    # by the barcode, where one of the two has no id, and one no SKU
    _find_again(before, shown, lambda units: filter(None, (barcodes.folded(units.barcode),)), _may_have_one_barcode)


def _has_id_alone(one: _Units, other: _Units) -> bool:
    return one.has_id and not other.has_id


def _comes_to_have_one(one: _Units, other: _Units) -> bool:
    return other.has_id and not one.has_id


def _have_none(one: _Units, other: _Units) -> bool:
    return not one.has_id and not other.has_id


def _find_again(before: Sequence[_Units], shown: Sequence[_Units], names: _Names, may: _May) -> None:
    """Subtract from both the units that are the same by one of their names."""
    by_name = defaultdict[str, list[_Units]](list)
    for one in before:
        for name in names(one) if one.left else ():
            by_name[name].append(one)
    for other in shown:
        for name in names(other):
            for one in by_name.get(name, ()):
                if may(one, other) and (same := min(one.left, other.left)) > 0:
                    one.left -= same
                    other.left -= same


def _may_have_one_barcode(one: _Units, other: _Units) -> bool:
    one_sku_is_missing = one.is_old or not one.sku or not other.sku
    return one_sku_is_missing and not (one.has_id and other.has_id)


def _read(told: str) -> list[_Units]:
    content: Any = json.loads(told) if told else []
    return [_units(*entry) for entry in content]


def _units(*entry: Any) -> _Units:
    if len(entry) == 2:  # noqa: PLR2004 - as an earlier version noted it
        name, count = entry
        return _Units([name.strip()], name, name.strip(), count, is_old=True)
    ids, sku, barcode, count = entry
    return _Units(ids, sku, barcode, count)
