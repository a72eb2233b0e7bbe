"""What a warehouse shows and receives: orders, return forecasts, labels, its return reasons and its channels."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from returnsync.model.identifiers import Code, WarehouseOrderNumber


@dataclass(frozen=True, slots=True)
class WarehouseOrderLine:
    """A line of an order at the warehouse. `id` is empty where the shop sent none: such a line cannot be announced."""

    id: str
    sku: str
    ordered: int | None
    """Units; `None` where the warehouse does not show how many, which does not mean 0."""
    is_flyer: bool = False
    """Whether the warehouse says that it added this by itself, as a flyer."""
    is_on_backorder: bool = False
    """Whether the warehouse marks the line as on backorder; how many of its units were sent is not known then."""


@dataclass(frozen=True)
class WarehouseOrder:
    """An order as the warehouse knows it, with what is needed to announce a return."""

    number: WarehouseOrderNumber
    channel: str
    shipped: bool
    deleted: bool
    lines: tuple[WarehouseOrderLine, ...]
    is_on_backorder: bool = False
    """Whether the warehouse marks the whole order as on backorder."""
    private: tuple[str, ...] = ()
    """What it shows of the person who ordered, such as names and addresses. Stored nowhere, used only for masking."""

    @cached_property
    def by_id(self) -> Mapping[str, Sequence[WarehouseOrderLine]]:
        """Its lines by their order-line id, without blanks around it; lines without an id are left out."""
        return _grouped((line.id.strip(), line) for line in self.lines if line.id.strip())

    @cached_property
    def by_sku(self) -> Mapping[str, Sequence[WarehouseOrderLine]]:
        """Its lines by their SKU, without blanks around it."""
        return _grouped((line.sku.strip(), line) for line in self.lines)


def _grouped(items: Iterable[tuple[str, WarehouseOrderLine]]) -> dict[str, list[WarehouseOrderLine]]:
    found: dict[str, list[WarehouseOrderLine]] = {}
    for key, line in items:
        found.setdefault(key, []).append(line)
    return found


@dataclass(frozen=True, slots=True)
class ForecastLine:
    """One line of a forecast as the warehouse shows it: identified by order line id, by SKU, or by both.

    A line that shows neither may be about any goods.
    """

    order_line_id: str
    sku: str
    quantity: int | None
    """Units; `None` where the warehouse does not show how many, which does not mean 0."""
    reason_id: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Forecast:
    """A return forecast that exists at the warehouse, whether ours or anybody else's."""

    code: str
    lines: tuple[ForecastLine, ...]
    order_number: str = ""
    tracking_code: str = ""


@dataclass(frozen=True, slots=True)
class ListedForecast:
    """A forecast in a list of all that were made in some period: its id and its code."""

    id: str
    code: str


@dataclass(frozen=True, slots=True)
class ReceivedLine:
    """One line of a return that the warehouse booked as received."""

    order_line_id: str
    sku: str
    quantity: int | None
    """Units; `None` where the warehouse does not show how many, which does not mean 0."""


@dataclass(frozen=True, slots=True)
class ReceivedReturn:
    """A return that the warehouse booked as received."""

    id: str
    order_number: str
    code: str
    """The code of the forecast with which it was matched; empty where it was matched with none."""
    lines: tuple[ReceivedLine, ...] | None
    """What came; `None` where that cannot be read."""


@dataclass(frozen=True, slots=True)
class Receipts:
    """The returns that a warehouse booked or changed since `since`, which may be later than the moment asked for."""

    since: datetime
    returns: tuple[ReceivedReturn, ...]


@dataclass(frozen=True, slots=True)
class NewForecastLine:
    """One line to announce: an order line of the warehouse, units, and the reason in its words and ids."""

    order_line_id: str
    sku: str
    quantity: int
    reason: str
    reason_id: int | None = None
    reason_parent_id: int | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class NewForecast:
    """What an announcement sends to the warehouse."""

    code: Code
    order_number: WarehouseOrderNumber
    lines: tuple[NewForecastLine, ...]
    tracking_code: str = ""
    tracking_link: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """A label as the warehouse gave it: the file's bytes (checked), its extension and the carrier's public page."""

    content: bytes = field(repr=False)
    extension: str
    tracking_link: str = ""


@dataclass(frozen=True, slots=True)
class ShownLabel:
    """A return label that the warehouse lists for an order, whoever it belongs to: it names no return."""

    tracking_link: str
    tracking_code: str
    created: datetime | None
    """The warehouse's time, read as UTC where it names no zone, so never too early. `None` where it gives no time."""


@dataclass(frozen=True, slots=True)
class WarehouseReason:
    """A return reason that the warehouse offers; lines refer to it by `id`, and to its main reason by `parent_id`."""

    id: int
    label: str
    translations: tuple[tuple[str, str], ...] = ()
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """A sales channel of a warehouse account: every name that it may go by, and the carriers enabled on it."""

    names: tuple[str, ...]
    carriers: tuple[str, ...]
