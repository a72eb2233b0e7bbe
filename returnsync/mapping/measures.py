"""Weights and lengths, in whatever unit a platform writes them, as grams and millimetres. Pure.

What is zero, negative or no number, and what comes in a unit that is not known here, counts as not told.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from returnsync.model import Parcel

_GRAMS = {"kg": Decimal(1000), "g": Decimal(1), "lbs": Decimal("453.59237"), "oz": Decimal("28.349523125")}
_METRIC = {"m": Decimal(1000), "cm": Decimal(10), "mm": Decimal(1)}
_MILLIMETRES = _METRIC | {"yd": Decimal("914.4"), "ft": Decimal("304.8"), "in": Decimal("25.4")}
# Far above every parcel, and a number that can be kept anywhere.
_MOST = Decimal(10**9)


def grams(value: object, unit: object) -> int | None:
    """A weight in whole grams; `None` where it is not told."""
    return _in(_GRAMS, value, unit)


def millimetres(values: Iterable[object], unit: object) -> tuple[int, ...] | None:
    """Lengths in whole millimetres; `None` where one of them is not told."""
    found = [_in(_MILLIMETRES, value, unit) for value in values]
    told = tuple(length for length in found if length is not None)
    return told if told and len(told) == len(found) else None


def parcel(weight: int | None, sides: tuple[int, ...] | None) -> Parcel | None:
    """What is told of a parcel; `None` where nothing is."""
    return None if weight is None and sides is None else Parcel(weight, sides)


def _in(units: dict[str, Decimal], value: object, unit: object) -> int | None:
    """To the nearest whole number: figures that were converted before carry a rest that means nothing."""
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
