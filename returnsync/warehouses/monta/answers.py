"""The content of Monta's answers to reads: an order, or the rows of a list (docs/warehouses/monta.md, section 4)."""

from returnsync.errors import BadAnswer, HoldError
from returnsync.http.answer import Answer
from returnsync.http.records import items_in, object_in
from returnsync.model import Cause, WarehouseOrder, WarehouseOrderNumber
from returnsync.warehouses.monta import wire


def order_in(answer: Answer, number: WarehouseOrderNumber) -> WarehouseOrder | None:
    """The order in an answer to a read of `number`; `None` where it says that there is none.

    Raises:
        HoldError: there are several.
        BadAnswer: it is not Monta's.
    """
    content = None if answer.is_nothing else answer.json()
    if content in (None, []):
        return None
    content = object_in(content)
    if isinstance(content, list) and any(isinstance(item, dict) for item in content):
        raise HoldError(
            Cause.ORDER_AMBIGUOUS,
            f"Monta has {len(content)} orders under the number {number}.",
            "Set `channel` for this warehouse to the channel that these orders belong to, "
            "then: returnsync held retry <CODE>.",
        )
    return wire.to_order(content)


def rows_in(answer: Answer, what: str, *known_by: str) -> list[object]:
    """The rows of a list, of which single ones may be odd; one object with the fields of a row is a list of one.

    Raises:
        BadAnswer: it is not a list, or a list of something else.
    """
    if answer.is_nothing:
        return []
    rows = items_in(answer.json(), *known_by)
    if rows is None or (rows and not any(row is None or isinstance(row, dict) for row in rows)):
        raise BadAnswer(f"Monta answered with something other than a list of {what}.")
    return rows
