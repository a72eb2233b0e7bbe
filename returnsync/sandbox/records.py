"""Builders of records as the vendors write them, with defaults, so that a test gives only what matters to it.

Every builder takes further fields by their name on the wire, which replace the default ones. Ids are derived from the
arguments, so that the same call gives the same ids in any process. A request and an order made with the same number and
SKU fit together: the `purchaseId` of the request is the `WebshopOrderLineId` of the order's line.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from returnsync.sandbox.wire import Record, iso_z

AMSTERDAM: Final = ZoneInfo("Europe/Amsterdam")

ACCOUNT_ID: Final = "0190a000-0000-7000-8000-000000000001"
STORE_ID: Final = "0190a000-0000-7000-8000-00000000000a"
CHANNEL: Final = "Webshop NL"
ORDER: Final = "#1001"
SKU: Final = "SHIRT-BL-M"

# With this, `monta_line` derives the id from the order's number and the SKU; None would be the null that Monta has for
# orders made without line ids (docs/warehouses/monta.md, section 4).
DERIVED: Final = "(derived)"

# Keys and words are invented, except `doesnt_look_good` (docs/platforms/returnista.md, section 2.3).
REASONS: Final[dict[str, str]] = {
    "return_reasons.too_small": "Too small",
    "return_reasons.too_large": "Too large",
    "return_reasons.doesnt_look_good": "Doesn't look good",
    "return_reasons.damaged": "Damaged or faulty",
    "return_reasons.wrong_article": "Received another article",
    "return_reasons.changed_mind": "Changed my mind",
}


def uuid_of(*parts: object) -> str:
    """Derive an id of the time-ordered kind that Returnista uses (docs/platforms/returnista.md, section 1)."""
    digits = hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()
    return f"0195{digits[:4]}-{digits[4:8]}-7{digits[8:11]}-8{digits[11:14]}-{digits[14:26]}"


def digits_of(*parts: object) -> str:
    """Derive an id as Shopify's are, a long string of digits."""
    return "7" + str(int(hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:12], 16)).zfill(15)


def line_id_of(number: str, sku: str) -> str:
    """Derive a shop's line id; for the shop, the number is the same with or without the `#`."""
    return digits_of("line", number.removeprefix("#"), sku)


def naive_amsterdam(when: datetime) -> str:
    """Write a time as Monta does: Amsterdam wall-clock time without a zone, 0 to 3 digits of a second's fraction.

    See docs/warehouses/monta.md, section 2, Dates. Zeros at the end are left out.
    """
    return naive(when.astimezone(AMSTERDAM))


def naive(when: datetime) -> str:
    """Write a time without the zone that it is in, as `naive_amsterdam` does."""
    text = when.replace(tzinfo=None).isoformat(timespec="milliseconds")
    return text.rstrip("0").rstrip(".") if text.endswith("0") else text


def reason(key: str = "return_reasons.too_small") -> Record:
    """Make one of Returnista's return reasons (docs/platforms/returnista.md, section 2.3)."""
    return {
        "id": uuid_of("reason", key),
        "key": key,
        "description": REASONS.get(key, key.rpartition(".")[2].replace("_", " ").capitalize()),
        "details": {"visible": True},
        "default": False,
    }


def request(  # noqa: PLR0913  # all but two are keyword-only, and some test needs each
    sku: str = SKU,
    order: str = ORDER,
    *,
    purchase_id: str | None = None,
    parent: str | None = None,
    reason_key: str | None = "return_reasons.too_small",
    comment: str = "",
    title: str | None = None,
    barcode: str | None = None,
    price: str = "49.95",
    **fields: object,
) -> Record:
    """Make a return request: the wish to return one unit (docs/platforms/returnista.md, section 2.3).

    `parent` is the line that a single-unit purchase came from. The times come with the return order.
    """
    purchase = purchase_id or line_id_of(order, sku)
    price_tag = {"value": price, "currency": "EUR"}
    return {
        "id": uuid_of("request", order, sku, purchase, parent),
        "returnOrderId": None,
        "purchaseId": purchase,
        "parentPurchaseId": parent,
        "purchaseOrderNumber": order,
        "purchaseOrderId": digits_of("order", order),
        "purchasePrice": price_tag,
        "status": "Unprocessed",
        "requestedResolution": "Refund",
        "returnReasonId": None if reason_key is None else reason(reason_key)["id"],
        "returnReasonComment": comment,
        "returnReason": None if reason_key is None else reason(reason_key),
        "product": {
            "id": digits_of("product", sku)[:6],
            "name": title or sku.replace("-", " ").capitalize(),
            "sku": sku,
            "barcode": barcode or "87" + digits_of("barcode", sku)[1:12],
            "price": price_tag,
            "attributes": [],
        },
        "resolution": {"type": "Refund", "status": "Open"},
        **fields,
    }


def consumer(first: str = "Jo", last: str = "Voorbeeld", order: str = ORDER, **fields: object) -> Record:
    """Make a consumer; the house number is part of `street` (docs/platforms/returnista.md, section 2.3)."""
    name = {"firstName": first, "lastName": last}
    return {
        "id": uuid_of("consumer", first, last, order),
        "orderNumber": order,
        "postalCode": "1234 AB",
        "email": f"{first}.{last.replace(' ', '')}@example.com".lower(),
        "locale": "nl",
        **name,
        "shippingAddress": {
            **name,
            "street": "Teststraat 12 bis",
            "city": "Utrecht",
            "postalCode": "1234 AB",
            "countryCode": "NL",
        },
        **fields,
    }


