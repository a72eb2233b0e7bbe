"""Where one announcement stands while it is worked on, and how a new standing is kept: settled, waiting, held."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from returnsync import clock
from returnsync.engine.context import Context, Source
from returnsync.engine.policy import TO_COMPARE, rest
from returnsync.errors import HoldError, WaitError
from returnsync.mapping import lines as order_lines
from returnsync.model import Announcement, Cause, OwnLabel, Progress, Return
from returnsync.state import announcements, ledger
from returnsync.state.database import Queries
from returnsync.state.ledger import Effect, Outcome
from returnsync.warehouses.interface import Warehouse, WarehouseSettings

logger = logging.getLogger("returnsync.deliver")
steps = logging.getLogger("returnsync.steps")

Settled = tuple[Effect, Outcome, str]
"""An effect, how it ended, and what was answered."""

_FIRST_PAUSE = timedelta(minutes=5)
_LONGEST_PAUSE = timedelta(days=1)


class Stopped(Exception):
    """It goes no further now, and where it stands is kept already. No error."""


class Standing:
    """One announcement with its return; `now` is what was kept last."""

    def __init__(self, ctx: Context, source: Source, announcement: Announcement, ret: Return) -> None:
        """Begin where the state has it."""
        self.ctx = ctx
        self.source = source
        self.now = announcement
        self.ret = ret
        self.announced_now = False
        """Whether it was announced in this very run, by us: then no earlier state can have asked for its label."""
        self.claimed_label: Effect | None = None
        """The right to ask for its label, where it was claimed together with the outcome of its create."""
        self.lines = order_lines.of_order(ret.lines, announcement.order_number)

    @property
    def settings(self) -> WarehouseSettings:
        """The settings of its warehouse."""
        return self.ctx.warehouse_settings(self.now.warehouse)

    @property
    def warehouse(self) -> Warehouse:
        """Its warehouse, opened."""
        return self.ctx.warehouse(self.now.warehouse)

    @property
    def own_label(self) -> OwnLabel | None:
        """The platform's own label, where it is to be kept."""
        return self.ret.own_label if self.source.settings.own_label == "keep" else None

    def keep(
        self,
        standing: Announcement,
        event: str,
        *settled: Settled,
        also: Callable[[Queries], None] | None = None,
        **detail: object,
    ) -> None:
        """Keep a new standing, with its entry in the history and in the counts.

        An effect that it settles is settled in the same transaction: there is no moment at which one is known and the
        other is not. `also` is done in that transaction too.
        """
        self.now = standing
        with self.ctx.db.transaction() as q:
            for effect, outcome, answer in settled:
                ledger.write_outcome(q, effect, outcome, answer)
                detail = {**detail, effect.kind.value: outcome.value}
            announcements.save(q, standing)
            self.ctx.story.tell(q, standing.source, standing.return_id, event, standing.code, **detail)
            if also is not None:
                also(q)
        self.ctx.tally.count(event)
        steps.debug("standing kept: %s", event)

    def hold(self, error: HoldError, *settled: Settled) -> None:
        """Leave it to a person."""
        self.would("hold", cause=error.cause, what=error.what)
        self.keep(self.held(error), "held", *settled, cause=error.cause, what=error.what, answer=error.foreign)
        # A dry run tells what it found in its own way.
        logger.log(logging.INFO if self.ctx.dry_run else logging.WARNING, "held: %s", error.what)

    def hold_once(self, error: HoldError) -> None:
        """Leave it to a person, told once; what is held for it already is looked at again after a pause that grows."""
        if self.now.progress is not Progress.HELD or self.now.cause != error.cause:
            self.hold(error)
        attempts = self.now.attempts + 1
        self.now = replace(self.now, attempts=attempts, due_at=clock.now() + pause(attempts))
        with self.ctx.db.transaction() as q:
            announcements.save(q, self.now)

    def held(self, error: HoldError) -> Announcement:
        """It as it stands when held."""
        return replace(rest(self.now, Progress.HELD, error.cause, error.what, error.next_step), foreign=error.foreign)

    def wait(self, error: WaitError, *settled: Settled) -> None:
        """Try again later, at growing intervals; after `wait_for_order_days` a person must look."""
        at = clock.now()
        since = self.now.waiting_since or at
        cause = self._cause_of(error)
        # Never at the first look: days in which nothing could be asked are no days of waiting for the order.
        looked_before = self.now.cause == cause
        if error.give_up and looked_before and at - since >= timedelta(days=self.settings.wait_for_order_days):
            self.hold(_waited_long_enough(error, cause, self.settings.wait_for_order_days), *settled)
            return
        attempts = self.now.attempts + 1 if looked_before else 1
        due = max(at, error.due) if error.due else at + pause(attempts)
        waiting = replace(
            rest(self.now, Progress.WAITING, cause, error.what),
            foreign=error.foreign,
            due_at=due,
            waiting_since=since,
            attempts=attempts,
        )
        self.would("wait", cause=cause, what=error.what)
        self.keep(waiting, "waiting", *settled, cause=cause, what=error.what, until=clock.stamp(due))
        logger.info("waiting: %s", error.what)

    def _cause_of(self, error: WaitError) -> str:
        """Why it waits; where what stands at the warehouse is still to be compared before all, only the cause says so.

        What became of a lost update is asked within the run that knows of it, which goes by the cause, too.
        """
        comparing = self.now.announced_at is not None and self.now.cause in TO_COMPARE
        return self.now.cause if comparing and error.cause != Cause.IN_FLIGHT else error.cause

    def would(self, would: str, **detail: object) -> None:
        """Note what a dry run found; outside of one, nothing."""
        if self.ctx.dry_run:
            self.ctx.tally.decided(code=self.now.code, source=self.source.name, would=would, **detail)


def is_paused(announcement: Announcement) -> bool:
    """Whether the time of its next look is still to come; a clock that was ahead may have written one far away."""
    due = announcement.due_at
    return due is not None and timedelta(0) < due - clock.now() <= _LONGEST_PAUSE


def pause(attempts: int) -> timedelta:
    """How long to wait before the next look: minutes at first, a day in the end."""
    return min(_FIRST_PAUSE * (1 << min(attempts - 1, 16)), _LONGEST_PAUSE)


def _waited_long_enough(error: WaitError, cause: str, days: int) -> HoldError:
    return HoldError(
        cause,
        f"{error.what} It waited {days} days.",
        "Look at the order at the warehouse, then: returnsync held retry <CODE>. "
        "If it will never come: returnsync held release <CODE>.",
        foreign=error.foreign,
    )
