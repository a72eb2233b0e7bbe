"""On trial: a few returns, or one label, are tried before all the others of their warehouse.

When a warehouse that was out answers its probe, up to three returns of different orders are tried, one after the other,
those first that have waited longest since their last try. When label calls are stopped, one label is tried.
"""

from collections.abc import Sequence

from returnsync.engine.breakers import TRIES, Mode
from returnsync.engine.context import Context
from returnsync.engine.deliver import label_stops
from returnsync.engine.deliver.attempting import TO_DO, attempt
from returnsync.engine.plan import Planned
from returnsync.model import Code, Step, WarehouseName, WarehouseOrderNumber
from returnsync.state import announcements, label_calls
from returnsync.state.database import Database


def try_a_few(ctx: Context, db: Database, name: WarehouseName, actions: Sequence[Planned]) -> set[Code]:
    """Try a few returns where the account was out until now; returns the codes that were worked on.

    The account is left alone for this run where none of them was served, and calls for them failed.
    """
    breaker = ctx.accounts.breaker(name)
    worked_on: set[Code] = set()
    if breaker.mode is not Mode.ON_TRIAL:
        return worked_on
    breaker.begin_tries()
    with db.reading() as q:
        last_try = {planned.code: announcements.last_saved(q, planned.code) for planned in actions}
    orders: set[WarehouseOrderNumber] = set()
    for planned in sorted(actions, key=lambda planned: last_try[planned.code]):
        if len(orders) >= TRIES or ctx.stop.is_set() or ctx.accounts.is_broken(name):
            break
        if planned.order_number in orders or planned.step is Step.LABEL:
            continue  # label calls have a breaker of their own
        if not attempt(ctx, db, planned.code):
            continue  # its source is left alone, so it shows nothing about the warehouse
        orders.add(planned.order_number)
        ctx.observer.delivered()
        worked_on.add(planned.code)
    breaker.trial_ended()
    return worked_on


def try_a_label(ctx: Context, db: Database, name: WarehouseName, actions: Sequence[Planned]) -> set[Code]:
    """Ask for one label where label calls are stopped; returns the codes that were worked on for that.

    An order whose label was never asked for comes first, then those asked for longest ago: one odd order must not be
    tried for ever. The announcements left then find label calls going on, or still stopped.
    """
    worked_on: set[Code] = set()
    with db.reading() as q:
        if not label_stops.may_try(q, name, ctx.run_id):
            return worked_on
    for planned in _by_last_try(db, name, with_label_next(db, actions)):
        with db.reading() as q:
            may_try = label_stops.may_try(q, name, ctx.run_id)
        if not may_try or ctx.stop.is_set() or ctx.accounts.is_broken(name):
            break
        attempt(ctx, db, planned.code, is_the_try=True)
        ctx.observer.delivered()
        worked_on.add(planned.code)
    return worked_on


def with_label_next(db: Database, actions: Sequence[Planned]) -> list[Planned]:
    """The announcements whose next step is now the label, also those announced a moment ago."""
    with db.reading() as q:
        known = {planned.code: announcements.get(q, planned.code) for planned in actions}
    return [
        planned
        for planned in actions
        if (item := known[planned.code]) is not None and item.step is Step.LABEL and item.progress in TO_DO
    ]


def _by_last_try(db: Database, name: WarehouseName, waiting: Sequence[Planned]) -> list[Planned]:
    """Those that wait for a label, ordered by the last time when one was asked for their order; never comes first."""
    last: dict[WarehouseOrderNumber, str] = {}
    with db.reading() as q:
        for planned in waiting:
            at = label_calls.tried_at(q, name, planned.code)
            last[planned.order_number] = max(last.get(planned.order_number, ""), at)
    return sorted(waiting, key=lambda planned: last[planned.order_number])
