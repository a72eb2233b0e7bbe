"""Monta's return forecasts as they are sent and read (docs/warehouses/monta.md, sections 3.1 to 3.3), and in our model.

Sections are those of that page.
"""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError, field_validator

from returnsync import model
from returnsync.http.fields import Key, Number, Text, Tracking, WholeNumber, or_none
from returnsync.http.records import items_in, look_up
from returnsync.warehouses.monta.wire import Wire


class ForecastLine(Wire):
    """Both forms: as created (section 3.1) and as listed (section 3.3); it is not known which one an order gives."""

    webshop_order_line_id: Key = None
    sku: Key = None
    product_code: Key = None
    return_quantity: WholeNumber
    return_reason: Text = None
    relatie_retour_oorzaak_id: Number = None
    relatie_return_reason_id: Number = None


class Forecast(Wire):
    """A return forecast, in either form."""

    code: Key = None
    webshop_order_id: Key = None
    lines: list[ForecastLine] | None = None
    track_and_trace_code: Tracking = None


class ShownLine(ForecastLine):
    """A line of a forecast that anybody may have made, read as far as possible: odd values count as absent."""

    return_quantity: Number = None  # type: ignore[assignment]  # not shown, where nobody entered one

    _odd_is_not_shown = field_validator("*", mode="wrap")(or_none)


class ShownForecast(Wire):
    """A forecast that anybody may have made, without its lines, which are read one by one."""

    code: Key = None
    webshop_order_id: Key = None
    track_and_trace_code: Tracking = None

    _odd_is_not_shown = field_validator("*", mode="wrap")(or_none)


def body_of(forecast: model.NewForecast) -> dict[str, Any]:
    """The request of section 3.1; unknown values are sent as null, as Monta itself writes them."""
    return {
        "Code": forecast.code,
        "WebshopOrderId": forecast.order_number,
        "Lines": [
            {
                "WebshopOrderLineId": line.order_line_id,
                "ReturnQuantity": line.quantity,
                "ReturnReason": line.reason,
                "RelatieRetourOorzaakId": line.reason_id,
                "RelatieRetourOorzaakParentId": line.reason_parent_id,
                "CustomerComment": line.comment or None,
            }
            for line in forecast.lines
        ],
        "CauseDescription": None,
        "Comment": None,
        "GeneralComment": None,
        "TrackAndTraceCode": forecast.tracking_code or None,
        "TrackAndTraceLink": forecast.tracking_link or None,
    }


def to_forecast(given: Forecast) -> model.Forecast:
    """A forecast of Monta's, in either form, in our model."""
    return _forecast(given, [_forecast_line(line) for line in given.lines or ()])


def shown_forecast(content: object) -> model.Forecast:
    """A forecast that exists at Monta, whoever made it, read as far as possible.

    A line without a readable order line or SKU may be about any goods. So may a forecast whose lines cannot be read.
    """
    try:
        given = ShownForecast.model_validate(content if isinstance(content, dict) else {})
    except ValidationError:
        given = ShownForecast()  # two of its fields, whose names differ only in spelling, contradict each other
    rows = items_in(look_up(content, "Lines"), "ReturnQuantity")
    return _forecast(given, [_ANY_GOODS] if rows is None else [_shown_line(row) for row in rows])


_ANY_GOODS = model.ForecastLine("", "", None)


def _shown_line(row: object) -> model.ForecastLine:
    if not isinstance(row, dict):
        return _ANY_GOODS
    try:
        return _forecast_line(ShownLine.model_validate(row))
    except ValidationError:
        return _ANY_GOODS


def _forecast(given: Forecast | ShownForecast, lines: Sequence[model.ForecastLine]) -> model.Forecast:
    return model.Forecast(
        code=given.code or "",
        order_number=given.webshop_order_id or "",
        tracking_code=given.track_and_trace_code or "",
        lines=tuple(lines),
    )


def _forecast_line(given: ForecastLine) -> model.ForecastLine:
    return model.ForecastLine(
        order_line_id=given.webshop_order_line_id or "",
        sku=given.sku or given.product_code or "",
        quantity=given.return_quantity,
        reason_id=given.relatie_retour_oorzaak_id or given.relatie_return_reason_id,
        reason=given.return_reason or "",
    )
