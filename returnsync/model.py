"""The one model: what a return is, whatever platform it came from and whatever warehouse it goes to.

Values only: frozen, comparable, without behaviour that reaches outside. Platforms build them, `state` keeps them, the
engine decides on them, warehouses send them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import NewType

SourceId = NewType("SourceId", str)
"""The lasting name of a source: its `id` setting. Part of every code, so it never changes."""

WarehouseName = NewType("WarehouseName", str)
"""A warehouse account as the configuration names it."""

ReturnId = NewType("ReturnId", str)
"""The platform's own key of a return."""

OrderNumber = NewType("OrderNumber", str)
"""An order number exactly as the platform wrote it."""

WarehouseOrderNumber = NewType("WarehouseOrderNumber", str)
"""An order number as the warehouse knows it, after the rules of the source."""

Code = NewType("Code", str)
"""Our key of one announcement at the warehouse: at most 50 characters of `A–Z a–z 0–9 -`."""


class ReturnStatus(StrEnum):
    """Where a return stands at its platform, in our words. What a platform's word does not fit is `UNKNOWN`."""

    REQUESTED = "requested"
    APPROVED = "approved"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


OVER = frozenset({ReturnStatus.COMPLETED, ReturnStatus.REJECTED, ReturnStatus.CANCELLED})
"""Nothing more comes of a return like this: first seen so, it adds nothing to what is still to be announced."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something comes back: the platform's stable key, its words, and the main reason of a sub-reason."""

    key: str
    label: str = ""
    parent: "Reason | None" = None


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; every part may be empty, since platforms differ in what they give."""

    name: str = ""
    street: str = ""
    house_number: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Consumer:
    """The person who sends something back."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    locale: str = ""
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class OwnLabel:
    """A label or tracking number that the platform itself already gave this return."""

    tracking_code: str = ""
    tracking_link: str = ""
    label_url: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a platform tells of a parcel's weight in grams and its sides in millimetres; `None` where it does not."""

    weight: int | None = None
    sides: tuple[int, ...] | None = None
    """Its three sides, in no order that counts."""


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """Units of one order line that come back for one reason.

    `order_line_ids` are the ids under which the shop may know the line, the likeliest first: a platform may give the id
    of a single unit beside that of the line it came from.
    """

    order_number: OrderNumber
    quantity: int
    order_line_ids: tuple[str, ...] = ()
    sku: str = ""
    barcode: str = ""
    title: str = ""
    reason: Reason | None = None
    comment: str = ""
    resolution: str = ""
    order_ref: str = ""
    """What the warehouse is asked for, where the platform knows an order by several numbers and a setting chooses;
    empty: `order_number` itself. Never part of a code, so the setting may change."""


@dataclass(frozen=True, slots=True)
class Return:
    """What one consumer sends back in one go; it may span several orders.

    Some platforms give it in several records, one an article: each is a `Return` of its own with a `group`, and those
    of one group are announced together.
    """

    source: SourceId
    platform: str
    id: ReturnId
    status: ReturnStatus
    raw_status: str
    created: datetime
    updated: datetime
    number: str = ""
    lines: tuple[ReturnLine, ...] = ()
    consumer: Consumer | None = None
    sender: Address | None = None
    carrier: str = ""
    own_label: OwnLabel | None = None
    aliases: tuple[str, ...] = ()
    """Other names by which people may look for it: a tracking number, an id of the platform's. They decide nothing."""
    group: str = ""
    """The key of what this record is one part of, the same for all its parts; empty where it stands alone."""
    channel: str = ""
    """The sales channel that the platform names, such as a marketplace; its return reasons may be its own."""
    parcel: Parcel | None = None
    brand: str = ""
    """The brand that it belongs to, where an account has several; a setting may send brands to other warehouses."""
    not_coming: str = ""
    """Why nothing of it comes to the warehouse, as a sentence; empty where it does. Counts before the announcement."""
    anonymised: bool = False
    """The platform removed personal data from its record: what is known already stays, and no label is asked for."""

    def order_numbers(self) -> tuple[OrderNumber, ...]:
        """The orders that this return touches, in the order of its lines."""
        return tuple(dict.fromkeys(line.order_number for line in self.lines))

    def addresses(self) -> Iterator[Address]:
        """Every address of the consumer that this return carries."""
        if self.sender is not None:
            yield self.sender
        if self.consumer is not None and self.consumer.address is not None:
            yield self.consumer.address

    def order_ref(self, number: OrderNumber) -> str:
        """The number of one of its orders by which the warehouse is to be asked, before any rule."""
        return next((line.order_ref for line in self.lines if line.order_number == number and line.order_ref), number)


