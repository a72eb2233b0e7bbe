"""How vendors may rewrite the records of every platform: the places of names in them, and lists that lag behind."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from returnsync.sandbox.sendcloud import Sendcloud

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from returnsync.sandbox.sendcloud_copies import Copies
    from returnsync.sandbox.wire import Record, ReturnPlatform

CANCELLED = {
    "returnista": "Cancelled",
    "sendcloud": "open/cancelled",
    "channable": "cancelled",
    "returnly": "canceled_by_merchant",
    "returnless": "Geannuleerd",
    "loop": "cancelled",
}


@dataclass(frozen=True)
class Shape:
    """The places of articles in a platform's record, and of each of their names."""

    names: dict[str, str]
    """The fields of an article: `id`, `sku`, `barcode`, `title`, `quantity`, `reason` and `comment`, if it has them,
    and `number` if each article names its order."""
    rows: str = ""
    """The field with its articles; empty if a record is one article."""
    inner: str = ""
    number: str = ""
    """The field in which a record names its order, if it does."""

    def articles(self, record: Record) -> list[Record]:
        """The articles of a record; changing them changes the record."""
        if not self.rows:
            return [record]
        return [article[self.inner] if self.inner else article for article in record[self.rows]]

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of a record that say which articles it has; none if a record is one article."""
        return (self.rows, *(["relationships"] if self.inner else [])) if self.rows else ()

    def join(self, record: Record, other: Record) -> None:
        """Add the articles of another record to those of a record."""
        record[self.rows] += other[self.rows]
        if self.inner:
            _named(record)["data"] += _named(other)["data"]

    def empty(self, record: Record) -> None:
        """Remove all articles from a record."""
        record[self.rows] = []
        if self.inner:
            _named(record)["data"] = []

    def twice(self, record: Record) -> None:
        """Give a record of one article a second row that is the same except for the row's own id."""
        ((row,), more) = record[self.rows], copy.deepcopy(record)
        row_id = f"{row.get('id')}2"
        more[self.rows] = [copy.deepcopy(row) | ({"id": row_id} if "id" in row else {})]
        if self.inner:
            _named(more)["data"][0]["id"] = row_id
        self.join(record, more)

    def once(self, record: Record) -> None:
        """Remove all rows of a record except the first."""
        del record[self.rows][1:]
        if self.inner:
            del _named(record)["data"][1:]

    def write(self, record: Record, name: str, value: Callable[[Any], Any]) -> None:
        """Rewrite one name, wherever the record has it."""
        if name == "number" and self.number:
            _write(record, self.number, value)
            return
        for article in self.articles(record):
            _write(article, self.names[name], value)


def _write(where: Record, path: str, value: Callable[[Any], Any]) -> None:
    *steps, last = path.split(".")
    for step in steps:
        where = where[step]
    where[last] = value(where.get(last))


def _named(record: Record) -> Record:
    """The part of a JSON:API record that names its articles, whose content is beside it."""
    named: Record = record["relationships"]["return_line_items"]
    return named


SHAPES = {
    "returnista": Shape(
        {
            "id": "purchaseId",
            "sku": "product.sku",
            "barcode": "product.barcode",
            "title": "product.name",
            "quantity": "quantity",
            "reason": "returnReason.description",
            "comment": "returnReasonComment",
            "number": "purchaseOrderNumber",
        },
        "returnRequests",
    ),
    "sendcloud": Shape(
        {
            "id": "item_id",
            "sku": "sku",
            "title": "description",
            "quantity": "quantity",
            "reason": "return_reason.description",
            "comment": "return_message",
        },
        "parcel_items",
        number="order_number",
    ),
    "channable": Shape(
        {
            "barcode": "data.item.gtin",
            "title": "data.item.title",
            "quantity": "data.item.quantity",
            "reason": "data.item.reason",
            "comment": "data.item.comment",
        },
        number="data.meta.channel_order_id",
    ),
    "returnly": Shape(
        {
            "id": "ext_order_line_item_id",
            "sku": "sku",
            "barcode": "product_upc",
            "title": "product_name",
            "quantity": "units",
            "reason": "return_cause",
            "number": "ext_order_number",
        },
        "included",
        "attributes",
    ),
    "returnless": Shape(
        {
            "sku": "product.sku",
            "barcode": "product.barcode",
            "title": "product.name",
            "quantity": "quantity",
            "reason": "return_reason.label",
        },
        "return_order_items",
        number="sales_order.order_number",
    ),
    "loop": Shape(
        {
            "id": "provider_line_item_id",
            "sku": "sku",
            "barcode": "barcode",
            "title": "title",
            "quantity": "quantity",
            "reason": "return_reason",
            "comment": "return_comment",
        },
        "line_items",
        number="order_name",
    ),
}


class Lagging(dict[str, Any]):
    """The records of a stand-in whose list lags behind: it shows older versions, while single reads show the newest."""

    def __init__(self, rows: dict[str, Record]) -> None:
        super().__init__(rows)
        self._older: dict[str, Record] = {}
        self._beside: set[str] = set()

    def values(self) -> Iterator[Record]:
        for identity, record in self.items():
            if identity in self._older:
                yield self._older[identity]
            if identity not in self._older or identity in self._beside:
                yield record

    def show_again(self, identity: str, *, instead: bool = False) -> None:
        """From now on, list the present version of a record beside its later versions, or `instead` of them."""
        self._older[identity] = copy.deepcopy(self[identity])
        if instead:
            self._beside.discard(identity)
        else:
            self._beside.add(identity)

    def show_newest(self) -> None:
        """List every record as it is, and nothing else."""
        self._older.clear()
        self._beside.clear()


def listed(platform: ReturnPlatform) -> Lagging | Copies:
    """The object that makes a stand-in's list lag behind: its own if it has no ids, else one that is put in here."""
    if isinstance(platform, Sendcloud):
        return platform.copies
    rows = platform.rows()
    lagging = Lagging(rows)
    (place,) = [name for name, value in vars(platform).items() if value is rows]
    setattr(platform, place, lagging)
    return lagging
