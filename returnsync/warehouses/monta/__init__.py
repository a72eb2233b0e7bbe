"""Monta: orders, return forecasts and return labels.

The facts, and how certain they are, are in docs/warehouses/monta.md, whose sections and open questions are named in the
modules of this package. Three calls change something: `POST /returnforecast`, `PUT /returnforecast`, and the label,
which is a GET that makes and bills a new label each time.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from http import HTTPStatus
from typing import ClassVar

from returnsync.errors import AccountError, AccountRefused, BadAnswer, CallError, HoldError, Refused, Unclear
from returnsync.http.answer import Answer
from returnsync.http.auth import Basic
from returnsync.http.client import Sender
from returnsync.http.records import look_up, object_in, read_each
from returnsync.mapping.carriers import CarrierFacts
from returnsync.model import (
    LABEL_PERMISSION,
    Channel,
    Code,
    Finding,
    Forecast,
    Label,
    ListedForecast,
    NewForecast,
    Receipts,
    ReceivedReturn,
    ShownLabel,
    WarehouseOrder,
    WarehouseOrderNumber,
    WarehouseReason,
)
from returnsync.secrets import SecretOf
from returnsync.warehouses.interface import Warehouse, WarehouseSettings
from returnsync.warehouses.monta import forecasts, label_answers, lists, wire
from returnsync.warehouses.monta.answers import order_in, rows_in
from returnsync.warehouses.monta.carriers import CARRIERS, channels_of
from returnsync.warehouses.monta.label import read_label, read_what_came
from returnsync.warehouses.monta.listed_labels import shown_labels
from returnsync.warehouses.monta.presence import Presence
from returnsync.warehouses.monta.refusals import (
    account_refused,
    concerns_account,
    existence_open,
    is_not_found,
    names_no_order,
    read_refused,
    says_not_there,
    words_of,
)
from returnsync.warehouses.monta.settings import MontaSettings

__all__ = ["Monta", "MontaSettings"]


class Monta(Warehouse):
    """One REST API account at Monta."""

    kind: ClassVar[str] = "monta"
    title: ClassVar[str] = "Monta"
    settings: ClassVar[type[WarehouseSettings]] = MontaSettings
    # 80 % of the published 4,500, 27,000 and 270,000, which the merchant's other tools share (section 2).
    default_limits: ClassVar[dict[str, int]] = {"5m": 3_600, "1h": 21_600, "1d": 216_000}

    carriers: ClassVar[tuple[CarrierFacts, ...]] = CARRIERS
    identified_by: ClassVar[tuple[str, ...]] = ("username",)
    # One client sometimes got a 401 with good credentials (section 2).
    retry_401_once: ClassVar[bool] = True

    def __init__(self, name: str, settings: MontaSettings, sender: Sender) -> None:
        """Talk through `sender`; see `Warehouse`."""
        self._name = name
        self._settings = settings
        self._sender = sender
        self._presence = Presence(name, self._read_reasons)

    @property
    def answered(self) -> bool:
        """Whether any read was answered properly."""
        return self._presence.answered

    @property
    def trouble(self) -> AccountError | None:
        """The error of an account that answers everything with 404; else `None`."""
        return self._presence.trouble

    @classmethod
    def auth(cls, settings: MontaSettings, secret: SecretOf) -> Basic:  # noqa: ARG003 - part of the interface
        """HTTP Basic with the REST account's own name and password (section 2)."""
        return Basic(secret("username"), secret("password"))

    def probe(self, number: WarehouseOrderNumber | None = None) -> None:
        """`GET /returnreasons`, which every account has, or `GET /order/{webshoporderid}` (sections 3.8 and 4)."""
        if number is None:
            self._presence.look_anew()
            return
        try:
            answer = self._read("order", number)
            self._presence.note_answer()
            order_in(answer, number)
        except HoldError:
            pass  # there are several orders, so it was answered
        except Refused as error:
            if is_not_found(error) and not says_not_there(error):
                raise existence_open(self._name, "an order", error) from error

    def order(self, number: WarehouseOrderNumber) -> WarehouseOrder | None:
        """`GET /order/{webshoporderid}`, with `?channel=` where one is configured (section 4)."""
        params = [("channel", self._settings.channel)] if self._settings.channel else None
        try:
            answer = self._read_one("order", number, params=params)
        except Refused as error:
            # The return waits for its order either way, so a 404 need not be in Monta's own words.
            if names_no_order(error) or is_not_found(error):
                return None
            raise read_refused("the order", error) from error
        return order_in(answer, number)

    def forecasts(self, number: WarehouseOrderNumber, *, order_seen: bool = True) -> Sequence[Forecast]:
        """`GET /order/{webshoporderid}/returnforecasts` (section 3); an order without any may answer 404."""
        try:
            answer = self._read_one("order", number, "returnforecasts")
        except Refused as error:
            if names_no_order(error) or says_not_there(error) or (order_seen and is_not_found(error)):
                return ()
            raise existence_open(self._name, "the order's return forecasts", error) from error
        return tuple(map(forecasts.shown_forecast, rows_in(answer, "return forecasts", "Code", "Lines")))

    def forecast(self, code: Code) -> Forecast | None:
        """`GET /returnforecast/{code}` (section 3.2)."""
        try:
            content = self._read_one("returnforecast", code).json()
        except Refused as error:
            if says_not_there(error):
                return None
            raise existence_open(self._name, "the return forecast", error) from error
        found = forecasts.shown_forecast(object_in(content))
        if found.code != code:
            raise BadAnswer(f"Asked for return forecast {code}, Monta answered with something else.")
        return found

    @property
    def server_time(self) -> datetime | None:
        """The time in the `Date` of its answers."""
        return self._sender.server_time

    def labels_of_order(self, number: WarehouseOrderNumber) -> Sequence[ShownLabel]:
        """`GET /order/{webshoporderid}/returnlabels` (section 3.5); an order without any may answer 404."""
        try:
            answer = self._read_one("order", number, "returnlabels")
        except Refused as error:
            if names_no_order(error) or says_not_there(error):
                return ()
            raise existence_open(self._name, "the order's return labels", error) from error
        except AccountRefused as error:
            if not self._presence.answered:
                raise
            # The account may be refused only this list, which is rarely needed: nothing else waits for it.
            what = f"{error.what} Asked for was the list of an order's return labels."
            raise Unclear(what, foreign=error.foreign) from error
        return shown_labels(answer)

    def create(self, forecast: NewForecast) -> Forecast:
        """`POST /returnforecast` (section 3.1). A second POST with the same code may make a duplicate, or be refused.

        It is not known whether Monta refuses an existing code, and in which words (open question 1). Such a refusal is
        `Refused` like any other, and only a read by the code shows whether the forecast exists.
        """
        return self._send("POST", forecast)

    def update(self, forecast: NewForecast) -> Forecast:
        """`PUT /returnforecast`, understood as a full replacement, with the code in the body (sections 1 and 7)."""
        return self._send("PUT", forecast)

    def label(self, code: Code, carrier: str) -> Label:
        """`GET /returnforecast/{code}/returnlabel?shipperCode=` (section 3.4): makes and bills a label each time."""
        path = ("returnforecast", code, "returnlabel")
        try:
            answer = self._sender.send(
                "GET", *path, params=[("shipperCode", carrier)], meaning=label_answers.meaning_of
            )
        except BadAnswer as error:
            return read_what_came(error)
        return read_label(answer)

    def reasons(self) -> Sequence[WarehouseReason]:
        """`GET /returnreasons`, a bare array (section 3.8); read once, before the first read of orders or forecasts."""
        return self._presence.reasons()

    def _read_reasons(self) -> tuple[WarehouseReason, ...]:
        rows = rows_in(self._read("returnreasons"), "return reasons", "Id")
        found = read_each(wire.Reason, rows)
        if rows and not found:
            raise BadAnswer("Monta sent return reasons of which none can be read.")
        return tuple(
            WarehouseReason(
                given.id,
                given.description or "",
                tuple((language, text) for language, text in (given.translations or {}).items() if text),
                given.parent_id,
            )
            for given in found
        )

    def channels(self) -> Sequence[Channel]:
        """`GET /info` (section 4): no source says which field names an origin, so every text in it may be its name."""
        return channels_of(self._read("info").json())

    def skus_of_barcode(self, barcode: str) -> Sequence[str]:
        """`GET /product?barcode=` (section 4, Products): a product that lists only other barcodes is not the one."""
        try:
            answer = self._read_one("product", params=[("barcode", barcode)])
        except Refused as error:
            if error.status == HTTPStatus.NOT_FOUND or wire.is_nothing_found(words_of(error.foreign)):
                return ()
            raise read_refused(f"the product with barcode {barcode}", error) from error
        found = wire.products_in(None if answer.is_nothing else answer.json())
        return tuple(dict.fromkeys(item.sku for item in found if item.carries(barcode)))

    def forecasts_made(self, since: date, until: date) -> Iterator[Sequence[ListedForecast]]:
        """`GET /returnforecast?startDate&endDate&page` (section 3)."""
        return lists.forecasts_made(self._read, since, until)

    def received_since(self, since: datetime) -> Receipts:
        """`GET /return/updated_since/{datetime}?status=any` (section 3): at most 7 days back."""
        return lists.received_since(self._read, since)

    def received_of(self, number: WarehouseOrderNumber) -> Sequence[ReceivedReturn]:
        """`GET /order/{webshoporderid}/return` (section 3); an order without any may answer 404."""
        try:
            return lists.received_in(self._read_one("order", number, "return"))
        except Refused as error:
            if names_no_order(error) or says_not_there(error):
                return ()
            raise existence_open(self._name, "the order's received returns", error) from error

    def check(self) -> Iterator[Finding]:
        """`GET /health` also answers 200 without a login, so `LoggedIn` decides (section 2)."""
        content = self._read("health").json()
        logged_in = look_up(look_up(content, "Health"), "LoggedIn") in (True, "true", "True")
        yield Finding(
            "credentials",
            ok=logged_in,
            text="user name and password are accepted" if logged_in else "Monta does not accept user name and password",
            next_step="" if logged_in else "Check `username` and `password` of the REST API account in Monta's portal.",
        )
        if logged_in:
            yield Finding(
                LABEL_PERMISSION,
                ok=True,
                text="cannot be checked; the first label will show it",
                next_step="Make sure in Monta's portal that the REST API account may generate shipping labels.",
            )

    def _read_one(self, *segments: str, params: list[tuple[str, str]] | None = None) -> Answer:
        """Read an order, a forecast or a product; before the first one, read the reasons, to see that Monta answers.

        Raises:
            Refused: also a 404, which is about this very thing.
            CallError: Monta did not answer.
            AccountError: the account is refused, or answers one thing after another with 404.
        """
        self._presence.look_once()
        try:
            answer = self._read(*segments, params=params)
        except CallError as error:
            if is_not_found(error):
                self._presence.believe_not_found(error)
            elif isinstance(error, Refused):
                self._presence.note_answer()
            raise
        self._presence.note_answer()
        return answer

    def _read(self, *segments: str, params: list[tuple[str, str]] | None = None) -> Answer:
        """Read anything. Raises as `Sender.get`; 403 and similar statuses refuse the account (section 2)."""
        try:
            return self._sender.get(*segments, params=params)
        except Refused as error:
            if concerns_account(error):
                raise account_refused(self._name, error) from error
            raise

    def _send(self, method: str, forecast: NewForecast) -> Forecast:
        try:
            body = forecasts.body_of(forecast)
            answer = self._sender.send(method, "returnforecast", json=body, meaning=label_answers.meaning_of_forecast)
        except Refused as error:
            if error.status == HTTPStatus.FORBIDDEN:
                raise account_refused(self._name, error) from error
            raise Refused(error.what, status=error.status, foreign=words_of(error.foreign)) from error
        return forecasts.to_forecast(wire.parse(forecasts.Forecast, answer.json(), "the forecast that it made"))