@dataclass(frozen=True, slots=True)
class UnreadableRecord:
    """A record of a platform that could not be understood: kept raw, tried again less and less often, never dropped."""

    key: str
    raw: str
    problem: str


@dataclass(frozen=True, slots=True)
class WarehouseOrderLine:
    """A line of an order at the warehouse. `id` is empty where the shop sent none: it cannot be announced then."""

    id: str
    sku: str
    ordered: int | None
    """Units; `None` where the warehouse does not show how many, which is not none."""


@dataclass(frozen=True)
class WarehouseOrder:
    """An order as the warehouse knows it, as far as announcing a return needs it."""

    number: WarehouseOrderNumber
    channel: str
    shipped: bool
    deleted: bool
    lines: tuple[WarehouseOrderLine, ...]

    @cached_property
    def by_id(self) -> Mapping[str, Sequence[WarehouseOrderLine]]:
        """Its lines by their order-line id, without blanks around it; those that have none are left out."""
        return _grouped((line.id.strip(), line) for line in self.lines if line.id.strip())

    @cached_property
    def by_sku(self) -> Mapping[str, Sequence[WarehouseOrderLine]]:
        """Its lines by their SKU, without blanks around it."""
        return _grouped((line.sku.strip(), line) for line in self.lines)


def _grouped(items: Iterable[tuple[str, WarehouseOrderLine]]) -> dict[str, list[WarehouseOrderLine]]:
    found: dict[str, list[WarehouseOrderLine]] = {}
    for key, line in items:
        found.setdefault(key, []).append(line)
    return found


@dataclass(frozen=True, slots=True)
class ForecastLine:
    """One line of a forecast as the warehouse shows it: known by order line id, by SKU, or by both.

    One that shows neither may be about any goods.
    """

    order_line_id: str
    sku: str
    quantity: int | None
    """Units; `None` where the warehouse does not show how many, which is not none."""
    reason_id: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Forecast:
    """A return forecast that stands at the warehouse, ours or anybody's."""

    code: str
    lines: tuple[ForecastLine, ...]
    order_number: str = ""
    tracking_code: str = ""


@dataclass(frozen=True, slots=True)
class NewForecastLine:
    """One line to announce: an order line of the warehouse, units, and the reason in its words and ids."""

    order_line_id: str
    sku: str
    quantity: int
    reason: str
    reason_id: int | None = None
    reason_parent_id: int | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class NewForecast:
    """What an announcement sends to the warehouse."""

    code: Code
    order_number: WarehouseOrderNumber
    lines: tuple[NewForecastLine, ...]
    tracking_code: str = ""
    tracking_link: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """A label as the warehouse gave it: the file's bytes (checked), its extension and the carrier's public page."""

    content: bytes = field(repr=False)
    extension: str
    tracking_link: str = ""


class Step(StrEnum):
    """What comes next for an announcement, now or once what stands in its way is gone."""

    ANNOUNCE = "announce"
    """It is to be announced at the warehouse."""
    COMPARE = "compare"
    """It is announced, and what the warehouse has of it is compared with what the platform shows."""
    UPDATE = "update"
    """It is announced and changed since: it is compared, and the change is sent where updates are sent."""
    LABEL = "label"
    """It is announced as the platform shows it, and its label comes next."""
    NONE = "none"
    """Nothing, unless its platform shows something else or a person asks for more."""


