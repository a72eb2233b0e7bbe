"""From Channable's records to our model, and from an order to a SKU. Pure.

Sections are those of docs/platforms/channable.md.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from returnsync.http.records import look_up
from returnsync.mapping import barcodes
from returnsync.model import (
    Address,
    Consumer,
    OrderNumber,
    Reason,
    Return,
    ReturnId,
    ReturnLine,
    ReturnStatus,
    SourceId,
)
from returnsync.platforms.channable import wire
from returnsync.platforms.records import UntranslatableError, bare, times

OrderNumberField = Literal["platform_order_id", "item_order_id", "channel_order_id", "channel_order_id_internal"]
SkuField = Literal["article_number", "reference_code", "id", "ean"]
Handling = Literal["announce", "wait", "skip"]

# Fixed for ever: codes are made from it, so no setting may change it.
_RAW_NUMBER: tuple[OrderNumberField, ...] = (
    *("channel_order_id", "platform_order_id", "item_order_id", "channel_order_id_internal"),
)
# `new` and other words that mean approved are a setting.
_STATUSES = {"processing": ReturnStatus.REQUESTED}
# Each of them is a verdict: the goods are here, or they stay where they are (section "Statuses").
VERDICTS = {
    **dict.fromkeys(("accepted", "rejected", "repaired", "exchanged", "complete"), ReturnStatus.COMPLETED),
    **dict.fromkeys(("keeps", "cancelled"), ReturnStatus.CANCELLED),
}


@dataclass(frozen=True, slots=True)
class OrderHint:
    """What a raw record shows about its order, and about the article in it."""

    order_id: str
    """Channable's own id of the order; empty where another shop system keeps the order."""
    channel_name: str
    channel_order_id: str
    item_id: str


def translate(
    record: wire.Record,
    source: SourceId,
    approved: Collection[str],
    channels: Mapping[str, Handling],
    numbers_from: Sequence[OrderNumberField],
) -> Return:
    """One record as a return of one line, without its SKU.

    `approved` are the words that mean approved, `channels` how single channels are handled; both ignore case.

    Raises:
        UntranslatableError: it names no order, or has no time of creation.
    """
    data, meta = record.data, record.data.meta or wire.Meta()
    numbers = _order_numbers(data)
    raw_number = _first(numbers, _RAW_NUMBER)
    if not raw_number:
        raise UntranslatableError("it names no order")
    created, updated = times(record.created, record.modified)
    channel, return_id = _text(record.channel_name), _text(meta.channel_return_id)
    handling = {folded(name): how for name, how in channels.items()}.get(folded(channel), "announce")
    status = _status(record.status, approved)
    reason = _text(data.item.reason)
    return Return(
        source=source,
        platform="channable",
        id=ReturnId(record.id),
        status=ReturnStatus.REQUESTED if handling == "wait" and status is ReturnStatus.APPROVED else status,
        raw_status=record.status,
        created=created,
        updated=updated,
        number=return_id or record.id,
        lines=(
            ReturnLine(
                order_number=OrderNumber(raw_number),
                order_ref=_first(numbers, numbers_from),
                quantity=data.item.quantity,
                # It is not documented what `item.id` is an id of, so it is not used as an order-line id (section "Open
                # questions").
                barcode=_text(data.item.gtin),
                title=_text(data.item.title),
                reason=Reason(reason_key(reason), reason) if reason_key(reason) else None,
                comment=_text(data.item.comment),
            ),
        ),
        consumer=None if record.obfuscated else _consumer(data),
        aliases=tuple(dict.fromkeys(number for number in numbers.values() if number and number != raw_number)),
        channel=channel,
        group=f"{channel}:{return_id}" if channel and return_id else "",
        not_coming=f"The setting `channels` skips returns of {channel}." if handling == "skip" else "",
        anonymised=bool(record.obfuscated),
        is_test=is_test(record),
    )


def is_test(record: wire.Record) -> bool:
    """Whether it was made to try something out."""
    meta = record.data.meta
    return meta is not None and bool(meta.is_test_return or meta.is_demo_return)


def folded(word: str) -> str:
    """A word or text without accidental differences: case, and extra blanks."""
    return " ".join(word.casefold().split())


def reason_key(text: str) -> str:
    """The text of a reason as a key: marketplaces give words, not codes (section "Reasons")."""
    return folded(text).rstrip(": ")


def order_hint(record: wire.Record) -> OrderHint:
    """What is needed to find the order of a record, and the article in it."""
    meta = record.data.meta or wire.Meta()
    by_api = folded(_text(record.platform_name)) == "channable"
    return OrderHint(
        order_id=_text(meta.platform_order_id) if by_api else "",
        channel_name=_text(record.channel_name),
        channel_order_id=_text(meta.channel_order_id),
        item_id=_text(record.data.item.id),
    )


