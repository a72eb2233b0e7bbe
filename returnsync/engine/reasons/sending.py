"""Return reasons in a run: how each is sent, which are sent as words only, and which returns new pairs let go on."""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from returnsync.engine.context import Context
from returnsync.engine.lifecycle import Event, move
from returnsync.engine.sources import Source
from returnsync.errors import AccountError, CallError, HoldError
from returnsync.mapping import lines as order_lines
from returnsync.mapping import pairings, reasons
from returnsync.model import (
    UNREADABLE_WORDS,
    Announcement,
    Cause,
    Reason,
    Return,
    ReturnLine,
    WarehouseName,
    WarehouseReason,
)
from returnsync.redact import Masker
from returnsync.state import announcements, returns

logger = logging.getLogger("returnsync.plan")

# Sent as words only, or held where `unmapped_reason` is "hold".
_WITHOUT_ID = frozenset({pairings.PairStatus.UNPAIRED, pairings.PairStatus.GONE})


class PairedReason(NamedTuple):
    """A reason as it is sent: its words, its id at the warehouse, and that of its main reason; `None` for no id."""

    words: str
    id: int | None = None
    parent_id: int | None = None


def pair_for(
    ctx: Context, source: Source, warehouse: WarehouseName, ret: Return, lines: Sequence[ReturnLine]
) -> Callable[[Reason], PairedReason]:
    """How each reason of some lines is sent to their warehouse.

    Raises:
        CallError, AccountError: a reason is paired, and the reasons that the warehouse offers could not be read.
    """
    offered = _offered(ctx, source, warehouse, ret, lines)
    unmapped = ctx.accounts.warehouse_settings(warehouse).unmapped_reason
    return pair_with(lambda reason: ctx.pairs_of(source, reason, ret.channel), offered, unmapped)


def pair_with(
    find: Callable[[Reason], Iterable[pairings.Pair]], offered: Collection[WarehouseReason], unmapped: str
) -> Callable[[Reason], PairedReason]:
    """How reasons are turned into the warehouse's. `find` gives the pairs of one; an id not in `offered` is never sent.

    The returned function raises `HoldError` for a reason that cannot be sent by id, where `unmapped` is "hold".
    """

    def pair(reason: Reason) -> PairedReason:
        sent = pairings.sent_as(find(reason), reason, offered)
        if unmapped == "hold" and sent.pair_status in _WITHOUT_ID:
            raise _unpaired(reason, sent)
        return PairedReason(sent.words, sent.id, sent.parent_id)

    return pair


def _unpaired(reason: Reason, sent: pairings.Sent) -> HoldError:
    if reason.key == UNREADABLE_WORDS:
        return HoldError(
            Cause.REASON_UNPAIRED,
            "The return reason cannot be read, so it is paired with nothing.",
            "Look the return up at the platform. Once its reason can be read it goes on by itself. Otherwise announce "
            "it by hand, then: returnsync held release <CODE>.",
        )
    what = "is paired with none of the warehouse's"
    if sent.pair is not None:
        choice = sent.pair.choice
        what = f"is paired with {choice.id} {choice.warehouse_label!r}, which the warehouse no longer offers"
    return HoldError(
        Cause.REASON_UNPAIRED,
        f"Return reason {reasons.words(reason)!r} {what}.",
        "Pair it: returnsync map-reasons. The next run then goes on by itself.",
    )


def count_unpaired(
    ctx: Context, source: Source, warehouse: WarehouseName, ret: Return, lines: Sequence[ReturnLine]
) -> None:
    """Count the reasons that were sent as words only, since no pair could be sent.

    Raises:
        CallError, AccountError: as `pair_for`.
    """
    unpaired = Counter(_unsendable(ctx, source, warehouse, ret, lines))
    mask = Masker(ret if unpaired else None)
    for reason, number in unpaired.items():
        # Marketplaces may write anything, so the consumer's data are masked.
        key, words = mask(reason.key), mask(reasons.words(reason))
        ctx.tally.unpaired(source.name, ret.channel, key, words, number)


def _offered(
    ctx: Context, source: Source, warehouse: WarehouseName, ret: Return, lines: Sequence[ReturnLine]
) -> tuple[WarehouseReason, ...]:
    """The reasons that the warehouse offers; read only where one of the lines is paired with an id."""
    best = (next(iter(ctx.pairs_of(source, line.reason, ret.channel)), None) for line in lines if line.reason)
    goes_by_id = any(pair is not None and pair.choice.id is not None for pair in best)
    return ctx.accounts.offered_reasons(warehouse) if goes_by_id else ()


def _unsendable(
    ctx: Context, source: Source, warehouse: WarehouseName, ret: Return, lines: Sequence[ReturnLine]
) -> list[Reason]:
    """The reasons that cannot be sent by id, one for each line that has such a reason."""
    offered = _offered(ctx, source, warehouse, ret, lines)
    return [
        line.reason
        for line in lines
        if line.reason
        and pairings.sent_as(ctx.pairs_of(source, line.reason, ret.channel), line.reason, offered).pair_status
        in _WITHOUT_ID
    ]


def let_paired_go_on(ctx: Context) -> None:
    """Let what was held without a pair go on, once it has one, or once words are enough by the settings."""
    chosen = {source.id: source for source in ctx.chosen}
    with ctx.db.reading() as q:
        held = [item for item in announcements.held(q) if item.cause is Cause.REASON_UNPAIRED]
    unread: set[WarehouseName] = set()
    for item in held:
        source = chosen.get(item.source)
        if source is None:
            # This command does not work on its source.
            continue
        if not _can_go_on(ctx, source, item, unread):
            logger.debug("%s stays held: its return reasons cannot be sent yet", item.code)
            continue
        with ctx.db.transaction() as q:
            announcements.save(q, move(item, Event.DECIDED))
            ctx.story.tell(q, item.source, item.return_id, "paired", item.code)
        logger.info("%s goes on: its return reasons are paired now", item.code)


def _can_go_on(ctx: Context, source: Source, item: Announcement, unread: set[WarehouseName]) -> bool:
    """Whether its reasons can be sent now.

    A warehouse whose reasons could not be read is added to `unread`, and is not asked again.
    """
    with ctx.db.reading() as q:
        ret = returns.get(q, item.source, item.return_id)
    if ret is None:
        return False
    warehouse = item.warehouse if item.announced_at else source.policy.warehouse_of(ret)
    if warehouse in unread:
        return False
    lines = order_lines.of_order(ret.lines, item.order_number)
    try:
        # `unmapped_reason` may have been set to "text" since it was held.
        words_alone = ctx.accounts.warehouse_settings(warehouse).unmapped_reason == "text"
        return words_alone or not _unsendable(ctx, source, warehouse, ret, lines)
    except AccountError as error:
        ctx.accounts.give_up_on(warehouse, error)
    except CallError as error:
        # The next run reads them.
        unread.add(warehouse)
        logger.info("what the warehouse offers cannot be read now: %s", error.what)
    return False
