"""From Sendcloud's records to our model, and the identity of a return. Pure.

Sections are those of docs/platforms/sendcloud.md.
"""

import base64
import hashlib
import json
import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime

from pydantic import TypeAdapter, ValidationError

from returnsync import clock
from returnsync.http import fields
from returnsync.http.records import look_up, object_in
from returnsync.mapping import lines as order_lines
from returnsync.mapping import measures
from returnsync.model import (
    Address,
    Consumer,
    OrderNumber,
    OwnLabel,
    Parcel,
    Return,
    ReturnId,
    ReturnLine,
    ReturnStatus,
    SourceId,
)
from returnsync.platforms.records import UntranslatableError, moment_of
from returnsync.platforms.sendcloud import wire
from returnsync.platforms.sendcloud.reasons import reason_of
from returnsync.platforms.sendcloud.steps import entry_of, in_order, moment_of_step, slug_of
from returnsync.platforms.sendcloud.words import CANCELLED, OF_PARCEL, OF_RETURN, OPEN

_IN_STORE = "in_store"
_INSTANT = "%Y%m%dT%H%M%S.%fZ"
# Years in which one day more or less stays within the calendar.
_ID = re.compile(r"(?P<instant>2\d{7}T\d{6}\.\d{6}Z)-[a-z2-7]{10}", re.ASCII)
_HASH_LENGTH = 10
# The form of label addresses changed in 2026; both may occur (section 4.3).
_PARCEL = re.compile(r"/(?:parcels|labels/(?:label_printer|normal_printer))/(\d{1,20})(?![^/?#])", re.ASCII)
_GTIN = re.compile(r"\d{8,14}", re.ASCII)
_KEY: TypeAdapter[str | None] = TypeAdapter(fields.Key)


def created_of(record: object) -> datetime | None:
    """When a raw record was created; `None` where that cannot be read."""
    return moment_of(record, "created_at")


def order_number_of(record: object) -> str | None:
    """The order number of a raw record as it was written, empty where it has none; `None` where it is not a text."""
    given = look_up(record, "order_number")
    return "" if given is None else _text(given)


def identity(record: object) -> ReturnId | None:
    """The permanent key of a raw record; `None` where a part of it cannot be read (section 4.3).

    It is made from values that always exist and never change: the instant of creation, the raw order number and the raw
    postal code. The key contains the last two as a hash. An id that the server may send one day is never part of it.
    """
    created, number = created_of(record), order_number_of(record)
    postal_code = _text(look_up(object_in(look_up(record, "from_address")), "postal_code"))
    if created is None or number is None or postal_code is None:
        return None
    parts = json.dumps([clock.stamp(created), number, postal_code]).encode()
    digest = base64.b32encode(hashlib.sha256(parts).digest()).decode().lower()
    return ReturnId(f"{created:{_INSTANT}}-{digest[:_HASH_LENGTH]}")


def instant_of(return_id: str) -> datetime | None:
    """The instant of creation inside an identity; `None` where the text is not an identity."""
    match = _ID.fullmatch(return_id)
    try:
        return datetime.strptime(match["instant"], _INSTANT).replace(tzinfo=UTC) if match else None
    except ValueError:
        return None


def translate(record: object, source: SourceId, approved: Collection[str]) -> Return:
    """One raw record as a return; `approved` are further statuses that mean approved, in any spelling.

    Raises:
        ValueError: it does not have the agreed shape; `UntranslatableError` when it says too little.
    """
    given = wire.Return.model_validate(record)
    key = identity(record)
    created = fields.moment(given.created_at)
    if key is None or created is None:
        raise UntranslatableError("created_at, order_number or the sender's postal_code cannot be read")
    steps = in_order(given.status_history or (), is_deciding=(slug_of(given.status) or OPEN) not in OF_RETURN)
    slug = slug_of(steps[-1].parent_status) if steps else ""
    status = _status(given.status, slug, approved)
    label = _label_url(given)
    tracking = (given.tracking_number or "").strip()
    home = _address(given.from_address)
    changes = [moment for step in steps if (moment := moment_of_step(step)) is not None]
    return Return(
        source=source,
        platform="sendcloud",
        id=key,
        number=given.id or "",
        status=status,
        raw_status=_raw_status(given.status, slug),
        created=created,
        updated=max([created, *changes]),
        lines=_lines(given, status),
        # One name, which cannot be split into first and last name.
        consumer=Consumer(last_name=home.name, email=given.from_address.email or "", address=home),
        carrier=_carrier(given),
        own_label=OwnLabel(tracking, given.tracking_url or "", label) if tracking or label else None,
        parcel=_parcel(given),
        aliases=tuple(dict.fromkeys(filter(None, (given.id, _parcel_id(given), tracking)))),
        brand=given.brand_id or "",
        history=tuple(map(entry_of, steps)),
        not_coming="The consumer hands it in at a store." if given.delivery_option == _IN_STORE else "",
    )


