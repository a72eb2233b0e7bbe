"""From Loop's records to our model. Pure: the time and the settings are passed in.

Sections are those of docs/platforms/loop.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from returnsync.mapping import lines as order_lines
from returnsync.model import (
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
from returnsync.platforms.loop import wire
from returnsync.platforms.records import UntranslatableError, times

OrderNumberFrom = Literal["order_name", "provider_order_number", "provider_order_id"]

_STATES = {
    "review": ReturnStatus.REQUESTED,
    "cancelled": ReturnStatus.CANCELLED,
    "canceled": ReturnStatus.CANCELLED,
    # Not sent back in time. If the goods come late, the return is no longer announced (section 3).
    "expired": ReturnStatus.CANCELLED,
}
_MOVING = frozenset({"in_transit", "out_for_delivery"})
_WITHOUT_LINES = frozenset({ReturnStatus.CANCELLED, ReturnStatus.COMPLETED})


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the settings of a source say about its records."""

    approved: frozenset[str]
    """The states that mean approved, in lower case."""
    order_number_from: OrderNumberFrom
    closed: timedelta
    """The age up to which a closed return may still be on its way."""
    wait: timedelta
    """How long to wait for Loop's own label."""


def translate(record: wire.Return, source: SourceId, meaning: Meaning, now: datetime, not_coming: str = "") -> Return:
    """One return as it is at the moment `now`; `not_coming` says why its destination is not the warehouse's.

    Raises:
        UntranslatableError: it does not say what comes back or when it was created, or lacks the order number of
            `order_number_from`.
    """
    # The details give whole seconds only, and a single read must equal the listing.
    created, updated = (moment.replace(microsecond=0) for moment in times(record.created_at, record.updated_at))
    parcels = _parcels(record)
    labels = [parcel for parcel in parcels if parcel.tracking_number or parcel.url]
    status, raw_status = _status(record.state, parcels, labels, now - created, meaning)
    if not record.line_items and status not in _WITHOUT_LINES:
        raise UntranslatableError("it has no line items, so nothing says what comes back")
    order_ref = _order_ref(record, meaning.order_number_from)
    return Return(
        source=source,
        platform="loop",
        id=ReturnId(record.id),
        number=record.id,
        status=status,
        raw_status=raw_status,
        created=created,
        updated=updated,
        lines=order_lines.add_up(_line(item, OrderNumber(record.order_name), order_ref) for item in record.line_items),
        # Only the details give names; a return must be the same however it is read.
        consumer=Consumer(email=record.email) if record.email else None,
        carrier=next((label.carrier for label in labels if label.carrier), ""),
        own_label=OwnLabel(labels[0].tracking_number or "", "", labels[0].url or "") if labels else None,
        aliases=tuple(dict.fromkeys(label.tracking_number for label in labels if label.tracking_number)),
        not_coming=not_coming,
    )


def _parcels(record: wire.Return) -> list[wire.Label]:
    """The parcels of which anything is known: `labels`, else the flat fields of the first or only one."""
    flat = wire.Label(
        status=record.label_status, url=record.label_url, tracking_number=record.tracking_number, carrier=record.carrier
    )
    listed = [label for label in record.labels if label.status or label.tracking_number or label.url]
    return listed or ([flat] if flat.status or flat.tracking_number or flat.url else [])


def _status(
    state: str, parcels: Sequence[wire.Label], labels: Sequence[wire.Label], age: timedelta, meaning: Meaning
) -> tuple[ReturnStatus, str]:
    """The status, and Loop's words that it was made from."""
    word = state.lower()
    words = list(dict.fromkeys((parcel.status or "").lower() for parcel in parcels))
    shown = f"{state} (label {', '.join(filter(None, words))})" if any(words) else state
    if word in meaning.approved:
        if not labels and age < meaning.wait:
            return ReturnStatus.REQUESTED, f"{state} (no label yet)"
        return _by_labels(labels, words), shown
    if word == "closed":
        # Its money is settled, which says nothing about the goods (section 3).
        by_labels = _by_labels(labels, words)
        coming = bool(labels) and age < meaning.closed
        return (by_labels if coming or by_labels is ReturnStatus.DELIVERED else ReturnStatus.COMPLETED), shown
    return _STATES.get(word, ReturnStatus.UNKNOWN), state


def _by_labels(labels: Sequence[wire.Label], words: Sequence[str]) -> ReturnStatus:
    if labels and all(word == "delivered" for word in words):
        return ReturnStatus.DELIVERED
    return ReturnStatus.IN_TRANSIT if _MOVING.intersection(words) else ReturnStatus.APPROVED


def _order_ref(record: wire.Return, order_number_from: OrderNumberFrom) -> str:
    if order_number_from == "order_name":
        return ""
    number = record.provider_order_id if order_number_from == "provider_order_id" else record.provider_order_number
    if not number:
        raise UntranslatableError(f"it has no {order_number_from}, which `order_number_from` asks for")
    return number


def _line(item: wire.LineItem, order_number: OrderNumber, order_ref: str) -> ReturnLine:
    return ReturnLine(
        order_number=order_number,
        order_ref=order_ref,
        # There is no quantity: one entry is one unit (section 4).
        quantity=item.quantity or 1,
        order_line_ids=(item.provider_line_item_id,) if item.provider_line_item_id else (),
        sku=item.sku or "",
        barcode=item.barcode or "",
        title=item.title or "",
        reason=_reason(item),
        comment=item.return_comment or "",
        resolution=item.outcome or "",
    )


def _reason(item: wire.LineItem) -> Reason | None:
    """Reasons have no ids, only texts in two levels (section 4): they are compared trimmed and without case."""
    parent = Reason(item.parent_reason.casefold(), item.parent_reason) if item.parent_reason else None
    return Reason(item.reason.casefold(), item.reason, parent) if item.reason else parent
