"""A warehouse account that is watched: each call is passed on as it is, and its breaker records the result."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import ParamSpec, TypeVar

from returnsync import redact
from returnsync.engine.breakers import AccountBreaker
from returnsync.engine.outages import is_outage
from returnsync.errors import (
    AccountError,
    AccountRefused,
    AccountUnavailable,
    CallError,
    ReturnsyncError,
    Unclear,
)
from returnsync.model import (
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
from returnsync.warehouses.interface import WarehouseAccount

P = ParamSpec("P")
R = TypeVar("R")


@contextmanager
def _masking_what_is_kept() -> Iterator[None]:
    """Where the warehouse refuses, its text is kept with the person masked whom its order names."""
    try:
        yield
    except ReturnsyncError as error:
        if error.foreign and (known := redact.in_hand()) is not None:
            error.foreign = known.without_order(error.foreign)
        raise


class Watched(WarehouseAccount):
    """Passes everything on to an account. Probes and label calls are not counted here: their callers count them."""

    def __init__(self, account: WarehouseAccount, breaker: AccountBreaker) -> None:
        """Pass everything on to `account`, and report the results to `breaker`."""
        self._account = account
        self._breaker = breaker

    def _watch(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        with _masking_what_is_kept():
            return self._counted(call, *args, **kwargs)

    def _counted(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            result = call(*args, **kwargs)
        except AccountRefused:
            raise  # it shows nothing about an outage
        except (CallError, AccountUnavailable) as error:
            if is_outage(error):
                self._breaker.call_failed(error, others_answered=self._account.answered)
            elif isinstance(error, CallError):
                self._breaker.call_answered()
            raise
        except AccountError:
            raise
        except ReturnsyncError:
            # The call was answered, and its answer holds the return.
            self._breaker.call_answered()
            raise
        self._breaker.call_answered()
        return result

    @property
    def answered(self) -> bool:
        """The account's own value."""
        return self._account.answered

    @property
    def trouble(self) -> AccountError | None:
        """The account's own value."""
        return self._account.trouble

    @property
    def server_time(self) -> datetime | None:
        """The account's own value."""
        return self._account.server_time

    def probe(self, number: WarehouseOrderNumber | None = None) -> None:
        """Pass the call on."""
        self._account.probe(number)

    def order(self, number: WarehouseOrderNumber) -> WarehouseOrder | None:
        """Pass the call on; the person whom the order names is masked in texts about the current return."""
        order = self._watch(self._account.order, number)
        if order is not None and (known := redact.in_hand()) is not None:
            known.know_of_order(order.private)
        return order

    def forecasts(self, number: WarehouseOrderNumber, *, order_seen: bool = True) -> Sequence[Forecast]:
        """Pass the call on."""
        return self._watch(self._account.forecasts, number, order_seen=order_seen)

    def forecast(self, code: Code) -> Forecast | None:
        """Pass the call on."""
        return self._watch(self._account.forecast, code)

    def labels_of_order(self, number: WarehouseOrderNumber) -> Sequence[ShownLabel]:
        """Pass the call on."""
        return self._watch(self._account.labels_of_order, number)

    def create(self, forecast: NewForecast) -> Forecast:
        """Pass the call on. After the third unclear create in a row, no more are made."""
        try:
            echo = self._watch(self._account.create, forecast)
        except Unclear:
            self._breaker.create_ended(unclear=True)
            raise
        except ReturnsyncError:
            self._breaker.create_ended(unclear=False)
            raise
        self._breaker.create_ended(unclear=False)
        return echo

    def update(self, forecast: NewForecast) -> Forecast:
        """Pass the call on."""
        return self._watch(self._account.update, forecast)

    def label(self, code: Code, carrier: str) -> Label:
        """Pass the call on; label calls have a breaker of their own."""
        with _masking_what_is_kept():
            return self._account.label(code, carrier)

    def reasons(self) -> Sequence[WarehouseReason]:
        """Pass the call on."""
        return self._watch(self._account.reasons)

    def channels(self) -> Sequence[Channel]:
        """Pass the call on."""
        return self._watch(self._account.channels)

    def skus_of_barcode(self, barcode: str) -> Sequence[str]:
        """Pass the call on."""
        return self._watch(self._account.skus_of_barcode, barcode)

    def forecasts_made(self, since: date, until: date) -> Iterator[Sequence[ListedForecast]] | None:
        """Pass the call on, uncounted: a list of which a page fails says nothing about the other calls of a run."""
        return self._account.forecasts_made(since, until)

    def received_since(self, since: datetime) -> Receipts | None:
        """Pass the call on."""
        return self._watch(self._account.received_since, since)

    def received_of(self, number: WarehouseOrderNumber) -> Sequence[ReceivedReturn]:
        """Pass the call on."""
        return self._watch(self._account.received_of, number)

    def check(self) -> Iterator[Finding]:
        """Pass the call on."""
        return self._account.check()
