"""Monta's return forecasts and labels: what they hold, and the shapes in which they are written.

The sections named here are those of monta.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from returnsync.sandbox.records import naive_amsterdam

if TYPE_CHECKING:
    from datetime import datetime

    from returnsync.sandbox.wire import Record

# Fields of a forecast and of its lines as it is created (section 3.1), in its order.
LINE_TEXTS: Final = ("ReturnReason", "CustomerComment")
TEXTS: Final = ("CauseDescription", "Comment", "GeneralComment", "TrackAndTraceCode", "TrackAndTraceLink")
REASON_IDS: Final = ("RelatieRetourOorzaakId", "RelatieRetourOorzaakParentId")

# Longest texts, in UTF-16 code units, as .NET and SQL Server count. Monta's own limits are not known (question 18).
NUMBER_LIMIT: Final = 50
TEXT_LIMIT: Final = 200

# What XML 1.0 cannot hold, and the control characters beside those.
_UNFIT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def unfit_text(body: Record) -> str | None:
    """Say in the words of .NET which text of a forecast is too long or cannot be handed on as XML, if one is."""
    texts = [("Code", body["Code"], NUMBER_LIMIT), ("WebshopOrderId", body["WebshopOrderId"], NUMBER_LIMIT)]
    texts += [(name, body[name], TEXT_LIMIT) for name in TEXTS]
    texts += [(name, line[name], TEXT_LIMIT) for line in body["Lines"] for name in LINE_TEXTS]
    for name, text, limit in texts:
        found = _UNFIT.search(str(text or ""))
        if found:
            return f"{found[0]!a}, hexadecimal value 0x{ord(found[0]):02X}, is an invalid character."
        if len(str(text or "").encode("utf-16-le")) // 2 > limit:
            return f"{name} exceeds the maximum length of {limit}"
    return None


@dataclass(slots=True)
class Forecast:
    """A return forecast: our announcement, as Monta keeps it. `body` is the shape of section 3.1 with nulls."""

    id: int
    code: str
    order: str
    body: Record
    created: datetime

    @property
    def lines(self) -> list[Record]:
        """Its lines, in the shape of section 3.1."""
        return list(self.body["Lines"])


@dataclass(frozen=True, slots=True)
class Label:
    """A return label that was made, and billed."""

    code: str
    order: str
    shipper: str
    tracking: str
    link: str
    created: datetime
    data: bytes


def line_body(sent: Record) -> Record:
    """Read a line as sent into the shape of section 3.1. Raises KeyError or TypeError when it is not one."""
    line_id = sent["WebshopOrderLineId"]
    if not all(isinstance(sent.get(name), int | None) for name in REASON_IDS):
        raise TypeError(REASON_IDS)
    return {
        "WebshopOrderLineId": None if line_id is None else str(line_id),
        "ReturnQuantity": sent["ReturnQuantity"],
        **{name: sent.get(name) for name in (LINE_TEXTS[0], *REASON_IDS, LINE_TEXTS[1])},
    }


def as_read(forecast: Forecast) -> Record:
    """Give a forecast as it is read back: empty text where creation answered null (section 3.2)."""
    body = {**forecast.body, **{name: forecast.body[name] or "" for name in TEXTS}}
    body["Lines"] = [{**line, **{name: line[name] or "" for name in LINE_TEXTS}} for line in forecast.lines]
    return body


def as_listed(forecast: Forecast, order: Record | None) -> Record:
    """Give a forecast in the other shape, without order number and line ids (section 3.3)."""
    body = forecast.body
    empty: Record = dict.fromkeys(
        (
            *("ReturnId", "RelatieId", "ShipperId", "RmaOrderId", "RmaSettingsId", "ViaServicePointId"),
            *("CreationSystemId", "TradeInEorderId", "AmountOfPackages", "PickupDate", "ForecastLineTradeInProduct"),
        )
    )
    ordered = {line["WebshopOrderLineId"]: line for line in (order["Lines"] if order else ())}
    return {
        "Id": forecast.id,
        "ReturnForecastId": forecast.id,
        "EorderId": order["MontaEorderId"] if order else None,
        "Code": forecast.code,
        "Comment": body["Comment"] or "",
        "CommentConsumer": body["GeneralComment"] or "",
        "CauseDescriptionConsumer": body["CauseDescription"] or "",
        "TrackAndTraceCode": body["TrackAndTraceCode"] or "",
        "TrackAndTraceLink": body["TrackAndTraceLink"] or "",
        "Created": naive_amsterdam(forecast.created),
        **empty,
        **dict.fromkeys(("IsEnRoute", "IsDelivered", "IsDeliveredUnknown", "Completed"), False),
        "Lines": [
            _line_as_listed(forecast.id, index, line, ordered.get(line["WebshopOrderLineId"]))
            for index, line in enumerate(forecast.lines)
        ],
    }


def _line_as_listed(forecast_id: int, index: int, line: Record, ordered: Record | None) -> Record:
    empty: Record = dict.fromkeys(
        ("MateriaalId", "ReturnReasonId", "ReturnSubReasonId", "ReturnSubReason", "EorderLineId", "Reference",
         "FollowUpActionId")
    )  # fmt: skip
    return {
        "Id": forecast_id * 100 + index,
        "ReturnForecastId": forecast_id,
        "ProductCode": ordered["Sku"] if ordered else None,
        "ProductDescription": ordered["Description"] if ordered else None,
        **empty,
        "RelatieReturnReasonId": line["RelatieRetourOorzaakId"],
        "ParentRelatieReturnReasonId": line["RelatieRetourOorzaakParentId"],
        "ReturnReason": line["ReturnReason"] or "",
        "Comment": line["CustomerComment"] or "",
        "ReturnQuantity": line["ReturnQuantity"],
    }


def label_reference(shipper: str, tracking: str, link: str | None, created: str | None) -> Record:
    """Refer to a label of an order, without file and without forecast code (section 3.5)."""
    return {
        "ShipperDescription": shipper,
        "TrackAndTraceCode": tracking,
        "TrackAndTraceLink": link,
        "Created": created,
        "DeliveryStatusCode": "NotYetEnRoute",
        **dict.fromkeys(("DeliveryStatusDescription", "DeliveryStatusChangedUtc", "EnRouteUtc", "DeliveredUtc")),
    }
