"""Builders of Channable's records, with defaults, so that a test gives only what matters to it; and a day of them.

A return and an order made with the same number and SKU fit together. Every builder takes further fields by their name
on the wire, which replace the default ones.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from returnsync.sandbox.records import SKU, consumer, digits_of, monta_order

if TYPE_CHECKING:
    import random

    from returnsync.sandbox.wire import Record

COMPANY_ID: Final = 310
PROJECT_ID: Final = 4100
ORDER: Final = "1001"


@dataclass
class ChannableAccount:
    """What a project at Channable holds, and its credentials."""

    company_id: int = COMPANY_ID
    project_id: int = PROJECT_ID
    token: str = "sandbox.channable.token"  # noqa: S105  # opens nothing but the sandbox
    returns: list[Record] = field(default_factory=list)
    orders: list[Record] = field(default_factory=list)


def stamp(when: datetime) -> str:
    """Write a time as Channable does: whole seconds, `+00:00` (docs/platforms/channable.md, Connection facts)."""
    return when.astimezone(UTC).isoformat(timespec="seconds")


def gtin_of(sku: str) -> str:
    """Derive an article's barcode."""
    return "87" + digits_of("barcode", sku)[1:12]


def marketplace_number(order: str) -> str:
    """Derive the number under which the consumer knows an order."""
    return f"C{order.zfill(9)}"


def _platform_of(order: str) -> str:
    return "channable" if order.isdigit() else "magento"


def returned(  # noqa: PLR0913  # all but two are keyword-only, and some test needs each
    sku: str = SKU,
    order: str = ORDER,
    *,
    id: int | None = None,  # noqa: A002  # the vendor's own word
    status: str = "new",
    created: datetime | None = None,
    modified: datetime | None = None,
    return_id: str | None = None,
    item: Record | None = None,
    meta: Record | None = None,
    by: tuple[str, str] = ("Jo", "Voorbeeld"),
    **fields: Any,
) -> Record:
    """Make a return of one article (docs/platforms/channable.md, Return record).

    `order` is Channable's own id of the order, as in a project that is connected by its API; if it is not a number, it
    is a shop's. `return_id` is the marketplace's number of the return. The return was made an hour ago and changed with
    its collection a minute later. `item` and `meta` replace single fields in them.
    """
    created = created or datetime.now(UTC) - timedelta(hours=1)
    modified = modified or created + timedelta(minutes=1)
    first, last = by
    email = f"relay-{digits_of(first, last)[1:6]}@example.com"
    name = {"first_name": first, "last_name": last}
    return {
        "id": int(digits_of("return", order, sku, return_id)[1:8]) if id is None else id,
        "project_id": PROJECT_ID,
        "status": status,
        "channel_name": "bol",
        "channel_id": digits_of("channel", order)[1:8],
        "platform_name": _platform_of(order),
        "platform_id": None,
        "created": stamp(created),
        "modified": stamp(modified),
        "retrieved_at": stamp(created),
        "error": False,
        "log": [],
        "obfuscated": False,
        "data": {
            "item": {
                "id": digits_of("item", sku)[1:6],
                "gtin": gtin_of(sku),
                "title": sku.replace("-", " ").capitalize(),
                "quantity": 1,
                "reason": "Te klein",
                "comment": "",
                "delivery_period": "",
                **(item or {}),
            },
            "customer": {**name, "gender": "unknown", "email": email},
            "address": {
                **name,
                "email": email,
                "company": "",
                "street": "Teststraat",
                "house_number": "12",
                "house_number_ext": "bis",
                "address1": "Teststraat 12 bis",
                "address_supplement": "",
                "zip_code": "1234 AB",
                "city": "Utrecht",
                "region_code": "",
                "country_code": "NL",
            },
            "meta": {
                "channel_order_id": marketplace_number(order),
                "channel_order_id_internal": "",
                "channel_return_id": return_id,
                "platform_order_id": order,
                "is_test_return": False,
                "is_demo_return": False,
                **(meta or {}),
            },
        },
        **fields,
    }


def old_shape(record: Record) -> Record:
    """Turn a return into one of the older data: a whole house number, `address2`, times without a zone."""
    old = copy.deepcopy(record)
    address = old["data"]["address"]
    address["house_number"] = int(address["house_number"])
    address["address2"] = address.pop("address_supplement")
    old["data"]["item"]["order_id"] = old["data"]["meta"]["channel_order_id"]
    for name in ("created", "modified", "retrieved_at"):
        old[name] = old[name].removesuffix("+00:00")
    return old


def obfuscated(record: Record) -> Record:
    """Turn a return into one whose personal data was removed; what that leaves is not known, so nothing stays."""
    bare = copy.deepcopy(record)
    bare["obfuscated"] = True
    bare["data"]["item"]["comment"] = None
    for part in ("customer", "address"):
        bare["data"][part] = dict.fromkeys(bare["data"][part])
    return bare


def product(sku: str = SKU, *, quantity: int = 1, **fields: Any) -> Record:
    """Make a line of an order; the SKU is its `article_number`."""
    return {
        "id": digits_of("item", sku)[1:6],
        "channable_order_item_id": int(digits_of("order item", sku)[1:7]),
        "title": sku.replace("-", " ").capitalize(),
        "quantity": quantity,
        "price": 49.95,
        "shipping": 0.0,
        "commission": 0.0,
        "ean": gtin_of(sku),
        "article_number": sku,
        "reference_code": None,
        **fields,
    }


