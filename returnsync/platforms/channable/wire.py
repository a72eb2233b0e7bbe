"""The used fields of Channable's records, as they come (docs/platforms/channable.md, section "Return record")."""

from typing import Annotated

from pydantic import Field

from returnsync.http.fields import (
    ODD_IS_ABSENT,
    ODD_IS_UNREADABLE,
    Country,
    Flag,
    Key,
    OrderNumber,
    Quantity,
    Text,
    Word,
    Words,
)
from returnsync.platforms.wire import Wire


class Item(Wire):
    """The only article of a return; `gtin` may be a SKU or an id of the shop's, or be missing."""

    id: Key = None
    gtin: Key = None
    title: Text = None
    quantity: Quantity
    reason: Words = None
    comment: Text = None
    order_id: OrderNumber | None = None
    """Only in old payloads and shop pushes."""


class Customer(Wire):
    """The person; the e-mail is often a marketplace's relay address."""

    first_name: Text = None
    last_name: Text = None
    email: Text = None


class Address(Wire):
    """A postal address; the house number was a number in the past, and is a text now."""

    first_name: Text = None
    last_name: Text = None
    email: Text = None
    street: Text = None
    house_number: Text = None
    house_number_ext: Text = None
    address1: Text = None
    zip_code: Text = None
    city: Text = None
    country_code: Country = None


class Meta(Wire):
    """Numbers and marks of the marketplace, and the shop's id of the order."""

    channel_order_id: OrderNumber | None = None
    channel_order_id_internal: OrderNumber | None = None
    channel_return_id: Key = None
    platform_order_id: OrderNumber | None = None
    is_test_return: Flag = None
    is_demo_return: Flag = None


class Data(Wire):
    """The content of a return; the published document does not type it."""

    item: Item
    customer: Annotated[Customer | None, ODD_IS_ABSENT] = None
    address: Annotated[Address | None, ODD_IS_UNREADABLE] = None
    meta: Meta | None = None


class Record(Wire):
    """One article that a consumer sends back to a marketplace's seller."""

    id: Annotated[Word, Field(pattern=r"^[0-9]+$")]
    status: Word
    channel_name: Word | None = None
    platform_name: Word | None = None
    created: Word
    modified: Word
    obfuscated: Flag = None
    data: Data


class Product(Wire):
    """A line of an order; which field holds the SKU depends on the feed."""

    id: Key = None
    ean: Key = None
    article_number: Key = None
    reference_code: Key = None


class OrderData(Wire):
    """What was ordered."""

    products: list[Product] | None = None


class Order(Wire):
    """An order; its `channel_id` is the marketplace's order number."""

    id: Word
    channel_name: Word | None = None
    channel_id: OrderNumber | None = None
    data: OrderData | None = None
