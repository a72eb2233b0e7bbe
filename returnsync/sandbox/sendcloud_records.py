"""Builders of Sendcloud's records with defaults, as `records.py` has them for Returnista; and a small day of them.

Sections are those of docs/platforms/sendcloud.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from returnsync.sandbox.records import (
    AMSTERDAM,
    SKU,
    consumer,
    digits_of,
    line_id_of,
    monta_line,
    monta_order,
)

if TYPE_CHECKING:
    import random

    from returnsync.sandbox.wire import Record

# Ids and texts are those of the documents (docs/platforms/sendcloud.md, section 6).
REASONS: Final[dict[int, str]] = {
    3: "Other (explain in message)",
    8: "No reason",
    11: "Changed my mind",
    18: "Looks different than expected",
    21: "Poor quality / Faulty",
    30: "Size too large",
    31: "Size too small",
}
BRAND: Final = 4711
OPEN: Final = "open"
# Parcel statuses of returns that have no label yet, or never get one.
_WITHOUT_LABEL: Final = frozenset({"no-label", "announcing", "announcement-failed", "address-invalid"})
# One text of this kind is attested in v3; the others are those of v2's list (section 5).
_TEXTS: Final = {"ready-to-send": "Ready to Ship", "announced-uncollected": "Announced: not collected"}

# A brand offers a choice from Sendcloud's own list, in the language that is asked for (section 6). It is not known
# whether it can have a number that is not in that list.
BRAND_DOMAIN: Final = "lindeboom"
PORTAL_REASONS: Final = {
    3: "Anders (leg uit)",
    11: "Van gedachten veranderd",
    30: "Te groot",
    31: "Te klein",
    77: "Jeukt",
}


@dataclass
class SendcloudAccount:
    """What an account at Sendcloud holds, and its credentials."""

    records: list[Record] = field(default_factory=list)
    # By the domain of a brand, the reasons that its return portal offers (section 6), by number.
    portals: dict[str, dict[int, str]] = field(default_factory=lambda: {BRAND_DOMAIN: dict(PORTAL_REASONS)})
    public_key: str = "sandbox.sendcloud.public"
    secret_key: str = "sandbox.sendcloud.secret"  # noqa: S105  # opens nothing but the sandbox


def local_time(when: datetime) -> str:
    """Write a time as Sendcloud does: microseconds and the local offset (section 3.4)."""
    return when.astimezone(AMSTERDAM).isoformat(timespec="microseconds")


def slug_of(text: str) -> str:
    """Read a parcel status as a slug, whichever way it is written."""
    for slug, label in _TEXTS.items():
        if text == label:
            return slug
    return re.sub(r"[\s_]+", "-", text.strip().lower())


def step(status: str, at: datetime, spelling: int = 0) -> Record:
    """Make an entry of `status_history`, spelt as a slug, in upper case or as a text for people (section 4.2)."""
    written = (status, status.upper().replace("-", "_"), _TEXTS.get(status, status.replace("-", " ").capitalize()))
    return {
        "carrier_update_timestamp": local_time(at),
        "parcel_status_history_id": digits_of("step", status, at)[:8],
        "parent_status": written[spelling % len(written)],
        "carrier_code": "postnl",
        "carrier_message": "",
    }


def label_of(*parts: object) -> Record:
    """Make the fields that come with a label, in the newer form of its address (section 4.3)."""
    parcel, tracking = digits_of("parcel", *parts)[:9], "3SYZXG" + digits_of("tracking", *parts)[:9]
    url = f"https://panel.sendcloud.sc/api/v3/parcels/{parcel}/documents/label"
    return {
        "label": {"label_printer": url, "normal_printer": [f"{url}?paper_size=a4"] * 4},
        "label_url": url,
        "tracking_number": tracking,
        "tracking_url": f"https://tracking.example/forward?code={tracking}",
    }


def needs_label(parcel: str) -> bool:
    """Tell whether a parcel of this status has a label."""
    return slug_of(parcel) not in _WITHOUT_LABEL


def item(sku: str = SKU, order: str = "1001", *, reason: int | None = 31, **fields: object) -> Record:
    """Make an item: one unit, whose `item_id` is the shop's order-line id (section 4.2)."""
    why = None if reason is None else {"id": reason, "description": REASONS.get(reason, "A reason of its own")}
    return {
        "item_id": line_id_of(order, sku),
        "product_id": digits_of("product", sku)[:6],
        "variant_id": digits_of("variant", sku)[:8],
        "sku": sku,
        "description": sku.replace("-", " ").capitalize(),
        "quantity": 1,
        "price": {"value": 49.95, "currency": "EUR"},
        "weight": {"value": 0.4, "unit": "kg"},
        "return_reason": why,
        "return_reason_id": None if reason is None else str(reason),
        "return_message": "",
        "properties": {},
        **fields,
    }


