"""Builders of Returnly's records, with defaults, so that a test gives only what matters to it.

A return is built in one piece, with its lines and labels under `included`; `document` takes a page of them apart, as
the API gives it. A line and an order of `monta_order` made with the same number and SKU fit together.

Sections are those of docs/platforms/returnly.md, above all section 3.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from returnsync.sandbox.records import ORDER, SKU, digits_of, line_id_of, monta_line, monta_order
from returnsync.sandbox.wire import Record, iso_z

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence
    from pathlib import Path

LINES: Final = "return_line_items"
LABELS: Final = "shipping_labels"
_FIRST_NUMBER: Final = 40_211
_PLAIN: Final = 5
_ARTICLES: Final = ("SHIRT-BL-M", "SHIRT-WH-L", "JEANS-32-34", "DRESS-GR-38", "KNIT-OC-S", "SKIRT-BK-36")
# Merchants made up their own reasons (section 3.2); these are made up, too.
_CAUSES: Final = (("Too large", "Sleeves"), ("Too large", None), ("Too small", None), ("Changed my mind", None))


@dataclass
class ReturnlyAccount:
    """What a store at Returnly holds, and its credentials."""

    token: str = "sandbox.returnly.token"  # noqa: S105  # opens nothing but the sandbox
    records: list[Record] = field(default_factory=list)


def line_item(  # all but two are keyword-only, and some test needs each
    sku: str = SKU,
    order: str = ORDER,
    *,
    units: object = 1,
    cause: str | None = "Too large",
    sub_cause: str | None = None,
    label: str | None = None,
    id: str | None = None,  # noqa: A002  # the vendor's own word
    **attributes: object,
) -> Record:
    """Make a line; `label` is the id of the label of its parcel."""
    return {
        "id": id or digits_of("returnly line", order, sku)[:9],
        "type": LINES,
        "attributes": {
            "ext_order_id": digits_of("order", order),
            "ext_order_number": order,
            "ext_order_line_item_id": line_id_of(order, sku),
            "sku": sku,
            "product_upc": "87" + digits_of("barcode", sku)[1:12],
            "product_id": digits_of("product", sku)[:6],
            "variant_id": digits_of("variant", sku)[:6],
            "product_name": sku.replace("-", " ").capitalize(),
            "units": units,
            "return_cause": cause,
            "return_sub_cause": sub_cause,
            "return_type": None,
            "return_location": None,
            "return_warehouse_tag": None,
            "shipping_label_id": label,
            "original_amount": "49.95",
            "is_ror_or_roe": False,
            "original_rmas": [],
            **attributes,
        },
    }


def shipping_label(id: str = "41", tracking: str | None = "3STEST00000041", **attributes: object) -> Record:  # noqa: A002  # the vendor's own word
    """Make a label that Returnly made."""
    pdf = {"pdf_url": f"https://labels.example.com/{id}.pdf"}
    given = {"carrier": "USPS", "weight_grams": "450.0", "tracking_number": tracking, **pdf, **attributes}
    return {"id": id, "type": LABELS, "attributes": given}


def rma(  # all are keyword-only, and some test needs each
    *items: Record,
    id: str = "500123",  # noqa: A002  # the vendor's own word
    status: str = "authorized",
    created: datetime | None = None,
    updated: datetime | None = None,
    labels: Sequence[Record] = (),
    **attributes: object,
) -> Record:
    """Make a return in one piece, with one line of the default article when none is given.

    `created` is an hour ago, `updated` two minutes after it. Kinds of related records that it does not have are left
    out.
    """
    items = items or (line_item(),)
    created = created or datetime.now(UTC) - timedelta(hours=1)
    parts = [*items, *labels]
    kinds = dict.fromkeys(part["type"] for part in parts)
    return {
        "id": id,
        "type": "returns",
        "attributes": {
            "rma": "77" + id.rjust(5, "0"),
            "status": status,
            "ext_store_id": "990011",
            "shopper_email": "jo.voorbeeld@example.com",
            "shopper_address": {
                "name": "Jo Voorbeeld",
                "line1": "Teststraat 12 bis",
                "line2": None,
                "city": "Utrecht",
                "state": None,
                "postal_code": "1234 AB",
                "country_code": "NL",
            },
            "shopper_message": None,
            "merchant_notes": None,
            "currency": "EUR",
            "is_exchange": False,
            "is_gift": False,
            "estimated_refund_amount": "49.95",
            "csr_user_id": None,
            "created_at": iso_z(created),
            "updated_at": iso_z(updated or created + timedelta(minutes=2)),
            "refunded_at": None,
            **attributes,
        },
        "relationships": {
            kind: {"data": [{"id": part["id"], "type": kind} for part in parts if part["type"] == kind]}
            for kind in kinds
        },
        "included": parts,
    }


def document(returns: Iterable[Record], following: str | None = None) -> Record:
    """Take a page of returns apart as JSON:API has it: a part that several returns share is in `included` once."""
    records: list[Record] = []
    parts: dict[tuple[str, str], Record] = {}
    for one in returns:
        records.append({name: value for name, value in one.items() if name != "included"})
        parts |= {(part["type"], part["id"]): part for part in one["included"]}
    return {"data": records, "included": list(parts.values()), "links": {"next": following}}


def write_export(folder: Path, returns: Sequence[Record], per_file: int = 10) -> list[Path]:
    """Write pages of returns to files, one page per file, as somebody may have done while Returnly still answered."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number, start in enumerate(range(0, len(returns), per_file), 1):
        more = f"https://api.returnly.com/returns.json?page={number + 1}" if start + per_file < len(returns) else None
        files.append(folder / f"page-{number:03}.json")
        files[-1].write_text(json.dumps(document(returns[start : start + per_file], more)), encoding="utf-8")
    return files


