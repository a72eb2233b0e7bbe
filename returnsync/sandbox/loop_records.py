"""Builders of Loop's records, and a small believable day at a shop that uses it.

Sections are those of docs/platforms/loop.md.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from returnsync.sandbox.records import SKU, digits_of, line_id_of, monta_line, monta_order
from returnsync.sandbox.wire import Record, iso_z, parse_instant

if TYPE_CHECKING:
    import random

ORDER: Final = "#1001"
# The text in place of a label right after a return is made, when there is no label yet (section 4).
ABSENT: Final = "N/A"

_REASONS: Final = (
    ("Fit", "Too small"),
    ("Fit", "Too large"),
    ("Style", "Not as pictured"),
    ("Quality", "Damaged"),
    ("Other", "Changed my mind"),
)
_ARTICLES: Final = ("SHIRT-BL-M", "SHIRT-WH-L", "JEANS-32-34", "DRESS-GR-38", "COAT-NV-XL", "SKIRT-BK-36")
_PLAIN: Final = 4
_FIRST_NUMBER: Final = 5123


@dataclass
class LoopAccount:
    """What an account at Loop holds, and its credentials."""

    records: list[Record] = field(default_factory=list)
    destinations: list[Record] = field(default_factory=list)
    api_key: str = "sandbox.loop.key"  # opens nothing but the sandbox
    scopes: frozenset[str] = frozenset({"returns", "destinations:read"})


def line_item(  # all but two are keyword-only, and some test needs each
    sku: str = SKU,
    order: str = ORDER,
    *,
    unit: int = 1,
    reason: str = "Too small",
    parent: str = "Fit",
    comment: str = ABSENT,
    **fields: object,
) -> Record:
    """Make a line item: one unit, without a quantity. `unit` tells two items of one order line apart."""
    return {
        "line_item_id": _short("line", order, sku, unit),
        "provider_line_item_id": line_id_of(order, sku),
        "product_id": _short("product", sku),
        "variant_id": _short("variant", sku),
        "sku": sku,
        "barcode": "87" + digits_of("barcode", sku)[1:12],
        "title": sku.replace("-", " ").capitalize(),
        "price": "29.95",
        "return_reason": reason,
        "parent_return_reason": parent,
        "return_comment": comment,
        "outcome": "default",
        "exchange_variant": "",
        **fields,
    }


def label(tracking: str = "JVGLTEST0001", status: str = "new", **fields: object) -> Record:
    """Make a label of one parcel; its rate is in cents."""
    return {
        "status": status,
        "carrier": "DHL",
        "tracking_number": tracking,
        "url": f"https://labels.example/{tracking}.pdf",
        "rate": 495,
        "updated_at": iso_z(datetime(2026, 1, 1, tzinfo=UTC)),
        "line_items": [],
        **fields,
    }


def loop_return(
    *lines: Record,
    id: str | None = None,  # noqa: A002  # the vendor's own word
    order: str = ORDER,
    state: str = "open",
    created: datetime | None = None,
    updated: datetime | None = None,
    labels: tuple[Record, ...] = (),
    **fields: object,
) -> Record:
    """Make a return as the list shows it; one unit of the default article when no line is given.

    `created` is an hour ago, `updated` 26 seconds after it. There is no label yet unless `labels` says so.
    """
    lines = lines or (line_item(order=order),)
    created = created or datetime.now(UTC) - timedelta(hours=1)
    bare = order.removeprefix("#")
    return {
        "id": id or _short("return", order, *(line["line_item_id"] for line in lines)),
        "state": state,
        "type": "standard",
        "created_at": iso_z(created),
        "updated_at": iso_z(updated or created + timedelta(seconds=26)),
        "edited_at": None,
        "outcome": "refund",
        "order_id": _short("order", order),
        "order_name": order,
        # Shopify's own sequence: the name minus 1000, which does not help to match orders (section 4).
        "order_number": str(int(bare) - 1000) if bare.isdecimal() else bare,
        "provider_order_number": bare,
        "provider_order_id": digits_of("order", order),
        "customer": f"jo.voorbeeld.{bare}@example.com",
        "origin_country": "Netherlands",
        "origin_country_code": "NL",
        "currency": "EUR",
        "total": "29.95",
        "refund": "29.95",
        "line_items": list(lines),
        "exchanges": [],
        "destination_id": None,
        "return_method": None,
        "package_reference": "",
        "was_processed": False,
        "refund_before_inspection": False,
        **label_fields(labels),
        **fields,
    }


def label_fields(labels: tuple[Record, ...]) -> Record:
    """Give the list of labels and the flat fields, which are those of the first one."""
    first = labels[0] if labels else {"carrier": "", "tracking_number": ABSENT, "status": ABSENT, "url": None}
    return {
        "labels": list(labels),
        "carrier": first["carrier"],
        "tracking_number": first["tracking_number"],
        "label_status": first["status"],
        "label_url": first["url"],
    }


def exchange(order: str = ORDER, sku: str = "SHIRT-BL-L") -> Record:
    """Make an article that goes out in exchange; it never comes back with the return."""
    return {
        "exchange_id": _short("exchange", order),
        "exchange_order_name": f"EXC-{order.removeprefix('#')}",
        "sku": sku,
        "type": "product",
        "title": sku,
        "price": "29.95",
        "out_of_stock": False,
    }


def destination(identity: int, kind: str = "warehouse") -> Record:
    """Make a destination; its id is a number here, and a text in the list of returns."""
    address = {"address1": "Teststraat 1", "city": "Utrecht", "zip": "3511 AX", "country_code": "NL"}
    return {"id": identity, "type": kind, "name": f"Place {identity}", "enabled": True, "address": address}


def details_of(record: Record) -> Record:
    """Give a return as the single read shows it: numbers for ids, times without a zone, other names (section 4)."""
    shown = copy.deepcopy(record)
    for name in ("id", "order_id", "order_number", "provider_order_number", "provider_order_id", "destination_id"):
        if isinstance(shown[name], str) and shown[name].isdecimal():
            shown[name] = int(shown[name])
    for name in ("created_at", "updated_at"):
        shown[name] = parse_instant(shown[name]).strftime("%Y-%m-%d %H:%M:%S")
    shown |= {"customer_email": shown["customer"], "customer_first_name": "Jo", "customer_last_name": "Voorbeeld"}
    for line in shown["line_items"]:
        line["line_item_id"] = int(line["line_item_id"])
        line["reason"] = line.pop("return_reason")
        line["parent_reason"] = line.pop("parent_return_reason")
        line |= {"line_item_title": line["title"], "variant_title": "M", "image": None}
    return shown


def _short(*parts: object) -> str:
    """Derive one of Loop's own ids. It has no zeros at its front, so that it is the same as a number."""
    return "7" + digits_of("loop", *parts)[-8:]


