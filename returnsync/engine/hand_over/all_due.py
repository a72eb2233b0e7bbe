"""All labels that are due to be handed over, one after the other."""

import logging
import math
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from returnsync import clock
from returnsync.engine.about import about
from returnsync.engine.context import Context
from returnsync.engine.deliver import load
from returnsync.engine.faults import report_fault
from returnsync.errors import RunError
from returnsync.model import Code, Progress, SourceId, Step
from returnsync.redact import knowing
from returnsync.state import announcements, hand_overs

logger = logging.getLogger("returnsync.hand-over")

# A slow server must not keep the next runs from the warehouse.
_LONGEST = timedelta(minutes=15)

_TO_DO = frozenset({Progress.DUE, Progress.WAITING})


def know_methods(ctx: Context, began: datetime) -> None:
    """Save by which methods each source hands over now. A new one counts from `began`, the start of this command."""
    with ctx.db.reading() as q:
        known = {source.id: hand_overs.methods(q, source.id) for source in ctx.chosen}
    for source in ctx.chosen:
        since = known[source.id]
        if since.keys() != set(source.settings.methods) or any(at > began for at in since.values()):
            with ctx.db.transaction() as q:
                hand_overs.see_methods(q, source.id, source.settings.methods, began)


def hand_over_due(ctx: Context, refused: Collection[SourceId] = ()) -> None:
    """Hand over every due label, except of sources that the guard refused; for a quarter of an hour at most.

    A failure affects that label, or all that use the same account, and is reported. The next run hands over the labels
    that are left.

    Raises:
        RunError: the state cannot be written.
    """
    with ctx.db.reading() as q:
        codes = hand_overs.to_do(q, clock.now())
    hand_over_each(ctx, codes, refused, seconds=_LONGEST.total_seconds())


def hand_over_each(
    ctx: Context,
    codes: Sequence[Code],
    refused: Collection[SourceId] = (),
    *,
    even_held: bool = False,
    seconds: float = math.inf,
) -> None:
    """Hand over the labels of some announcements, for at most `seconds`. Raises as `hand_over_due`.

    Pauses are ignored, except the one after a mail in doubt. With `even_held`, what is held at this step is tried
    again: a person named it.
    """
    until = clock.elapsed() + seconds
    chosen = {source.id for source in ctx.chosen} - set(refused)
    for code in codes:
        if ctx.stop.is_set():
            return
        if clock.elapsed() > until:
            logger.info("out of time; labels that are left are handed over by the next run")
            return
        with ctx.db.reading() as q:
            item = announcements.get(q, code)
        if item is None or item.source not in chosen or item.step is not Step.HAND_OVER:
            continue
        if item.progress not in (_TO_DO | {Progress.HELD} if even_held else _TO_DO):
            continue  # it is held: a person has to deal with it
        try:
            delivery = load(ctx, ctx.db, code)
            if delivery is None or not delivery.source.may_deliver(item.order_number):
                continue
            from returnsync.engine.hand_over.one import hand_over  # imported here, since most runs mail nothing

            with about(source=delivery.source.name, ret=delivery.ret.id, code=code), knowing(delivery.ret):
                hand_over(delivery)
        except RunError:
            raise
        except Exception as error:  # noqa: BLE001 - it affects only this label, and is reported
            report_fault(ctx.tally, code, error)
