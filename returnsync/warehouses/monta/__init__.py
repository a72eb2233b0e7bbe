"""Monta: orders, return forecasts and return labels.

Facts and how sure they are: the project's page on Monta (docs/warehouses/monta.md). Three calls change something:
`POST /returnforecast`, `PUT /returnforecast`, and the label, which is a GET that makes and bills a new label each time.
"""

import base64
import binascii
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import ClassVar, Literal

from pydantic import Field

from returnsync.errors import AccountError, AccountRefused, BadAnswer, CallError, HoldError, Refused
from returnsync.http.answer import Answer
from returnsync.http.auth import Basic
from returnsync.http.client import Sender
from returnsync.http.records import items_in, look_up, object_in, read_each
from returnsync.labels import is_label
from returnsync.mapping.carriers import CarrierFacts
from returnsync.model import (
    Cause,
    Channel,
    Code,
    Finding,
    Forecast,
    Label,
    NewForecast,
    WarehouseOrder,
    WarehouseOrderNumber,
    WarehouseReason,
)
from returnsync.secrets import SecretOf, SecretRef
from returnsync.warehouses.interface import Warehouse, WarehouseSettings
from returnsync.warehouses.monta import wire
from returnsync.warehouses.monta.carriers import CARRIERS, channels_of
from returnsync.warehouses.monta.presence import Presence
from returnsync.warehouses.monta.refusals import is_not_found, names_no_order, says_not_there, words_of

__all__ = ["Monta", "MontaSettings"]


class MontaSettings(WarehouseSettings):
    """An account of Monta's REST API."""

    kind: Literal["monta"] = Field(description="The kind of warehouse system.", examples=["monta"])
    username: SecretRef = Field(
        description="User name of the REST API account, made in Monta's portal under Connect.",
        examples=["env:MONTA_USERNAME"],
    )
    password: SecretRef = Field(
        description="Its password. The account must be allowed to generate shipping labels.",
        examples=["env:MONTA_PASSWORD"],
    )
    base_url: str = Field(default="https://api-v6.monta.nl", description="Where the API lives.")


