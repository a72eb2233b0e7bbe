"""Loop's records as they come (section 4 of the facts), as far as they are used: from the list and from the details."""

from typing import Any, ClassVar

from pydantic import AliasChoices, ConfigDict, Field, model_validator

from returnsync.platforms.wire import Wire as TolerantWire

_ABSENT = frozenset({"", "n/a"})


class Wire(TolerantWire):
    """A record of Loop's, in which an empty text and `N/A` mean the same as null: not there (section 4)."""

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
    """One parcel's label; right after the return was made, it holds nothing yet."""

    status: str | None = None
    url: str | None = None
    tracking_number: str | None = None
    carrier: str | None = None


class LineItem(Wire):
    """One returned unit. The details call the reasons otherwise."""

    provider_line_item_id: str | None = None
    sku: str | None = None
    barcode: str | None = None
    title: str | None = None
    reason: str | None = Field(default=None, validation_alias=AliasChoices("return_reason", "reason"))
    parent_reason: str | None = Field(
        default=None, validation_alias=AliasChoices("parent_return_reason", "parent_reason")
    )
    return_comment: str | None = None
    outcome: str | None = None
    quantity: int | None = Field(default=None, ge=1)


class Return(Wire):
    """One return. What goes out in `exchanges` is not read at all."""

    id: str = Field(pattern=r"^[0-9]+$")
    state: str
    created_at: str
    updated_at: str
    order_name: str
    provider_order_number: str | None = None
    provider_order_id: str | None = None
    email: str | None = Field(default=None, validation_alias=AliasChoices("customer", "customer_email"))
    destination_id: str | None = None
    line_items: list[LineItem] = Field(default_factory=list)
    labels: list[Label] = Field(default_factory=list)
    label_status: str | None = None
    label_url: str | None = None
    tracking_number: str | None = None
    carrier: str | None = None


class Destination(Wire):
    """Where parcels go; `type` is `warehouse` or `donate`."""

    id: str
    type: str | None = None
