"""The used fields of Loop's records, from the list and from the details (docs/platforms/loop.md, section 4).

Sections are those of that page.
"""

from typing import Annotated, Any, ClassVar

from pydantic import AliasChoices, ConfigDict, Field, model_validator

from returnsync.http.fields import ODD_IS_ABSENT, Key, Link, OrderNumber, Quantity, Text, Tracking, Word, Words
from returnsync.platforms.wire import Wire as TolerantWire

_ABSENT = frozenset({"", "-", "n/a"})


class Wire(TolerantWire):
    """A record of Loop's, in which an empty text, `-` and `N/A` mean the same as null: absent (section 4)."""

    model_config: ClassVar[ConfigDict] = ConfigDict(str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _without_absent(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if not _is_absent(value)}


def _is_absent(value: object) -> bool:
    return value is None or (isinstance(value, str) and value.strip().lower() in _ABSENT)


class Label(Wire):
    """One parcel's label; right after the return was created, it is still empty."""

    status: Word | None = None
    url: Link = None
    tracking_number: Tracking = None
    carrier: Key = None


class LineItem(Wire):
    """One returned unit. The details use other names for the reasons."""

    provider_line_item_id: Key = None
    sku: Key = None
    barcode: Annotated[Key, ODD_IS_ABSENT] = None
    title: Text = None
    reason: Words = Field(default=None, validation_alias=AliasChoices("return_reason", "reason"))
    parent_reason: Words = Field(default=None, validation_alias=AliasChoices("parent_return_reason", "parent_reason"))
    return_comment: Text = None
    outcome: Text = None
    quantity: Quantity | None = None


class Return(Wire):
    """One return. The articles sent out in `exchanges` are not read at all."""

    id: Annotated[Word, Field(pattern=r"^[0-9]+$")]
    state: Word
    created_at: Word
    updated_at: Word
    order_name: OrderNumber
    provider_order_number: Key = None
    provider_order_id: Key = None
    email: Text = Field(default=None, validation_alias=AliasChoices("customer", "customer_email"))
    destination_id: Key = None
    line_items: list[LineItem] = Field(default_factory=list)
    labels: list[Label] = Field(default_factory=list)
    label_status: Word | None = None
    label_url: Link = None
    tracking_number: Tracking = None
    carrier: Key = None


class Destination(Wire):
    """Where parcels go; `type` is `warehouse` or `donate`."""

    id: Word
    type: Key = None