def check_brand(record: object) -> None:
    """Where brands go to several warehouses, make sure that an unreadable brand never counts as none.

    Raises:
        UntranslatableError: it cannot be read.
    """
    try:
        wire.Brand.model_validate(record)
    except ValidationError as error:
        raise UntranslatableError("its brand_id cannot be read, and `brands` goes by it") from error


def _status(word: str | None, slug: str, approved: Collection[str]) -> ReturnStatus:
    """Both statuses decide: the return's says whether it may come, the parcel's whether it comes (sections 5, 10)."""
    own = slug_of(word) or OPEN
    if slug == CANCELLED:
        return ReturnStatus.CANCELLED
    if own in OF_RETURN:
        return OF_RETURN[own]
    if own == OPEN and not slug:
        return ReturnStatus.REQUESTED
    status = OF_PARCEL.get(slug, ReturnStatus.UNKNOWN) if own == OPEN else ReturnStatus.UNKNOWN
    # A parcel status alone is for open returns; one with the return's own status, as shown, is for that pair.
    also = {tuple(map(slug_of, entry.split("/"))) for entry in approved}
    shown = (own, slug) if slug else (own,)
    if status is ReturnStatus.UNKNOWN and (shown in also or (own == OPEN and (slug,) in also)):
        return ReturnStatus.APPROVED
    return status


def _raw_status(word: str | None, slug: str) -> str:
    own = (word or "").strip() or OPEN
    return f"{own}/{slug}" if slug else own


def _lines(given: wire.Return, status: ReturnStatus) -> tuple[ReturnLine, ...]:
    """The items. Without any, a return that may still come gets one line, with its order and its own reason."""
    if given.parcel_items:
        return order_lines.add_up(_line(item, given) for item in given.parcel_items)
    if status in (ReturnStatus.CANCELLED, ReturnStatus.REJECTED):
        return ()
    without_items = ReturnLine(
        order_number=OrderNumber(given.order_number or ""),
        quantity=0,
        reason=reason_of(wire.Reasons(), given),
        resolution=_resolution(given),
    )
    return (without_items,)


def _line(item: wire.Item, given: wire.Return) -> ReturnLine:
    code = (item.manufacturer_product_id_std or "").strip()
    return ReturnLine(
        order_number=OrderNumber(given.order_number or ""),
        quantity=item.quantity,
        order_line_ids=(item.item_id,) if item.item_id else (),
        sku=_sku(item),
        barcode=code if _GTIN.fullmatch(code) else "",
        title=item.description or "",
        reason=reason_of(item, given),
        comment=(item.return_message or "").strip(),
        resolution=_resolution(given),
    )


def _sku(item: wire.Item) -> str:
    """The SKU, else the shop's id of the variant, else of the product.

    Raises:
        UntranslatableError: the first of them that is not empty cannot be read: the next may be another article's.
    """
    try:
        keys = (_KEY.validate_python(key) for key in (item.sku, item.variant_id, item.product_id))
        return next((key.strip() for key in keys if key and key.strip()), "")
    except ValidationError as error:
        if item.item_id:
            return ""  # its order line is known
        raise UntranslatableError("an item has no SKU, and the id of its variant or product cannot be read") from error


def _resolution(given: wire.Return) -> str:
    return (given.refund and given.refund.refund_type) or ""


def _label_url(given: wire.Return) -> str:
    return next(_label_urls(given), "")


def _label_urls(given: wire.Return) -> Iterator[str]:
    label = given.label or wire.Label()
    yield from filter(None, (label.label_printer, given.label_url, *(label.normal_printer or ())))


def _parcel(given: wire.Return) -> Parcel | None:
    """Its weight and sides (section 4.2); `None` for several parcels, since it is unclear whose they would be."""
    if given.collo_count not in (None, 1, "1"):
        return None
    weight, size = given.weight or wire.Weight(), given.dimensions or wire.Dimensions()
    sides = measures.millimetres((size.length, size.width, size.height), size.unit)
    return measures.parcel(measures.grams(weight.value, weight.unit), sides)


def _parcel_id(given: wire.Return) -> str:
    """The incoming parcel's id, which only the address of its label contains (section 4.3)."""
    return next((match[1] for url in _label_urls(given) if (match := _PARCEL.search(url))), "")


def _address(given: wire.Address) -> Address:
    return Address(
        name=given.name or "",
        street=" ".join(filter(None, (given.address_line_1, given.address_line_2))),
        house_number=given.house_number or "",
        postal_code=given.postal_code or "",
        city=given.city or "",
        country=given.country_code or "",
        phone=given.phone_number or "",
    )


def _carrier(given: wire.Return) -> str:
    """The service of the product; the option is read only where the product names none."""
    product = given.shipping_product
    if product is not None and product.code:
        return product.code
    option = object_in(given.shipping_option)
    return (wire.Product.model_validate(option).code if option else "") or ""


def _text(value: object) -> str | None:
    """A text that lost no character, or a whole number as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and "\ufffd" not in value else None
