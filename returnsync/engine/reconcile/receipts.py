"""The returns that a warehouse received, compared with what was announced: units, and unannounced returns."""

from collections.abc import Iterator, Sequence

from returnsync.engine.reconcile import units
from returnsync.engine.reconcile.describing import of_announcement, of_nobody
from returnsync.engine.reconcile.differences import Difference, Kind
from returnsync.engine.reconcile.known import Known
from returnsync.engine.tell import named
from returnsync.model import (
    Announcement,
    ForecastLine,
    NewForecast,
    NewForecastLine,
    Receipts,
    ReceivedReturn,
    WarehouseOrderNumber,
)
from returnsync.state import announcements, ledger
from returnsync.state.database import Queries
from returnsync.state.ledger import Kind as Effects
from returnsync.state.sent import requested

_BOOKED = "Compare it with the warehouse's portal, and with what the consumer is refunded: returnsync show <CODE>."
_MATCH = "If that is what came, match the two in the warehouse's portal. Its story: returnsync show <CODE>."
_LOOK = (
    "Look at it in the warehouse's portal: it may be a parcel that could not be delivered, or a return that is on no "
    "platform."
)


def compare_receipts(known: Known, listed: Receipts) -> Iterator[Difference]:
    """What was booked short or over, and what was matched with no forecast.

    Raises:
        AccountError: the warehouse cannot be asked any more.
    """
    by_code: dict[str, list[ReceivedReturn]] = {}
    for received in listed.returns:
        if received.code:
            by_code.setdefault(received.code, []).append(received)
        else:
            yield from _unannounced(known, received)
    for code, found in by_code.items():
        if known.ctx.stop.is_set():
            return
        yield from _compare_booked(known, code, found)


def _unannounced(known: Known, received: ReceivedReturn) -> Iterator[Difference]:
    """A receipt without a forecast; not if its order is known only from sources that were not chosen.

    If the order is not known, its number is not shown: it may be any text.
    """
    what = f"The warehouse received {units.of(received)}, and matched that with no forecast."
    if received.id.isdecimal():
        what += f" Its number there: {received.id}."
    with known.ctx.db.reading() as q:
        items = _of_order(known, q, received.order_number)
        chosen = [item for item in items if item.source in known.sources]
        if chosen:
            is_announced = chosen[0].announced_at is not None
            what += f" A return of its order is {'announced' if is_announced else 'known and not announced'}."
            yield of_announcement(known.ctx, q, Kind.UNANNOUNCED, chosen[0], what, _MATCH)
        elif not items:
            yield of_nobody(Kind.UNANNOUNCED, what, _LOOK, warehouse=known.name)


def _of_order(known: Known, q: Queries, number: str) -> list[Announcement]:
    """The announcements of an order by its warehouse number: those announced on it, else those that may go there."""
    codes = known.codes_of.get(WarehouseOrderNumber(number), ())
    found = [item for code in codes if (item := announcements.get(q, code)) is not None]
    if found or not number:
        return found
    return [
        item for key in named.find(known.ctx, q, number, by_label=False) for item in announcements.of_return(q, *key)
    ]


def _compare_booked(known: Known, code: str, found: Sequence[ReceivedReturn]) -> Iterator[Difference]:
    with known.ctx.db.reading() as q:
        item = announcements.get(q, code)
        sent = None if item is None or item.source not in known.sources else _sent(q, item)
    if item is None or sent is None or _is_as(sent.lines, found):
        return  # not ours; or nothing is kept of what was sent; or everything came
    with known.noting_failures("received returns"):
        # Part of it may have been booked before the list begins, and a person may have corrected the forecast since.
        ever = [one for one in known.account.received_of(sent.order_number) if one.code == code] or found
        booked = units.compare(_standing(known, sent), ever)
        with known.ctx.db.reading() as q:
            for kind, differing in ((Kind.SHORT, booked.short), (Kind.OVER, booked.over)) if booked else ():
                if differing:
                    what = f"The warehouse booked {units.in_words(differing)}."
                    yield of_announcement(known.ctx, q, kind, item, what, _BOOKED)


def _is_as(lines: Sequence[NewForecastLine], found: Sequence[ReceivedReturn]) -> bool:
    booked = units.compare(lines, found)
    return booked is None or not (booked.short or booked.over)


def _standing(known: Known, sent: NewForecast) -> Sequence[NewForecastLine | ForecastLine]:
    """The lines of the forecast as it is now, if that can be read; else as it was last sent."""
    shown = known.account.forecast(sent.code)
    if shown is None or not shown.lines or any(line.quantity is None for line in shown.lines):
        return sent.lines
    return shown.lines


def _sent(q: Queries, item: Announcement) -> NewForecast | None:
    """What was last sent for it: its last change, or else its announcement."""
    for kind in (Effects.UPDATE, Effects.CREATE):
        effect = ledger.newest_made(q, item.warehouse, item.code, kind)
        if effect is not None:
            return requested(effect)[0]
    return None
