"""Guarding: which sources the guard refuses in a run, and what they are measured by in the next."""

from collections.abc import Collection

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.plan import Plan, measure, refusal
from returnsync.model import SourceId
from returnsync.state import sources


def refused_sources(ctx: Context, plan: Plan) -> dict[SourceId, str]:
    """The sources that look like an accident, each with why and with what it would have done."""
    now = clock.now()
    with ctx.db.reading() as q:
        known = {source.id: source for source in sources.all_known(q)}
        largest = {source_id: sources.largest_day(q, source_id) for source_id in known}
    refused: dict[SourceId, str] = {}
    for source_id, new in plan.new_announcements().items():
        source = ctx.sources[source_id]
        why = refusal(source, measure(known.get(source_id), largest.get(source_id, 0), now), new)
        if why is not None:
            counts = ", ".join(f"{action} {number}" for action, number in sorted(plan.counts(source_id).items()))
            refused[source_id] = f"{source.name}: {why}. Nothing of it was delivered. It would have: {counts}."
    return refused


def refuse(ctx: Context, refused: dict[SourceId, str]) -> None:
    """Tell of each source that the guard refuses, and stop counting the days since it delivered."""
    ctx.tally.refused += refused.values()
    with ctx.db.transaction() as q:
        for source_id in refused:
            sources.refused(q, source_id)


def count_deliveries(ctx: Context, refused: Collection[SourceId], *, past_guard: bool) -> None:
    """The guard's measure for the next run; what only a person's word let pass does not count for what is usual.

    A run that announced nothing says nothing about what is usual, and yet the source was not hindered.
    """
    with ctx.db.transaction() as q:
        for source in ctx.chosen:
            tally = ctx.tally.source(source.name)
            if tally.announced:
                sources.count_delivery(q, source.id, tally.announced, counts=source.id not in refused)
            was_let_through = past_guard or source.id not in refused
            warehouses = source.settings.warehouses()
            is_broken = ctx.accounts.is_broken(source.name) or any(map(ctx.accounts.is_broken, warehouses))
            if was_let_through and tally.error is None and not is_broken and not ctx.stop.is_set():
                sources.delivered_unhindered(q, source.id)
