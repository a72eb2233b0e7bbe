"""Rehearsal: a source with `only` delivers only the orders named there. All its others are planned, and wait.

Nothing is sent for another order. An effect of such an order that an earlier run left in flight is resolved by reading
all the same: the announcement stays as it is, and `recover` looks at it.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.lifecycle import Event, is_possible, move, waits_to_be_read
from returnsync.engine.sources import Source
from returnsync.model import Announcement, Cause
from returnsync.state import announcements, ledger

logger = logging.getLogger("returnsync.plan")

_BATCH = 200


def _kept_back(source: Source, item: Announcement) -> Announcement:
    """The announcement, due or waiting before, as it is while `only` keeps it back.

    `waiting_since` is kept: an announcement that was never tried is new to the guard, however long it is kept back.
    """
    what = f"`only` of {source.policy.table} names other orders, so it is planned but not delivered."
    next_step = "To have it delivered: write its order number, as it is shown here, into `only`; or remove `only`."
    return replace(move(item, Event.KEPT_BACK, Cause.NOT_IN_ONLY, what, next_step), waiting_since=item.waiting_since)


def _let_go(item: Announcement) -> Announcement:
    """The announcement going on after it was kept back. The days kept back do not count as waiting for its order."""
    return replace(move(item, Event.RESUMED), waiting_since=item.waiting_since and clock.now())


def keep_back(ctx: Context) -> None:
    """Keep back what `only` of its source does not name, and let go what may be delivered again.

    Nothing changes for a source that is left alone.
    """
    for source in ctx.chosen:
        if ctx.accounts.known.refusal_of(source) is None:
            _let_go_on(ctx, source)
            if source.settings.only is not None:
                _keep_back(ctx, source)
        _count(ctx, source)


def _let_go_on(ctx: Context, source: Source) -> None:
    with ctx.db.reading() as q:
        waiting = announcements.of_source_waiting_for(q, source.id, Cause.NOT_IN_ONLY)
    free = [item for item in waiting if source.may_deliver(item.order_number)]
    let_go(ctx, free)
    if free:
        logger.info("%s: %d announcements go on that `only` kept back", source.name, len(free))


def let_go(ctx: Context, items: Sequence[Announcement]) -> None:
    """Let announcements go on that were kept back, and may be delivered now."""
    for batch in _batches(items):
        with ctx.db.transaction() as q:
            for item in batch:
                announcements.save(q, _let_go(item))
                ctx.story.tell(q, item.source, item.return_id, "let go", item.code)


def _keep_back(ctx: Context, source: Source) -> None:
    with ctx.db.reading() as q:
        due = [item for item in announcements.to_do(q, clock.now()) if item.source == source.id]
        in_flight = {effect.code for effect in ledger.in_flight(q)}
    others = [item for item in due if not source.may_deliver(item.order_number) and item.code not in in_flight]
    # An announcement whose release was taken back waits for its platform first, with that cause.
    let_wait(ctx, source, [item for item in others if not waits_to_be_read(item)])


def let_wait(ctx: Context, source: Source, items: Iterable[Announcement]) -> None:
    """Keep back those of some announcements that are due or wait, since `only` does not name their orders."""
    for batch in _batches([item for item in items if is_possible(item, Event.KEPT_BACK)]):
        with ctx.db.transaction() as q:
            for item in batch:
                waiting = _kept_back(source, item)
                announcements.save(q, waiting)
                said = {"cause": waiting.cause, "what": waiting.what}
                ctx.story.tell(q, item.source, item.return_id, "waiting", item.code, **said)


def _count(ctx: Context, source: Source) -> None:
    """Count what is kept back, for the summary; a dry run lists each announcement."""
    if source.settings.only is None:
        return
    with ctx.db.reading() as q:
        number = announcements.count_waiting_for(q, source.id, Cause.NOT_IN_ONLY)
        shown = announcements.of_source_waiting_for(q, source.id, Cause.NOT_IN_ONLY) if ctx.dry_run else []
    tally = ctx.tally.source(source.name)
    tally.only, tally.kept_back = source.settings.only, number
    for item in shown:
        ctx.tally.decided(code=item.code, source=source.name, would="wait", cause=item.cause, what=item.what)


def _batches(items: Sequence[Announcement]) -> Iterable[Sequence[Announcement]]:
    return (items[first : first + _BATCH] for first in range(0, len(items), _BATCH))
