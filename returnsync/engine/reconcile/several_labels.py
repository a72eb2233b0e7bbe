"""The return labels that a warehouse lists for the orders of what was announced: each is billed."""

from collections.abc import Iterator

from returnsync.engine.deliver import CLOCKS_DIFFER
from returnsync.engine.reconcile.describing import of_announcement
from returnsync.engine.reconcile.differences import Difference, Kind
from returnsync.engine.reconcile.known import Known
from returnsync.errors import HoldError
from returnsync.model import Announcement, WarehouseOrderNumber
from returnsync.state import reconciling

_CHECK = "Check the carrier's bill, and in the portal by whom it was made: returnsync labels --order <CODE>."


def compare_labels(known: Known) -> Iterator[Difference]:
    """The orders that have more labels than announcements: one request for each order.

    Raises:
        CallError, AccountError: the labels of an order could not be asked for.
    """
    asked: dict[WarehouseOrderNumber, Announcement] = {}
    for item in known.announced:
        sent = known.sent.get(item.code)
        if sent is not None and sent.order_number:
            asked.setdefault(sent.order_number, item)
    known.ctx.observer.phase(f"labels of {known.name}")
    known.ctx.observer.to_deliver(len(asked))
    for number, item in asked.items():
        if known.ctx.stop.is_set():
            return
        yield from _compare(known, number, item)
        known.ctx.observer.delivered()


def _compare(known: Known, number: WarehouseOrderNumber, item: Announcement) -> Iterator[Difference]:
    codes = known.codes_of[number]
    # Labels that were packed with the order are older than our first forecast for it.
    since = min(known.sent[code].at for code in codes) - CLOCKS_DIFFER
    with known.ctx.db.reading() as q:
        ours = sum(reconciling.number_of_labels(q, known.name, code) for code in codes)
    try:
        listed = known.account.labels_of_order(number)
    except HoldError:
        return  # they are not shown
    there = sum(1 for one in listed if one.created is None or one.created > since)
    if max(there, ours) <= len(codes):
        return
    what = f"Its order has {max(there, ours)} return labels: {ours} came here, for {_returns(len(codes))}."
    if there > ours and any(one.created is None for one in listed):
        what += " Some show no time: they may have been packed with the order."
    with known.ctx.db.reading() as q:
        yield of_announcement(known.ctx, q, Kind.SEVERAL_LABELS, item, what, _CHECK)


def _returns(number: int) -> str:
    return "1 announced return" if number == 1 else f"{number} announced returns"
