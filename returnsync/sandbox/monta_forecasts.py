"""Monta's return forecasts and labels: their content, and the shapes in which they are written.

Sections and questions are those of docs/warehouses/monta.md.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from returnsync.sandbox import wire
from returnsync.sandbox.monta_refusals import RefusedError, forecast_invalid
from returnsync.sandbox.records import AMSTERDAM, naive, naive_amsterdam

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from returnsync.sandbox.wire import Call, Record

LabelTimes: TypeAlias = Literal["amsterdam", "utc", "none"]

# Fields of a forecast and of its lines as it is created (section 3.1), in its order.
LINE_TEXTS: Final = ("ReturnReason", "CustomerComment")
TEXTS: Final = ("CauseDescription", "Comment", "GeneralComment", "TrackAndTraceCode", "TrackAndTraceLink")
REASON_IDS: Final = ("RelatieRetourOorzaakId", "RelatieRetourOorzaakParentId")

# Longest texts, in UTF-16 code units, as .NET and SQL Server count. Monta's own limits are not known (question 18).
NUMBER_LIMIT: Final = 50
TEXT_LIMIT: Final = 200

# The characters that XML 1.0 cannot contain, and other control characters.
_UNFIT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def sent_forecast(sent: bytes, reasons: set[int], reasons_with_comment: set[int]) -> Record:
    """Read a forecast as it was sent into the shape of section 3.1. Raises RefusedError.

    Line ids that the order does not have are accepted silently (question 3). Reasons that the merchant does not have
    are refused (question 13). The form of a refusal is not known (question 2).
    """
    try:
        content = json.loads(sent)
        lines = [line_body(line) for line in content["Lines"]]
        code, number = str(content["Code"]), str(content["WebshopOrderId"])
    except (ValueError, KeyError, TypeError) as error:
        raise RefusedError(forecast_invalid("The request is not a return forecast.")) from error
    if not code or not lines or not all(_is_count(line["ReturnQuantity"]) for line in lines):
        raise RefusedError(forecast_invalid("Code, Lines and a positive ReturnQuantity are required."))
    known = reasons | {None}
    for line in lines:
        if not known.issuperset(line[name] for name in REASON_IDS):
            raise RefusedError(forecast_invalid("RelatieRetourOorzaakId is not a return reason of yours."))
        if line["RelatieRetourOorzaakId"] in reasons_with_comment and not line["CustomerComment"]:
            raise RefusedError(forecast_invalid("This return reason needs a comment."))
    return {"Code": code, "WebshopOrderId": number, "Lines": lines, **{name: content.get(name) for name in TEXTS}}


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def refuse_unfit_text(body: Record) -> None:
    """Refuse a forecast with a text that is too long or cannot be written as XML. Raises RefusedError."""
    unfit = _unfit_text(body)
    if unfit is not None:
        raise RefusedError(wire.problem_answer(400, "Bad Request", unfit))


def _unfit_text(body: Record) -> str | None:
    """Give an error in the words of .NET for the first unfit text, if there is one."""
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
    return_id: int | None = None
    """The id of the return that was received for it."""

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
    """Read a line as sent into the shape of section 3.1. Raises KeyError or TypeError if it is not a line."""
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
            *("RelatieId", "ShipperId", "RmaOrderId", "RmaSettingsId", "ViaServicePointId"),
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
        "ReturnId": forecast.return_id,
        "Completed": forecast.return_id is not None,
        **dict.fromkeys(("IsEnRoute", "IsDelivered", "IsDeliveredUnknown"), False),
        "Lines": [
            _line_as_listed(forecast.id, index, line, ordered.get(line["WebshopOrderLineId"]))
            for index, line in enumerate(forecast.lines)
        ],
    }


def page_of(forecasts: Sequence[Forecast], call: Call, first_page: int, page_size: int) -> Sequence[Forecast]:
    """Give the requested page of the forecasts of the Amsterdam days from `startDate` up to, without, `endDate`.

    Raises RefusedError.
    """
    try:
        start, end = (date.fromisoformat(call.first(name) or "") for name in ("startDate", "endDate"))
        page = int(call.first("page") or first_page) - first_page
    except ValueError as error:
        words = "startDate and endDate are days, page is a number."
        raise RefusedError(wire.problem_answer(400, "Bad Request", words)) from error
    rows = [row for row in forecasts if start.isoformat() <= naive_amsterdam(row.created) < end.isoformat()]
    return rows[page * page_size : (page + 1) * page_size] if page >= 0 else []


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


def as_reference(label: Label, carriers: Mapping[str, str], times: LabelTimes) -> Record:
    """Refer to a label that was made."""
    shipper = carriers.get(label.shipper, label.shipper)
    return label_reference(shipper, label.tracking, label.link, listed_time(label.created, times))


def listed_time(when: datetime | str | None, kind: LabelTimes) -> str | None:
    """Write when a label was made as a list of labels may have it: in Amsterdam time or UTC, not named; or not at all.

    A text is Amsterdam wall-clock time.
    """
    if when is None or kind == "none":
        return None
    if isinstance(when, str):
        if kind == "amsterdam":
            return when
        when = datetime.fromisoformat(when).replace(tzinfo=AMSTERDAM)
    return naive_amsterdam(when) if kind == "amsterdam" else naive(when.astimezone(UTC))
