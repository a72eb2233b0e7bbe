"""Workers: a plan delivered by a plain pool of threads, one order and one return never in two places at once."""

import logging
from collections import deque
from collections.abc import Iterable, Sequence

from returnsync.engine.about import about
from returnsync.engine.context import Context
from returnsync.engine.deliver import label_stops
from returnsync.engine.deliver.delivery import Delivery
from returnsync.engine.deliver.steps import deliver_one
from returnsync.engine.faults import report_fault
from returnsync.engine.lifecycle import retried
from returnsync.engine.plan import Plan, Planned
from returnsync.errors import AccountError, AccountRefused, RunError
from returnsync.model import Code, Progress, Step, WarehouseName, WarehouseOrderNumber
from returnsync.state import announcements, label_calls, returns
from returnsync.state.database import Database
from returnsync.state.label_calls import Stop

logger = logging.getLogger("returnsync.deliver")

_TO_DO = frozenset({Progress.DUE, Progress.WAITING})


def deliver(ctx: Context, plan: Plan) -> None:
    """Work on everything in a plan. What goes wrong is tallied and costs one return, or one warehouse.

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
    """Work on what goes to one warehouse; one label that is tried while they are stopped is a step of its own."""
    with db.reading() as q:
        is_tried_last = label_stops.is_tried_last(q, name)
    tried = set() if ctx.dry_run or is_tried_last else _try_a_label(ctx, db, name, actions)
    _work_in_parallel(ctx, together([planned for planned in actions if planned.code not in tried]), concurrency)
    if is_tried_last and not ctx.dry_run and _try_a_label(ctx, db, name, actions):
        with db.reading() as q:
            goes_on = label_calls.of(q, name).stop is Stop.NONE
        if goes_on:
            # One was made: those that found them stopped a moment ago follow.
            _work_in_parallel(ctx, together(_with_label_next(db, actions)), concurrency)


def _try_a_label(ctx: Context, db: Database, name: WarehouseName, actions: Sequence[Planned]) -> set[Code]:
    """Where label calls are stopped, ask for one label; gives the announcements that were worked on for that.

    An order whose label was never asked for comes first, else the one whose was asked for longest ago: one odd order
    must not be tried for ever. What is left finds them going on, or stopped still.
    """
    worked_on: set[Code] = set()
    with db.reading() as q:
        if not label_stops.may_try(q, name, ctx.run_id):
            return worked_on
    for planned in _by_last_try(db, name, _with_label_next(db, actions)):
        with db.reading() as q:
            may_try = label_stops.may_try(q, name, ctx.run_id)
        if not may_try or ctx.stop.is_set() or ctx.accounts.is_broken(name):
            break
        attempt(ctx, db, planned.code, is_the_try=True)
        ctx.observer.delivered()
        worked_on.add(planned.code)
    return worked_on


def _with_label_next(db: Database, actions: Sequence[Planned]) -> list[Planned]:
    """Those whose label comes next by now, also where they were announced a moment ago."""
    with db.reading() as q:
        known = {planned.code: announcements.get(q, planned.code) for planned in actions}
    return [
        planned
        for planned in actions
        if (item := known[planned.code]) is not None and item.step is Step.LABEL and item.progress in _TO_DO
    ]


def _by_last_try(db: Database, name: WarehouseName, waiting: Sequence[Planned]) -> list[Planned]:
    """Those that wait for their label, by when one of their order was asked for last; never is first of all."""
    last: dict[WarehouseOrderNumber, str] = {}
    with db.reading() as q:
        for planned in waiting:
            at = label_calls.tried_at(q, name, planned.code)
            last[planned.order_number] = max(last.get(planned.order_number, ""), at)
    return sorted(waiting, key=lambda planned: last[planned.order_number])


def _check_tables(ctx: Context) -> None:
    """Nothing of a source whose tables cannot be read is sent anywhere; the others go on."""
    for source in ctx.chosen:
        try:
            source.line_rules()
            ctx.numbers.look_at_tables(source)
        except AccountRefused as error:
            ctx.accounts.give_up_on(source.name, error)


def together(actions: Sequence[Planned]) -> list[list[Planned]]:
    """Groups of which each is worked on by one thread, one action after the other, in the order of the plan.

    What is left of an order is reckoned from what stands there, so one order is never worked on in two places at once;
    nor is one return, whose announcements share its parcel. Two returns of one order are in one group, and so is every
    other order of theirs.
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
        # Every key on the way leads straight there from now on, else a set of many keys would be slow.
        self._next.update(dict.fromkeys(passed, passed[-1]))
        return passed[-1]

    def unite(self, one: object, other: object) -> None:
        self._next[self.name_of(other)] = self.name_of(one)


def _work_in_parallel(ctx: Context, groups: Sequence[list[Planned]], concurrency: int) -> None:
    """Threads take one group after the other; what one cannot go on after ends the work of all.

    The client lets no more than `concurrency` calls of the warehouse be under way. Where that is more than one, there
    is one thread more: while it waits for the disk, the others make as many calls as they may.
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
    """One thread: with a handle of its own on the state, until nothing waits."""
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


def load(ctx: Context, db: Database, code: Code) -> Delivery | None:
    """One announcement with its return, ready to be worked on; `None` when its source is not configured."""
    with db.reading() as q:
        announcement = announcements.get(q, code)
        ret = None if announcement is None else returns.get(q, announcement.source, announcement.return_id)
    if announcement is None or ret is None:
        return None
    source = ctx.sources.get(announcement.source)
    return None if source is None else Delivery(ctx, db, source, announcement, ret)


def attempt(ctx: Context, db: Database, code: Code, *, ignoring_pauses: bool = False, is_the_try: bool = False) -> None:
    """Deliver one; a fault of ours costs this one return in this run, and is told. `is_the_try` as `Delivery` has it.

    `ignoring_pauses` is a person's word: what waits or is held goes on now, with the step that it stopped at.
    """
    try:
        delivery = load(ctx, db, code)
        if delivery is None or ctx.accounts.is_broken(delivery.source.name):
            return
        announcement = delivery.announcement
        if ignoring_pauses:
            # How often and since when it waited stays: a person who looks does not begin its patience anew.
            again = retried(announcement)
        else:
            again = announcement if announcement.progress in _TO_DO and announcement.step is not Step.NONE else None
        if again is None:
            return
        delivery.announcement = again
        delivery.at_a_persons_word, delivery.is_the_try = ignoring_pauses, is_the_try
        with about(source=delivery.source.name, ret=delivery.ret.id, code=code):
            _deliver(ctx, delivery)
    except RunError:
        raise
    except Exception as error:  # noqa: BLE001 - it costs this one return, and is told
        report_fault(ctx.tally, code, error)


def _deliver(ctx: Context, delivery: Delivery) -> None:
    try:
        deliver_one(delivery)
    except AccountError as error:
        name = delivery.source.name
        ctx.accounts.give_up_on(name if error.account == name else delivery.announcement.warehouse, error)
