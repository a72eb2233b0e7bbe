"""What the engine asks of a warehouse, and the settings that every warehouse account has.

The reads may be repeated freely. `create`, `update` and `label` are effects: each changes something outside, and the
label costs money. So the engine calls each of them only once, after its intent is in the ledger.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from returnsync.errors import AccountError
from returnsync.http.account import CallSettings
from returnsync.http.client import Sender
from returnsync.mapping.carriers import CarrierFacts
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
from returnsync.secrets import SecretOf


class WarehouseSettings(CallSettings):
    """One account at a warehouse; the table's name is the name of the warehouse."""

    kind: str = Field(description="The kind of warehouse system.", examples=["monta"])
    carrier: str = Field(
        description="The warehouse's carrier code for labels when nothing else is mapped (Monta's shipperCode).",
        examples=["PostNL"],
    )
    channel: str = Field(
        default="",
        description="The sales channel that orders must belong to (Monta's origin). "
        "Set it when the same order number can exist in several channels.",
        examples=["Webshop NL"],
    )
    request_labels: bool = Field(
        default=True, description="Ask the warehouse for a label after the announcement.", examples=[True]
    )
    unmapped_reason: Literal["text", "hold"] = Field(
        default="text",
        description="What to do with a return reason that is not paired: `text` announces it as text only, `hold` "
        "holds the return until it is paired.",
        examples=["text"],
    )
    wait_for_order_days: int = Field(
        default=14,
        ge=0,
        description="How many days a return waits for its order to be known and shipped before it is held.",
        examples=[14],
    )
    settle_after: int = Field(
        default=600,
        ge=30,
        le=86_400,
        description="The least number of seconds between the two looks for a call whose answer was lost: 30 to 86,400. "
        "Only when both looks find nothing does the call count as never made, and is made again. It applies "
        "also to a label that was asked for while the account was refused.",
        examples=[600],
    )
    concurrency: int = Field(
        default=4,
        ge=1,
        le=32,
        description="At most this many calls are made at the same time, each for a different order.",
        examples=[4],
    )