def sku_of(products: Sequence[wire.Product], gtin: str, item_id: str, fields: Sequence[SkuField]) -> str:
    """The SKU of the returned article in its order: by barcode, by id, or as the only product; empty where unclear.

    Several products that fit count as one when they have the same SKU. The only product does not count where its
    barcode or id differs from the article's.

    Raises:
        UntranslatableError: the id is that of a product with another barcode.
    """
    barcode = barcodes.folded(gtin)
    by_barcode = [product for product in products if barcode and barcodes.folded(_text(product.ean)) == barcode]
    by_id = [product for product in products if item_id and _text(product.id) == item_id]
    if by_barcode:
        is_apart = by_id and not any(product in by_barcode for product in by_id)
        if is_apart and _skus(by_barcode, fields) != _skus(by_id, fields):
            raise UntranslatableError("its barcode is that of one product of its order, its item id that of another")
    elif by_id:
        by_id = [product for product in by_id if not _has_another_barcode(product, gtin, products)]
        if not by_id:
            raise UntranslatableError("its item id is that of a product of its order that has another barcode")
    only = products if len(products) == 1 and not _contradicts(products[0], gtin, item_id) else ()
    for fitting in (by_barcode, by_id, only):
        skus = _skus(fitting, fields)
        if len(skus) == 1:
            return skus.pop()
    return ""


def _skus(products: Iterable[wire.Product], fields: Sequence[SkuField]) -> set[str]:
    return {next(filter(None, (_text(getattr(product, name)) for name in fields)), "") for product in products}


def _contradicts(product: wire.Product, gtin: str, item_id: str) -> bool:
    """Whether a product has another barcode or id than an article."""
    other_id = item_id and _text(product.id) and item_id not in {_text(name) for name in _called(product)}
    return bool(other_id) or _has_another_barcode(product, gtin, [product])


def _has_another_barcode(product: wire.Product, gtin: str, products: Iterable[wire.Product]) -> bool:
    """Whether an article's barcode shows that it is not this product, but another one, in the order or outside it.

    Some shops write a SKU in the place of the barcode, so any of a product's names may match.
    """
    barcode = barcodes.folded(gtin)
    named = [other for other in products if barcode in {barcodes.folded(_text(name)) for name in _called(other)}]
    return bool(barcode) and product not in named and bool(_text(product.ean) or named)


def _called(product: wire.Product) -> Iterable[str | None]:
    return product.ean, product.id, product.article_number, product.reference_code


def order_of(orders: Iterable[wire.Order], hint: OrderHint) -> wire.Order | None:
    """The one order with the marketplace's number among all that a search found; `None` if there is not exactly one."""
    found = {order.id: order for order in orders if _text(order.channel_id) == hint.channel_order_id}
    if len(found) > 1:
        # Two marketplaces may use the same number.
        found = {key: order for key, order in found.items() if _text(order.channel_name) == hint.channel_name}
    return next(iter(found.values())) if len(found) == 1 else None


def names(record: object) -> set[str]:
    """Every number by which people may know a raw record; of an odd record, those that can be read."""
    data = look_up(record, "data")
    meta = look_up(data, "meta")
    values = [look_up(record, "id"), look_up(look_up(data, "item"), "order_id"), look_up(meta, "channel_return_id")]
    values += [look_up(meta, name) for name in _RAW_NUMBER]
    return {compared(str(value)) for value in values if isinstance(value, str | int)} - {""}


def compared(number: str) -> str:
    """A number in the form in which it is compared with a typed one: marketplaces write letters in either case."""
    return bare(number).casefold()


def _status(word: str, approved: Collection[str]) -> ReturnStatus:
    if folded(word) in {folded(item) for item in approved}:
        return ReturnStatus.APPROVED
    # `manual` is not among them: somebody took the return out of automatic handling, so a person must look.
    return (_STATUSES | VERDICTS).get(folded(word), ReturnStatus.UNKNOWN)


def _order_numbers(data: wire.Data) -> dict[OrderNumberField, str]:
    meta = data.meta or wire.Meta()
    return {
        "platform_order_id": _text(meta.platform_order_id),
        "item_order_id": _text(data.item.order_id),
        "channel_order_id": _text(meta.channel_order_id),
        "channel_order_id_internal": _text(meta.channel_order_id_internal),
    }


def _first(numbers: Mapping[OrderNumberField, str], fields: Sequence[OrderNumberField]) -> str:
    return next((numbers[name] for name in fields if numbers[name]), "")


def _consumer(data: wire.Data) -> Consumer:
    person, home = data.customer or wire.Customer(), data.address or wire.Address()
    first = _text(person.first_name) or _text(home.first_name)
    last = _text(person.last_name) or _text(home.last_name)
    street = _text(home.street)
    number = " ".join(filter(None, (_text(home.house_number), _text(home.house_number_ext)))) if street else ""
    address = Address(
        name=" ".join(filter(None, (_text(home.first_name), _text(home.last_name)))),
        street=street or _text(home.address1),
        house_number=number,
        postal_code=_text(home.zip_code),
        city=_text(home.city),
        country=_text(home.country_code),
    )
    return Consumer(first, last, _text(person.email) or _text(home.email), address=address)


def _text(value: str | None) -> str:
    return (value or "").strip()
