"""What was sent to a warehouse, found by the order that it was sent for. Runs inside a transaction or a reading."""

import json
from collections.abc import Mapping
from typing import Any

from returnsync.model import Code, NewForecast, NewForecastLine
from returnsync.state.database import Queries
from returnsync.state.ledger import Effect

# Escapes the characters that have a special meaning in a LIKE pattern.
_LITERALLY = str.maketrans({char: f"!{char}" for char in "!%_"})


def forecast_in(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """The forecast of a request as the ledger keeps it; of an erased request, it is all that is kept."""
    forecast: Mapping[str, Any] = request.get("forecast", request)
    return forecast


def requested(effect: Effect) -> tuple[NewForecast, str]:
    """What an intent was for: the forecast, and the units as the platform gave them."""
    content = json.loads(effect.request)
    told = forecast_in(content)
    forecast = NewForecast(
        code=effect.code,
        order_number=told["order_number"],
        lines=tuple(NewForecastLine(**{"sku": "", **line}) for line in told["lines"]),
        tracking_code=told.get("tracking_code", ""),
        tracking_link=told.get("tracking_link", ""),
    )
    # An erased request has no units; its announcement has them.
    return forecast, content.get("units", "")


def codes_for_order(q: Queries, number: str) -> list[Code]:
    """The codes of which a forecast was, or may have been, sent for an order, by its number at the warehouse."""
    field = f'"order_number": {json.dumps(number, ensure_ascii=False)},'
    return [Code(row["code"]) for row in q.creates_that_tell(pattern=containing(field))]


def containing(text: str) -> str:
    """A LIKE pattern, with `!` as its escape, for everything that contains a text."""
    return f"%{text.translate(_LITERALLY)}%"
