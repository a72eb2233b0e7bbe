"""Returnista's records as they come (section 2.3 of the facts), as far as they are used."""

from typing import ClassVar

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from returnsync.platforms.wire import Wire as TolerantWire


class Wire(TolerantWire):
    """camelCase as Returnista writes it."""

    model_config: ClassVar[ConfigDict] = ConfigDict(alias_generator=to_camel)


class Address(Wire):
    """A postal address; a consumer's has no separate house number, a shipment's sender has."""

    first_name: str | None = None
    last_name: str | None = None
    street: str | None = None
    house_number: str | None = None
    city: str | None = None
    postal_code: str | None = None
    country_code: str | None = None


class Consumer(Wire):
    """The person, as far as a return needs them."""

    email: str | None = None
    locale: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    shipping_address: Address | None = None


class ShippingProduct(Wire):
    """A carrier service; `key` names it best."""

    key: str | None = None
    product_code: str | None = None
    name: str | None = None


class Shipment(Wire):
    """A parcel with its label and tracking, where there are any."""

    status: str | None = None
    label_url: str | None = None
    tracking_url: str | None = None
    tracking_number: str | None = None
    shipping_product: ShippingProduct | None = None
    sender: Address | None = None


class Reason(Wire):
    """A return reason; `description` depends on language and wording."""

    id: str | None = None
    key: str | None = None
    description: str | None = None


class Product(Wire):
    """What comes back."""

    name: str | None = None
    sku: str | None = None
    barcode: str | None = None


class Request(Wire):
    """One returned article: one row an article, without a quantity."""

    purchase_id: str | None = None
    parent_purchase_id: str | None = None
    purchase_order_number: str
    status: str | None = None
    requested_resolution: str | None = None
    return_reason_id: str | None = None
    return_reason_comment: str | None = None
    return_reason: Reason | None = None
    product: Product | None = None
    quantity: int | None = Field(default=None, ge=1)


class Store(Wire):
    """The store; `uat` marks a test store."""

    uat: bool | None = None


class ReturnOrder(Wire):
    """One submission of a consumer, with its parts expanded."""

    id: str = Field(pattern=r"[^. ]")
    status: str
    created_at: str
    updated_at: str
    store: Store | None = None
    consumer: Consumer | None = None
    shipments: list[Shipment] | None = None
    return_requests: list[Request] | None = None
