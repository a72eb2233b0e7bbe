"""From Returnista's records to our model. Pure: look-ups are passed in as a function."""

from collections.abc import Callable, Collection, Sequence

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
from returnsync.platforms.records import UntranslatableError, times
from returnsync.platforms.returnista import wire

ReasonOf = Callable[[str], wire.Reason | None]
"""Looks up a reason by its id."""

_REFUSED_REQUESTS = frozenset({"rejected", "denied", "cancelled", "canceled"})
_STATUSES = {
    "pending": ReturnStatus.REQUESTED,
    "complete": ReturnStatus.COMPLETED,
    "completed": ReturnStatus.COMPLETED,
    "rejected": ReturnStatus.REJECTED,
    "denied": ReturnStatus.REJECTED,
    "cancelled": ReturnStatus.CANCELLED,
    "canceled": ReturnStatus.CANCELLED,
}
_SUB_REASON = "sub_return_reasons."


def translate(
    order: wire.ReturnOrder,
    source: SourceId,
    approved: Collection[str],
    reason_of: ReasonOf,
    *,
    is_whole: bool = True,
) -> Return:
    """One return order as a return; `approved` are the status words that mean approved, in any case.

    A record that came without some of its parts, and so not `is_whole`, gets no lines.

    Raises:
        UntranslatableError: it does not say what comes back, or when it was created.
    """
    requests = order.return_requests or []
    kept = [request for request in requests if (request.status or "").lower() not in _REFUSED_REQUESTS]
    status = _status(order, approved)
    if requests and not kept and status is not ReturnStatus.CANCELLED:
        status = ReturnStatus.REJECTED
    if is_whole and not requests and status not in (ReturnStatus.CANCELLED, ReturnStatus.REJECTED):
        raise UntranslatableError("it has no return requests, so nothing says what comes back")
    created, updated = times(order.created_at, order.updated_at)
    shipments = order.shipments or []
    product = next((item.shipping_product for item in shipments if item.shipping_product), None)
    return Return(
        source=source,
        platform="returnista",
        id=ReturnId(order.id),
        number=order.id,
        status=status,
        raw_status=order.status,
        created=created,
        updated=updated,
        lines=order_lines.add_up(_line(request, reason_of) for request in kept) if is_whole else (),
        consumer=_consumer(order.consumer),
        sender=next((_address(item.sender) for item in shipments if item.sender), None),
        carrier=(product.key or product.product_code or product.name or "") if product else "",
        own_label=_own_label(shipments),
        is_test=bool(order.store and order.store.uat),
        without_shipment=order.created_without_shipment,
    )


def _status(order: wire.ReturnOrder, approved: Collection[str]) -> ReturnStatus:
    word = order.status.lower()
    if word in {item.lower() for item in approved}:
        shipments = order.shipments or []
        delivered = shipments and all((item.status or "").lower() == "delivered" for item in shipments)
        return ReturnStatus.DELIVERED if delivered else ReturnStatus.APPROVED
    return _STATUSES.get(word, ReturnStatus.UNKNOWN)


def _line(request: wire.Request, reason_of: ReasonOf) -> ReturnLine:
    product = request.product or wire.Product()
    comment = (request.return_reason_comment or "").strip()
    sub_reason = comment if comment.startswith(_SUB_REASON) else ""
    return ReturnLine(
        order_number=OrderNumber(request.purchase_order_number),
        # One row for each returned article, without a quantity; `parentPurchaseId` is the line that a unit came from.
        quantity=request.quantity or 1,
        order_line_ids=tuple(dict.fromkeys(filter(None, (request.parent_purchase_id, request.purchase_id)))),
        sku=(product.sku or "").strip(),
        barcode=product.barcode or "",
        title=product.name or "",
        reason=_reason(request, sub_reason, reason_of),
        comment="" if sub_reason else comment,
        resolution=request.requested_resolution or "",
    )


def _reason(request: wire.Request, sub_reason: str, reason_of: ReasonOf) -> Reason | None:
    """The sub-reason, then the reason's key, then its id; never the description, which changes with the language."""
    given = request.return_reason
    if (given is None or not given.key) and request.return_reason_id:
        given = reason_of(request.return_reason_id) or given
    main = None
    if given is not None and (given.key or given.id):
        main = Reason(key=given.key or given.id or "", label=given.description or "")
    elif request.return_reason_id:
        main = Reason(key=request.return_reason_id)
    return Reason(key=sub_reason, parent=main) if sub_reason else main


def _consumer(given: wire.Consumer | None) -> Consumer | None:
    if given is None:
        return None
    return Consumer(
        first_name=given.first_name or "",
        last_name=given.last_name or "",
        email=given.email or "",
        locale=given.locale or "",
        address=_address(given.shipping_address),
    )


def _address(given: wire.Address | None) -> Address | None:
    if given is None:
        return None
    return Address(
        name=" ".join(filter(None, (given.first_name, given.last_name))),
        street=given.street or "",
        house_number=given.house_number or "",
        postal_code=given.postal_code or "",
        city=given.city or "",
        country=given.country_code or "",
    )


def _own_label(shipments: Sequence[wire.Shipment]) -> OwnLabel | None:
    """A label exists where there is a label address or a tracking number; a status or a label type is not enough."""
    for item in shipments:
        if item.label_url or item.tracking_number:
            return OwnLabel(item.tracking_number or "", item.tracking_url or "", item.label_url or "")
    return None
