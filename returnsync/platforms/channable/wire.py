"""Channable's records as they come (section "Return record" of the facts), as far as they are used."""

from pydantic import Field

from returnsync.platforms.wire import Wire


class Item(Wire):
    """The one article of a return; `gtin` may be a SKU or an id of the shop's, or be missing."""

    id: str | None = None
    gtin: str | None = None
    title: str | None = None
    quantity: int = Field(ge=1)
    reason: str | None = None
    comment: str | None = None
    order_id: str | None = None
    """Only in old payloads and shop pushes."""


class Customer(Wire):
    """The person; the e-mail is often a marketplace's relay address."""

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None


class Address(Wire):
    """A postal address; a house number was once a number, and is text now."""

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    street: str | None = None
    house_number: str | None = None
    house_number_ext: str | None = None
    address1: str | None = None
    zip_code: str | None = None
    city: str | None = None
    country_code: str | None = None


class Meta(Wire):
    """Numbers and marks that belong to the marketplace's side, and the shop's id of the order."""

    channel_order_id: str | None = None
    channel_order_id_internal: str | None = None
    channel_return_id: str | None = None
    platform_order_id: str | None = None
    is_test_return: bool | None = None
    is_demo_return: bool | None = None


class Data(Wire):
    """What a return is about; the published document does not type it."""

    item: Item
    customer: Customer | None = None
    address: Address | None = None
    meta: Meta | None = None


class Record(Wire):
    """One article of what a consumer sends back to a marketplace's seller."""

    id: str = Field(pattern=r"^[0-9]+$")
    status: str
    channel_name: str | None = None
    platform_name: str | None = None
    created: str
    modified: str
    obfuscated: bool | None = None
    data: Data


class Product(Wire):
    """A line of an order; which field holds the SKU depends on the feed."""

    id: str | None = None
    ean: str | None = None
    article_number: str | None = None
    reference_code: str | None = None


class OrderData(Wire):
    """What was ordered."""

    products: list[Product] | None = None


class Order(Wire):
    """An order; its `channel_id` is the marketplace's order number."""

    id: str
    channel_name: str | None = None
    channel_id: str | None = None
    data: OrderData | None = None
