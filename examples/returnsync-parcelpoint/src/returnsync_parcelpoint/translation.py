"""From ParcelPoint's records to the model of returnsync. Pure."""

from collections.abc import Collection

from returnsync.mapping.lines import add_up
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
from returnsync.platforms.records import times

from returnsync_parcelpoint import wire

_STATUSES = {
    "asked": ReturnStatus.REQUESTED,
    "sent": ReturnStatus.IN_TRANSIT,
    "received": ReturnStatus.DELIVERED,
    "closed": ReturnStatus.COMPLETED,
    "refused": ReturnStatus.REJECTED,
    "cancelled": ReturnStatus.CANCELLED,
}


def translate(record: wire.Record, source: SourceId, approved: Collection[str]) -> Return:
    """One record as a return; `approved` are the states that mean approved, in any case.

    Raises:
        UntranslatableError: it does not say when it was made or changed.
    """
    created, updated = times(record.created_at, record.changed_at)
    return Return(
        source=source,
        platform="parcelpoint",
        id=ReturnId(record.id),
        number=record.id,
        status=_status(record.state.lower(), approved),
        raw_status=record.state,
        created=created,
        updated=updated,
        lines=add_up(map(_line, record.items)),
        consumer=_consumer(record.shopper),
        own_label=_own_label(record),
    )


def _status(word: str, approved: Collection[str]) -> ReturnStatus:
    if word in {state.lower() for state in approved}:
        return ReturnStatus.APPROVED
    return _STATUSES.get(word, ReturnStatus.UNKNOWN)


def _line(item: wire.Item) -> ReturnLine:
    given = item.reason
    return ReturnLine(
        order_number=OrderNumber(item.order),
        quantity=item.units,
        order_line_ids=(item.line,) if item.line else (),
        sku=item.sku or "",
        reason=Reason(given.code, given.text or "") if given and given.code else None,
        comment=item.note or "",
    )


def _consumer(given: wire.Shopper | None) -> Consumer | None:
    if given is None:
        return None
    return Consumer(given.first_name or "", given.last_name or "", given.email or "")


def _own_label(record: wire.Record) -> OwnLabel | None:
    if not record.tracking_code and not record.label_url:
        return None
    return OwnLabel(tracking_code=record.tracking_code or "", label_url=record.label_url or "")
