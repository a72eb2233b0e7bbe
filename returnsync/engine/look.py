"""Look: what the warehouse shows of the order that an announcement goes to, and what announcing it would send."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from returnsync.engine import articles, decide, effects, reason_sending
from returnsync.engine.standing import Standing
from returnsync.mapping.line_match import Share
from returnsync.model import Forecast, NewForecast, WarehouseOrder, WarehouseOrderNumber
from returnsync.state import announcements, ledger
from returnsync.state.ledger import Kind, Outcome


@contextmanager
def on_its_order(at: Standing) -> Iterator[WarehouseOrderNumber]:
    """The warehouse's number of its order, on which nothing else is worked meanwhile.

    What is announced stays on the order that it was announced on, whatever the rules say by now.

    Raises:
        HoldError, WaitError, AccountRefused: as `Numbers.of`; also held where the number is none to ask for.
    """
    number = _announced_on(at) or at.ctx.numbers.of(at.source, at.now)
    decide.check_number(at.now.order_ref or at.now.order_number, number)
    with at.ctx.numbers.alone(at.now.warehouse, number):
        yield number


def _announced_on(at: Standing) -> WarehouseOrderNumber | None:
    """The order that it was announced on; `None` before that, and where another state made the announcement."""
    created = _made_last(at, Kind.CREATE)
    return None if created is None else created.order_number


def sent_last(at: Standing) -> NewForecast | None:
    """What was sent last of what is announced: its last change, else its announcement. `None` as `_announced_on`."""
    return _made_last(at, Kind.UPDATE) or _made_last(at, Kind.CREATE)


def _made_last(at: Standing, kind: Kind) -> NewForecast | None:
    if at.now.announced_at is None:
        return None
    with at.ctx.db.reading() as q:
        effect = ledger.newest(q, at.now.warehouse, at.now.code, kind)
    return effects.requested(effect)[0] if effect is not None and effect.outcome is Outcome.MADE else None


def order_of(at: Standing, number: WarehouseOrderNumber) -> tuple[WarehouseOrder, list[Share]]:
    """Its order, fit to announce on, and where on it its lines may go."""
    order = decide.check_order(at.warehouse.order(number), number, at.settings.channel)
    return order, articles.find(at, order)


def forecasts_on(
    at: Standing, order: WarehouseOrder, shares: Sequence[Share]
) -> tuple[Sequence[Forecast], frozenset[str]]:
    """Every forecast that stands on its order, and which codes of those are this source's."""
    standing = at.warehouse.forecasts(order.number)
    own = _own_codes(at, standing)
    return articles.by_line(at, order, shares, standing, own), own


def wanted(
    at: Standing,
    order: WarehouseOrder,
    shares: Sequence[Share],
    standing: Sequence[Forecast],
    own_codes: frozenset[str],
) -> decide.Create:
    """What announcing it would send, by what the warehouse shows of the order."""
    placed = articles.place(at, order, shares, standing, own_codes)
    return decide.build(at.now, placed, order, reason_sending.pair_for(at), at.own_label)


def _own_codes(at: Standing, standing: Sequence[Forecast]) -> frozenset[str]:
    """Which of the forecasts that stand on the order are other announcements of this source."""
    with at.ctx.db.reading() as q:
        known = [announcements.get(q, forecast.code) for forecast in standing]
    return frozenset(item.code for item in known if item is not None and item.source == at.source.id)
