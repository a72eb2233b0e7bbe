"""Whether an order number can be asked for, and whether a return can be announced on its order. Pure."""

from returnsync import text, typed
from returnsync.errors import HoldError, WaitError
from returnsync.model import Cause, WarehouseOrder, WarehouseOrderNumber

# The longest order number that the warehouse accepts, in UTF-16 code units.
_NUMBER_LIMIT = 50


def check_number(raw: str, number: WarehouseOrderNumber) -> None:
    """Refuse an order number that cannot be asked for, before any call is made with it.

    Raises:
        HoldError: it is empty, longer than 50 UTF-16 code units, `.` or `..`, or has control characters.
    """
    if not number and not raw.strip():
        raise HoldError(
            Cause.ORDER_NUMBER_UNUSABLE,
            "The platform shows no order number for this return, so the warehouse cannot be asked for its order.",
            "Add the order's number to the return at the platform; the next run reads it. Otherwise announce it by "
            "hand at the warehouse, then: returnsync held release <CODE>.",
        )
    made = f"The source's rules make {number!r} of order number {raw!r}, which"
    if number == raw.strip():
        made = f"Order number {raw!r}"
    if not number or number in (".", "..") or text.units(number) > _NUMBER_LIMIT or not number.isprintable():
        raise HoldError(
            Cause.ORDER_NUMBER_UNUSABLE,
            f"{made} cannot be an order number at the warehouse. {typed.odd_characters(number)}".rstrip(),
            "Set `order_number` rules for this source that make the warehouse's number of it, "
            "then: returnsync held retry <CODE>.",
        )


def check_order(order: WarehouseOrder | None, asked: WarehouseOrderNumber, channel: str) -> WarehouseOrder:
    """The order, checked for announcing a return on it.

    Raises:
        WaitError: it is not known or not shipped yet; both resolve by themselves.
        HoldError: it is deleted, of another channel, or not the one that was asked for.
    """
    if order is None:
        what = f"The warehouse does not know order {asked} (yet)."
        raise WaitError(Cause.ORDER_UNKNOWN, " ".join(filter(None, (what, typed.odd_characters(asked)))))
    if order.number != asked:
        raise HoldError(
            Cause.ORDER_AMBIGUOUS,
            f"Asked for order {asked}, the warehouse showed order {order.number}.",
            "Look both up in the warehouse's portal, and set the source's `order_number` rules so that they lead to "
            "the right one. Then: returnsync held retry <CODE>.",
        )
    if channel and order.channel != channel:
        raise HoldError(
            Cause.CHANNEL_DIFFERS,
            f"Order {asked} belongs to channel {order.channel or '(none)'}, not to {channel}.",
            "Check `channel` of this warehouse, or the source's `order_number` rules, "
            "then: returnsync held retry <CODE>.",
        )
    if order.deleted:
        raise HoldError(
            Cause.ORDER_DELETED,
            f"Order {asked} is deleted at the warehouse.",
            "Restore it there, then: returnsync held retry <CODE>. If it is to stay deleted, announce the return by "
            "hand where that is needed, then: returnsync held release <CODE>.",
        )
    if not order.shipped:
        raise WaitError(Cause.ORDER_NOT_SHIPPED, f"Order {asked} is not shipped yet.")
    return order
