"""The used fields of Returnly's records, as they come (section 3), and the joining of the parts of a page.

A page is a JSON:API document: the returns are in `data`, and their lines and labels are in `included`, once each.

Sections are those of docs/platforms/returnly.md.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from returnsync.http.fields import (
    ODD_IS_ABSENT,
    ODD_IS_UNREADABLE,
    Country,
    Id,
    Key,
    Link,
    OrderNumber,
    Quantity,
    Text,
    Tracking,
    Word,
    Words,
)
from returnsync.http.records import items_in, look_up, object_in
from returnsync.platforms.wire import Wire

LINES = "return_line_items"
LABELS = "shipping_labels"

_Key = tuple[str, str]


class Address(Wire):
    """The shopper's address; a house number is part of its first line."""

    name: Text = None
    line1: Text = None
    line2: Text = None
    city: Text = None
    postal_code: Text = None
    country_code: Country = None


class ReturnAttributes(Wire):
    """The fields of a return itself."""

    rma: Annotated[Key, ODD_IS_ABSENT] = None
    status: Word
    shopper_email: Text = None
    shopper_address: Annotated[Address | None, ODD_IS_UNREADABLE] = None
    shopper_message: Text = None
    created_at: Word
    updated_at: Word


class LineAttributes(Wire):
    """Units of one order line; `ext_` marks fields from the shop."""

    ext_order_number: OrderNumber
    ext_order_line_item_id: Key = None
    sku: Key = None
    product_upc: Annotated[Key, ODD_IS_ABSENT] = None
    product_name: Text = None
    units: Quantity
    return_cause: Words = None
    return_sub_cause: Words = None
    shipping_label_id: Key = None


class LabelAttributes(Wire):
    """A label that Returnly gave."""

    carrier: Key = None
    tracking_number: Tracking = None
    pdf_url: Link = None
    # A decimal number as text; an odd value does no harm.
    weight_grams: object = None


class Reference(Wire):
    """Names a part that is elsewhere in the document."""

    id: Word
    type: Word


class References(Wire):
    """The parts of one kind."""

    data: list[Reference] | None = None


class Relationships(Wire):
    """The parts of a return; each kind may be missing."""

    return_line_items: References | None = None
    shipping_labels: References | None = None


class Part(Wire):
    """A line or a label; its attributes are read according to its type."""

    id: Word
    type: Word
    attributes: Annotated[dict[str, Any], BeforeValidator(object_in)] = Field(default_factory=dict)


class Return(Wire):
    """A return with its parts, as `joined` combines them."""

    id: Id
    attributes: ReturnAttributes
    relationships: Relationships | None = None
    included: list[Part] = Field(default_factory=list)


def joined(document: object) -> list[object]:
    """The records of one document, each with an `included` of its own that contains those of its parts that came.

    Raises:
        ValueError: it is not a document with a list of records.
    """
    records = items_in(_field(document, "data"), "id")
    included = items_in(_field(document, "included") or [], "id")
    if records is None or included is None:
        raise ValueError("it is no JSON:API document with a list of records")
    parts = {key: part for part in included for key in _key(part)}
    return [_with_parts(record, parts) for record in records]


def _with_parts(record: object, parts: Mapping[_Key, object]) -> object:
    """Accept everything: what is odd about a record shows when the record itself is read."""
    if not isinstance(record, dict):
        return record
    found = {key: parts[key] for key in _references(record) if key in parts}
    # A line also names its label itself.
    for line in [part for (kind, _), part in found.items() if kind == LINES]:
        pointed = {"type": LABELS, "id": _field(line, "attributes", "shipping_label_id")}
        found |= {key: parts[key] for key in _key(pointed) if key in parts}
    return {**record, "included": list(found.values())}


def _references(record: object) -> Iterator[_Key]:
    for kind in (LINES, LABELS):
        for reference in items_in(_field(record, "relationships", kind, "data"), "id") or ():
            yield from _key(reference)


def _key(part: object) -> Iterator[_Key]:
    """The key of a part; its id may be a number in one place and a text in another (section 3)."""
    kind, identity = _field(part, "type"), _field(part, "id")
    if isinstance(kind, str) and isinstance(identity, str | int) and not isinstance(identity, bool):
        yield kind, str(identity)


def _field(value: object, *names: str) -> object:
    for name in names:
        value = look_up(object_in(value), name)
    return value
