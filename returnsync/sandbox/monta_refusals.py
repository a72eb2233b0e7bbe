"""The several forms in which Monta refuses (docs/warehouses/monta.md, section 2).

Sections are those of that page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from returnsync.sandbox import wire

if TYPE_CHECKING:
    from returnsync.sandbox.wire import Answer

_ORDER_UNKNOWN: Final = 23


class RefusedError(Exception):
    """A request that Monta refuses; it carries the whole answer, since there is no single form."""

    def __init__(self, answer: Answer) -> None:
        """Refuse with this answer."""
        super().__init__(answer.status)
        self.answer = answer


def order_unknown(number: str) -> Answer:
    """Say that Monta does not know an order: with 400 and a code of its own."""
    reason = {"Code": _ORDER_UNKNOWN, "Message": f"No order found with webshop order id '{number}'"}
    return wire.json_answer({"OrderInvalidReasons": [reason]}, 400)


def forecast_invalid(message: str) -> Answer:
    """Refuse a forecast in the form of the other endpoints: its own form is not known (section 2)."""
    return wire.json_answer({"ReturnForecastInvalidReasons": [message]}, 400)


def code_in_use(code: str, status: int) -> Answer:
    """Refuse a forecast whose code is in use; it is not known whether Monta does, and in which words (question 1)."""
    reasons = [f"Return forecast with code '{code}' already exists"]
    return wire.json_answer({"ReturnForecastInvalidReasons": reasons}, status)
