"""What a platform tells: a return, its lines and reasons, the consumer and the parcel."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from returnsync.model.announcements import Cause
from returnsync.model.identifiers import OrderNumber, ReturnId, SourceId


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


UNREADABLE_WORDS = "(unreadable)"
"""Words of a reason that cannot be read: they are paired with nothing, which is not the same as no reason."""

UNREADABLE_COUNTRY = "?"
"""The country of an address that may say one, and nobody can read it; where it says none, the country is empty."""


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

    A return that lists no items has one line without an article, of 0 units: it tells the order that the return is of,
    and why it comes back. What of that order comes, nobody knows then.
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

    @property
    def is_item(self) -> bool:
        """Whether it is about an article; else it stands for a return that lists none."""
        return self.quantity > 0


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
    without_shipment: bool | None = None
    """Whether the platform made it without a shipment of its own: whether it gets a label is then a setting's word.
    `None`: the platform does not tell, or it was read by a version that did not ask."""
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

    is_test: bool = False
    """It is of a test shop, or made to try the platform out: no consumer waits for its label."""
    history: tuple[str, ...] = ()
    """What the platform lists of what happened to it, each entry with its time; empty where it lists nothing. It says
    which of two copies is the older, and is never a change by itself."""

    def is_older_than(self, other: "Return") -> bool:
        """Whether this shows the same return as it was before: by its time of change, else by its history."""
        if self.updated != other.updated:
            return self.updated < other.updated
        return set(self.history) < set(other.history)

    def known_as(self, return_id: ReturnId) -> "Return":
        """The same under another id, by which it is known."""
        return self if self.id == return_id else replace(self, id=return_id)

    @property
    def lists_items(self) -> bool:
        """Whether it says what comes back."""
        return any(line.is_item for line in self.lines)

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
    """A record of a platform that could not be understood: kept raw, tried again less and less often, never dropped.

    Or one that can be read, and of which it is not clear which return it is: then `cause` is `IDENTITY_UNCLEAR`, `raw`
    are the returns in question as state keeps them, and `problem` is a sentence.
    """

    key: str
    raw: str
    problem: str
    cause: Cause = Cause.UNREADABLE
