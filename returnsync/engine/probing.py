"""Probing: a run asks each warehouse that is out one thing, before it does anything else there."""

from collections.abc import Sequence

from returnsync import clock
from returnsync.engine.breakers import AccountBreaker, Mode
from returnsync.engine.context import Context
from returnsync.engine.faults import report_fault
from returnsync.engine.outages import is_outage
from returnsync.errors import AccountError, AccountUnavailable, CallError
from returnsync.model import WarehouseName, WarehouseOrderNumber
from returnsync.state import announcements, breakers
from returnsync.state.breakers import Kind

# So many probes ask for what belongs to no order. After that every other one asks for an order: that one read may be
# broken alone.
_OF_NO_ORDER = 3


def load_breakers(ctx: Context) -> None:
    """Begin with what the state knows of how each warehouse fares; also those that this command may not use."""
    with ctx.db.reading() as q:
        refused = breakers.refused_codes(q)
        for name in map(WarehouseName, ctx.config.settings.warehouses):
            ctx.accounts.breaker(name).begin_with(breakers.of(q, Kind.WAREHOUSE, name), refused)


def probe_what_is_out(ctx: Context) -> None:
    """Ask each warehouse that is out one thing; one that does not answer is left alone by this run.

    A run of some sources asks only those that these send to, and those where something of theirs is still open.
    """
    used = {WarehouseName(name) for name in ctx.config.settings.warehouses}
    if ctx.only:
        chosen = {source.id for source in ctx.chosen}
        with ctx.db.reading() as q:
            still_open = {warehouse for source, warehouse in announcements.open_at(q) if source in chosen}
        used &= {*ctx.warehouses, *still_open}
    for name in sorted(used):
        if ctx.accounts.breaker(name).known.is_open and not ctx.stop.is_set():
            _probe(ctx, name)


def save_breakers(ctx: Context) -> None:
    """Keep what is known by now of how each warehouse fares."""
    used = ctx.accounts.breakers
    for breaker in used:
        if breaker.mode is Mode.ON_TRIAL and not ctx.stop.is_set():
            _end_trial(ctx, breaker)
    changed = [breaker for breaker in used if breaker.is_changed]
    if changed:
        with ctx.db.transaction() as q:
            for breaker in changed:
                breakers.save(q, breaker.known)


def _end_trial(ctx: Context, breaker: AccountBreaker) -> None:
    """Where nothing was due there, it is no longer out, unless something waits since a call for it failed.

    What nothing is done for, as its source was removed, would keep it out for ever.
    """
    with ctx.db.reading() as q:
        sources = announcements.sources_of_failed_calls(q, WarehouseName(breaker.known.account))
    if sources.isdisjoint(ctx.in_use(ctx.sources.values())):
        breaker.nothing_waits()


def _probe(ctx: Context, name: WarehouseName) -> None:
    breaker = ctx.accounts.breaker(name)
    try:
        ctx.accounts.probe(name, _order_to_ask_for(ctx, name, breaker.known.probes))
    except (CallError, AccountUnavailable) as error:
        if isinstance(error, CallError) or is_outage(error):
            breaker.probe_failed(error)
        else:
            # over our own limits, or asked to stop: it was not asked
            ctx.accounts.give_up_on(name, error)
    except AccountError as error:
        # it answers, and refuses us
        ctx.accounts.give_up_on(name, error)
    except Exception as error:  # noqa: BLE001 - another package's fault costs no other account its run, and is told
        report_fault(ctx.tally, name, error)
        ctx.accounts.give_up_on(name, AccountUnavailable(name, f"{name}: whether it answers could not be seen."))
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
