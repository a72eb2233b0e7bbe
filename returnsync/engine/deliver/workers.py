"""Workers: a pool of threads delivers a plan; no order and no return is worked on in two places at once."""

import logging
from collections import deque
from collections.abc import Iterable, Sequence

from returnsync.engine.context import Context
from returnsync.engine.deliver import label_stops
from returnsync.engine.deliver.attempting import attempt
from returnsync.engine.deliver.trial import try_a_few, try_a_label, with_label_next
from returnsync.engine.plan import Plan, Planned
from returnsync.errors import AccountRefused
from returnsync.model import WarehouseName
from returnsync.state import label_calls
from returnsync.state.database import Database
from returnsync.state.label_calls import Stop

logger = logging.getLogger("returnsync.deliver")


def deliver(ctx: Context, plan: Plan) -> None:
    """Work on everything in a plan. A failure is noted, and affects one return or one warehouse.

    Raises:
        RunError: labels or state cannot be written; nothing more is started.
    """
    ctx.observer.to_deliver(len(plan.actions))
    _check_tables(ctx)
    by_warehouse: dict[WarehouseName, list[Planned]] = {}
    for planned in plan.actions:
        by_warehouse.setdefault(planned.warehouse, []).append(planned)
    for name, actions in by_warehouse.items():
        try:
            concurrency = ctx.accounts.warehouse_settings(name).concurrency
        except AccountRefused as error:
            ctx.accounts.give_up_on(name, error)
        else:
            _deliver_to(ctx, ctx.db, name, actions, concurrency)


def _deliver_to(ctx: Context, db: Database, name: WarehouseName, actions: Sequence[Planned], concurrency: int) -> None:
    """Work on what goes to one warehouse; a trial after an outage, or of one label, comes first."""
    tried = try_a_few(ctx, db, name, actions)
    if ctx.accounts.is_broken(name):
        return
    actions = [planned for planned in actions if planned.code not in tried]
    with db.reading() as q:
        is_tried_last = label_stops.is_tried_last(q, name)
    tried = set() if ctx.dry_run or is_tried_last else try_a_label(ctx, db, name, actions)
    left = [planned for planned in actions if planned.code not in tried]
    for is_last in (False, True):
        # The others end before these begin: only beside them it can be seen whether an order fails on its own.
        _work_in_parallel(ctx, together([planned for planned in left if planned.is_last is is_last]), concurrency)
    if is_tried_last and not ctx.dry_run and try_a_label(ctx, db, name, actions):
        with db.reading() as q:
            goes_on = label_calls.of(q, name).stop is Stop.NONE
        if goes_on:
            # A label was made: the announcements that found label calls stopped a moment ago follow.
            _work_in_parallel(ctx, together(with_label_next(db, actions)), concurrency)


def _check_tables(ctx: Context) -> None:
    """Give up the sources whose tables cannot be read, so that nothing of them is sent; the others go on."""
    for source in ctx.chosen:
        try:
            source.line_rules()
            ctx.numbers.look_at_tables(source)
        except AccountRefused as error:
            ctx.accounts.give_up_on(source.name, error)


def together(actions: Sequence[Planned]) -> list[list[Planned]]:
    """Groups each worked on by one thread, one action after the other, in the order of the plan.

    The units left on an order are computed from its forecasts, so one order is never worked on in two places at once.
    Neither is one return, whose announcements share its parcel. Two returns of one order are in one group, and so are
    all other orders of these returns.
    """
    sets = _Sets()
    for action in actions:
        sets.unite(action.order_number, (action.source, action.return_id))
    groups: dict[object, list[Planned]] = {}
    for action in actions:
        groups.setdefault(sets.name_of(action.order_number), []).append(action)
    return list(groups.values())


class _Sets:
    """Disjoint sets of keys; the name of a set is one of its keys."""

    def __init__(self) -> None:
        self._next: dict[object, object] = {}

    def name_of(self, key: object) -> object:
        passed = [key]
        while (following := self._next.setdefault(passed[-1], passed[-1])) != passed[-1]:
            passed.append(following)
        # Every key on the way points directly to it from now on; otherwise a set of many keys would be slow.
        self._next.update(dict.fromkeys(passed, passed[-1]))
        return passed[-1]

    def unite(self, one: object, other: object) -> None:
        self._next[self.name_of(other)] = self.name_of(one)


def _work_in_parallel(ctx: Context, groups: Sequence[list[Planned]], concurrency: int) -> None:
    """Threads take one group after the other; an error after which one thread cannot go on ends the work of all.

    The client allows at most `concurrency` concurrent calls to the warehouse. Where that is more than one, there is one
    thread more: while it waits for the disk, the others make as many calls as are allowed.
    """
    from concurrent.futures import ThreadPoolExecutor

    if not groups:
        return
    waiting = deque(groups)
    threads = concurrency if concurrency == 1 else concurrency + 1
    number = min(threads, len(waiting))
    with ThreadPoolExecutor(number, thread_name_prefix="deliver") as pool:
        workers = [pool.submit(_work, ctx, waiting) for _ in range(number)]
    for worker in workers:
        worker.result()


def _work(ctx: Context, waiting: deque[list[Planned]]) -> None:
    """Work in one thread, with its own handle on the state, until no group is left."""
    with ctx.db.handle() as db:
        while waiting:
            try:
                group = waiting.popleft()
            except IndexError:
                return  # another thread took the last one
            try:
                _deliver_group(ctx, db, group)
            except BaseException:
                waiting.clear()
                raise


def _deliver_group(ctx: Context, db: Database, group: Iterable[Planned]) -> None:
    for item in group:
        if ctx.stop.is_set() or ctx.accounts.is_broken(item.warehouse):
            return
        attempt(ctx, db, item.code)
        ctx.observer.delivered()
