"""From Returnless's records to our model. Pure.

Sections are those of docs/platforms/returnless.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from returnsync.http.records import look_up, object_in
from returnsync.mapping import lines as order_lines
from returnsync.model import (
    Address,
    Consumer,
    OrderNumber,
    OwnLabel,
    Reason,
    Return,
    ReturnId,
    ReturnLine,
    ReturnStatus,
    SourceId,
)
from returnsync.platforms.records import UntranslatableError, bare, times
from returnsync.platforms.returnless import wire


@dataclass(frozen=True, slots=True)
class Words:
    """The meanings of the merchant's words; case is ignored (section 2)."""

    unapproved: tuple[str, ...]
    """How a `state` begins that means that the return is not approved yet."""
    done: frozenset[str]
    cancelled: frozenset[str]
    """Statuses by id or label."""


def folded(word: str | None) -> str:
    """A word in the form in which it is compared."""
    return (word or "").strip().casefold()


def translate(order: wire.ReturnOrder, source: SourceId, words: Words) -> Return:
    """One record as a return. It has lines only where the record contains items, order and parcels.

    Raises:
        UntranslatableError: a time is not one, or nothing says how many units come back.
    """
    created, updated = times(order.created_at, order.updated_at or order.created_at)
    shipments = order.shipments or []
    is_whole = bool(order.items and order.order_number and order.shipments is not None)
    word = (order.status.label or order.status.id) if order.status else None
    return Return(
        source=source,
        platform="returnless",
        id=ReturnId(order.id),
        number=order.return_number or order.id,
        status=_status(order, words),
        raw_status=f"{order.state}/{word}" if word else order.state,
        created=created,
        updated=updated,
        lines=order_lines.add_up(_line(item, order) for item in order.items or ()) if is_whole else (),
        consumer=_consumer(order),
        carrier=next((wish for item in shipments if (wish := item.shipping_method or item.carrier_name)), ""),
        own_label=_own_label(shipments),
        is_test=bool(order.is_test_record),
    )


def names_of(record: object) -> tuple[set[str], bool]:
    """The names that people may use for a raw record, without a `#`, and whether it contains its order number.

    This includes records that cannot be read, so that these are found, too.
    """
    if not isinstance(record, dict):
        return set(), False
    orders = [object_in(look_up(part, "sales_order")) for part in (record, object_in(look_up(record, "includes")))]
    numbers = [number for order in orders if (number := look_up(order, "order_number"))]
    names = (look_up(record, "id"), look_up(record, "return_number"), *numbers)
    return {bare(str(name)) for name in names if isinstance(name, str | int)}, bool(numbers)


def _status(order: wire.ReturnOrder, words: Words) -> ReturnStatus:
    """The state says whether it was approved; only the merchant's own statuses say what has happened to it since."""
    if folded(order.state).startswith(words.unapproved):
        return ReturnStatus.REQUESTED
    mine = {folded(order.status.id), folded(order.status.label)} - {""} if order.status else set()
    if mine & words.cancelled:
        return ReturnStatus.CANCELLED
    return ReturnStatus.COMPLETED if mine & words.done else ReturnStatus.APPROVED


def _line(item: wire.Item, order: wire.ReturnOrder) -> ReturnLine:
    product = item.product or wire.Product()
    texts = ((reply.answer or "").strip() for reply in item.answers or ())
    return ReturnLine(
        order_number=OrderNumber(order.order_number),
        quantity=item.quantity or _total(order),
        # An item does not name a line of the order, so article number and barcode are used.
        sku=(product.sku or "").strip(),
        barcode=product.barcode or "",
        title=product.name or "",
        reason=reason_of(item.return_reason),
        comment=" / ".join(dict.fromkeys(filter(None, texts))),
    )


def _total(order: wire.ReturnOrder) -> int:
    """The units of the whole return, which are those of its item where there is just one (section 3)."""
    if len(order.items or ()) == 1 and order.quantity is not None and order.quantity > 0:
        return order.quantity
    raise UntranslatableError("an item has no quantity, so nothing says how many units come back")


def reason_of(given: wire.Reason | None) -> Reason | None:
    """A reason by id, else by its name in the system; its label comes last, since merchants change it."""
    key = given and (given.id or given.system_name or given.label)
    return Reason(key, (given and given.label) or "") if key else None


def _consumer(order: wire.ReturnOrder) -> Consumer | None:
    person, home = order.customer, order.customer_address
    if person is None and home is None:
        return None
    person = person or wire.Customer()
    address = (
        None
        if home is None
        else Address(
            name=person.name or "",
            street=home.street or "",
            house_number=" ".join(filter(None, (home.house_number, home.suffix))),
            postal_code=home.postal_code or "",
            city=home.city or "",
            country=home.country or "",
            phone=home.telephone or "",
        )
    )
    return Consumer(last_name=person.name or "", email=person.email or "", address=address)


def _own_label(shipments: Sequence[wire.Shipment]) -> OwnLabel | None:
    """A label exists where there is a tracking number or a label address; a shipment by itself is not enough."""
    for item in shipments:
        if item.tracking_number or item.label_url:
            return OwnLabel(item.tracking_number or "", item.tracking_url or "", item.label_url or "")
    return None
