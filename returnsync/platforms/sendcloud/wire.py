"""The used fields of what Sendcloud writes (docs/platforms/sendcloud.md, section 4.2)."""

from typing import Annotated

from pydantic import field_validator

from returnsync.http.fields import ODD_IS_ABSENT, Country, Key, Link, OrderNumber, Quantity, Text, Tracking, Word
from returnsync.platforms.wire import Wire


class Address(Wire):
    """A postal address; the house number may also be inside the first line."""

    name: Text = None
    address_line_1: Text = None
    address_line_2: Text = None
    house_number: Text = None
    postal_code: Text = None
    city: Text = None
    country_code: Country = None
    email: Text = None
    phone_number: Text = None


class Reason(Wire):
    """A return reason; the description is translated, the number is permanent."""

    id: Key = None
    description: Text = None


class Reasons(Wire):
    """Why an item comes back, in either of two forms; each is read where no other gives a reason (see `reasons`)."""

    return_reason: object = None
    return_reason_id: object = None


class Item(Reasons):
    """Units of one article that come back; `item_id` is the shop's order-line id."""

    item_id: Key = None
    # Each counts only where all earlier ones are empty: then it must be readable.
    product_id: object = None
    variant_id: object = None
    sku: Key = None
    manufacturer_product_id_std: Annotated[Key, ODD_IS_ABSENT] = None
    description: Text = None
    # No document requires it, and it is never guessed.
    quantity: Quantity
    return_message: Text = None


class Step(Wire):
    """One status of the parcel."""

    # It decides which of several statuses is the newest.
    carrier_update_timestamp: object = None
    parent_status: Word | None = None


class Refund(Wire):
    """What the consumer wants in return."""

    refund_type: Text = None


class Label(Wire):
    """Addresses of the label, once it exists."""

    label_printer: Link = None
    normal_printer: list[Link] | None = None


class Product(Wire):
    """A carrier service, as `carrier:service`."""

    code: Key = None


class Weight(Wire):
    """A parcel's weight; an odd value does no harm."""

    value: object = None
    unit: object = None


class Dimensions(Wire):
    """A parcel's three sides, in one unit."""

    length: object = None
    width: object = None
    height: object = None
    unit: object = None


class Brand(Wire):
    """The brand of a return, where it decides something."""

    brand_id: Key = None


class Return(Wire):
    """One return. No document mentions `id`; it is read where it is sent."""

    id: Annotated[Key, ODD_IS_ABSENT] = None
    created_at: Word
    status: Word | None = None
    status_history: list[Step] | None = None
    order_number: OrderNumber | None = None
    brand_id: Annotated[Key, ODD_IS_ABSENT] = None
    from_address: Address
    parcel_items: list[Item] | None = None
    # Read in the same way as those of items.
    reason: object = None
    refund: Annotated[Refund | None, ODD_IS_ABSENT] = None
    delivery_option: Word | None = None
    tracking_number: Tracking = None
    tracking_url: Annotated[Link, ODD_IS_ABSENT] = None
    label: Label | None = None
    label_url: Link = None
    shipping_product: Product | None = None
    # Read only where the product names no service.
    shipping_option: object = None
    weight: Weight | None = None
    dimensions: Dimensions | None = None
    collo_count: object = None

    @field_validator("weight", "dimensions", mode="before")
    @classmethod
    def _odd_is_not_told(cls, given: object) -> object:
        return given if isinstance(given, dict) else None
