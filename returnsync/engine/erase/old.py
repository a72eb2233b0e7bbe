"""What is older than `retention_days`: erased by `run` itself, at its end and a bounded number a run."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.erase.one import erase_record, erase_return, remove_files
from returnsync.engine.moments import AGREE_WITHIN
from returnsync.engine.upkeep import empty_log, write_anew_once
from returnsync.model import OVER, ReturnId, ReturnStatus, SourceId
from returnsync.state import erasing

logger = logging.getLogger("returnsync.erasing")
steps = logging.getLogger("returnsync.steps")

# As many a run, so that the first run with the setting is not held up by the returns of years; and so many at once.
_MOST, _BATCH = 500, 50
# What its platform may still change after that long, it does not.
_LONGEST = timedelta(days=180)

_Named = tuple[SourceId, ReturnId]


def erase_old(ctx: Context) -> None:
    """Erase what is older than `retention_days`, for every source that the state knows; nothing where that is not set.

    By a clock that is ahead, everything would be old. So it takes a server whose clock agrees with ours in this run.
    """
    days = ctx.config.settings.retention_days
    if days is None or ctx.dry_run or ctx.stop.is_set():
        return
    if not any(abs(off) <= AGREE_WITHIN for off in ctx.accounts.clock_offsets.values()):
        logger.info("nothing old is erased in this run: no server's clock agrees with this machine's")
        return
    write_anew_once(ctx)
    before = clock.now() - timedelta(days=days)
    long_before = min(before, clock.now() - _LONGEST)
    found: list[_Named] = []
    with ctx.db.reading() as q:
        for status in ReturnStatus:
            since = before if status in OVER else long_before
            found += erasing.due(q, status, since, _MOST - len(found))
        records = erasing.records_due(q, before, _MOST - len(found))
    _erase_in_batches(ctx, found)
    for source, key in records:
        with ctx.db.transaction() as q:
            erase_record(ctx, q, source, key)
        ctx.tally.count("erased")
    if ctx.tally["erased"]:
        empty_log(ctx)


def _erase_in_batches(ctx: Context, found: Sequence[_Named]) -> None:
    for begin in range(0, len(found), _BATCH):
        if ctx.stop.is_set():
            return
        batch = [one for one in found[begin : begin + _BATCH] if _can_go(ctx, *one)]
        with ctx.db.transaction() as q:
            for source, return_id in batch:
                erase_return(ctx, q, source, return_id)
        steps.debug("erased")
        for _ in batch:
            ctx.tally.count("erased")


def _can_go(ctx: Context, source: SourceId, return_id: ReturnId) -> bool:
    """Remove its label files first, where they are to go: what a kill leaves half done is due once more."""
    if not ctx.config.settings.retention_labels:
        return True
    try:
        remove_files(ctx, source, return_id)
    except OSError as error:
        text = f"The label files of return {return_id} cannot be removed ({error.strerror}); it is not erased yet."
        if text not in ctx.tally.warnings:
            logger.warning("%s", text)
            ctx.tally.warnings.append(text)
        return False
    return True
