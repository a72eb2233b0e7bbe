"""What a platform shows: a return, its lines and reasons, the consumer and the parcel."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from returnsync.model.announcements import Cause
from returnsync.model.identifiers import OrderNumber, ReturnId, SourceId


class ReturnStatus(StrEnum):
    """The status of a return at its platform, in our words. A platform's status that matches none is `UNKNOWN`."""

    REQUESTED = "requested"
    APPROVED = "approved"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


OVER = frozenset({ReturnStatus.COMPLETED, ReturnStatus.REJECTED, ReturnStatus.CANCELLED})
"""A return with one of these is over. If it is first seen with one, it does not count as still to be announced."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something comes back: the platform's stable key, its words, and the main reason of a sub-reason."""

    key: str
    label: str = ""
    parent: "Reason | None" = None


UNREADABLE_WORDS = "(unreadable)"
"""The words of a reason that cannot be read. They are paired with nothing, which is not the same as no reason."""

UNREADABLE_COUNTRY = "?"
"""The country of an address that may name one, but cannot be read; where it names none, the country is empty."""


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
    """A parcel's weight in grams and its sides in millimetres; `None` where the platform does not give them."""

    weight: int | None = None
    sides: tuple[int, ...] | None = None
    """Its three sides, in any order."""


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """Units of one order line that come back for one reason.

    `order_line_ids` are the ids under which the shop may know the line, the likeliest first: a platform may give the id
    of a single unit besides that of its line.

    A return that lists no items has one line without an article and with 0 units. It gives the return's order and its
    reason; which articles of that order come back is not known.
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
    """What the warehouse is asked for, where the platform knows an order by several numbers and a setting chooses.

    When empty, `order_number` is used. It is never part of a code, so the setting may change.
    """

    @property
    def is_item(self) -> bool:
        """Whether it is about an article; otherwise it represents a return that lists none."""
        return self.quantity > 0


@dataclass(frozen=True, slots=True)
class Return:
    """What one consumer sends back in one go; it may span several orders.

    Some platforms give a return in several records, one for each article. Each record is then a `Return` of its own
    with a `group`, and all of one group are announced together.
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
    """Whether the platform made it without a shipment of its own; a setting then decides whether it gets a label.

    `None`: the platform does not say, or it was read by a version of returnsync that did not ask.
    """
    aliases: tuple[str, ...] = ()
    """Other names that people may search by: a tracking number, another id of the platform. They decide nothing."""
    group: str = ""
    """The key of the whole that this record is a part of, the same for all parts; empty where it stands alone."""
    channel: str = ""
    """The sales channel that the platform names, such as a marketplace; its return reasons may be its own."""
    parcel: Parcel | None = None
    brand: str = ""
    """The brand of the return, where an account has several; a setting may send brands to different warehouses."""
    not_coming: str = ""
    """A sentence on why none of it comes to the warehouse; empty where it does. Used only before the announcement."""
    anonymised: bool = False
    """The platform removed personal data from its record: what is already known stays, and no label is asked for."""

    is_test: bool = False
    """It belongs to a test shop, or was made to try the platform out: no consumer waits for its label."""
    history: tuple[str, ...] = ()
    """The platform's list of what happened to it, each entry with its time; empty where there is no list.

    It says which of two copies is the older one. A difference in it is never a change by itself.
    """

    def is_older_than(self, other: "Return") -> bool:
        """Whether this is an older copy of the same return: by its time of change, else by its history."""
        if self.updated != other.updated:
            return self.updated < other.updated
        return set(self.history) < set(other.history)

    def known_as(self, return_id: ReturnId) -> "Return":
        """The same return under another id, by which we already know it."""
        return self if self.id == return_id else replace(self, id=return_id)

    @property
    def lists_items(self) -> bool:
        """Whether it says which articles come back."""
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
        """The number by which the warehouse is to be asked for one of its orders, before any rule."""
        return next((line.order_ref for line in self.lines if line.order_number == number and line.order_ref), number)


@dataclass(frozen=True, slots=True)
class UnreadableRecord:
    """A record of a platform that could not be understood: it is kept raw, retried at growing intervals, never dropped.

    It may also be a record that can be read, but of which it is unclear which return it is. Then `cause` is
    `IDENTITY_UNCLEAR`, `raw` holds the returns in question as state keeps them, and `problem` is a sentence.
    """

    key: str
    raw: str
    problem: str
    cause: Cause = Cause.UNREADABLE
