"""Kept back: a person names an order that `only` of its source does not name, and nothing is sent for it."""

from collections.abc import Sequence

from returnsync.engine.context import Context
from returnsync.engine.lifecycle import retried, waits_to_be_read
from returnsync.engine.plan import let_go, let_wait
from returnsync.engine.rehearsal import kept_back_among
from returnsync.errors import KeptBackError
from returnsync.model import Announcement, Cause, Code, Progress
from returnsync.redact import Masker
from returnsync.state import announcements, ledger, returns


def leave_kept_back(ctx: Context, codes: Sequence[Code]) -> list[Code]:
    """Those that may be delivered; the others wait, and each is reported where something is to be done for it."""
    others = kept_back_among(ctx, codes)
    with ctx.db.reading() as q:
        items = [item for code in others if (item := announcements.get(q, code)) is not None]
        in_flight = {effect.code for effect in ledger.in_flight(q)}
    for item in items:
        if retried(item) is None:
            continue  # nothing would be done for it in any case
        refused = refusal(ctx, item)
        ctx.tally.trouble(refused)
        source = ctx.sources[item.source]
        if item.code not in in_flight and not waits_to_be_read(item):
            let_wait(ctx, source, [item])
        if ctx.dry_run:
            decided = {"would": "wait", "cause": Cause.NOT_IN_ONLY, "what": refused.what}
            ctx.tally.decided(code=item.code, source=source.name, **decided)
    free = [code for code in codes if code not in others]
    with ctx.db.reading() as q:
        known = [item for code in free if (item := announcements.get(q, code)) is not None]
    # The days kept back do not count as waiting for the order.
    let_go(ctx, [item for item in known if item.progress is Progress.WAITING and item.cause is Cause.NOT_IN_ONLY])
    return free


def refusal(ctx: Context, item: Announcement) -> KeptBackError:
    """The error that says that nothing is sent for an announcement, and which setting to change."""
    source = ctx.sources[item.source]
    with ctx.db.reading() as q:
        mask = Masker(returns.get(q, item.source, item.return_id))
    number = mask.values(item.order_number)
    return KeptBackError(
        f"{mask.values(item.code)}: nothing is sent for order {number!r}, since `only` in {source.policy.table} names "
        "other orders.",
        f'To have it delivered: add "{number}" to `only`, or remove `only`.',
    )
