"""Probing: a run makes one request to each warehouse that is out, before it does anything else there."""

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

# This many probes read something that belongs to no order. After that every other probe reads an order: the first read
# alone may be broken.
_OF_NO_ORDER = 3


def load_breakers(ctx: Context) -> None:
    """Begin with what the state knows of each warehouse's breaker, also of those that this command may not use."""
    with ctx.db.reading() as q:
        refused = breakers.refused_codes(q)
        for name in map(WarehouseName, ctx.config.settings.warehouses):
            ctx.accounts.breaker(name).begin_with(breakers.of(q, Kind.WAREHOUSE, name), refused)


def probe_what_is_out(ctx: Context) -> None:
    """Probe each warehouse that is out. One that does not answer is left alone by this run.

    A run of some sources probes only the warehouses that these send to, and those where something of theirs is still
    open.
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
    """Save what is known so far of each warehouse's breaker."""
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
    """Where nothing was due there, the account is no longer out, unless something waits because a call for it failed.

    Only sources in use count: what waits for a source that was removed would keep the account out for ever.
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
            # Over our own limits, or asked to stop: the warehouse was not asked.
            ctx.accounts.give_up_on(name, error)
    except AccountError as error:
        # It answers, and refuses us.
        ctx.accounts.give_up_on(name, error)
    except Exception as error:  # noqa: BLE001 - another package's fault must not stop the other accounts, and is reported
        report_fault(ctx.tally, name, error)
        ctx.accounts.give_up_on(name, AccountUnavailable(name, f"{name}: whether it answers could not be checked."))
    else:
        breaker.probe_answered()


def _order_to_ask_for(ctx: Context, name: WarehouseName, failed: int) -> WarehouseOrderNumber | None:
    """The order that a probe reads after `failed` failed probes, another one each time. `None`: it reads no order.

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
