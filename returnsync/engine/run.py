"""One run, from recovering what earlier runs left in flight to the summary."""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta

from returnsync import clock
from returnsync.engine.channels import warn_of_several
from returnsync.engine.context import Context
from returnsync.engine.deliver import deliver, let_decided_go_on, read_undecided_again, recover
from returnsync.engine.erase import erase_old
from returnsync.engine.finish import finish, noted
from returnsync.engine.guarding import count_deliveries, refuse, refused_sources
from returnsync.engine.hand_over import hand_over_due, know_methods
from returnsync.engine.known_sources import know_sources
from returnsync.engine.moments import disbelieve_the_future, warn_of_clocks
from returnsync.engine.plan import assign_warehouses, keep_back, make_plan, read_moved_again, save_changes
from returnsync.engine.probing import load_breakers, probe_what_is_out
from returnsync.engine.pull import pull_all
from returnsync.engine.reasons import let_paired_go_on
from returnsync.engine.rehearsal import warn_of_names, warn_of_rehearsals
from returnsync.engine.sources import yet_to_start
from returnsync.engine.summary import Summary
from returnsync.model import SourceId
from returnsync.state import announcements

logger = logging.getLogger("returnsync.run")

# What became of a lost call may be certain within half a minute: a run waits that long for it rather than leave it to
# the next run. It waits for nothing else.
_WAIT_FOR_CERTAINTY = timedelta(seconds=31)


def run(ctx: Context, *, past_guard: bool = False) -> Summary:
    """One pass: recover, pull, plan, guard, deliver. The caller holds the lock, unless it is a dry run.

    Raises:
        RunError: the run cannot go on at all.
    """
    started = clock.now()
    with noted(ctx, "run", started):
        _ = ctx.pairings  # a mistake in their file is reported before anything is done
        _pass(ctx, started, past_guard=past_guard)
        return finish(ctx, started)


def _pass(ctx: Context, started: datetime, *, past_guard: bool) -> None:
    _warn_of_starts(ctx)
    warn_of_rehearsals(ctx)
    know_sources(ctx)
    load_breakers(ctx)
    probe_what_is_out(ctx)
    disbelieve_the_future(ctx)
    know_methods(ctx, started)
    ctx.observer.phase("recovering")
    recover(ctx, ctx.db)
    read_moved_again(ctx)
    read_undecided_again(ctx, ctx.db)
    ctx.observer.phase("pulling")
    pull_all(ctx, ctx.chosen)
    ctx.observer.phase("planning")
    for source in ctx.chosen:
        # The returns of a source that is left alone stay unplanned: its settings may be wrong.
        if ctx.accounts.known.refusal_of(source) is None:
            save_changes(ctx, source)
    let_paired_go_on(ctx)
    let_decided_go_on(ctx, ctx.db)
    keep_back(ctx)
    warn_of_names(ctx)
    assign_warehouses(ctx)
    plan = make_plan(ctx)
    unusual = refused_sources(ctx, plan)
    refused = {} if past_guard else unusual
    refuse(ctx, refused)
    ctx.observer.phase("delivering")
    # A dry run shows also what would be refused, so that a person can see whether it is right.
    deliver(ctx, plan if ctx.dry_run else plan.without(refused))
    _deliver_what_is_certain_soon(ctx, refused)
    ctx.observer.phase("handing over")
    hand_over_due(ctx, refused)
    count_deliveries(ctx, unusual, past_guard=past_guard)
    # At the end, so that a read that fails slowly delays nothing else.
    warn_of_several(ctx)
    warn_of_clocks(ctx)
    erase_old(ctx)


def _warn_of_starts(ctx: Context) -> None:
    """Warn about the sources that announce nothing yet, since their `start_from` lies ahead."""
    for source in ctx.chosen:
        text = yet_to_start(source)
        if text and ctx.accounts.known.refusal_of(source) is None:
            logger.warning("%s", text)
            ctx.tally.warnings.append(text)


def _deliver_what_is_certain_soon(ctx: Context, refused: Collection[SourceId]) -> None:
    """Where it will be certain within half a minute what became of a lost call, wait for it and deliver in this run."""
    if ctx.dry_run:
        return
    with ctx.db.reading() as q:
        soon = announcements.certain_by(q, clock.now() + _WAIT_FOR_CERTAINTY)
    ours = {source.id for source in ctx.chosen} - set(refused)
    soon = [item for item in soon if item.source in ours and not ctx.accounts.is_broken(item.warehouse)]
    soon = [item for item in soon if ctx.sources[item.source].may_deliver(item.order_number)]
    moments = [item.due_at for item in soon if item.due_at]
    if not moments:
        return
    logger.info("waiting until %s for what became of a call", f"{max(moments):%H:%M:%S}")
    # Never longer than that, even where somebody sets the clock back meanwhile.
    clock.wait(ctx.stop, min(max(moments) - clock.now(), _WAIT_FOR_CERTAINTY).total_seconds())
    deliver(ctx, make_plan(ctx).only({item.code for item in soon}))
