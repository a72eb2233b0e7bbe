"""What the warehouse shows of the order of an announcement, and what announcing it would send."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from returnsync.engine import reasons
from returnsync.engine.deliver import articles, decision
from returnsync.engine.deliver.delivery import Delivery
from returnsync.engine.orders import check_number, check_order
from returnsync.errors import HoldError, WaitError
from returnsync.mapping.line_match import Share
from returnsync.model import (
    Announcement,
    Cause,
    Forecast,
    NewForecast,
    Progress,
    Reason,
    WarehouseOrder,
    WarehouseOrderNumber,
)
from returnsync.state import announcements, ledger, returns
from returnsync.state.database import Queries
from returnsync.state.ledger import Effect, Kind
from returnsync.state.sent import requested

# How many announcements are named to a person.
_MOST_SHOWN = 5


class Shown(NamedTuple):
    """What the warehouse shows of one order."""

    order: WarehouseOrder
    shares: Sequence[Share]
    """Where on the order each returned line may go."""
    existing: Sequence[Forecast] = ()
    """Its forecasts, as far as they were read."""
    own_codes: frozenset[str] = frozenset()
    """Which codes of those are this source's."""


@contextmanager
def on_its_order(delivery: Delivery) -> Iterator[WarehouseOrderNumber]:
    """The warehouse's number of its order, locked so that nothing else works on that order meanwhile.

    An announcement stays on the order on which it was announced, even if the rules have changed since.

    Raises:
        HoldError, WaitError, AccountRefused: as `Numbers.of`; also held where the number cannot be asked for.
    """
    number = number_of(delivery)
    check_number(delivery.announcement.order_ref or delivery.announcement.order_number, number)
    with delivery.ctx.order_locks.hold(delivery.announcement.warehouse, number):
        yield number


def number_of(delivery: Delivery) -> WarehouseOrderNumber:
    """The warehouse's number of its order: where it was announced, or else what the rules make of it.

    Raises:
        HoldError, WaitError, AccountRefused: as `Numbers.of`.
    """
    return _announced_on(delivery) or delivery.ctx.numbers.of(delivery.db, delivery.source, delivery.announcement)


def _announced_on(delivery: Delivery) -> WarehouseOrderNumber | None:
    """The order on which it was announced; `None` before that, and where the request is not known here."""
    created = _made_last(delivery, Kind.CREATE)
    return None if created is None else created.order_number


def sent_last(delivery: Delivery) -> NewForecast | None:
    """What was sent last: its last change, or else its announcement. `None` as `_announced_on`."""
    return _made_last(delivery, Kind.UPDATE) or _made_last(delivery, Kind.CREATE)


def _made_last(delivery: Delivery, kind: Kind) -> NewForecast | None:
    if delivery.announcement.announced_at is None:
        return None
    with delivery.db.reading() as q:
        effect = ledger.newest_made(q, delivery.announcement.warehouse, delivery.announcement.code, kind)
    return None if effect is None else requested(effect)[0]


def order_of(delivery: Delivery, number: WarehouseOrderNumber) -> Shown:
    """Its order, checked for announcing, and where its lines may go on it; forecasts are not read yet."""
    order = check_order(delivery.warehouse.order(number), number, delivery.settings.channel)
    return Shown(order, articles.find(delivery, order))


def with_forecasts(delivery: Delivery, shown: Shown) -> Shown:
    """The same with all forecasts of the order.

    Raises:
        WaitError: a call for another return of the order may have been made, and which units it covers is not known
            yet.
    """
    _wait_for_others(delivery, shown.order.number)
    existing = delivery.warehouse.forecasts(shown.order.number)
    own_codes = _own_codes(delivery, existing)
    by_line = articles.by_line(delivery, shown.order, shown.shares, existing, own_codes)
    return shown._replace(existing=by_line, own_codes=own_codes)


def _wait_for_others(delivery: Delivery, number: WarehouseOrderNumber) -> None:
    """Wait for others on the order: two returns must not both count the units left while the first one is in flight.

    One that a person released is in that person's hands, and no other waits for it.
    """
    with delivery.db.reading() as q:
        others = [effect for effect in ledger.in_flight(q) if _is_another_on(delivery, number, effect)]
        known = [announcements.get(q, effect.code) for effect in others]
    if any(item is not None and item.progress is not Progress.RELEASED for item in known):
        what = "Another return of its order may just have been announced; how many units are left is not certain yet."
        raise WaitError(Cause.IN_FLIGHT, what)


def _is_another_on(delivery: Delivery, number: WarehouseOrderNumber, effect: Effect) -> bool:
    announcement = delivery.announcement
    if effect.kind is Kind.LABEL or effect.warehouse != announcement.warehouse or effect.code == announcement.code:
        return False
    return requested(effect)[0].order_number == number


def naming_others(delivery: Delivery, error: HoldError) -> HoldError:
    """The same error, naming return and order of this source's announcements that have the wanted units."""
    if not error.others:
        return error
    with delivery.db.reading() as q:
        named = [_named(q, announcements.get(q, code), code) for code in error.others[:_MOST_SHOWN]]
    more = " and others" if len(error.others) > _MOST_SHOWN else ""
    what = f"{error.what} They are announced with {', '.join(named)}{more}."
    return HoldError(error.cause, what, error.next_step, foreign=error.foreign)


def _named(q: Queries, item: Announcement | None, code: str) -> str:
    if item is None:
        return code
    ret = returns.get(q, item.source, item.return_id)
    number = (ret.number if ret else "") or item.return_id
    return f"return {number} of order {item.order_ref or item.order_number} ({code})"


def wanted(delivery: Delivery, shown: Shown) -> decision.Create:
    """What announcing it would send, given what the warehouse shows of the order.

    For an announced return without listed items, that is what was sent last: nothing can show a change.
    """
    sent = None if delivery.lists_items else sent_last(delivery)
    if sent is not None:
        return decision.Create(sent, 0)
    placed = articles.place(delivery, shown.order, shown.shares, shown.existing, shown.own_codes)
    return decision.build(delivery.announcement, placed, shown.order, _pair(delivery), delivery.own_label)


def _own_codes(delivery: Delivery, existing: Sequence[Forecast]) -> frozenset[str]:
    """Which of the order's forecasts are announcements of this source.

    A forecast of this very return that this state never announced is not counted: an earlier state made it, under a
    number that the platform has rewritten since, and it covers these goods.
    """
    if not existing:
        return frozenset()
    with delivery.db.reading() as q:
        known = [announcements.get(q, forecast.code) for forecast in existing]
    ours = [item for item in known if item is not None and item.source == delivery.source.id]
    return frozenset(item.code for item in ours if item.announced_at is not None or item.return_id != delivery.ret.id)


def _pair(delivery: Delivery) -> Callable[[Reason], reasons.PairedReason]:
    announcement = delivery.announcement
    return reasons.pair_for(delivery.ctx, delivery.source, announcement.warehouse, delivery.ret, delivery.lines)