def order(number: str = ORDER, *products: Record | str, created: datetime | None = None, **fields: Any) -> Record:
    """Make an order (the published document's ChannableAPIOrder) of products or plain SKUs.

    `number` is Channable's own id, or a shop's number. Without products, it has one of the default article.
    """
    created = created or datetime.now(UTC) - timedelta(days=4)
    person = {"first_name": "Jo", "last_name": "Voorbeeld", "email": "relay-1@example.com"}
    return {
        "id": int(number if number.isdigit() else digits_of("order", number)[1:8]),
        "channel_name": "bol",
        "platform_name": _platform_of(number),
        "project_id": PROJECT_ID,
        "order_config_id": 1,
        "platform_id": number,
        "channel_id": marketplace_number(number),
        "channel_id_internal": "",
        "status_paid": "paid",
        "status_shipped": "shipped",
        "error": False,
        "error_reason": None,
        "obfuscated": False,
        "created": stamp(created),
        "modified": stamp(created),
        "retrieved_at": stamp(created),
        "data": {
            "billing": person,
            "shipping": person,
            "customer": person,
            "price": {
                "currency": "EUR",
                "payment_method": "bol",
                "subtotal": 49.95,
                "shipping": 0.0,
                "transaction_fee": 0.0,
                "commission": 0.0,
                "total": 49.95,
            },
            "products": [product(one) if isinstance(one, str) else dict(one) for one in products or (SKU,)],
        },
        "fulfillments": [],
        "attachments": [],
        **fields,
    }


# Dutch for "example", "test man" and so on: nobody has such a name.
_PEOPLE: Final = (("Noor", "Voorbeeld"), ("Sem", "Proefman"), ("Yara", "van der Test"), ("Bram", "Verzonnen"))
_REASONS: Final = ("Te klein", "Artikel is beschadigd", "Not as pictured", "Bestelling te laat:", "Verkeerd artikel")
_ARTICLES: Final = ("SHIRT-BL-M", "JEANS-32-34", "DRESS-GR-38", "KNIT-OC-S", "SNEAK-WH-41")
_FIRST_ORDER: Final = 880_071


def day(chance: random.Random, now: datetime) -> tuple[ChannableAccount, list[Record]]:
    """Make up a small realistic day at a few marketplaces, and the orders that the warehouse has of it."""
    made = _Day(chance, now)
    for channel in ("amazon", "kaufland"):
        made.give_back(channel_name=channel)
    # Two articles of one return are two records and one parcel.
    pair = ("COAT-NV-XL", "SKIRT-BK-36")
    number = made.order(*pair)
    for sku in pair:
        made.give_back(sku, number, return_id="31005544", created=now - timedelta(hours=3))
    made.account.returns.append(old_shape(made.give_back(kept=False)))
    # The barcode's field holds the shop's SKU, and the project is connected to a shop instead of the API.
    made.give_back(platform_name="magento", item={"gtin": "KNIT-OC-S", "id": None}, sku="KNIT-OC-S")
    # Without a barcode it cannot be known which of two articles comes back.
    number = made.order("SHIRT-WH-L", "SHIRT-BL-M")
    made.give_back("SHIRT-WH-L", number, item={"gtin": None, "id": None})
    # One handled in the marketplace's own warehouse, one kept by the consumer, one taken out of automatic handling.
    for word in ("accepted", "keeps", "manual"):
        made.give_back(status=word)
    made.give_back(meta={"is_test_return": True})
    made.account.returns.append(obfuscated(made.give_back(kept=False)))
    return made.account, made.orders


class _Day:
    """The day while it is made up."""

    def __init__(self, chance: random.Random, now: datetime) -> None:
        self.account = ChannableAccount()
        self.orders: list[Record] = []
        self._chance = chance
        self._now = now
        self._next = _FIRST_ORDER

    def order(self, *skus: str) -> str:
        """Make an order at Channable and in the warehouse, which knows it by Channable's own id; give that id."""
        number = str(self._next)
        self._next += self._chance.randint(1, 3)
        bought = self._now - timedelta(days=self._chance.randint(3, 12))
        first, last = self._person(number)
        person = consumer(first, last, number)
        self.account.orders.append(order(number, *skus, created=bought))
        self.orders.append(monta_order(number, *skus, by=person, shipped=bought + timedelta(hours=9)))
        return number

    def give_back(self, sku: str = "", number: str = "", *, kept: bool = True, **fields: Any) -> Record:
        """Register a return some time today, with an order of its own unless one is given."""
        sku = sku or self._chance.choice(_ARTICLES)
        number = number or self.order(sku)
        count = len(self.account.returns)
        created = self._now - timedelta(minutes=self._chance.randint(20, 1100))
        item = {"reason": self._chance.choice(_REASONS), **fields.pop("item", {})}
        record = returned(
            sku,
            number,
            **{"id": 90_211 + count, "created": created, "by": self._person(number), "item": item, **fields},
        )
        if kept:
            self.account.returns.append(record)
        return record

    def _person(self, number: str) -> tuple[str, str]:
        """Make up the consumer of an order; the same one each time."""
        return _PEOPLE[int(number) % len(_PEOPLE)]
