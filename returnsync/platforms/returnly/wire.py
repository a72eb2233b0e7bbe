"""Returnly's records as they come (section 3), as far as they are used, and the joining of what a page gives apart.

A page is a JSON:API document: the returns stand in `data`, their lines and labels once each in `included`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from returnsync.platforms.wire import Wire

LINES = "return_line_items"
LABELS = "shipping_labels"

_Key = tuple[str, str]


class Address(Wire):
    """The shopper's address; a house number is part of its first line."""

    name: str | None = None
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    postal_code: str | None = None
    country_code: str | None = None


class ReturnAttributes(Wire):
    """What a return says of itself."""

    rma: str | None = None
    status: str
    shopper_email: str | None = None
    shopper_address: Address | None = None
    shopper_message: str | None = None
    created_at: str
    updated_at: str


class LineAttributes(Wire):
    """Units of one order line; `ext_` marks what is the shop's own."""

    ext_order_number: str
    ext_order_line_item_id: str | None = None
    sku: str | None = None
    product_upc: str | None = None
    product_name: str | None = None
    units: int = Field(ge=1)
    return_cause: str | None = None
    return_sub_cause: str | None = None
    shipping_label_id: str | None = None


class LabelAttributes(Wire):
    """A label that Returnly gave."""

    carrier: str | None = None
    tracking_number: str | None = None
    pdf_url: str | None = None
    # A decimal as text; whatever stands there, it costs no return.
    weight_grams: object = None


class Reference(Wire):
    """Names a part that stands elsewhere in the document."""

    id: str
    type: str


class References(Wire):
    """The parts of one kind."""

    data: list[Reference] | None = None


class Relationships(Wire):
    """The parts of a return; each kind may be missing."""

    return_line_items: References | None = None
    shipping_labels: References | None = None


class Part(Wire):
    """A line or a label; its attributes are read by what it is."""

    id: str
    type: str
    attributes: dict[str, Any] = Field(default_factory=dict)


class Return(Wire):
    """A return with its parts, as `joined` puts them together."""

    id: str = Field(pattern=r"[^. ]")
    attributes: ReturnAttributes
    relationships: Relationships | None = None
    included: list[Part] = Field(default_factory=list)


def joined(document: object) -> list[object]:
    """The records of one document, each with those of its parts that came with it in an `included` of its own.

    Raises:
        ValueError: it is no document with a list of records.
    """
    records, included = _at(document, "data"), _at(document, "included")
    if not isinstance(records, list) or not (included is None or isinstance(included, list)):
        raise ValueError("it is no JSON:API document with a list of records")
    parts = {key: part for part in included or () for key in _key(part)}
    return [_with_parts(record, parts) for record in records]


def _with_parts(record: object, parts: Mapping[_Key, object]) -> object:
    """Tolerant of everything: what is odd about a record is for its own reading to find."""
    if not isinstance(record, dict):
        return record
    found = {key: parts[key] for key in _references(record) if key in parts}
    # A line names its label itself, too.
    for line in [part for (kind, _), part in found.items() if kind == LINES]:
        pointed = {"type": LABELS, "id": _at(line, "attributes", "shipping_label_id")}
        found |= {key: parts[key] for key in _key(pointed) if key in parts}
    return {**record, "included": list(found.values())}


def _references(record: object) -> Iterator[_Key]:
    for kind in (LINES, LABELS):
        references = _at(record, "relationships", kind, "data")
        for reference in references if isinstance(references, list) else ():
            yield from _key(reference)


def _key(part: object) -> Iterator[_Key]:
    """What a part is known by; an id may be a number here and a text there (section 3)."""
    kind, identity = _at(part, "type"), _at(part, "id")
    if isinstance(kind, str) and isinstance(identity, str | int):
        yield kind, str(identity)


def _at(value: object, *steps: str) -> object:
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value
