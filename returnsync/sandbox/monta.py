"""Monta as docs/warehouses/monta.md describes it; where that is unclear, the most harmful answer.

Sections and questions are those of that page.
"""

from __future__ import annotations

import base64
import copy
import threading
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from returnsync.sandbox import wire
from returnsync.sandbox.monta_behaviour import Behaviour
from returnsync.sandbox.monta_forecasts import (
    TEXTS,
    Forecast,
    Label,
    as_listed,
    as_read,
    as_reference,
    label_reference,
    line_body,
    listed_time,
    page_of,
    refuse_unfit_text,
    sent_forecast,
)
from returnsync.sandbox.monta_products import in_shape, known_products, matching, no_product, origins
from returnsync.sandbox.monta_received import Bookings, Received
from returnsync.sandbox.monta_refusals import RefusedError, code_in_use, order_unknown
from returnsync.sandbox.pdf import label_pdf
from returnsync.sandbox.records import digits_of
from returnsync.sandbox.wire import Answer, Call, Operation, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from returnsync.sandbox.counts import Counts
    from returnsync.sandbox.world import World


class Monta(Behaviour):
    """The stand-in. Its data and its behaviour may be changed from any thread, by hand under `lock`."""

    prefix = "/monta"

    def __init__(self, world: World, counts: Counts) -> None:
        """Hold a copy of the world's orders, reasons, channels and carriers."""
        super().__init__()
        self.lock = threading.RLock()
        self.username, self.password = world.username, world.password
        self.channels, self.carriers = copy.deepcopy(world.channels), dict(world.carriers)
        # By order number; there are several if several channels have that number.
        self.orders: defaultdict[str, list[Record]] = defaultdict(list)
        self.reasons: list[Record] = copy.deepcopy(world.reasons)
        self.enclosed_labels = list(world.enclosed_labels)
        self.forecasts: list[Forecast] = []
        self.labels: list[Label] = []
        self.bookings = Bookings()
        self._counts = counts
        self._answers_quoted = False
        for order in world.orders:
            self.add(order)

    # --- what a test does and asks ---------------------------------------------------------------------------------

    def add(self, order: Record) -> None:
        """Put a copy of an order in."""
        with self.lock:
            self.orders[str(order["WebshopOrderId"])].append(copy.deepcopy(order))

    def remove(self, number: str) -> None:
        """Take an order away, in all channels."""
        with self.lock:
            self.orders.pop(number, None)

    def announce(self, code: str, number: str, units: Mapping[str | None, int], reason: str | None = None) -> Forecast:
        """Make a forecast of these units by order line, as a person does in Monta's own form; it is not counted."""
        lines = [
            line_body({"WebshopOrderLineId": line, "ReturnQuantity": count, "ReturnReason": reason})
            for line, count in units.items()
        ]
        body = {"Code": code, "WebshopOrderId": number, "Lines": lines, **dict.fromkeys(TEXTS)}
        with self.lock:
            return self._keep(body)

    def receive(self, number: str, units: Mapping[str | None, int], code: str = "") -> Received:
        """Book a return of these units by order line, matched with the forecast of a code, or with none."""
        with self.lock:
            forecast = self._find_forecast(code) if code else None
            return self.bookings.book(self._find_order(number), units, forecast, self.now())

    def forecasts_of(self, code: str) -> list[Forecast]:
        """Give the forecasts with this code; more than one is a duplicate."""
        with self.lock:
            return [forecast for forecast in self.forecasts if forecast.code == code]

    def labels_of(self, code: str) -> list[Label]:
        """Give the labels made for this code; more than one is money lost."""
        with self.lock:
            return [label for label in self.labels if label.code == code]

    # --- what it is asked ------------------------------------------------------------------------------------------

    def operations(self) -> Sequence[Operation]:
        """Name the operations (sections 2 to 4)."""
        guarded = (
            Operation("monta.order", "GET", "/order/{order}", self._order),
            Operation("monta.forecasts", "GET", "/order/{order}/returnforecasts", self._order_forecasts),
            Operation("monta.labels", "GET", "/order/{order}/returnlabels", self._order_labels),
            Operation("monta.create", "POST", "/returnforecast", self._create),
            Operation("monta.update", "PUT", "/returnforecast", self._update),
            Operation("monta.list", "GET", "/returnforecast", self._list),
            Operation("monta.forecast", "GET", "/returnforecast/{code}", self._read),
            Operation("monta.label", "GET", "/returnforecast/{code}/returnlabel", self._label),
            Operation("monta.received", "GET", "/return/updated_since/{since}", self._received),
            Operation("monta.booked", "GET", "/order/{order}/return", self._booked),
            Operation("monta.reasons", "GET", "/returnreasons", self._reasons),
            Operation("monta.info", "GET", "/info", self._info),
            Operation("monta.product", "GET", "/product/{sku}", self._product),
            Operation("monta.products", "GET", "/product", self._products),
        )
        health = Operation("monta.health", "GET", "/health", self._health)
        operations = (health, *(replace(one, handle=self._guarded(one.handle)) for one in guarded))
        return [replace(operation, date=self._date) for operation in operations]

    def _date(self) -> datetime | None:
        return self.date()

    def _logged_in(self, call: Call) -> bool:
        user, password = call.basic() or (None, None)
        return wire.same_secret(user, self.username) & wire.same_secret(password, self.password)

    def _guarded(self, handle: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
        def guarded(call: Call) -> Answer:
            if not self._logged_in(call):
                return wire.problem_answer(401, "Unauthorized", "The username or password is incorrect.")
            try:
                return handle(call)
            except RefusedError as refused:
                return refused.answer

        return guarded

    def _health(self, call: Call) -> Answer:
        """Answer 200 without a valid login too; only `LoggedIn` shows the difference (section 2)."""
        return wire.json_answer({"Health": {"Description": "OK", "LoggedIn": self._logged_in(call)}})

    def _find_order(self, number: str, channel: str | None = None) -> Record:
        """Find an order. If several channels have it, without `channel` it is not the own one's (question 15)."""
        found = [order for order in self.orders.get(number, ()) if channel in (None, order["Origin"])]
        if not found:
            if self.order_not_found == 404:  # noqa: PLR2004  # the status itself is the switch
                raise RefusedError(self._not_found("Order not found"))
            raise RefusedError(order_unknown(number))
        own = next(iter(self.channels), None)
        return next((order for order in found if order["Origin"] != own), found[0])

    def _not_found(self, text: str) -> Answer:
        """Answer 404 with a bare string, alternately with and without JSON quotes (section 2, Error bodies)."""
        self._answers_quoted = not self._answers_quoted
        return wire.json_answer(text, 404) if self._answers_quoted else wire.text_answer(text, 404)

    def _order(self, call: Call) -> Answer:
        return wire.json_answer(self._find_order(call.values["order"], call.first("channel")))

    def _order_forecasts(self, call: Call) -> Answer:
        """Give the forecasts of an order in one of two shapes; it is not known which is right (section 3.3)."""
        order = self._find_order(call.values["order"])
        found = [forecast for forecast in self._visible() if forecast.order == call.values["order"]]
        if self.forecast_shape == "list":
            return wire.json_answer([as_listed(forecast, order) for forecast in found])
        return wire.json_answer([as_read(forecast) for forecast in found])

    def _order_labels(self, call: Call) -> Answer:
        """Give label references without forecast codes, with labels packed with the outbound parcel (section 3.5)."""
        number = call.values["order"]
        order = self._find_order(number)
        if not self.lists_labels:
            return wire.json_answer([])
        shipped = listed_time(order["Shipped"], self.label_times)
        packed = label_reference("PostNL", "3S" + digits_of("enclosed", number)[:11], None, shipped)
        enclosed = [packed] * self.enclosed_labels.count(number)
        made = [as_reference(label, self.carriers, self.label_times) for label in self.labels if label.order == number]
        return wire.json_answer(enclosed + made)

    def _create(self, call: Call) -> Answer:
        """Make a forecast. With a code in use it makes a second one, unless the test wants a refusal (question 1)."""
        body = self._forecast_body(call)
        if any(forecast.code == body["Code"] for forecast in self.forecasts):
            if self.code_in_use != "second":
                raise RefusedError(code_in_use(body["Code"], self.code_in_use))
            self._counts.effect("duplicate_forecasts")
        self._counts.effect("forecasts")
        body["Lines"] = [{**line, **self.keeps_instead} for line in body["Lines"]]
        self._keep(body)
        return wire.json_answer(body)

    def _keep(self, body: Record) -> Forecast:
        identity = 2_500_100 + len(self.forecasts)
        forecast = Forecast(identity, body["Code"], body["WebshopOrderId"], body, self.now())
        self.forecasts.append(forecast)
        return forecast

    def _update(self, call: Call) -> Answer:
        """Replace a forecast as a whole: fields that are not sent are lost, the tracking too (question 10)."""
        body = self._forecast_body(call)
        forecast = self._find_forecast(body["Code"])
        forecast.body, forecast.order = body, body["WebshopOrderId"]
        self._counts.effect("updates")
        return wire.json_answer(body)

    def _visible(self) -> list[Forecast]:
        """Give the forecasts that reads show already."""
        if not self.visible_after:
            return self.forecasts
        latest = self.now() - self.visible_after
        return [forecast for forecast in self.forecasts if forecast.created <= latest]

    def _find_forecast(self, code: str, among: Sequence[Forecast] | None = None) -> Forecast:
        """Find a forecast by its code; of duplicates the last one, so that a client sees only one of them."""
        known = self.forecasts if among is None else among
        found = next((forecast for forecast in reversed(known) if forecast.code == code), None)
        if found is None:
            raise RefusedError(self._not_found("Return forecast not found"))
        return found

    def _forecast_body(self, call: Call) -> Record:
        """Read the request's body into the shape of section 3.1, or refuse it; its order must be known too."""
        body = sent_forecast(call.body, {reason["Id"] for reason in self.reasons}, self.reasons_with_comment)
        self._find_order(body["WebshopOrderId"])
        refuse_unfit_text(body)
        return body

    def _read(self, call: Call) -> Answer:
        return wire.json_answer(as_read(self._find_forecast(call.values["code"], self._visible())))

    def _list(self, call: Call) -> Answer:
        """List forecasts (section 3.3). Without `page` it is the first page, which `page=1` may give once more."""
        shown = page_of(self._visible(), call, self.first_page, self.page_size)
        if not shown and self.list_end != "empty":
            return self._not_found("No return forecasts match the filters")
        return wire.json_answer([as_listed(row, next(iter(self.orders.get(row.order, ())), None)) for row in shown])

    def _label(self, call: Call) -> Answer:
        """Make a label. This is a GET, but every call makes and bills a new label (section 3.4, question 4)."""
        forecast = self._find_forecast(call.values["code"])
        if not self.label_permission:
            return wire.problem_answer(403, "Forbidden", "This account may not generate shipping labels.")
        shipper = call.first("shipperCode")
        if not shipper:
            return wire.text_answer("shipperCode is required.", 400)
        order = self._find_order(forecast.order)
        if shipper not in self.channels.get(order["Origin"], ()):
            return wire.text_answer(f"Shipper '{shipper}' is not allowed for origin '{order['Origin']}'.", 400)
        tracking = f"0521{len(self.labels) + 1:010d}"
        link = self.general_link or f"https://tracking.example/parcel?nr={tracking}"
        data = label_pdf(shipper, tracking) if self.label_bytes is None else self.label_bytes
        if any(label.code == forecast.code for label in self.labels):
            self._counts.effect("extra_labels")
        self._counts.effect("labels")
        self.labels.append(Label(forecast.code, forecast.order, shipper, tracking, link, self.now(), data))
        if self.fills_tracking:
            forecast.body |= {"TrackAndTraceCode": tracking, "TrackAndTraceLink": link}
        encoded = base64.b64encode(data).decode()
        return wire.json_answer(
            {"EncodedData": encoded, "FileExtension": self.label_extension, "TrackAndTraceLink": link}
        )

    def _received(self, call: Call) -> Answer:
        return self.bookings.changed_since(call.values["since"], self.now())

    def _booked(self, call: Call) -> Answer:
        return self.bookings.of_order(self._find_order(call.values["order"]))

    def _reasons(self, _call: Call) -> Answer:
        return wire.json_answer(self.reasons)

    def _info(self, _call: Call) -> Answer:
        listed = self.channels if self.lists_carriers else dict.fromkeys(self.channels, ())
        return wire.json_answer({"Origins": origins(listed, self.carriers, self.origin_name)})

    def _product(self, call: Call) -> Answer:
        """Give a product; for one that does not exist, 404 with a message of its own form (section 2)."""
        sku = call.values["sku"]
        found = known_products(self.orders, self.barcodes).get(sku)
        return wire.json_answer(found) if found else no_product(f"sku {sku}")

    def _products(self, call: Call) -> Answer:
        """Give the products that carry a barcode, or that have a SKU."""
        barcode, sku = call.first("barcode"), call.first("sku")
        found = matching(known_products(self.orders, self.barcodes), barcode, sku)
        if not found:
            return no_product(f"barcode {barcode}" if barcode else f"sku {sku}")
        return wire.json_answer(in_shape(found, self.product_shape))
