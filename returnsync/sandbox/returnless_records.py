"""Builders of Returnless's records, with defaults, so that a test gives only what matters to it; and a day of them.

Records are kept with every relation beside the fields; the stand-in gives them the shape of a version. Numbers and
dates are as docs/platforms/returnless.md has them. The words of states, statuses and reasons are invented, except
`request-pending`. Sections are those of that page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from returnsync.sandbox.records import SKU, consumer, digits_of, monta_line, monta_order

if TYPE_CHECKING:
    import random

    from returnsync.sandbox.wire import Record

REQUESTED: Final = "request-pending"
RETURNED: Final = "return-open"

# Statuses are always made up by the merchant (section 2).
STATUSES: Final = ("Aangemeld", "In behandeling", "Afgehandeld", "Geannuleerd")
REASONS: Final = {
    "too_small": "Te klein",
    "too_large": "Te groot",
    "not_as_shown": "Niet zoals afgebeeld",
    "changed_mind": "Van gedachten veranderd",
}


def id_of(kind: str, *parts: object) -> str:
    """Derive an id as Returnless has it: the kind of record, then an opaque part (section 2)."""
    return f"{kind}_{digits_of(kind, *parts)}"


def status(label: str) -> Record:
    """Make a return status; upper and lower case of the label give the same id."""
    return {"id": id_of("returnstatus", label.casefold()), "label": label, "color": "#2d9cdb"}


def reason(name: str | None) -> Record:
    """Make a return reason (section 3, "Reasons and statuses lists")."""
    return {"id": id_of("returnreason", name), "system_name": name, "label": REASONS.get(name or "", name)}


@dataclass
class ReturnlessAccount:
    """What an account at Returnless holds, and its credentials."""

    records: list[Record] = field(default_factory=list)
    statuses: list[Record] = field(default_factory=lambda: [status(label) for label in STATUSES])
    reasons: list[Record] = field(default_factory=lambda: [reason(name) for name in REASONS])
    done: tuple[str, ...] = ("Afgehandeld",)
    cancelled: tuple[str, ...] = ("Geannuleerd",)
    api_key: str = "sandbox.returnless.key"


def written(when: datetime) -> str:
    """Write a time as Returnless does: ISO 8601 with an offset, in whole seconds (section 1)."""
    return when.astimezone(UTC).isoformat(timespec="seconds")


def item(
    sku: str = SKU,
    *,
    quantity: int = 1,
    reason: str | None = "too_small",
    comment: str = "",
    **fields: object,
) -> Record:
    """Make an item of a return (section 3)."""
    return {
        "id": id_of("returnorderitem", sku, reason, comment),
        "quantity": quantity,
        "product": {
            "id": id_of("product", sku),
            "name": sku.replace("-", " ").capitalize(),
            "sku": sku,
            "barcode": "87" + digits_of("barcode", sku)[1:12],
            "image_src": None,
        },
        "return_reason": _why(reason),
        "answers": [{"id": id_of("answer", comment), "answer": comment or None, "option": None, "attachments": []}],
        **fields,
    }


def _why(name: str | None) -> Record | None:
    return reason(name) if name else None


def parcel(tracking: str | None = None, **fields: object) -> Record:
    """Make a shipment (section 3), without a tracking number unless one is given."""
    return {
        "id": id_of("shipment", tracking),
        "shipping_method_id": id_of("shippingmethod", "postnl"),
        "shipping_method": "PostNL parcel",
        "carrier_name": "PostNL",
        "tracking_number": tracking,
        "tracking_url": f"https://tracking.example/{tracking}" if tracking else None,
        "shipment_lines": [],
        **fields,
    }


def return_order(  # noqa: PLR0913  # all are keyword-only, and some test needs each
    *items: Record,
    order: str = "1001",
    id: str | None = None,  # noqa: A002  # the vendor's own word
    state: str = RETURNED,
    label: str = STATUSES[0],
    created: datetime | None = None,
    updated: datetime | None = None,
    by: Record | None = None,
    shipments: list[Record] | None = None,
    **fields: object,
) -> Record:
    """Make a return of one order (section 3), with one unit of the default article when no items are given.

    Made an hour ago, and changed 18 seconds later, unless said otherwise. Two returns of the same items of one order
    need an `id` each.
    """
    items = items or (item(),)
    person = by or consumer(order=order)
    home = person["shippingAddress"]
    street, _, house = str(home["street"]).partition(" ")
    identity = id or id_of("returnorder", order, *(one["id"] for one in items))
    created = created or datetime.now(UTC) - timedelta(hours=1)
    name = f"{person['firstName']} {person['lastName']}"
    return {
        "id": identity,
        "return_number": f"RET-{digits_of('number', identity)[-6:]}",
        "state": state,
        "status": status(label),
        "status_details": {},
        "order_date": written(created - timedelta(days=6)),
        "quantity": sum(int(one["quantity"] or 0) for one in items),
        "free_shipping": False,
        "is_test_record": False,
        "created_at": written(created),
        "updated_at": written(updated or created + timedelta(seconds=18)),
        "links": {"panel": f"https://panel.returnless.com/returns/{identity}"},
        "customer": {"id": id_of("customer", order), "name": name, "email": person["email"]},
        "customer_address": {
            "street": street,
            "house_number": house.partition(" ")[0],
            "suffix": house.partition(" ")[2] or None,
            "postal_code": home["postalCode"],
            "city": home["city"],
            "country": {"name": home["countryCode"], "iso_code": home["countryCode"]},
            "telephone": None,
        },
        "return_order_items": list(items),
        "shipments": [parcel()] if shipments is None else shipments,
        "sales_order": {"id": id_of("salesorder", order), "order_number": order, "external_id": digits_of(order)},
        **fields,
    }


def day(chance: random.Random, now: datetime) -> tuple[ReturnlessAccount, list[Record]]:
    """Make up a realistic day: mostly plain returns, one of each unusual kind, and the warehouse's orders for all.

    The same `chance` and `now` give the same day.
    """
    account, orders = ReturnlessAccount(), []
    skus = ("SHIRT-BL-M", "JEANS-32-34", "DRESS-GR-38", "KNIT-OC-S", "SNEAK-WH-41")
    unusual: list[Record] = [
        {"state": REQUESTED},
        {"label": "Afgehandeld"},
        {"label": "Geannuleerd"},
        {"shipments": [parcel("3STEST00000042")]},
        {"is_test_record": True},
    ]
    for index, fields in enumerate([{}] * 5 + unusual):
        number = str(60317 + 3 * index)
        created = now - timedelta(minutes=20 + 110 * index + chance.randrange(60))
        person = consumer(chance.choice(("Noor", "Sem", "Yara", "Bram")), "Voorbeeld", number)
        first, second = chance.sample(skus, 2)
        shipped = created - timedelta(days=chance.randint(2, 9))
        orders.append(monta_order(number, monta_line(first, 2), second, shipped=shipped, by=person))
        # The second plain return has two units, the third has both articles.
        items = [item(first, quantity=2 if index == 1 else 1, reason=chance.choice(list(REASONS)))]
        if index == 2:  # noqa: PLR2004  # the third, as said
            items.append(item(second, comment="De kleur valt donkerder uit."))
        account.records.append(return_order(*items, order=f"#{number}", created=created, by=person, **fields))
    return account, orders
