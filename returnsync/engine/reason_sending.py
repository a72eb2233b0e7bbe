"""Return reasons in a run: what is sent for each, what went as words alone, and what new pairs let go on."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable

from returnsync.engine import decide
from returnsync.engine.context import Context, Source
from returnsync.engine.decide import PairedReason
from returnsync.engine.policy import rest
from returnsync.engine.standing import Standing
from returnsync.errors import AccountError, CallError
from returnsync.mapping import lines as order_lines
from returnsync.mapping import pairings, reasons
from returnsync.model import Announcement, Cause, Progress, Reason, Return, ReturnLine, WarehouseName, WarehouseReason
from returnsync.redact import Masker
from returnsync.state import announcements, returns

logger = logging.getLogger("returnsync.plan")

_NOT_SENT = frozenset({pairings.Standing.UNPAIRED, pairings.Standing.GONE})


def pair_for(at: Standing) -> Callable[[Reason], PairedReason]:
    """What each reason of an announcement becomes at its warehouse.

    Raises:
        CallError, AccountError: its reasons are paired, and what the warehouse offers could not be read.
    """
    offered = _offered(at.ctx, at.source, at.now.warehouse, at.ret, at.lines)
    return decide.pair_with(
        lambda reason: at.ctx.pairs_of(at.source, reason, at.ret.channel), offered, at.settings.unmapped_reason
    )


def count_unpaired(at: Standing) -> None:
    """Count the reasons that an announcement was sent with as words alone, for want of a pair that can be sent."""
    unpaired = Counter(_unsendable(at.ctx, at.source, at.now.warehouse, at.ret, at.lines))
    mask = Masker(at.ret if unpaired else None)
    for reason, lines in unpaired.items():
        # Marketplaces write what they like: nothing of the consumer's is told.
        key, words = mask(reason.key), mask(reasons.words(reason))
        at.ctx.tally.unpaired(at.source.name, at.ret.channel, key, words, lines)


def _offered(
    ctx: Context, source: Source, warehouse: WarehouseName, ret: Return, lines: Iterable[ReturnLine]
) -> tuple[WarehouseReason, ...]:
    """What the warehouse offers; asked only where one of the lines is paired with an id."""
    pairs = (pair for line in lines if line.reason for pair in ctx.pairs_of(source, line.reason, ret.channel)[:1])
    return ctx.offered_reasons(warehouse) if any(pair.choice.id is not None for pair in pairs) else ()


def _unsendable(
    ctx: Context, source: Source, warehouse: WarehouseName, ret: Return, lines: Iterable[ReturnLine]
) -> list[Reason]:
    lines = tuple(lines)
    offered = _offered(ctx, source, warehouse, ret, lines)
    return [
        line.reason
        for line in lines
        if line.reason
        and pairings.resolve(ctx.pairs_of(source, line.reason, ret.channel), line.reason, offered).standing in _NOT_SENT
    ]


def let_paired_go_on(ctx: Context) -> None:
    """What was held for want of a pair goes on by itself, once it has one, or words alone are wanted now."""
    chosen = {source.id: source for source in ctx.chosen}
    with ctx.db.reading() as q:
        held = [item for item in announcements.held(q) if item.cause == Cause.REASON_UNPAIRED]
    silent: set[WarehouseName] = set()
    for item in held:
        source = chosen.get(item.source)
        if source is None or not _can_go_on(ctx, source, item, silent):
            continue
        with ctx.db.transaction() as q:
            # Of what is announced the cause says that it is still to be compared.
            announcements.save(q, rest(item, Progress.DUE, item.cause if item.announced_at else ""))
            ctx.story.tell(q, item.source, item.return_id, "paired", item.code)
        logger.info("%s goes on: its return reasons are paired now", item.code)


def _can_go_on(ctx: Context, source: Source, item: Announcement, silent: set[WarehouseName]) -> bool:
    """Whether its reasons can be sent now; a warehouse that did not tell its own is `silent`, and not asked again."""
    with ctx.db.reading() as q:
        ret = returns.get(q, item.source, item.return_id)
    if ret is None:
        return False
    warehouse = item.warehouse if item.announced_at else source.policy.warehouse_of(ret)
    lines = order_lines.of_order(ret.lines, item.order_number)
    if warehouse in silent:
        return False
    try:
        return ctx.warehouse_settings(warehouse).unmapped_reason == "text" or not _unsendable(
            ctx, source, warehouse, ret, lines
        )
    except AccountError as error:
        ctx.give_up_on(warehouse, error)
    except CallError as error:
        silent.add(warehouse)
        logger.info("what the warehouse offers cannot be read now: %s", error.what)
    return False
