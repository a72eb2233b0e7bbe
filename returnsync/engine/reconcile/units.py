"""Units that came, compared with units that were announced. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from returnsync.model import ForecastLine, NewForecastLine, ReceivedReturn


class Units(NamedTuple):
    """Units of one article, named by what was announced: its SKU, or its order line."""

    name: str
    announced: int
    booked: int


class Booked(NamedTuple):
    """The articles of which fewer units came than were announced, and those of which more came, or other articles."""

    short: Sequence[Units]
    over: Sequence[Units]


_ALL = "all articles"
# An unannounced article is not named: the warehouse's text for it may be about anybody.
_OTHER = "another article"


def compare(sent: Sequence[NewForecastLine | ForecastLine], received: Sequence[ReceivedReturn]) -> Booked | None:
    """All that was received for a forecast, in any number of bookings, compared with what was announced.

    It compares by order line where every line names one, else by SKU, else all units together. `None` where it cannot
    compare: a line shows no number of units, or the lines cannot be read.
    """
    lines = [line for one in received for line in one.lines or ()]
    if any(one.lines is None for one in received) or any(line.quantity is None for line in lines):
        return None
    if all(line.order_line_id for line in lines) and all(line.order_line_id for line in sent):
        # Both name order lines, as in the announcement.
        names = {line.order_line_id: line.sku or f"order line {line.order_line_id}" for line in sent}
        announced = _counted((line.order_line_id, line.quantity or 0) for line in sent)
        came = _counted((line.order_line_id, line.quantity or 0) for line in lines)
    elif all(line.sku for line in lines) and all(line.sku for line in sent):
        names = {line.sku: line.sku for line in sent}
        announced = _counted((line.sku, line.quantity or 0) for line in sent)
        came = _counted((line.sku, line.quantity or 0) for line in lines)
    else:
        names = {_ALL: _ALL}
        announced = _counted((_ALL, line.quantity or 0) for line in sent)
        came = _counted((_ALL, line.quantity or 0) for line in lines)
    found = [Units(names.get(key, _OTHER), announced[key], came[key]) for key in sorted({*announced, *came})]
    return Booked(
        short=[one for one in found if one.booked < one.announced],
        over=[one for one in found if one.booked > one.announced],
    )


def _counted(units: Iterable[tuple[str, int]]) -> Counter[str]:
    counted = Counter[str]()
    for name, number in units:
        counted[name] += number
    return counted


def in_words(units: Sequence[Units]) -> str:
    """What differs, such as `1 of 2 SHIRT-M`."""
    return ", ".join(f"{one.booked} of {one.announced} {one.name}" for one in units)


def of(received: ReceivedReturn) -> str:
    """How much came, such as `2 units`; `a return` where that cannot be read."""
    units = [line.quantity for line in received.lines or ()]
    if not units or None in units:
        return "a return"
    number = sum(one for one in units if one is not None)
    return "1 unit" if number == 1 else f"{number} units"