class Progress(StrEnum):
    """Whether an announcement goes on now, later, only with a person, or not at all. What comes next is its `Step`."""

    DUE = "due"
    """Something is to be done now."""
    WAITING = "waiting"
    """It heals by itself: tried again at `due_at`, or when the platform shows a change."""
    HELD = "held"
    """A person must look."""
    SETTLED = "settled"
    """Announced, and labelled where a label is wanted: nothing to do."""
    LEFT_ALONE = "left_alone"
    """Never announced, and not to be."""
    WITHDRAWN = "withdrawn"
    """Rejected or cancelled before anything was announced."""
    RELEASED = "released"
    """A person took it out of our hands."""


class Cause(StrEnum):
    """Why an announcement waits, is held or is left alone. Fixed words: `held` groups by them, scripts rely on them.

    A cause is for people. What comes next is never read from it, but from the announcement's `Step`.
    """

    # waits
    NOT_APPROVED = "not-approved"
    ORDER_UNKNOWN = "order-unknown"
    ORDER_NOT_SHIPPED = "order-not-shipped"
    CALL_FAILED = "call-failed"
    IN_FLIGHT = "in-flight"
    # held
    STATUS_UNKNOWN = "status-unknown"
    UNREADABLE = "unreadable"
    ORDER_NUMBER_UNUSABLE = "order-number-unusable"
    ORDER_NUMBER_UNKNOWN = "order-number-unknown"
    LOOKUP_REFUSED = "lookup-refused"
    ORDER_AMBIGUOUS = "order-ambiguous"
    ORDER_DELETED = "order-deleted"
    CHANNEL_DIFFERS = "channel-differs"
    LINE_UNMATCHED = "line-unmatched"
    LINE_AMBIGUOUS = "line-ambiguous"
    TOO_MANY_UNITS = "too-many-units"
    COVERED_ELSEWHERE = "covered-elsewhere"
    REASON_UNPAIRED = "reason-unpaired"
    CARRIER_UNFIT = "carrier-unfit"
    FORECAST_DIFFERS = "forecast-differs"
    FORECAST_DOUBLED = "forecast-doubled"
    ECHO_DIFFERS = "echo-differs"
    FORECAST_REFUSED = "forecast-refused"
    FORECAST_IN_DOUBT = "forecast-in-doubt"
    LABEL_REFUSED = "label-refused"
    LABEL_IN_DOUBT = "label-in-doubt"
    LABEL_UNUSABLE = "label-unusable"
    CHANGED_AFTER = "changed-after-announcement"
    CANCELLED_AFTER = "cancelled-after-announcement"
    APPROVED_AGAIN = "approved-again"
    UPDATE_REFUSED = "update-refused"
    VANISHED = "vanished-at-platform"
    # left alone
    BEFORE_START = "before-start"
    NOT_COMING = "not-coming"
    ALREADY_DELIVERED = "already-delivered"
    ALREADY_COMPLETED = "already-completed"


@dataclass(frozen=True, slots=True)
class Announcement:
    """Our pre-announcement of one return for one order: does it go on (`progress`), with what (`step`), and why."""

    code: Code
    warehouse: WarehouseName
    source: SourceId
    return_id: ReturnId
    order_number: OrderNumber
    progress: Progress
    step: Step
    cause: str = ""
    what: str = ""
    next_step: str = ""
    foreign: str = ""
    due_at: datetime | None = None
    waiting_since: datetime | None = None
    attempts: int = 0
    announced_at: datetime | None = None
    labelled_at: datetime | None = None
    units: str = ""
    """What was announced, as the platform told it: see `mapping.lines.units`. Tells a change from a mere edit."""
    order_ref: str = ""
    """The number by which the warehouse is asked for the order, before any rule; empty: `order_number` itself."""


@dataclass(frozen=True, slots=True)
class WarehouseReason:
    """A return reason that the warehouse offers; lines refer to it by `id`, and to its main reason by `parent_id`."""

    id: int
    label: str
    translations: tuple[tuple[str, str], ...] = ()
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """A sales channel of a warehouse account: every name that it may go by, and the carriers enabled on it."""

    names: tuple[str, ...]
    carriers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `returnsync check`: fine, or what to do."""

    subject: str
    ok: bool
    text: str
    next_step: str = ""
    temporary: bool = False
    """What is wrong may heal by itself."""
    warning: bool = False
    """It works as it is, and may still be wrong; `ok` is true, and a next step says what to look at."""
