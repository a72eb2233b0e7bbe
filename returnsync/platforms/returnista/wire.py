"""The used fields of Returnista's records, as they come (section 2.3 of docs/platforms/returnista.md)."""

from typing import Annotated, ClassVar

from pydantic import BeforeValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from returnsync.http.fields import (
    ODD_IS_ABSENT,
    ODD_IS_UNREADABLE,
    Country,
    Flag,
    Id,
    Key,
    Link,
    OrderNumber,
    Quantity,
    Text,
    Tracking,
    Word,
)
from returnsync.platforms.wire import Wire as TolerantWire

_FLAG = TypeAdapter[bool | None](Flag)


def _only_yes(value: object) -> bool:
    """Whether a flag says yes; a value that is not a flag says no, so that no return is set aside for it."""
    try:
        return bool(_FLAG.validate_python(value))
    except ValidationError:
        return False


class Wire(TolerantWire):
    """The base of Returnista's records, with field names in camelCase as Returnista writes them."""

    model_config: ClassVar[ConfigDict] = ConfigDict(alias_generator=to_camel)


class Address(Wire):
    """A postal address; a shipment's sender has a separate house number, a consumer does not."""

    first_name: Text = None
    last_name: Text = None
    street: Text = None
    house_number: Text = None
    city: Text = None
    postal_code: Text = None
    country_code: Country = None


class Consumer(Wire):
    """The person, with what a return needs."""

    email: Text = None
    locale: Text = None
    first_name: Text = None
    last_name: Text = None
    shipping_address: Annotated[Address | None, ODD_IS_UNREADABLE] = None


class ShippingProduct(Wire):
    """A carrier service; `key` is its best name."""

    key: Key = None
    product_code: Key = None
    name: Text = None


class Shipment(Wire):
    """A parcel with its label and tracking, where there are any."""

    status: Word | None = None
    label_url: Link = None
    tracking_url: Link = None
    tracking_number: Tracking = None
    shipping_product: ShippingProduct | None = None
    sender: Annotated[Address | None, ODD_IS_UNREADABLE] = None


class Reason(Wire):
    """A return reason; `description` depends on language and wording."""

    id: Key = None
    key: Key = None
    description: Text = None


class Product(Wire):
    """The returned article."""

    name: Text = None
    sku: Key = None
    barcode: Annotated[Key, ODD_IS_ABSENT] = None


class Request(Wire):
    """One returned article: one row for each, without a quantity."""

    purchase_id: Key = None
    parent_purchase_id: Key = None
    purchase_order_number: OrderNumber
    status: Word | None = None
    requested_resolution: Text = None
    return_reason_id: Key = None
    return_reason_comment: Text = None
    return_reason: Reason | None = None
    product: Product | None = None
    quantity: Quantity | None = None


class Store(Wire):
    """The store; `uat` marks a test store."""

    uat: Flag = None


class ReturnOrder(Wire):
    """One submission of a consumer, with its parts expanded."""

    id: Id
    status: Word
    created_at: Word
    updated_at: Word
    created_without_shipment: Annotated[bool, BeforeValidator(_only_yes)] = False
    store: Store | None = None
    consumer: Annotated[Consumer | None, ODD_IS_UNREADABLE] = None
    shipments: list[Shipment] | None = None
    return_requests: list[Request] | None = None
