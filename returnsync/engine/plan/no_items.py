"""No items: a return that does not list what comes back is held, unless a setting means its whole order. Pure.

What that comes to is decided with the order, when it is announced (`mapping.whole_order`).
"""

from returnsync.engine.lifecycle import Event, move
from returnsync.engine.plan.moved import number_of
from returnsync.engine.sources import SourcePolicy
from returnsync.mapping import lines as order_lines
from returnsync.model import Announcement, Cause, Return

_BY_HAND = "announce it by hand at the warehouse, then: returnsync held release <CODE>."


def held_for_want_of_items(announcement: Announcement, ret: Return, policy: SourcePolicy) -> Announcement | None:
    """The announcement held, where nothing says which items it is for; `None` where something does."""
    lines = order_lines.of_order(ret.lines, announcement.order_number)
    if all(line.is_item for line in lines):
        # Every line names an article.
        return None
    if not announcement.order_number.strip():
        # It has neither items nor an order to look them up by.
        what = "The return lists no items, and the platform shows no order number for it either."
        next_step = f"Add the order's number to the return at the platform; the next run reads it. Otherwise {_BY_HAND}"
        return move(announcement, Event.NO_ITEMS, Cause.ORDER_NUMBER_UNUSABLE, what, next_step)
    order = number_of(announcement)
    if any(line.is_item for line in lines):
        # It listed items before: a setting for returns without items does not apply to it.
        what = f"The return listed items of order {order} before, and lists none now: it is not known what comes back."
        next_step = (
            f"Look it up at the platform. Once it lists its items again, it goes on by itself. Otherwise {_BY_HAND}"
        )
    elif policy.without_items == "whole-order":
        return None
    else:
        what = f"The return lists no items: the platform does not say what of order {order} comes back."
        next_step = f"Find out what the consumer sends back, and {_BY_HAND}"
        if policy.without_items:
            next_step += (
                ' Where a return without items is always the whole order, set `without_items = "whole-order"` for '
                "the source, then: returnsync held retry <CODE>."
            )
    return move(announcement, Event.NO_ITEMS, Cause.NO_ITEMS, what, next_step)
