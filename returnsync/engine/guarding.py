"""Guarding: which sources the guard refuses in a run, and the measure that the next run uses."""

from collections.abc import Collection, Mapping

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.plan import Measure, Plan, measure, refusal
from returnsync.model import SourceId
from returnsync.state import sources


def refused_sources(ctx: Context, plan: Plan) -> dict[SourceId, str]:
    """The sources that look like an accident, each with the reason and with what it would have done."""
    refused = unusual_numbers(ctx, plan.new_announcements())
    for source_id in refused:
        counts = ", ".join(f"{action} {number}" for action, number in sorted(plan.counts(source_id).items()))
        refused[source_id] += f" The run would have done: {counts}."
    return refused


def unusual_numbers(ctx: Context, new: Mapping[SourceId, int]) -> dict[SourceId, str]:
    """The sources whose number of new announcements looks like an accident, each with the reason."""
    refused: dict[SourceId, str] = {}
    usual = _measures(ctx)
    for source_id, number in new.items():
        source = ctx.sources[source_id]
        why = refusal(source, usual.get(source_id), number)
        if why is not None:
            refused[source_id] = (
                f"{source.name}: this looks like an accident: {why}. Nothing of it was sent to the warehouse."
            )
    return refused


def what_to_do(source: str) -> str:
    """What a person can do about the source of this name when the guard refuses it."""
    return (
        f"If this many are right: returnsync run --yes --source {source}. If not, check its `start_from`, and what "
        "changed at its platform."
    )


def _measures(ctx: Context) -> dict[SourceId, Measure | None]:
    """The usual number of announcements of each known source."""
    now = clock.now()
    with ctx.db.reading() as q:
        return {known.id: measure(known, sources.largest_day(q, known.id), now) for known in sources.all_known(q)}


def refuse(ctx: Context, refused: Mapping[SourceId, str]) -> None:
    """Report each source that the guard refuses, and stop counting the days since it delivered.

    For the others that count goes on where an earlier run stopped it: their number is usual, or a person let it pass.
    """
    ctx.tally.refused |= {ctx.sources[source_id].name: why for source_id, why in refused.items()}
    with ctx.db.transaction() as q:
        for known in sources.all_known(q):
            if known.id in refused:
                sources.refused(q, known.id)
            elif known.refused_at is not None and known.id in {source.id for source in ctx.chosen}:
                sources.not_refused_any_more(q, known)


def count_deliveries(ctx: Context, refused: Collection[SourceId], *, past_guard: bool) -> None:
    """Save the guard's measure for the next run. What passed only because a person allowed it does not count as usual.

    Neither does what would have been refused if it were new in this run: a person allowed it in an earlier run, and the
    warehouse accepts it only now. A run that announced nothing changes nothing about what is usual, and yet the source
    was not hindered. Deliveries of a source with `only` set are not counted at all.
    """
    usual = _measures(ctx)
    with ctx.db.transaction() as q:
        for source in ctx.chosen:
            if source.settings.only is not None:
                continue
            announced = ctx.tally.source(source.name).announced
            is_usual = source.id not in refused and refusal(source, usual.get(source.id), announced) is None
            if announced:
                sources.count_delivery(q, source.id)
            if announced and is_usual:
                sources.count_day(q, source.id, announced)
            if (past_guard or source.id not in refused) and not ctx.is_hindered(source):
                sources.delivered_unhindered(q, source.id)
