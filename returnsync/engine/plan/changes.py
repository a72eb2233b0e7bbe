"""Changes: decide and save what new and changed returns call for, and where they go, before a plan is made."""

import logging
from dataclasses import replace

from returnsync import clock
from returnsync.engine.about import HELD, about
from returnsync.engine.context import Context
from returnsync.engine.faults import report_fault
from returnsync.engine.lifecycle import Event, move
from returnsync.engine.plan.moved import in_the_way, stands
from returnsync.engine.plan.policy import plan_return
from returnsync.engine.sources import Source
from returnsync.model import OPEN, Announcement, Cause, Progress, Return, WarehouseName
from returnsync.redact import knowing
from returnsync.state import announcements, ledger, returns, set_aside
from returnsync.state.database import Queries

logger = logging.getLogger("returnsync.plan")

_BATCH = 200

RELEASED_WITH_ITS_RECORD = "A person released its record."
"""The text of an announcement that was released with a record that could not be read."""

# What a dry run gives as its decision, where that differs from the word for the progress.
_WOULD = {Progress.HELD: "hold", Progress.WAITING: "wait", Progress.LEFT_ALONE: "leave alone"}


def save_changes(ctx: Context, source: Source) -> None:
    """Evaluate the new and changed returns of a source, and save the result."""
    after = ""
    while True:
        with ctx.db.transaction() as q:
            batch = returns.unplanned(q, source.id, after, _BATCH)
            for ret in batch:
                _save_or_report(ctx, q, source, ret)
        if len(batch) < _BATCH:
            return
        after = batch[-1].id


def _save_or_report(ctx: Context, q: Queries, source: Source, ret: Return) -> None:
    """Save what one return calls for. A fault of ours affects only this return, which the next run evaluates again."""
    try:
        with knowing(ret):
            save_changes_of(ctx, q, source, ret)
    except ValueError as error:  # the table in `lifecycle` has no such event: nothing of this return was saved yet
        report_fault(ctx.tally, f"{source.name}: return {ret.id}", error)


def save_changes_of(ctx: Context, q: Queries, source: Source, ret: Return) -> None:
    """Evaluate one return, and save the result."""
    known = announcements.of_return(q, source.id, ret.id)
    before = {announcement.code: announcement for announcement in known}
    in_flight = {code for code in before if ledger.has_create_in_flight(q, code)}
    # An announcement whose release was taken back stays as it is until its platform was read: what is kept may be old.
    is_unread = returns.is_to_be_read(q, source.id, ret.id)
    unread = {announcement.code for announcement in known if is_unread and announcement.unread_since is not None}
    stays_released = False
    is_released = set_aside.was_released_for_want_of_items(q, source.id, ret.id)
    for planned in plan_return(ret, known, source.policy, in_flight | unread):
        announcement = planned if planned.code in unread else replace(planned, unread_since=None)
        if is_released and announcement.announced_at is None and announcement.progress in OPEN:
            stays_released = True
            announcement = move(announcement, Event.RELEASED, announcement.cause, RELEASED_WITH_ITS_RECORD)
        if before.get(announcement.code) != announcement:
            announcements.save(q, announcement)
            _note(ctx, q, source, announcement)
    if stays_released:
        set_aside.take_back(q, source.id, ret.id)  # from now on its announcement says that it is released
    if not unread:
        returns.planned(q, ret)  # otherwise it is evaluated again once it was read


def standing(q: Queries, announcement: Announcement) -> list[Announcement]:
    """The announcements of its return whose forecast is at the warehouse, or may still appear there."""
    known = announcements.of_return(q, announcement.source, announcement.return_id)
    in_flight = {item.code for item in known if ledger.has_create_in_flight(q, item.code)} if len(known) > 1 else ()
    return [item for item in known if stands(item, in_flight)]


def read_moved_again(ctx: Context) -> None:
    """Have read again what is held as `moved-order` and has nothing in its way any more, so that it goes on."""
    chosen = {source.id for source in ctx.chosen}
    with ctx.db.reading() as q:
        held = [item for item in announcements.held(q) if item.cause is Cause.MOVED_ORDER and item.source in chosen]
        free = [item for item in held if _is_free(ctx, q, item)]
    for item in free:
        with ctx.db.transaction() as q:
            returns.read_again(q, item.source, item.return_id)
        logger.info("%s goes on once its return is read again: nothing of it is on another order", item.code)


def _is_free(ctx: Context, q: Queries, item: Announcement) -> bool:
    """Whether nothing is in its way any more. A fault of ours keeps this one held, and the run goes on."""
    ret, same_skus = returns.get(q, item.source, item.return_id), ctx.sources[item.source].policy.same_skus
    try:
        return ret is not None and in_the_way(item, ret, standing(q, item), same_skus) is None
    except ValueError as error:
        report_fault(ctx.tally, item.code, error)
        return False


def _note(ctx: Context, q: Queries, source: Source, announcement: Announcement) -> None:
    """Note the result in the history of its return, in the counts, and in what a dry run shows."""
    progress, code = announcement.progress, announcement.code
    event = "planned" if progress is Progress.DUE else progress.value
    detail = {"cause": announcement.cause or "", "what": announcement.what}
    said = {name: text for name, text in detail.items() if text}
    ctx.story.tell(q, source.id, announcement.return_id, event, code, **said)
    ctx.tally.count(event)
    if progress is Progress.HELD:
        with about(source=source.name, ret=announcement.return_id, code=code):
            logger.log(logging.INFO if ctx.dry_run else logging.WARNING, "%s%s", HELD, announcement.what)
    if ctx.dry_run and progress is not Progress.DUE:
        ctx.tally.decided(code=code, source=source.name, would=_WOULD.get(progress, event), **detail)


def assign_warehouses(ctx: Context) -> None:
    """Set the warehouse of what is due and was never announced to the one that its source, or its brand, has now."""
    chosen = {source.id: source for source in ctx.chosen}
    with ctx.db.reading() as q:
        due = announcements.to_do(q, clock.now())
    for item in due:
        source = chosen.get(item.source)
        if source is not None and item.announced_at is None:
            _assign_warehouse(ctx, source, item)


def _assign_warehouse(ctx: Context, source: Source, item: Announcement) -> None:
    with ctx.db.reading() as q:
        wanted = _warehouse_of(q, source, item)
    if item.warehouse == wanted:
        return
    with ctx.db.transaction() as q:
        if ledger.has_create_in_flight(q, item.code):
            # Its forecast may be at the first warehouse already, so it is looked for there.
            logger.info("%s stays with %s until it is known whether it was announced there", item.code, item.warehouse)
            return
        announcements.save(q, replace(item, warehouse=wanted))
    logger.info("%s goes to %s now, instead of to %s", item.code, wanted, item.warehouse)


def _warehouse_of(q: Queries, source: Source, item: Announcement) -> WarehouseName:
    if source.policy.choose is None:
        return source.policy.warehouse
    ret = returns.get(q, item.source, item.return_id)
    return source.policy.warehouse if ret is None else source.policy.warehouse_of(ret)