def day(chance: random.Random, now: datetime) -> tuple[ReturnlyAccount, list[Record]]:
    """Make up a small day: some plain returns and one of each awkward kind, with their orders."""
    made = _Day(chance, now)
    for _ in range(_PLAIN):
        made.give_back()
    # One RMA over two orders, and several units of one line.
    first, second = made.order(), made.order(2)
    made.put(made.line(first), made.line(second, units=2), shopper_message="One parcel for both orders")
    # A parcel under way with a label that Returnly made.
    number = made.order()
    made.put(made.line(number, label="41"), status="in_transit", labels=[shipping_label()])
    made.give_back(status="requested")
    made.give_back(status="refunded")
    made.give_back(status="canceled_by_merchant")
    # Words that are known from the dashboard only (section 3.1).
    made.give_back(status="incomplete")
    made.give_back(status="missed_delivery_deadline")
    return ReturnlyAccount(records=made.records), made.orders


class _Day:
    """The day while it is made up."""

    def __init__(self, chance: random.Random, now: datetime) -> None:
        self.records: list[Record] = []
        self.orders: list[Record] = []
        self._chance = chance
        self._now = now

    def order(self, units: int = 1) -> Record:
        """Put an order into the warehouse, shipped some days ago."""
        number = str(_FIRST_NUMBER + 2 * len(self.orders))
        shipped = self._now - timedelta(days=self._chance.randint(2, 12))
        self.orders.append(monta_order(number, monta_line(self._chance.choice(_ARTICLES), units), shipped=shipped))
        return self.orders[-1]

    def line(self, order: Record, **fields: object) -> Record:
        """Make the line of an order as a line of a return; the shop writes its numbers with a `#`."""
        cause, sub_cause = self._chance.choice(_CAUSES)
        number, sku = f"#{order['WebshopOrderId']}", str(order["Lines"][0]["Sku"])
        return line_item(sku, number, **{"cause": cause, "sub_cause": sub_cause, **fields})  # type: ignore[arg-type]  # by name

    def put(self, *items: Record, **fields: object) -> None:
        """Register a return, some time in the last hours."""
        index = len(self.records)
        created = self._now - timedelta(minutes=90 * index + self._chance.randint(20, 80))
        self.records.append(rma(*items, id=str(500_200 + index), **{"created": created, **fields}))  # type: ignore[arg-type]  # by name

    def give_back(self, **fields: object) -> None:
        """Make an order of one article and its return."""
        self.put(self.line(self.order()), **fields)
