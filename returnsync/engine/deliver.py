"""Deliver a plan: orders in parallel, the announcements of one order one after the other."""

import logging
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from threading import Lock
from time import monotonic

from returnsync.engine.about import about
from returnsync.engine.context import Context
from returnsync.engine.delivery import deliver_one
from returnsync.engine.plan import Plan, Planned
from returnsync.engine.standing import Standing
from returnsync.errors import AccountError, AccountRefused, ReturnsyncError, RunError
from returnsync.model import Code, Progress, WarehouseName
from returnsync.state import announcements, returns

logger = logging.getLogger("returnsync.deliver")

# Seconds for the four calls of one order, above which they surely waited for the network.
_LONG_FOR_AN_ORDER = 0.05
_LONG_IN_A_ROW = 3

_TO_DO = frozenset({Progress.DUE, Progress.WAITING})


def deliver(ctx: Context, plan: Plan) -> None:
    """Work on everything in a plan. What goes wrong is tallied and costs one return, or one warehouse.

    Raises:
        RunError: labels or state cannot be written; nothing more is started.
    """
    ctx.observer.to_deliver(len(plan.actions))
    _look_at_tables(ctx)
    by_warehouse: dict[WarehouseName, dict[str, list[Planned]]] = {}
    for planned in plan.actions:
        # One order is never worked on in two places at once: what is left of it is reckoned from what stands there.
        by_warehouse.setdefault(planned.warehouse, {}).setdefault(planned.order_number, []).append(planned)
    for name, orders in by_warehouse.items():
        try:
            concurrency = ctx.warehouse_settings(name).concurrency
        except AccountRefused as error:
            ctx.give_up_on(name, error)
        else:
            _deliver_orders(ctx, list(orders.values()), concurrency)


def _look_at_tables(ctx: Context) -> None:
    """Nothing of a source whose tables cannot be read is sent anywhere; the others go on."""
    for source in ctx.chosen:
        try:
            source.line_rules()
            ctx.numbers.look_at_tables(source)
        except AccountRefused as error:
            ctx.give_up_on(source.name, error)


def _deliver_orders(ctx: Context, orders: list[list[Planned]], concurrency: int) -> None:
    """Workers take one order after the other; what one cannot go on after ends the work of all.

    There is one worker at first. Another joins, up to `concurrency`, whenever some orders in a row took long: calls
    wait for the network then, and only then do more workers help. Else they would compete for one processor.
    """
    from concurrent.futures import Future, ThreadPoolExecutor

    waiting = deque(orders)
    orders.clear()
    workers: deque[Future[None]] = deque()
    joining = Lock()
    most = min(concurrency, len(waiting))

    def work() -> None:
        slow = 0
        while True:
            try:
                order = waiting.popleft()
            except IndexError:
                return
            began = monotonic()
            try:
                _deliver_order(ctx, order)
            except BaseException:
                waiting.clear()
                raise
            slow = slow + 1 if monotonic() - began > _LONG_FOR_AN_ORDER else 0
            if slow == _LONG_IN_A_ROW:
                join()
                slow = 0

    def join() -> None:
        nonlocal most
        with joining:
            if most > 0 and waiting:
                most -= 1
                workers.append(pool.submit(work))

    with ThreadPoolExecutor(max_workers=max(1, most), thread_name_prefix="deliver") as pool:
        join()
        # A worker joins before the one that called it ends, so none is missed.
        while workers:
            workers.popleft().result()


def _deliver_order(ctx: Context, planned: Iterable[Planned]) -> None:
    for item in planned:
        if ctx.stop.is_set() or ctx.is_broken(item.warehouse):
            return
        attempt(ctx, item.code)
        ctx.observer.delivered()


def load(ctx: Context, code: Code) -> Standing | None:
    """One announcement with its return, ready to be worked on; `None` when its source is not configured."""
    with ctx.db.reading() as q:
        announcement = announcements.get(q, code)
        ret = None if announcement is None else returns.get(q, announcement.source, announcement.return_id)
    if announcement is None or ret is None:
        return None
    source = ctx.sources.get(announcement.source)
    return None if source is None else Standing(ctx, source, announcement, ret)


def attempt(ctx: Context, code: Code, *, ignoring_pauses: bool = False) -> None:
    """Deliver one; a fault of ours costs this one return in this run, and is told."""
    try:
        standing = load(ctx, code)
        if standing is None or (standing.now.progress not in _TO_DO and not ignoring_pauses):
            return
        if ctx.is_broken(standing.source.name):
            return
        if ignoring_pauses:
            # The cause stays: it tells what is to be compared. The pause goes.
            standing.now = replace(standing.now, progress=Progress.DUE, due_at=None)
        with about(source=standing.source.name, ret=standing.ret.id, code=code):
            _deliver(ctx, standing)
    except RunError:
        raise
    except Exception as error:
        logger.exception("a fault of returnsync's own", extra={"code": code})
        ctx.tally.trouble(
            ReturnsyncError(
                f"{code}: a fault of returnsync's own ({type(error).__name__}).",
                "Run again with --verbose and report it; this return is tried again by the next run.",
            )
        )


def _deliver(ctx: Context, standing: Standing) -> None:
    try:
        deliver_one(standing)
    except AccountError as error:
        name = standing.source.name
        ctx.give_up_on(name if error.account == name else standing.now.warehouse, error)
