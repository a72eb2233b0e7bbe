"""What Sendcloud writes, as far as it is used (docs/platforms/sendcloud.md, section 4.2)."""

from pydantic import Field, field_validator

from returnsync.platforms.wire import Wire


class Address(Wire):
    """A postal address; the house number may also stand inside the first line."""

    name: str | None = None
    address_line_1: str | None = None
    address_line_2: str | None = None
    house_number: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country_code: str | None = None
    email: str | None = None
    phone_number: str | None = None


class Reason(Wire):
    """A return reason; the description is translated, the number stays."""

    id: str | None = None
    description: str | None = None


class Item(Wire):
    """Units of one article that come back; `item_id` is the shop's order-line id."""

    item_id: str | None = None
    product_id: str | None = None
    variant_id: str | None = None
    sku: str | None = None
    manufacturer_product_id_std: str | None = None
    description: str | None = None
    # Required by nothing in the documents, and never guessed.
    quantity: int = Field(ge=1)
    return_reason: Reason | None = None
    return_reason_id: str | None = None
    return_message: str | None = None


class Step(Wire):
    """One status of the parcel."""

    carrier_update_timestamp: str | None = None
    parent_status: str | None = None


class Refund(Wire):
    """What the consumer wants for it."""

    refund_type: str | None = None


class Label(Wire):
    """Addresses of the label, once there is one."""

    label_printer: str | None = None
    normal_printer: list[str] | None = None


class Product(Wire):
    """A carrier service, as `carrier:service`."""

    code: str | None = None


class Weight(Wire):
    """A parcel's weight; whatever stands there, it costs no return."""

    value: object = None
    unit: object = None


class Dimensions(Wire):
    """A parcel's three sides, in one unit."""

    length: object = None
    width: object = None
    height: object = None
    unit: object = None


class Return(Wire):
    """One return. `id` is in no document, and read where it is sent."""

    id: str | None = None
    created_at: str
    status: str | None = None
    status_history: list[Step] | None = None
    order_number: str | None = None
    brand_id: str | None = None
    from_address: Address
    parcel_items: list[Item] | None = None
    reason: Reason | None = None
    refund: Refund | None = None
    delivery_option: str | None = None
    tracking_number: str | None = None
    tracking_url: str | None = None
    label: Label | None = None
    label_url: str | None = None
    shipping_product: Product | None = None
    shipping_option: Product | None = None
    weight: Weight | None = None
    dimensions: Dimensions | None = None
    collo_count: object = None

    @field_validator("weight", "dimensions", mode="before")
    @classmethod
    def _odd_is_not_told(cls, given: object) -> object:
        return given if isinstance(given, dict) else None
