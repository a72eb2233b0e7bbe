"""Probing: a run asks each warehouse that is out one thing, before it does anything else there."""

from collections.abc import Sequence

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.errors import AccountError, AccountUnavailable, CallError
from returnsync.model import WarehouseName, WarehouseOrderNumber
from returnsync.state import announcements, breakers
from returnsync.state.breakers import Kind

# So many probes ask for what belongs to no order. After that every other one asks for an order: that one read may be
# broken alone.
_OF_NO_ORDER = 3


def load_breakers(ctx: Context) -> None:
    """Begin with what the state knows of how each warehouse fares."""
    with ctx.db.reading() as q:
        for name in ctx.warehouses:
            ctx.accounts.breaker(name).begin_with(breakers.of(q, Kind.WAREHOUSE, name))


def probe_what_is_out(ctx: Context) -> None:
    """Ask each warehouse that is out one thing; one that does not answer is left alone by this run."""
    for name in ctx.warehouses:
        if ctx.accounts.breaker(name).known.is_open:
            _probe(ctx, name)


def save_breakers(ctx: Context) -> None:
    """Keep what is known by now of how each warehouse fares."""
    used = ctx.accounts.breakers
    for breaker in used:
        if not ctx.stop.is_set():
            breaker.trial_ended()
    changed = [breaker for breaker in used if breaker.is_changed]
    if changed:
        with ctx.db.transaction() as q:
            for breaker in changed:
                breakers.save(q, breaker.known)


def _probe(ctx: Context, name: WarehouseName) -> None:
    breaker = ctx.accounts.breaker(name)
    try:
        with ctx.accounts.trying_once(name):
            ctx.accounts.warehouse(name).probe(_order_to_ask_for(ctx, name, breaker.known.probes))
    except (CallError, AccountUnavailable) as error:
        breaker.probe_failed(error)
    except AccountError as error:
        # it answers, and refuses us
        ctx.accounts.give_up_on(name, error)
    else:
        breaker.probe_answered()


def _order_to_ask_for(ctx: Context, name: WarehouseName, failed: int) -> WarehouseOrderNumber | None:
    """The order that a probe asks for, after so many that `failed`; another one each time. `None`: of no order.

    failed   0     1     2     3      4     5      6     7
    asks     none  none  none  order  none  order  none  order
    """
    if failed < _OF_NO_ORDER or failed % 2 == 0:
        return None
    due = _due(ctx, name)
    return due[(failed // 2) % len(due)] if due else None


def _due(ctx: Context, name: WarehouseName) -> Sequence[WarehouseOrderNumber]:
    chosen = {source.id: source for source in ctx.chosen}
    with ctx.db.reading() as q:
        due = announcements.to_do(q, clock.now())
    ours = [item for item in due if item.warehouse == name and item.source in chosen]
    numbers = (ctx.numbers.known(ctx.db, chosen[item.source], item) for item in ours)
    return list(dict.fromkeys(number for number in numbers if number.strip(".")))
