"""The returns that Monta booked as received (section 3.6 of docs/warehouses/monta.md), and their lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from returnsync.sandbox import wire
from returnsync.sandbox.records import AMSTERDAM, naive_amsterdam

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from returnsync.sandbox.monta_forecasts import Forecast
    from returnsync.sandbox.wire import Answer, Record

# Lists by change refuse a moment further back than this (section 3.6).
LOOK_BACK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Received:
    """A return that was booked, with its units of each order line; matched with a forecast, or with none."""

    id: int
    order: Record
    units: Mapping[str | None, int]
    forecast: Forecast | None
    at: datetime

    def as_listed(self) -> Record:
        """Give it in the shape of section 3.6."""
        ordered = {line["WebshopOrderLineId"]: line for line in self.order["Lines"]}
        cause = "Ik ben van gedachten veranderd"
        return {
            "Id": self.id,
            "CreatedAt": naive_amsterdam(self.at),
            "UpdatedAt": naive_amsterdam(self.at),
            "WebshopOrderId": self.order["WebshopOrderId"],
            "ReturnForecastId": self.forecast.id if self.forecast else None,
            "ForecastCode": self.forecast.code if self.forecast else None,
            "Cause": cause,
            "WebshopCause": None,
            "Comment": None,
            "SerialNumbers": [],
            "Lines": [
                {
                    "WebshopOrderLineId": line,
                    "Sku": ordered[line]["Sku"] if line in ordered else None,
                    "ReturnedQuantity": units,
                    "Sellable": True,
                    "FollowedUpMontapacking": False,
                    "FollowedUpCustomer": False,
                    "FollowedUpAction": None,
                    "Cause": cause,
                    "Comment": None,
                    "BatchCode": None,
                }
                for line, units in self.units.items()
            ],
        }


@dataclass
class Bookings:
    """All returns that were received."""

    received: list[Received] = field(default_factory=list)

    def book(self, order: Record, units: Mapping[str | None, int], forecast: Forecast | None, at: datetime) -> Received:
        """Book a return; the forecast that it was matched with is done."""
        booked = Received(4_100_200 + len(self.received), order, dict(units), forecast, at)
        self.received.append(booked)
        if forecast is not None:
            forecast.return_id = booked.id
        return booked

    def changed_since(self, text: str, now: datetime) -> Answer:
        """List what changed since a moment without a zone, which is read as Amsterdam time."""
        try:
            since = datetime.fromisoformat(text)
        except ValueError:
            return wire.problem_answer(400, "Bad Request", "The date is none.")
        since = since if since.tzinfo else since.replace(tzinfo=AMSTERDAM)
        if now - since > LOOK_BACK:
            return wire.problem_answer(400, "Bad Request", "The date may be at most 7 days ago.")
        return _listed([one for one in self.received if one.at >= since])

    def of_order(self, order: Record) -> Answer:
        """List the returns of an order."""
        number = order["WebshopOrderId"]
        return _listed([one for one in self.received if one.order["WebshopOrderId"] == number])


def _listed(found: Sequence[Received]) -> Answer:
    return wire.json_answer({"Returns": [one.as_listed() for one in found]})
