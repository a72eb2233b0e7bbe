"""Monta's records as they come (sections 3 and 4 of docs/warehouses/monta.md), and our model of them.

Forecasts and the labels that are listed for an order have modules of their own. Sections are those of that page.
"""

from collections.abc import Iterator
from typing import ClassVar, TypeVar

from pydantic import (
    AliasChoices,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)
from pydantic.alias_generators import to_pascal

from returnsync import model
from returnsync.errors import BadAnswer, HoldError
from returnsync.http.fields import AnyDate, Flag, Key, Number, Since, Text, WholeNumber, Word, is_set, or_none
from returnsync.http.records import Record, has, items_in, look_up, read_each

_OF_A_COUNTRY = frozenset({"countrycode", "country", "state"})


class Wire(Record):
    """The base of Monta's records, in PascalCase: unknown fields are ignored, missing or null ones have a default.

    Blanks around a text come from a column of fixed width, and are removed.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(alias_generator=to_pascal, str_strip_whitespace=True)


_W = TypeVar("_W", bound=Wire)


class OrderLine(Wire):
    """A line of an order; the shop may have sent no id for it, and an odd number of units counts as not shown."""

    webshop_order_line_id: Key = None
    sku: Key = None
    ordered_quantity: Number = None
    is_flyer: Flag = None
    backorder: object = None

    _odd_is_not_shown = field_validator("ordered_quantity", "is_flyer", mode="wrap")(or_none)


class Order(Wire):
    """An order (section 4). A date that is not set may come as year 1; the order's lines are read one by one."""

    webshop_order_id: Word
    origin: Text = None
    shipped: AnyDate = None
    deleted: Since = None
    backorder: object = None
    consumer_details: object = None
    lines: list[object] | None = None

    @field_validator("origin", mode="before")
    @classmethod
    def _by_its_name(cls, given: object) -> object:
        """Read the name: it is compared only where a channel is configured, and an odd value is another channel."""
        origin = look_up(given, "Name") if isinstance(given, dict) else given
        return origin if isinstance(origin, str | int) and not isinstance(origin, bool) else None

    @field_validator("lines", mode="before")
    @classmethod
    def _one_is_a_list(cls, given: object) -> object:
        rows = items_in(given, "OrderedQuantity")
        return given if rows is None else rows


class Reason(Wire):
    """A return reason of the merchant (section 3.8)."""

    id: WholeNumber
    description: Text = None
    translations: dict[str, Text] | None = None
    # Not in the sample; "newer versions may return them" (section 3.8). The names are those of forecast lines.
    parent_id: Number = Field(
        default=None,
        validation_alias=AliasChoices("RelatieRetourOorzaakParentId", "ParentRelatieReturnReasonId", "ParentId"),
    )


class Product(Wire):
    """A product (section 4, Products)."""

    sku: Word
    barcodes: list[Key] | None = None

    @field_validator("barcodes", mode="before")
    @classmethod
    def _one_is_a_list(cls, given: object) -> object:
        return [given] if isinstance(given, str | int) else given

    def carries(self, barcode: str) -> bool:
        """Whether it may have this barcode: a product that lists only others does not, whatever was asked for."""
        listed = {text.strip() for text in self.barcodes or () if text}
        return not listed or barcode.strip() in listed


def products_in(content: object) -> Iterator[Product]:
    """The products of an answer. No source gives its form, so every form of other answers is accepted (section 4).

    These are a bare product, one under `Product`, a list of either, such a list under `Products`, and the words of
    "nothing found", which may come with a success (section 2).

    Raises:
        BadAnswer: it is none of these.
    """
    if isinstance(content, list):
        for item in content:
            yield from products_in(item)
    elif has(content, "Products"):
        yield from products_in(look_up(content, "Products") or [])
    elif has(content, "Product"):
        yield from products_in(look_up(content, "Product") or [])
    elif not is_nothing_found(content):
        yield parse(Product, content, "a product")


def is_nothing_found(content: object) -> bool:
    """Whether an answer says that no product was found: nothing at all, or `Zero products found with …`."""
    words = look_up(content, "Message") if isinstance(content, dict) else content
    return content is None or (isinstance(words, str) and words.strip().strip('"').lower().startswith("zero products"))


def to_order(content: object) -> model.WarehouseOrder:
    """An order of Monta's in our model.

    Raises:
        BadAnswer: it is not an order.
        HoldError: it is an order, but something that decides cannot be read: whether it is shipped or deleted, its
            lines, or the id or SKU of a line, which may then be any article's.
    """
    try:
        given = Order.model_validate(content)
    except ValidationError as error:
        raise _unreadable_order(error) from error
    rows = given.lines or []
    lines = read_each(OrderLine, rows)
    if len(lines) < len(rows):
        raise HoldError(
            model.Cause.LINE_AMBIGUOUS,
            f"Order {given.webshop_order_id} has a line at the warehouse whose id or SKU cannot be read.",
            "Correct that line in Monta's portal, then: returnsync held retry <CODE>. "
            "Or announce this return by hand there, then: returnsync held release <CODE>.",
        )
    return model.WarehouseOrder(
        number=model.WarehouseOrderNumber(given.webshop_order_id),
        channel=given.origin or "",
        shipped=bool(given.shipped),
        deleted=bool(given.deleted),
        is_on_backorder=is_set(given.backorder),
        private=tuple(_texts_of_person(given.consumer_details)),
        lines=tuple(
            model.WarehouseOrderLine(
                line.webshop_order_line_id or "",
                line.sku or "",
                line.ordered_quantity,
                is_flyer=bool(line.is_flyer),
                is_on_backorder=is_set(line.backorder),
            )
            for line in lines
        ),
    )


def _texts_of_person(given: object) -> Iterator[str]:
    """Every text of the person's addresses, except the country and the state."""
    for part in given.values() if isinstance(given, dict) else ():
        if isinstance(part, dict):
            yield from (
                text.strip()
                for key, text in part.items()
                if isinstance(text, str) and text.strip() and key.casefold() not in _OF_A_COUNTRY
            )


def _unreadable_order(error: ValidationError) -> BadAnswer | HoldError:
    """The error for an unreadable order: with its number it is an order, and will be just as odd the next time."""
    fields = sorted({str(item["loc"][0]) for item in error.errors() if item["loc"]})
    if not fields or not set(fields) <= {"Shipped", "Deleted", "Lines", "shipped", "deleted", "lines"}:
        return BadAnswer("Monta sent an order that cannot be read.")
    return HoldError(
        model.Cause.LOOKUP_REFUSED,
        f"The order at the warehouse has something in {', '.join(fields)} that cannot be read.",
        "Look the order up in Monta's portal, and report it to Monta's support. Then: returnsync held retry <CODE>.",
    )


def parse(kind: type[_W], content: object, what: str) -> _W:
    """Read one record; `what` names it in the error.

    Raises:
        BadAnswer: it has another form. Its values are not repeated.
    """
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise BadAnswer(f"Monta sent {what} that cannot be read.") from error