def parcel_return(  # all are keyword-only, and some test needs each
    *items: Record,
    order: str = "1001",
    status: str = OPEN,
    parcel: str = "announced",
    created: datetime | None = None,
    updated: datetime | None = None,
    steps: list[Record] | None = None,
    by: Record | None = None,
    **fields: object,
) -> Record:
    """Make a return as the list shows it, which is without an id (section 4.2).

    One item of the default article when none is given. `created` is an hour ago, `updated` 84 seconds after it. There
    is one entry in its history, `parcel` at `updated`, unless `steps` says otherwise; and a label where such a parcel
    has one.
    """
    created = created or datetime.now(UTC) - timedelta(hours=1)
    updated = updated or created + timedelta(seconds=84)
    person = by or consumer(order=order)
    goods = list(items) or [item(order=order)]
    return {
        "created_at": local_time(created),
        "status": status,
        "status_history": [step(parcel, updated)] if steps is None else steps,
        "order_number": order,
        "brand_id": BRAND,
        "from_address": address(person),
        "to_address": _WAREHOUSE,
        "parcel_items": goods,
        "reason": {"id": 8, "description": REASONS[8]},
        "refund": {"refund_type": "money", "message": ""},
        "delivery_option": "drop_off_point",
        "shipping_product": {"code": "postnl:standard/return"},
        "shipping_option": {"code": None},
        "weight": {"value": 0.8, "unit": "kg"},
        "collo_count": 1,
        "is_cancellable": True,
        "send_tracking_emails": True,
        "tracking_number": None,
        "tracking_url": None,
        "errors": [],
        **(label_of(order, created) if needs_label(parcel) else {}),
        **fields,
    }


def manual_return(order: str = "1001", *, items: list[Record] | None = None, **fields: Any) -> Record:
    """Make a return as the panel's form and shops' own calls do: with its order, perhaps a reason, and no items.

    It has no `parcel_items` at all unless `items` is a list, which may be empty (section 4.2).
    """
    record = parcel_return(order=order, **fields)
    del record["parcel_items"]
    return record if items is None else record | {"parcel_items": items}


def address(person: Record) -> Record:
    """Make the address of a consumer; the house number is a field of its own."""
    home = person["shippingAddress"]
    street, _, house = str(home["street"]).partition(" ")
    return {
        "name": f"{person['firstName']} {person['lastName']}",
        "company_name": "",
        "address_line_1": street,
        "address_line_2": "",
        "house_number": house,
        "postal_code": home["postalCode"],
        "city": home["city"],
        "country_code": home["countryCode"],
        "email": person["email"],
        "phone_number": "",
    }


_WAREHOUSE: Final[Record] = {
    "name": "Returns",
    "company_name": "Lindeboom BV",
    "address_line_1": "Papland",
    "house_number": "16",
    "postal_code": "4206 CL",
    "city": "Gorinchem",
    "country_code": "NL",
}

_PEOPLE: Final = (("Noor", "Voorbeeld"), ("Sem", "Proefman"), ("Yara", "Verzonnen"), ("Bram", "Fictie"))
_ARTICLES: Final = ("SHIRT-BL-M", "SHIRT-WH-L", "JEANS-32-34", "DRESS-GR-38", "KNIT-OC-S", "SNEAK-WH-41")
_FIRST_NUMBER: Final = 30501


def day(chance: random.Random, now: datetime) -> tuple[SendcloudAccount, list[Record]]:
    """Make up a small day: plain returns and one of each unusual kind, with the orders at the warehouse.

    Sendcloud sent out none of their orders: they were imported, which is usual (section 9).
    """
    made = _Day(chance, now)
    for spelling in range(3):
        made.give_back(spelling=spelling)
    # The shop's numbers may begin with a `#`, which is part of the number (section 9).
    made.give_back(sign="#")
    made.give_back(parcel="to-sorting")
    # One waits for the merchant's approval. One is approved without a label: only a person knows what happens to it.
    made.give_back(status="requested", parcel="no-label")
    made.give_back(parcel="no-label")
    made.give_back(delivery_option="in_store", parcel="no-label")
    made.give_back(parcel="cancelled")
    # One has a reason only at the return, not at its items; another has a reason that no document has.
    made.give_back(why=None, reason={"id": 11, "description": "Bedacht"})
    made.give_back(why=77)
    # Made with the panel's own form, which does not ask for items.
    made.give_back(parcel_items=[])
    return SendcloudAccount(records=made.records), made.orders


class _Day:
    """The day while it is made up."""

    def __init__(self, chance: random.Random, now: datetime) -> None:
        self.records: list[Record] = []
        self.orders: list[Record] = []
        self._chance = chance
        self._now = now

    def give_back(
        self,
        *,
        sign: str = "",
        spelling: int = 0,
        parcel: str = "announced",
        why: int | None = 31,
        **fields: Any,  # fields of the wire
    ) -> None:
        """Make an order of two articles, and a return of the first of them."""
        number = str(_FIRST_NUMBER + len(self.orders))
        person = consumer(*self._chance.choice(_PEOPLE), order=number, email=f"{number}@example.com")
        first, second = self._chance.sample(_ARTICLES, 2)
        shipped = self._now - timedelta(days=self._chance.randint(2, 9))
        self.orders.append(monta_order(number, monta_line(first), monta_line(second), shipped=shipped, by=person))
        created = self._now - timedelta(minutes=self._chance.uniform(20, 1200))
        announced = created + timedelta(seconds=self._chance.uniform(3, 400))
        # The newest entry is the first in some returns and the last in others.
        steps = [step(parcel, announced, spelling), step("announcing", created)]
        self._chance.shuffle(steps)
        wish = item(first, number, reason=why)
        self.records.append(
            parcel_return(wish, order=sign + number, parcel=parcel, created=created, steps=steps, by=person, **fields)
        )