def day(chance: random.Random, now: datetime) -> tuple[LoopAccount, list[Record]]:
    """Make up a small day: some plain returns and one of each awkward kind, with their orders."""
    made = _Day(chance, now)
    for _ in range(_PLAIN):
        made.give_back()
    # Two units of one order line are two entries; an article that goes out in exchange is not one.
    number = made.number()
    made.order(number, monta_line("JEANS-32-34", 2))
    units = tuple(line_item("JEANS-32-34", f"#{number}", unit=unit) for unit in (1, 2))
    made.put(number, *units, exchanges=[exchange(f"#{number}")])
    # Loop made its own label; and a refund at the carrier's first scan closes a return whose parcel is under way.
    made.give_back(labels=(label("JVGLTEST0101"),))
    made.give_back(state="closed", labels=(label("JVGLTEST0102", "in_transit"),), was_processed=True)
    made.give_back(state="closed", labels=(label("JVGLTEST0103", "delivered"),), was_processed=True)
    made.give_back(state="cancelled")
    # One just made, whose label comes a little later, and one that goes to charity.
    made.give_back(created=now - timedelta(minutes=4))
    made.give_back(destination_id="902")
    # The warehouse does not know this order.
    number = made.number()
    made.put(number, line_item("COAT-NV-XL", f"#{number}"))
    return LoopAccount(made.records, [destination(901), destination(902, "donate")]), made.orders


class _Day:
    """The day while it is made up."""

    def __init__(self, chance: random.Random, now: datetime) -> None:
        self.records: list[Record] = []
        self.orders: list[Record] = []
        self._chance = chance
        self._now = now
        self._next = _FIRST_NUMBER

    def number(self) -> str:
        """Give the next order number, without `#` as the warehouse has it."""
        self._next += self._chance.randint(1, 3)
        return str(self._next)

    def order(self, number: str, *lines: Record | str) -> None:
        """Put an order into the warehouse, shipped some days ago."""
        self.orders.append(monta_order(number, *lines, shipped=self._now - timedelta(days=self._chance.randint(2, 12))))

    def give_back(self, **fields: object) -> None:
        """Make an order of one or two articles and a return of the first."""
        number = self.number()
        skus = self._chance.sample(_ARTICLES, self._chance.randint(1, 2))
        self.order(number, *skus)
        parent, reason = self._chance.choice(_REASONS)
        self.put(number, line_item(skus[0], f"#{number}", reason=reason, parent=parent), **fields)

    def put(self, number: str, *lines: Record, **fields: object) -> None:
        """Register a return, some time in the last twenty hours but not in the last two unless `created` says so."""
        fields.setdefault("created", self._now - timedelta(minutes=self._chance.randint(120, 1200)))
        fields.setdefault("id", str(70_011_000 + len(self.records)))
        self.records.append(loop_return(*lines, order=f"#{number}", **fields))  # type: ignore[arg-type]  # by name
