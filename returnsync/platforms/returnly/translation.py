"""From Returnly's records to our model. Pure.

Sections are those of docs/platforms/returnly.md.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from returnsync.mapping import lines as order_lines
from returnsync.mapping import measures
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
from returnsync.platforms.records import UntranslatableError, times
from returnsync.platforms.returnly import wire

_STATUSES = {
    "requested": ReturnStatus.REQUESTED,
    "in_transit": ReturnStatus.IN_TRANSIT,
    "delivered": ReturnStatus.DELIVERED,
    "pending_refund": ReturnStatus.COMPLETED,
    "refunded": ReturnStatus.COMPLETED,
}
# The endings of these two words are not known (section 3.1).
_CANCELLED, _INCOMPLETE = "cancel", "incomplete"


def translate(record: wire.Return, source: SourceId, approved: Collection[str]) -> Return | None:
    """One return; `None` for one that the shopper never finished. `approved` are the words that mean approved.

    Raises:
        UntranslatableError: its lines or labels did not come with it, or it does not say when it was created.
    """
    given = record.attributes
    status = _status(given.status, approved)
    if status is None:
        return None
    created, updated = times(given.created_at, given.updated_at)
    # A cancelled return is given as cancelled, whatever came with it.
    items, labels = _parts(record, whole=status is not ReturnStatus.CANCELLED)
    label = _label(items, labels)
    codes = dict.fromkeys(other.tracking_number for other in labels.values() if other is not label)
    return Return(
        source=source,
        platform="returnly",
        id=ReturnId(record.id),
        number=(given.rma or "").strip() or record.id,
        status=status,
        raw_status=given.status,
        created=created,
        updated=updated,
        lines=_lines(items, (given.shopper_message or "").strip()),
        consumer=_consumer(given),
        carrier=(label.carrier or "") if label else "",
        parcel=measures.parcel(measures.grams(label.weight_grams, "g"), None) if label else None,
        own_label=OwnLabel(label.tracking_number or "", label_url=label.pdf_url or "") if label else None,
        aliases=tuple(code for code in codes if code),
    )


def _status(raw: str, approved: Collection[str]) -> ReturnStatus | None:
    word = raw.strip().lower()
    if word in {item.strip().lower() for item in approved}:
        return ReturnStatus.APPROVED
    if word.startswith(_INCOMPLETE):
        return None
    if word.startswith(_CANCELLED):
        return ReturnStatus.CANCELLED
    return _STATUSES.get(word, ReturnStatus.UNKNOWN)


def _parts(record: wire.Return, *, whole: bool) -> tuple[list[wire.LineAttributes], dict[str, wire.LabelAttributes]]:
    """The lines of a return, and its labels by id, with those that only a line names; `whole`: none may be missing."""
    parts = {(part.type, part.id): part.attributes for part in record.included}
    related = record.relationships or wire.Relationships()
    lines = _keys(related.return_line_items)
    items = [wire.LineAttributes.model_validate(parts[key]) for key in lines if key in parts]
    labels = _keys(related.shipping_labels)
    labels |= dict.fromkeys((wire.LABELS, item.shipping_label_id) for item in items if item.shipping_label_id)
    if whole and not lines:
        raise UntranslatableError("it has no line items, so nothing says what comes back")
    if whole and not parts.keys() >= {*lines, *labels}:
        raise UntranslatableError("a line item or a label that it names did not come with it")
    return items, {key[1]: wire.LabelAttributes.model_validate(parts[key]) for key in labels if key in parts}


def _keys(references: wire.References | None) -> dict[tuple[str, str], None]:
    """The parts that a return refers to, each once, in its order."""
    given = references.data if references else None
    return dict.fromkeys((reference.type, reference.id) for reference in given or ())


def _label(
    items: Sequence[wire.LineAttributes], labels: Mapping[str, wire.LabelAttributes]
) -> wire.LabelAttributes | None:
    """The label of a return, if possible with a tracking number; where each line names a label, one of those."""
    named = dict.fromkeys(item.shipping_label_id or "" for item in items)
    found = [labels[name] for name in (labels if "" in named else named) if name in labels]
    usable = [label for label in found if label.tracking_number or label.pdf_url]
    return next((label for label in usable if label.tracking_number), usable[0] if usable else None)


def _lines(items: Iterable[wire.LineAttributes], message: str) -> tuple[ReturnLine, ...]:
    """The lines. The shopper's message is about the whole return, so the first line of each order gets it."""
    lines = order_lines.add_up(_line(item) for item in items)
    first = {line.order_number: line for line in reversed(lines)}
    return tuple(replace(line, comment=message) if line is first[line.order_number] else line for line in lines)


def _line(item: wire.LineAttributes) -> ReturnLine:
    identity = (item.ext_order_line_item_id or "").strip()
    return ReturnLine(
        order_number=OrderNumber(item.ext_order_number),
        quantity=item.units,
        order_line_ids=(identity,) if identity else (),
        sku=(item.sku or "").strip(),
        barcode=(item.product_upc or "").strip(),
        title=item.product_name or "",
        reason=_reason(item),
    )


def _reason(item: wire.LineAttributes) -> Reason | None:
    """The merchant's own words. A sub-reason counts together with its main reason, since many have an `Other`."""
    cause, sub_cause = (" ".join((text or "").split()) for text in (item.return_cause, item.return_sub_cause))
    main = Reason(cause, cause) if cause else None
    if not sub_cause:
        return main
    return Reason(f"{cause}: {sub_cause}" if cause else sub_cause, sub_cause, main)


def _consumer(given: wire.ReturnAttributes) -> Consumer:
    home = given.shopper_address or wire.Address()
    address = Address(
        name=home.name or "",
        street=" ".join(filter(None, (home.line1, home.line2))),
        postal_code=home.postal_code or "",
        city=home.city or "",
        country=home.country_code or "",
    )
    return Consumer(email=given.shopper_email or "", address=None if address == Address() else address)