class Monta(Warehouse):
    """One REST API account at Monta."""

    kind: ClassVar[str] = "monta"
    title: ClassVar[str] = "Monta"
    settings: ClassVar[type[WarehouseSettings]] = MontaSettings
    # 80 % of the published 4,500, 27,000 and 270,000, which the merchant's other tools share (section 2).
    default_limits: ClassVar[dict[str, int]] = {"5m": 3_600, "1h": 21_600, "1d": 216_000}

    carriers: ClassVar[tuple[CarrierFacts, ...]] = CARRIERS
    # One client retries spurious 401s (section 2).
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
        """That it answers everything with 404."""
        return self._presence.trouble

    @classmethod
    def auth(cls, settings: MontaSettings, secret: SecretOf) -> Basic:  # noqa: ARG003 - part of the interface
        """HTTP Basic with the REST account's own name and password (section 2)."""
        return Basic(secret("username"), secret("password"))

    def order(self, number: WarehouseOrderNumber) -> WarehouseOrder | None:
        """`GET /order/{webshoporderid}`, with `?channel=` where one is configured (section 4)."""
        params = [("channel", self._settings.channel)] if self._settings.channel else None
        try:
            answer = self._look("order", number, params=params)
        except Refused as error:
            # It waits for its order either way, so a 404 need not be in Monta's own words.
            if names_no_order(error) or is_not_found(error):
                return None
            raise self._no_read("the order", error) from error
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

    def forecasts(self, number: WarehouseOrderNumber, *, order_seen: bool = True) -> Sequence[Forecast]:
        """`GET /order/{webshoporderid}/returnforecasts` (section 3); an order without any may answer 404."""
        try:
            answer = self._look("order", number, "returnforecasts")
        except Refused as error:
            if names_no_order(error) or says_not_there(error) or (order_seen and is_not_found(error)):
                return ()
            raise self._no_answer("the order's return forecasts", error) from error
        return tuple(map(wire.shown_forecast, _rows(answer, "return forecasts", "Code", "Lines")))

    def forecast(self, code: Code) -> Forecast | None:
        """`GET /returnforecast/{code}` (section 3.2)."""
        try:
            content = self._look("returnforecast", code).json()
        except Refused as error:
            if says_not_there(error):
                return None
            raise self._no_answer("the return forecast", error) from error
        found = wire.shown_forecast(object_in(content))
        if found.code != code:
            raise BadAnswer(f"Asked for return forecast {code}, Monta answered with something else.")
        return found

    def create(self, forecast: NewForecast) -> Forecast:
        """`POST /returnforecast` (section 3.1). A second POST of one code may make a duplicate."""
        return self._send("POST", forecast)

    def update(self, forecast: NewForecast) -> Forecast:
        """`PUT /returnforecast`, taken as a full replacement, the code in the body (sections 1 and 7)."""
        return self._send("PUT", forecast)

    def label(self, code: Code, carrier: str) -> Label:
        """`GET /returnforecast/{code}/returnlabel?shipperCode=` (section 3.4): makes and bills a label, each time."""
        path = ("returnforecast", code, "returnlabel")
        try:
            answer = self._sender.send("GET", *path, params=[("shipperCode", carrier)])
        except Refused as error:
            raise Refused(error.what, status=error.status, foreign=words_of(error.foreign)) from error
        given = wire.parse(wire.Label, answer.json(), "a label")
        extension = given.file_extension.strip().lower().removeprefix(".")
        try:
            content = base64.b64decode("".join(given.encoded_data.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadAnswer("Monta sent a label that is not valid Base64.") from error
        if not is_label(content, extension):
            raise BadAnswer(
                "Monta sent a label that is no PDF, PNG or ZPL file (only these are known), or is not one inside."
            )
        return Label(content, extension, given.track_and_trace_link or "")

    def reasons(self) -> Sequence[WarehouseReason]:
        """`GET /returnreasons`, a bare array (section 3.8); read once, before the first look at orders or forecasts."""
        return self._presence.reasons()

    def _read_reasons(self) -> tuple[WarehouseReason, ...]:
        rows = _rows(self._read("returnreasons"), "return reasons", "Id")
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
        """`GET /info` (section 4): what an origin is called is in no source, so every text in it may be its name."""
        return channels_of(self._read("info").json())

    def skus_of_barcode(self, barcode: str) -> Sequence[str]:
        """`GET /product?barcode=` (section 4, Products): one that lists other barcodes alone is not the one."""
        try:
            answer = self._look("product", params=[("barcode", barcode)])
        except Refused as error:
            if error.status == HTTPStatus.NOT_FOUND or wire.is_nothing_found(words_of(error.foreign)):
                return ()
            raise self._no_read(f"the product with barcode {barcode}", error) from error
        found = wire.products_in(None if answer.is_nothing else answer.json())
        return tuple(dict.fromkeys(item.sku for item in found if item.carries(barcode)))

    def check(self) -> Iterator[Finding]:
        """`GET /health` answers 200 without a login too, so `LoggedIn` decides (section 2)."""
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
                "label permission",
                ok=True,
                text="cannot be read; the first label shows it",
                next_step="In the portal the REST API account must be allowed to generate shipping labels.",
            )

    def _look(self, *segments: str, params: list[tuple[str, str]] | None = None) -> Answer:
        """Read an order, a forecast or a product, after having seen once whether it is Monta that answers.

        Raises:
            Refused: also a 404, which is one of this very thing.
            CallError: there was no answer of Monta's.
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
        """Read anything."""
        try:
            return self._sender.get(*segments, params=params)
        except Refused as error:
            if error.status == HTTPStatus.FORBIDDEN:
                raise self._refused_account(error) from error
            raise

    def _standing(self, forecast: NewForecast, error: Refused) -> Forecast | None:
        """A 400 that says it exists already is confirmed by reading (section 7, question 1)."""
        exists = error.status == HTTPStatus.BAD_REQUEST and "exist" in words_of(error.foreign).lower()
        return self.forecast(forecast.code) if exists else None

    def _refused_account(self, error: Refused) -> AccountRefused:
        return AccountRefused(
            self._name,
            "Monta refuses this account (HTTP 403).",
            "Check in the portal whether this machine's address is on the REST account's list of allowed ones.",
            foreign=error.foreign,
        )

    def _no_answer(self, what: str, error: Refused) -> CallError | HoldError:
        """Why a forecast is not shown: a 404 that is not Monta's own leaves open whether it is there."""
        if is_not_found(error):
            words = "not in Monta's words, so whether there is one stays open"
            return BadAnswer(
                f"{self._name}: asked for {what}, it was answered with 404, {words}.",
                status=error.status, foreign=error.foreign,
            )  # fmt: skip
        return self._no_read(what, error)

    def _no_read(self, what: str, error: Refused) -> HoldError:
        return HoldError(
            Cause.LOOKUP_REFUSED,
            f"Monta refuses to show {what} (HTTP {error.status}).",
            "Look the order up in the portal, then: returnsync held retry <CODE>.",
            foreign=words_of(error.foreign),
        )

    def _send(self, method: str, forecast: NewForecast) -> Forecast:
        try:
            answer = self._sender.send(method, "returnforecast", json=wire.body_of(forecast))
        except Refused as error:
            if error.status == HTTPStatus.FORBIDDEN:
                raise self._refused_account(error) from error
            standing = self._standing(forecast, error) if method == "POST" else None
            if standing is not None:
                return standing
            raise Refused(error.what, status=error.status, foreign=words_of(error.foreign)) from error
        return wire.to_forecast(wire.parse(wire.Forecast, answer.json(), "the forecast that it made"))


def _rows(answer: Answer, what: str, *known_by: str) -> list[object]:
    """The rows of a list, in which a single one may be odd; one object that has the fields of a row is a list of one.

    Raises:
        BadAnswer: it is no list, or a list of something else.
    """
    if answer.is_nothing:
        return []
    rows = items_in(answer.json(), *known_by)
    if rows is None or (rows and not any(row is None or isinstance(row, dict) for row in rows)):
        raise BadAnswer(f"Monta answered with something else than a list of {what}.")
    return rows
