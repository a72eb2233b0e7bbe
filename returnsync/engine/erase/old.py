"""Erasing what is older than `retention_days`: `run` does it at its end, for a limited number each time."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.erase.one import erase_record, erase_return, remove_files
from returnsync.engine.faults import report_fault
from returnsync.engine.moments import AGREE_WITHIN
from returnsync.engine.upkeep import empty_log, write_anew_once
from returnsync.model import OVER, ReturnId, ReturnStatus, SourceId
from returnsync.redact import Masker
from returnsync.state import erasing, returns
from returnsync.state.database import Queries

logger = logging.getLogger("returnsync.erasing")
steps = logging.getLogger("returnsync.steps")

# At most `_MOST` a run, so that the first run with the setting is not delayed by returns of years; `_BATCH` at once.
_MOST, _BATCH = 500, 50
# A return that its platform never ended counts as ended after this time.
_LONGEST = timedelta(days=180)

_Named = tuple[SourceId, ReturnId]
_Due = Callable[[Queries, int, int], list[_Named]]
"""Gives what is due: at most this many, after skipping this many, which could not be erased."""


def erase_old(ctx: Context) -> None:
    """Erase what is older than `retention_days`, of every source that the state knows; nothing without that setting.

    With a clock that is ahead, everything would look old. So the clock of at least one server must agree with ours in
    this run.
    """
    days = ctx.config.settings.retention_days
    if days is None or ctx.dry_run or ctx.stop.is_set():
        return
    if not any(abs(off) <= AGREE_WITHIN for off in ctx.accounts.clock_offsets.values()):
        logger.info("nothing old is erased in this run: no server's clock agrees with this machine's")
        return
    write_anew_once(ctx)
    now = clock.now()
    before, long_before = now - timedelta(days=days), now - max(timedelta(days=days), _LONGEST)
    old = _Old(ctx)
    for status in ReturnStatus:
        old.erase_all(_due_of(status, before if status in OVER else long_before), erase_return)
    old.erase_all(lambda q, most, skip: erasing.records_due(q, before, most, skip), erase_record)
    old.tell()
    # Even if nothing was erased now: another program may have prevented emptying the log last time.
    empty_log(ctx)


def _due_of(status: ReturnStatus, before: datetime) -> _Due:
    return lambda q, most, skip: erasing.due(q, status, before, most, skip)


class _Old:
    """The erasing of old data in one run."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._erased = 0
        self._failed = Counter[str]()
        """For each reason, the number of returns whose label files could not be removed."""
        self._first_failed = ""

    def erase_all(self, due: _Due, erase: Callable[[Context, Queries, SourceId, ReturnId], None]) -> None:
        """Erase what is due until nothing is left, or enough for one run; what cannot be erased is skipped."""
        passed_over = 0
        while self._erased + passed_over < _MOST and not self._ctx.stop.is_set():
            with self._ctx.db.reading() as q:
                batch = due(q, min(_BATCH, _MOST - self._erased), passed_over)
            if not batch:
                return
            erased = self._erase(list(filter(self._can_go, batch)), erase)
            steps.debug("erased")
            self._erased += erased
            passed_over += len(batch) - erased

    def _erase(self, batch: Sequence[_Named], erase: Callable[[Context, Queries, SourceId, ReturnId], None]) -> int:
        """Erase a batch at once. Where a row cannot be read, erase each by itself, except the unreadable one."""
        try:
            with self._ctx.db.transaction() as q:
                for one in batch:
                    erase(self._ctx, q, *one)
        except ValueError as error:
            if len(batch) > 1:
                return sum(self._erase([one], erase) for one in batch)
            report_fault(self._ctx.tally, f"return {batch[0][1]}", error)
            return 0
        for _ in batch:
            self._ctx.tally.count("erased")
        return len(batch)

    def _can_go(self, named: _Named) -> bool:
        """Remove its label files first, if they are to be removed; if a kill interrupts that, it is due again."""
        if not self._ctx.config.settings.retention_labels:
            return True
        try:
            remove_files(self._ctx, *named)
        except OSError as error:
            self._failed[error.strerror or type(error).__name__] += 1
            self._first_failed = self._first_failed or self._shown(named)
            return False
        return True

    def _shown(self, named: _Named) -> str:
        with self._ctx.db.reading() as q:
            mask = Masker(returns.get(q, *named))
        return str(mask.values(named[1]))

    def tell(self) -> None:
        """Report once about all whose label files could not be removed."""
        for why, number in self._failed.items():
            whose = (
                f"return {self._first_failed}" if number == 1 else f"{number} returns, such as {self._first_failed},"
            )
            text = f"The label files of {whose} cannot be removed ({why}), so nothing of them is erased yet."
            logger.warning("%s", text)
            self._ctx.tally.warnings.append(text)
