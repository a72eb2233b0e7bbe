"""Weights and lengths, in any unit that a platform writes, as grams and millimetres. Pure.

A value that is zero, negative or not a number, and a value in an unknown unit, counts as not given.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from returnsync.model import Parcel

_GRAMS = {"kg": Decimal(1000), "g": Decimal(1), "lbs": Decimal("453.59237"), "oz": Decimal("28.349523125")}
_METRIC = {"m": Decimal(1000), "cm": Decimal(10), "mm": Decimal(1)}
_MILLIMETRES = _METRIC | {"yd": Decimal("914.4"), "ft": Decimal("304.8"), "in": Decimal("25.4")}
# Far above every parcel, and a number that can be stored anywhere.
_MOST = Decimal(10**9)


def grams(value: object, unit: object) -> int | None:
    """A weight in whole grams; `None` where none is given."""
    return _converted(_GRAMS, value, unit)


def millimetres(values: Iterable[object], unit: object) -> tuple[int, ...] | None:
    """Lengths in whole millimetres; `None` where one of them is not given."""
    found = [_converted(_MILLIMETRES, value, unit) for value in values]
    given = tuple(length for length in found if length is not None)
    return given if given and len(given) == len(found) else None


def parcel(weight: int | None, sides: tuple[int, ...] | None) -> Parcel | None:
    """The known measures of a parcel; `None` where none is known."""
    return None if weight is None and sides is None else Parcel(weight, sides)


def _converted(units: dict[str, Decimal], value: object, unit: object) -> int | None:
    """Convert to the nearest whole number: figures that were converted before have digits without meaning."""
    factor = units.get(unit.strip().lower()) if isinstance(unit, str) else None
    if factor is None or isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value)) * factor
        if not 0 < number <= _MOST:
            return None
        return int(number.to_integral_value(ROUND_HALF_UP)) or None
    except (ArithmeticError, ValueError):
        return None