class WarehouseAccount(ABC):
    """An open account at a warehouse, as the engine uses it.

    Only the warehouse's own words count as "not there". A web page, a redirect, or an error of something in front of
    the warehouse is not an answer, but a `BadAnswer`.
    """

    @property
    @abstractmethod
    def answered(self) -> bool:
        """Whether the account has properly answered any read since it was opened."""

    @property
    @abstractmethod
    def trouble(self) -> AccountError | None:
        """What is wrong with the account as a whole, judged by all its answers; `None` where nothing is."""

    @property
    @abstractmethod
    def server_time(self) -> datetime | None:
        """The warehouse's own clock at its last answer to this thread; `None` where that gave no usable time."""

    @abstractmethod
    def probe(self, number: WarehouseOrderNumber | None = None) -> None:
        """Make one small, fresh read to see whether the account answers: of one order, or of nothing in particular.

        It returns where the account answers, also when that does not know the order.

        Raises:
            CallError: it does not answer, or not in its own words.
            AccountError: it cannot be used.
        """

    @abstractmethod
    def order(self, number: WarehouseOrderNumber) -> WarehouseOrder | None:
        """The order, or `None` when the warehouse does not know it (yet).

        Raises:
            HoldError: the lookup fits more than one order.
            CallError, AccountError: it could not be read.
        """

    @abstractmethod
    def forecasts(self, number: WarehouseOrderNumber, *, order_seen: bool = True) -> Sequence[Forecast]:
        """Every return forecast that exists for the order, whoever made it.

        With `order_seen`, the order itself was shown just before: then an unclear "not found" also means that there is
        no forecast. Without it, only the warehouse's own words mean that.

        Raises:
            HoldError: the warehouse refuses to show them.
            CallError, AccountError: they could not be read.
        """

    @abstractmethod
    def forecast(self, code: Code) -> Forecast | None:
        """The forecast under our code; `None` where the warehouse itself says that there is none. Raises the same."""

    @abstractmethod
    def labels_of_order(self, number: WarehouseOrderNumber) -> Sequence[ShownLabel]:
        """Every return label that the warehouse lists for the order, whoever it belongs to; none for an unknown order.

        Raises:
            HoldError: the warehouse refuses to show them.
            CallError, AccountError: they could not be read.
        """

    @abstractmethod
    def create(self, forecast: NewForecast) -> Forecast:
        """Effect: pre-announce. Returns the warehouse's echo, which the engine compares.

        Raises:
            Refused, NotSent: surely nothing was made.
            Unclear: it may have been made; only a look can tell.
            AccountShut: the whole account is refused, and it is unknown whether it was made.
            AccountError: any other: nothing was made, and the account cannot be used at all.
        """

    @abstractmethod
    def update(self, forecast: NewForecast) -> Forecast:
        """Effect: replace a whole forecast. Returns and raises as `create`."""

    @abstractmethod
    def label(self, code: Code, carrier: str) -> Label:
        """Effect: make a new label, which is billed. The returned label is a checked file.

        Raises:
            Refused, NotSent: surely no label was made.
            NotAllowed: surely none was made, and none will be for any other code.
            Unclear: one may have been made; `BadLabel` when one came but cannot be used.
            AccountShut: the whole account is refused, and it is unknown whether one was made.
            AccountUnavailable: no label was made, and the account cannot be used for now.
        """

    @abstractmethod
    def reasons(self) -> Sequence[WarehouseReason]:
        """The return reasons that the warehouse offers: read once; after a failure, the next call reads again.

        Raises:
            CallError, AccountError: they could not be read.
        """

    @abstractmethod
    def channels(self) -> Sequence[Channel]:
        """The sales channels of the account, with the carriers enabled on each; empty where it does not show them."""

    @abstractmethod
    def skus_of_barcode(self, barcode: str) -> Sequence[str]:
        """The SKUs of the products with a barcode: none, one, or several that cannot be told apart.

        Raises:
            HoldError: the lookup is refused.
            CallError, AccountError: it could not be read.
        """

    def forecasts_made(self, since: date, until: date) -> Iterator[Sequence[ListedForecast]] | None:  # noqa: ARG002 - for systems that have it
        """Every forecast made on some days, both included, whoever made it: a page at a time, each once.

        `None` where the warehouse has no such list. Forecasts of the day before or after may be among them.

        Raises:
            HoldError: the list is refused.
            CallError, AccountError: it could not be read.
        """
        return None

    def received_since(self, since: datetime) -> Receipts | None:  # noqa: ARG002 - for systems that have it
        """The returns that were booked as received since then, as far back as the warehouse allows.

        `None` where the warehouse does not show them. Raises as `forecasts_made`.
        """
        return None

    def received_of(self, number: WarehouseOrderNumber) -> Sequence[ReceivedReturn]:  # noqa: ARG002 - for systems that have it
        """The returns of one order that were ever booked as received; empty where the warehouse does not show them.

        Raises:
            HoldError: the warehouse refuses to show them.
            CallError, AccountError: they could not be read.
        """
        return ()

    @abstractmethod
    def check(self) -> Iterator[Finding]:
        """Test credentials, rights, channel and carrier without any effect."""


class Warehouse(WarehouseAccount):
    """A kind of warehouse system. Implementations translate; they keep no state between runs, and decide nothing."""

    kind: ClassVar[str]
    title: ClassVar[str]
    settings: ClassVar[type[WarehouseSettings]]
    default_limits: ClassVar[dict[str, int]] = {}
    carriers: ClassVar[tuple[CarrierFacts, ...]] = ()
    """The carriers that this kind of warehouse system is known to have, each with what platforms may call it."""
    identified_by: ClassVar[tuple[str, ...]] = ()
    """The settings that distinguish an account from others at the same address, such as its user name.

    A secret counts by its value, not by its reference.
    """
    retry_401_once: ClassVar[bool] = False
    """Whether a read that is answered with 401 is retried once, for systems that answer so now and then."""

    @abstractmethod
    def __init__(self, name: str, settings: Any, sender: Sender) -> None:
        """Talk through `sender` to the account of `settings`. No request is made yet."""

    @classmethod
    @abstractmethod
    def auth(cls, settings: Any, secret: SecretOf) -> Any:
        """The authentication of this account: an `AuthBase` of `requests`, or `ClientCredentials`.

        `secret` resolves a setting that is a reference.
        """
