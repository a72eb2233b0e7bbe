"""Monta's records as they come and go (sections 3 and 4 of the facts), and our model of them."""

from collections.abc import Iterator
from typing import Any, ClassVar, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic.alias_generators import to_pascal

from returnsync import model
from returnsync.errors import BadAnswer


class Wire(BaseModel):
    """PascalCase as Monta writes it; what we do not know is ignored, what is missing or null has a default."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="ignore", defer_build=True, alias_generator=to_pascal, coerce_numbers_to_str=True
    )


_W = TypeVar("_W", bound=Wire)


class OrderLine(Wire):
    """A line of an order; the shop may have sent no id for it."""

    webshop_order_line_id: str | None = None
    sku: str | None = None
    ordered_quantity: int | None = None


class Order(Wire):
    """An order (section 4)."""

    webshop_order_id: str
    origin: str | None = None
    shipped: str | None = None
    deleted: bool | None = None
    lines: list[OrderLine] | None = None


class ForecastLine(Wire):
    """Both shapes: as created (section 3.1) and as listed (section 3.3); which one an order gives is not known."""

    webshop_order_line_id: str | None = None
    sku: str | None = None
    product_code: str | None = None
    return_quantity: int
    return_reason: str | None = None
    relatie_retour_oorzaak_id: int | None = None
    relatie_return_reason_id: int | None = None


class Forecast(Wire):
    """A return forecast, in either shape."""

    code: str | None = None
    webshop_order_id: str | None = None
    lines: list[ForecastLine] | None = None
    track_and_trace_code: str | None = None

    @field_validator("lines", mode="before")
    @classmethod
    def _none_is_empty(cls, lines: object) -> object:
        return lines or []


class Label(Wire):
    """The answer to a label call (section 3.4)."""

    encoded_data: str
    file_extension: str
    track_and_trace_link: str | None = None


class Reason(Wire):
    """A return reason of the merchant (section 3.8)."""

    id: int
    description: str | None = None
    translations: dict[str, str | None] | None = None
    # Not in the sample; "newer versions may return them" (section 3.8). The names are those of forecast lines.
    parent_id: int | None = Field(
        default=None,
        validation_alias=AliasChoices("RelatieRetourOorzaakParentId", "ParentRelatieReturnReasonId", "ParentId"),
    )


class Product(Wire):
    """A product (section 4, Products)."""

    sku: str
    barcodes: list[str | None] | None = None

    def carries(self, barcode: str) -> bool:
        """Whether it may have this barcode: one that lists others has not, whatever was asked for."""
        listed = {text.strip() for text in self.barcodes or () if text}
        return not listed or barcode.strip() in listed


def products_in(content: object) -> Iterator[Product]:
    """The products of an answer. Its shape is in no source, so each that the others have is taken (section 4).

    A bare product, one under `Product`, a list of either, or such a list under `Products`; and the words of "nothing
    found", which may come as a success (section 2).

    Raises:
        BadAnswer: it is none of these.
    """
    if isinstance(content, list):
        for item in content:
            yield from products_in(item)
    elif isinstance(content, dict) and "Products" in content:
        yield from products_in(content["Products"] or [])
    elif isinstance(content, dict) and "Product" in content:
        yield from products_in(content["Product"] or [])
    elif not is_nothing_found(content):
        yield parse(Product, content, "a product")


def is_nothing_found(content: object) -> bool:
    """Whether an answer says that no product was found: nothing at all, or `Zero products found with …`."""
    words = content.get("Message") if isinstance(content, dict) else content
    return content is None or (isinstance(words, str) and words.strip().strip('"').lower().startswith("zero products"))


def body_of(forecast: model.NewForecast) -> dict[str, Any]:
    """The request of section 3.1; what we do not know goes as null, as it comes back."""
    return {
        "Code": forecast.code,
        "WebshopOrderId": forecast.order_number,
        "Lines": [
            {
                "WebshopOrderLineId": line.order_line_id,
                "ReturnQuantity": line.quantity,
                "ReturnReason": line.reason,
                "RelatieRetourOorzaakId": line.reason_id,
                "RelatieRetourOorzaakParentId": line.reason_parent_id,
                "CustomerComment": line.comment or None,
            }
            for line in forecast.lines
        ],
        "CauseDescription": None,
        "Comment": None,
        "GeneralComment": None,
        "TrackAndTraceCode": forecast.tracking_code or None,
        "TrackAndTraceLink": forecast.tracking_link or None,
    }


def to_forecast(given: Forecast) -> model.Forecast:
    """A forecast of Monta's, in either shape, in our model."""
    return model.Forecast(
        code=given.code or "",
        order_number=given.webshop_order_id or "",
        tracking_code=given.track_and_trace_code or "",
        lines=tuple(
            model.ForecastLine(
                order_line_id=line.webshop_order_line_id or "",
                sku=line.sku or line.product_code or "",
                quantity=line.return_quantity,
                reason_id=line.relatie_retour_oorzaak_id or line.relatie_return_reason_id,
                reason=line.return_reason or "",
            )
            for line in given.lines or []
        ),
    )


def parse(kind: type[_W], content: object, what: str) -> _W:
    """One record; `what` it is, for the error.

    Raises:
        BadAnswer: it is of another shape. Its values are not repeated.
    """
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise BadAnswer(f"Monta sent {what} that cannot be read.") from error