def shipment(*, label_url: str | None = None, tracking: str | None = None, **fields: object) -> Record:
    """Make a shipment, without a label of its own unless an address or a tracking number is given."""
    return {
        "id": uuid_of("shipment", label_url, tracking),
        "returnOrderId": None,
        "status": "New",
        "reason": "CreatedByConsumer",
        "labelUrl": label_url,
        "trackingNumber": tracking,
        "trackingUpdates": [],
        "shippingProduct": {
            "id": uuid_of("shipping product", "postnl_parcel"),
            "name": "Parcel return",
            "productCode": "RET-1",
            "shippingMethod": "CARRIER_INTEGRATION",
            "labelType": "REQUIRED",
            "key": "postnl_parcel",
        },
        **fields,
    }


def return_order(  # all are keyword-only, and some test needs each
    *requests: Record,
    id: str | None = None,  # noqa: A002  # the vendor's own word
    status: str = "Confirmed",
    created: datetime | None = None,
    updated: datetime | None = None,
    by: Record | None = None,
    shipments: list[Record] | None = None,
    uat: bool | None = None,
    **fields: object,
) -> Record:
    """Make a return order with all its parts inline (docs/platforms/returnista.md, section 2.3).

    One request of the default article when none is given. `created` is an hour ago, `updated` 84 seconds after it.
    There is a `store` only with `uat`, since it is attested only in webhooks (section 7). Two return orders of
    the same requests need an `id` each.
    """
    requests = requests or (request(),)
    numbers = list(dict.fromkeys(str(one["purchaseOrderNumber"]) for one in requests))
    identity = id or uuid_of("return order", *(one["id"] for one in requests))
    created = created or datetime.now(UTC) - timedelta(hours=1)
    updated = updated or created + timedelta(seconds=84)
    times = {"createdAt": iso_z(created), "updatedAt": iso_z(created)}
    person = by or consumer(order=numbers[0])
    store = {} if uat is None else {"store": {"id": STORE_ID, "name": "Lindeboom", "slug": "lindeboom", "uat": uat}}
    return {
        "id": identity,
        "storeId": STORE_ID,
        "consumerId": person["id"],
        "status": status,
        "paymentStatus": "Open",
        "source": "ReturnsPortal",
        "purchaseOrderNumbers": numbers,
        "packageCount": 1,
        "createdFromRequest": False,
        "createdWithoutShipment": False,
        "createdAt": iso_z(created),
        "updatedAt": iso_z(updated),
        "relationUpdatedAt": iso_z(updated + timedelta(seconds=2.4)),
        "tags": [],
        "consumer": person,
        "shipments": [{**one, "returnOrderId": identity} for one in ([shipment()] if shipments is None else shipments)],
        "returnRequests": [{**times, **one, "returnOrderId": identity} for one in requests],
        **store,
        **fields,
    }


def monta_line(
    sku: str = SKU,
    quantity: int = 1,
    *,
    line_id: str | None = DERIVED,
    description: str | None = None,
    flyer: bool = False,
) -> Record:
    """Make an order line (docs/warehouses/monta.md, section 4).

    `line_id` None is the null of an order made without line ids.
    """
    return {
        "Sku": sku,
        "OrderedQuantity": quantity,
        "WebshopOrderLineId": line_id,
        "Description": description or sku.replace("-", " ").capitalize(),
        "Backorder": False,
        "IsFlyer": flyer,
    }


def monta_order(
    number: str = "1001",
    *lines: Record | str,
    channel: str = CHANNEL,
    shipped: datetime | bool | None = True,
    by: Record | None = None,
    **fields: object,
) -> Record:
    """Make an order of lines or plain SKUs (docs/warehouses/monta.md, section 4).

    One line of the default article when none is given. `shipped` True is four days ago, False or None not yet.
    """
    if isinstance(shipped, bool):
        shipped = datetime.now(UTC) - timedelta(days=4) if shipped else None
    made = [monta_line(line) if isinstance(line, str) else dict(line) for line in lines or (SKU,)]
    seen: set[str] = set()
    for index, line in enumerate(made):
        if line["WebshopOrderLineId"] == DERIVED:
            sku = str(line["Sku"])
            line["WebshopOrderLineId"] = line_id_of(number, sku if sku not in seen else f"{sku} {index}")
            seen.add(sku)
    person = by or consumer(order=number)
    return {
        "WebshopOrderId": number,
        "InternalWebshopOrderId": digits_of("internal", number),
        "Reference": None,
        "Origin": channel,
        "ConsumerDetails": {"DeliveryAddress": _address(person), "InvoiceAddress": _address(person)},
        "ShipperCode": "PostNL",
        "Shipped": None if shipped is None else naive_amsterdam(shipped),
        "Deleted": False,
        "Blocked": False,
        "Backorder": False,
        "TrackAndTraceCode": None if shipped is None else "3S" + digits_of("outbound", number)[:11],
        "TrackAndTraceLink": None,
        "DeliveryStatusCode": "NotYetEnRoute" if shipped is None else "Delivered",
        "MontaEorderId": int(digits_of("eorder", number, channel)[1:9]),
        "Family": [],
        "Lines": made,
        **fields,
    }


def _address(person: Record) -> Record:
    home = person["shippingAddress"]
    street, _, house = str(home["street"]).partition(" ")
    return {
        "Company": None,
        "FirstName": person["firstName"],
        "MiddleName": None,
        "LastName": person["lastName"],
        "Street": street,
        "HouseNumber": house.partition(" ")[0],
        "HouseNumberAddition": house.partition(" ")[2] or None,
        "PostalCode": home["postalCode"],
        "City": home["city"],
        "State": None,
        "CountryCode": home["countryCode"],
        "PhoneNumber": None,
        "EmailAddress": person["email"],
    }
