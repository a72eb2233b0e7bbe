"""Moved: an announcement is held while its return is announced on an order that it names no longer. Pure.

From the data it is not clear whether the platform moved the return to another order, or renamed its order. Two
announcements would mean two forecasts and two labels for one parcel.
"""

from collections.abc import Collection, Iterable

from returnsync.engine.lifecycle import Event, move
from returnsync.mapping import lines as order_lines
from returnsync.mapping.line_rules import LineRules
from returnsync.mapping.told import went_over
from returnsync.model import Announcement, Cause, Code, Progress, Return

_GONE = frozenset({Progress.WITHDRAWN, Progress.RELEASED})


def stands(announcement: Announcement, in_flight: Collection[Code] = ()) -> bool:
    """Whether its forecast is at the warehouse as far as we know, or may still appear there."""
    may_stand = announcement.announced_at is not None or announcement.code in in_flight
    return may_stand and announcement.progress not in _GONE


def in_the_way(
    announcement: Announcement, ret: Return, standing: Iterable[Announcement], same_skus: LineRules
) -> Announcement | None:
    """The first of the `standing` announcements of its return whose order, or goods, moved to this announcement.

    Either the return no longer names its order, or what was announced with it is shown on this order now.
    """
    numbers = ret.order_numbers()
    mine = order_lines.of_order(ret.lines, announcement.order_number)
    for other in standing:
        if other.code == announcement.code:
            continue
        theirs = order_lines.of_order(ret.lines, other.order_number)
        if other.order_number not in numbers or went_over(other.units, theirs, mine, same_skus):
            return other
    return None


def held_for(announcement: Announcement, ret: Return, other: Announcement) -> Announcement:
    """The announcement, held until the `other` one, which is in its way, is withdrawn or released."""
    if other.announced_at is None:
        what = (
            f"Return {ret.number} names order {number_of(announcement)} now. It was perhaps announced as {other.code} "
            f"for order {number_of(other)}, which is not certain yet."
        )
        next_step = (
            f"Once that is certain, `returnsync show {other.code}` says what to do. If it was not made, this one goes "
            "on by itself."
        )
    else:
        what = (
            f"Return {ret.number} names order {number_of(announcement)} now; it is announced as {other.code} for order "
            f"{number_of(other)}."
        )
        next_step = (
            f"If it is another order: deal with {other.code} first; this one goes on by itself once that is withdrawn "
            "or released. If it is the same order under another number: make the rules of `order_number` lead both "
            f"numbers to it, then: returnsync held retry <CODE>; {other.code} is kept. To give up this one: returnsync "
            "held release <CODE>."
        )
    return move(announcement, Event.MOVED, Cause.MOVED_ORDER, what, next_step)


def number_of(announcement: Announcement) -> str:
    """The order number of an announcement, as people write it."""
    return announcement.order_ref or announcement.order_number or "(none)"
