"""The returns that a warehouse received against what was announced: units, and what nobody had announced."""

from collections.abc import Iterator, Sequence

from returnsync.engine.reconcile import receipts
from returnsync.engine.reconcile.describing import of_announcement, of_nobody
from returnsync.engine.reconcile.differences import Difference, Kind
from returnsync.engine.reconcile.known import Known
from returnsync.errors import HoldError
from returnsync.model import Announcement, NewForecast, Receipts, ReceivedReturn, WarehouseOrderNumber
from returnsync.redact import Masker
from returnsync.state import announcements, ledger
from returnsync.state.database import Queries
from returnsync.state.ledger import Kind as Effects
from returnsync.state.sent import requested

_BOOKED = "Compare it with the warehouse's portal, and with what the consumer is refunded: returnsync show <CODE>."
_MATCH = "If that is what came, match the two in the warehouse's portal. Its story: returnsync show {code}."
_LOOK = "Look in the warehouse's portal at what came, and whether it is due to a return that was never approved."


def compare_receipts(known: Known, listed: Receipts) -> Iterator[Difference]:
    """What was booked short or over, and what was matched with no forecast.

    Raises:
        CallError, AccountError, HoldError: what else came for an order could not be asked.
    """
    by_code: dict[str, list[ReceivedReturn]] = {}
    for received in listed.returns:
        if known.ctx.stop.is_set():
            return
        if received.code:
            by_code.setdefault(received.code, []).append(received)
        else:
            yield _unannounced(known, received)
    for code, found in by_code.items():
        if known.ctx.stop.is_set():
            return
        yield from _compare_booked(known, code, found)


def _unannounced(known: Known, received: ReceivedReturn) -> Difference:
    number = WarehouseOrderNumber(received.order_number)
    what = f"The warehouse received {receipts.units_of(received)} of this order, and matched that with no forecast."
    codes = known.codes_of.get(number, ())
    with known.ctx.db.reading() as q:
        for code in codes:
            item = announcements.get(q, code)
            if item is not None and item.source in known.sources:
                what += " A return of it is announced under this code, and may be what came."
                return of_announcement(known.ctx, q, Kind.UNANNOUNCED, item, what, _MATCH.format(code=code))
    return of_nobody(Kind.UNANNOUNCED, what, _LOOK, warehouse=known.name, order_number=_as_shown(known, number))


def _as_shown(known: Known, number: WarehouseOrderNumber) -> str:
    """An order number of which no return is known, masked of the person whom the order itself names.

    Empty where the warehouse does not show that order: then nobody knows whose words the number may be.
    """
    try:
        order = known.account.order(number) if number else None
    except (HoldError, ValueError):
        return ""  # there are several, it cannot be read, or it is none to ask for
    if order is None:
        return ""
    mask = Masker(None)
    mask.know_of_order(order.private)
    return str(mask.values(number))


def _compare_booked(known: Known, code: str, found: Sequence[ReceivedReturn]) -> Iterator[Difference]:
    with known.ctx.db.reading() as q:
        item = announcements.get(q, code)
        sent = None if item is None or item.source not in known.sources else _sent(q, item)
    if item is None or sent is None:
        return  # none of ours, or nothing is kept of what was sent
    booked = receipts.compare(sent.lines, found)
    if booked is None or not (booked.short or booked.over):
        return
    # Some of it may have been booked before the list begins: all that ever came for the order tells.
    ever = [one for one in known.account.received_of(sent.order_number) if one.code == code]
    booked = receipts.compare(sent.lines, ever or found)
    if booked is None:
        return
    with known.ctx.db.reading() as q:
        for kind, units in ((Kind.SHORT, booked.short), (Kind.OVER, booked.over)):
            if units:
                what = f"The warehouse booked {receipts.in_words(units)}."
                yield of_announcement(known.ctx, q, kind, item, what, _BOOKED)


def _sent(q: Queries, item: Announcement) -> NewForecast | None:
    """What was sent last of it: its last change, else its announcement."""
    for kind in (Effects.UPDATE, Effects.CREATE):
        effect = ledger.newest_made(q, item.warehouse, item.code, kind)
        if effect is not None:
            return requested(effect)[0]
    return None
