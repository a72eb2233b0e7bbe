"""The used fields of Returnless's records, as they come (section 3 of docs/platforms/returnless.md).

Sections are those of that page.
"""

from typing import Annotated, Any

from pydantic import AliasChoices, AliasPath, BeforeValidator, Field, model_validator

from returnsync.http.fields import (
    ODD_IS_ABSENT,
    ODD_IS_UNREADABLE,
    Country,
    Flag,
    Id,
    Key,
    Link,
    Number,
    OrderNumber,
    Quantity,
    StatusText,
    Text,
    Tracking,
    Word,
)
from returnsync.http.records import look_up, object_in
from returnsync.platforms.wire import Wire as TolerantWire


class Wire(TolerantWire):
    """A record with its relations beside its fields or under `includes`: both forms are in use (section 3)."""

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, record: Any) -> Any:
        """Put relations beside the fields; a value that is already there wins. Null and empty texts count as absent."""
        if not isinstance(record, dict):
            return record
        nested = object_in(look_up(record, "includes"))
        both = ({**nested} if isinstance(nested, dict) else {}, record)
        return {name: value for part in both for name, value in part.items() if value is not None and value != ""}


def _word_of(*names: str, odd_is_given: bool = False) -> BeforeValidator:
    """A text, or an object that contains it under the first of `names` that it has.

    An object with none of them is absent, or is passed on for the field to judge where `odd_is_given` is set.
    """

    def word(value: object) -> object:
        given = object_in(value)
        if not isinstance(given, dict):
            return given
        return next((found for name in names if (found := look_up(given, name))), given if odd_is_given else None)

    return BeforeValidator(word)


class Status(Wire):
    """A status that the merchant defined: the id is permanent, the label is for people."""

    id: Key = None
    label: StatusText = None


class Reason(Wire):
    """A return reason, also defined by the merchant."""

    id: Key = None
    system_name: Key = None
    label: Text = None


class Reply(Wire):
    """What the consumer answered to a question of the form; `answer` is free text."""

    answer: Text = None


class Product(Wire):
    """The returned article."""

    name: Text = None
    sku: Key = None
    barcode: Annotated[Key, ODD_IS_ABSENT] = None


class Item(Wire):
    """Units of one article that come back for one reason."""

    quantity: Quantity | None = None
    product: Product | None = None
    return_reason: Reason | None = None
    answers: Annotated[list[Reply] | None, ODD_IS_ABSENT] = None


class Shipment(Wire):
    """A parcel with its tracking number, which has two names; no field for a label's address is documented."""

    tracking_number: Tracking = Field(default=None, validation_alias=AliasChoices("tracking_number", "tracking_code"))
    tracking_url: Link = None
    label_url: Link = Field(
        default=None, validation_alias=AliasChoices("label_url", "shipping_label_link", AliasPath("label", "url"))
    )
    shipping_method: Annotated[str | None, _word_of("name", "label", "id")] = None
    carrier_name: Key = None


class SalesOrder(Wire):
    """The order in the shop."""

    order_number: OrderNumber | None = Field(default=None, pattern=r"\S")


class Customer(Wire):
    """The person, in one name."""

    name: Text = None
    email: Text = None


class Address(Wire):
    """A postal address."""

    street: Text = None
    house_number: Text = None
    suffix: Text = None
    postal_code: Text = None
    city: Text = None
    country: Annotated[Country, _word_of("iso_code", "code", "name", odd_is_given=True)] = None
    telephone: Text = None


class ReturnOrder(Wire):
    """One return, or the request that it began as. Missing items and shipments are `None`; empty lists stay lists."""

    id: Id
    # Only this says whether the return was approved, so there is no default.
    state: Annotated[Word, Field(pattern=r"\S")]
    created_at: Word
    updated_at: Word | None = None
    return_number: Annotated[Key, ODD_IS_ABSENT] = None
    status: Status | None = None
    quantity: Number = None
    is_test_record: Flag = None
    customer: Annotated[Customer | None, ODD_IS_ABSENT] = None
    customer_address: Annotated[Address | None, ODD_IS_UNREADABLE] = None
    items: list[Item] | None = Field(default=None, validation_alias=AliasChoices("return_order_items", "items"))
    shipments: list[Shipment] | None = None
    sales_order: SalesOrder | None = None

    @property
    def order_number(self) -> str:
        """The number of the shop's order; empty where the record does not contain it."""
        return (self.sales_order and self.sales_order.order_number) or ""
