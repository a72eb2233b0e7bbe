"""The return labels that a warehouse lists for the orders of our announcements: each is billed."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from returnsync.engine.deliver import CLOCKS_DIFFER
from returnsync.engine.reconcile.describing import of_announcement
from returnsync.engine.reconcile.differences import Difference, Kind
from returnsync.engine.reconcile.known import Known
from returnsync.model import Announcement, Code, WarehouseOrderNumber
from returnsync.state import reconciling

# One request for each order: at most this many, the latest first, so that runs keep most of what the limits allow.
MOST_ORDERS = 5_000

_ASKED_FOR = "It is billed twice, unless a person asked for another one: returnsync labels --order <CODE>."
_CHECK = "Check the carrier's bill, and in the portal by whom it was made: returnsync labels --order <CODE>."


def compare_labels(known: Known) -> Iterator[Difference]:
    """What has more than one label: an announcement by the labels that came, an order by what the warehouse lists.

    Raises:
        AccountError: the warehouse cannot be asked any more.
    """
    orders: dict[WarehouseOrderNumber, Announcement] = {}
    for item in reversed(known.announced):
        yield from _made_again(known, item)
        sent = known.sent.get(item.code)
        if sent is not None and sent.order_number:
            orders.setdefault(sent.order_number, item)
    asked = list(orders.items())[:MOST_ORDERS]
    if len(asked) < len(orders):
        known.ctx.tally.warnings.append(
            f"{known.name}: the labels of the latest {MOST_ORDERS:,} orders were compared; "
            f"{len(orders) - len(asked):,} earlier ones were left out, to leave the account's limits to runs."
        )
    known.ctx.observer.phase(f"labels of {known.name}")
    known.ctx.observer.to_deliver(len(asked))
    for number, item in asked:
        if known.ctx.stop.is_set():
            return
        with known.noting_failures("return labels"):
            yield from _compare(known, number, item)
        known.ctx.observer.delivered()


def _made_again(known: Known, item: Announcement) -> Iterator[Difference]:
    with known.ctx.db.reading() as q:
        number = reconciling.number_of_labels(q, known.name, item.code)
        if number > 1:
            what = f"{number} labels came here for its one announcement."
            yield of_announcement(known.ctx, q, Kind.SEVERAL_LABELS, item, what, _ASKED_FOR)


def _compare(known: Known, number: WarehouseOrderNumber, item: Announcement) -> Iterator[Difference]:
    """The labels of an order that are not ours, beyond those of its returns without one and of others' forecasts."""
    codes = known.codes_of[number]
    with known.ctx.db.reading() as q:
        came = {code: reconciling.number_of_labels(q, known.name, code) for code in codes}
    since = _since(known, codes)
    listed = known.account.labels_of_order(number)
    there = sum(1 for one in listed if since is None or one.created is None or one.created > since)
    unclaimed = there - sum(came.values()) - sum(1 for labels in came.values() if not labels)
    if unclaimed > 0:
        unclaimed -= sum(1 for one in known.account.forecasts(number) if Code(one.code) not in came)
    if unclaimed <= 0:
        return
    what = f"The warehouse lists {there} return labels for its order, of which {sum(came.values())} came here."
    if since is None or any(one.created is None for one in listed):
        what += " How old they are is not certain: one may have been packed with the order."
    with known.ctx.db.reading() as q:
        yield of_announcement(known.ctx, q, Kind.SEVERAL_LABELS, item, what, _CHECK)


def _since(known: Known, codes: Sequence[Code]) -> datetime | None:
    """The time before which a label was packed with the order, rather than made for one of our forecasts.

    `None` where a forecast existed before the state knew of it.
    """
    made = [known.sent[code].at for code in codes]
    known_moments = [at for at in made if at is not None]
    return min(known_moments) - CLOCKS_DIFFER if len(known_moments) == len(made) else None
