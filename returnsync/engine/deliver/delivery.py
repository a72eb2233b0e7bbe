"""One announcement while it is worked on, and how its result is saved: done, waiting, held."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from returnsync import clock
from returnsync.engine.about import HELD
from returnsync.engine.context import Context
from returnsync.engine.lifecycle import Event, move
from returnsync.engine.sources import Source
from returnsync.errors import HoldError, WaitError
from returnsync.mapping import lines as order_lines
from returnsync.mapping.carriers import Choice
from returnsync.model import Announcement, Cause, OwnLabel, Progress, Return
from returnsync.state import announcements, ledger
from returnsync.state.database import Database, Queries
from returnsync.state.ledger import Effect, Outcome
from returnsync.warehouses.interface import WarehouseAccount, WarehouseSettings

logger = logging.getLogger("returnsync.deliver")
steps = logging.getLogger("returnsync.steps")

Resolved = tuple[Effect, Outcome, str]
"""An effect, its outcome, and the answer to its call."""

_FIRST_PAUSE = timedelta(minutes=5)
_LONGEST_PAUSE = timedelta(days=1)
_CALLS_FAILED = frozenset({Cause.CALL_FAILED, Cause.LOOKUP_FAILED, Cause.HAND_OVER_FAILED})
_AFTER_A_FAILURE = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))

# What a person can do where waiting was in vain.
_AFTER_WAITING = {
    Cause.ORDER_UNKNOWN: "Look in the warehouse's portal whether it has the order, and under which number. Have the "
    "shop send the order, or set the source's `order_number` rules",
    Cause.ORDER_NOT_SHIPPED: "Look in the warehouse's portal why the order was not shipped",
    Cause.ORDER_NUMBER_UNKNOWN: "Enter the order in the system that was asked for it, or correct the rule",
    Cause.CALL_FAILED: "Look the order up in the warehouse's portal, and report the failing call to its support",
    Cause.IN_FLIGHT: "Look at the order's other returns first: returnsync held",
}


class Stopped(Exception):
    """The announcement goes no further now, and its result is saved already. This is no error."""


class ClaimedLabel(NamedTuple):
    """The right to ask for a label, claimed together with the outcome of its create."""

    effect: Effect
    choice: Choice
    """The carrier that it is asked of, chosen before the claim: nothing else may fail between claim and call."""


class Delivery:
    """One announcement with its return, worked on by one thread with its own handle on the state."""

    def __init__(self, ctx: Context, db: Database, source: Source, announcement: Announcement, ret: Return) -> None:
        """Begin with the announcement as the state has it; `db` is the handle of the thread that works on it."""
        self.ctx = ctx
        self.db = db
        self.source = source
        self.announcement = announcement
        """The announcement as it is now; it may be ahead of the state until `save`."""
        self.ret = ret
        lines = order_lines.of_order(ret.lines, announcement.order_number)
        self.lines = tuple(line for line in lines if line.is_item) or lines
        """Its articles on its order; where its platform lists none, the one line that stands for them."""
        self.announced_now = False
        """Whether this run created it: then no earlier state can have asked for its label."""
        self.claimed_label: ClaimedLabel | None = None
        self.at_a_persons_word = False
        """Whether a person named it: then pauses are ignored."""
        self.is_the_try = False
        """Whether its label is the one that is tried while label calls are stopped."""

    @property
    def lists_items(self) -> bool:
        """Whether its platform lists, or listed, what comes back."""
        return all(line.is_item for line in self.lines)

    @property
    def settings(self) -> WarehouseSettings:
        """The settings of its warehouse."""
        return self.ctx.accounts.warehouse_settings(self.announcement.warehouse)

    @property
    def warehouse(self) -> WarehouseAccount:
        """Its warehouse, opened."""
        return self.ctx.accounts.warehouse(self.announcement.warehouse)

    @property
    def own_label(self) -> OwnLabel | None:
        """The platform's own label, where it is kept."""
        return self.ret.own_label if self.source.settings.own_label == "keep" else None

    def save(
        self,
        announcement: Announcement,
        entry: str,
        *resolved: Resolved,
        claim: Callable[[Queries], ClaimedLabel | None] | None = None,
        **detail: object,
    ) -> ClaimedLabel | None:
        """Save the announcement with an `entry` in its history, and count that entry in the run.

        Effects in `resolved` get their outcome in the same transaction, so that one is never known without the other.
        `claim` may claim the next effect in that transaction, too; its result is returned.
        """
        self.announcement = announcement
        with self.db.transaction() as q:
            for effect, outcome, answer in resolved:
                ledger.write_outcome(q, effect, outcome, answer)
                detail = {**detail, effect.kind.value: outcome.value}
            announcements.save(q, announcement)
            self.add_to_history(q, entry, **detail)
            claimed = claim(q) if claim is not None else None
        self.ctx.tally.count(entry)
        steps.debug("saved: %s", entry)
        return claimed

    def add_to_history(self, q: Queries, event: str, **detail: object) -> None:
        """Add an event to the history of its return, in the transaction that saves the event."""
        announcement = self.announcement
        self.ctx.story.tell(q, announcement.source, announcement.return_id, event, announcement.code, **detail)

    def hold(self, error: HoldError, *resolved: Resolved, event: Event = Event.HELD) -> None:
        """Hold it for a person. When the person retries it, it goes on with the step at which it stopped."""
        self.note_in_dry_run("hold", cause=error.cause, what=error.what)
        held = self.held(error, event)
        self.save(held, "held", *resolved, cause=error.cause, what=error.what, answer=error.foreign)
        # A dry run reports its decisions in another way.
        logger.log(logging.INFO if self.ctx.dry_run else logging.WARNING, "%s%s", HELD, error.what)

    def held(self, error: HoldError, event: Event) -> Announcement:
        """The announcement as held for `error`; nothing is saved."""
        held = move(self.announcement, event, error.cause, error.what, error.next_step)
        return replace(held, foreign=error.foreign)

    def hold_once(self, error: HoldError) -> None:
        """Hold it for a person, reported once. While it is held for that, it is tried again at growing intervals."""
        if self.announcement.progress is not Progress.HELD or self.announcement.cause != error.cause:
            self.hold(error)
        attempts = self.announcement.attempts + 1
        self.announcement = replace(self.announcement, attempts=attempts, due_at=clock.now() + pause(attempts))
        with self.db.transaction() as q:
            announcements.save(q, self.announcement)

    def wait(self, error: WaitError, *resolved: Resolved) -> None:
        """Try the same step again later, at growing intervals; after `wait_for_order_days` it is held for a person."""
        now = clock.now()
        since = self._waits_since(error.cause, now)
        # Never at the first look: days in which nothing could be read do not count as waiting for the order.
        looked_before = self.announcement.cause == error.cause
        waited = now - since
        if error.give_up and looked_before and waited >= timedelta(days=self.settings.wait_for_order_days):
            self.hold(_waited_long_enough(error, self.settings.wait_for_order_days), *resolved)
            return
        attempts = self.announcement.attempts + 1 if looked_before else 1
        due = max(now, error.due) if error.due else now + pause(attempts, error.cause)
        waiting = replace(
            move(self.announcement, Event.WAITING, error.cause, error.what),
            foreign=error.foreign,
            due_at=due,
            waiting_since=since,
            attempts=attempts,
        )
        self.note_in_dry_run("wait", cause=error.cause, what=error.what)
        self.save(waiting, "waiting", *resolved, cause=error.cause, what=error.what, until=clock.stamp(due))
        logger.info("waiting: %s", error.what)

    def _waits_since(self, cause: Cause, now: datetime) -> datetime:
        """Since when it has waited. Time in which calls may fail for every order of the warehouse does not count.

        That is the time while no order was served since its calls fail, and the time until an account that was out came
        back.
        """
        since = self.announcement.waiting_since or now
        if cause is not Cause.CALL_FAILED:
            return since
        if self.announcement.cause is not Cause.CALL_FAILED:
            return now  # days of waiting for something else do not count as days of failed calls
        known = self.ctx.accounts.breaker(self.announcement.warehouse).known
        if known.served_at is None or known.served_at <= since:
            return now
        return max(since, known.back_at or since)

    def waits_for(self, cause: Cause) -> bool:
        """Whether the state has it waiting for this cause already: every run looks, and only the first reports it."""
        with self.db.reading() as q:
            known = announcements.get(q, self.announcement.code)
        return known is not None and known.progress is Progress.WAITING and known.cause is cause

    def note_in_dry_run(self, would: str, **detail: object) -> None:
        """Note what a dry run found; any other run notes nothing."""
        if self.ctx.dry_run:
            self.ctx.tally.decided(code=self.announcement.code, source=self.source.name, would=would, **detail)


def is_paused(announcement: Announcement) -> bool:
    """Whether the time of its next look is in the future; a time too far ahead was written by a wrong clock."""
    due = announcement.due_at
    return due is not None and timedelta(0) < due - clock.now() <= _LONGEST_PAUSE


def pause(attempts: int, cause: Cause | None = None) -> timedelta:
    """How long to wait before the next look: minutes at first, a day in the end.

    A call that failed is made again within the hour: the other side may work again by then, however long it was down.

    attempts              1      2       3       4       8        9 and more
    pause                 5 min  10 min  20 min  40 min  640 min  1 day
    of a call that failed 1 min  5 min   15 min  60 min  60 min   60 min
    """
    if cause in _CALLS_FAILED:
        return _AFTER_A_FAILURE[min(attempts, len(_AFTER_A_FAILURE)) - 1]
    return min(_FIRST_PAUSE * (1 << min(attempts - 1, 16)), _LONGEST_PAUSE)


def _waited_long_enough(error: WaitError, days: int) -> HoldError:
    """The hold after waiting for `days`, which is `wait_for_order_days`."""
    what_to_do = _AFTER_WAITING.get(error.cause, "Look the order up in the warehouse's portal")
    return HoldError(
        error.cause,
        f"{error.what} It has waited {days} days.",
        f"{what_to_do}, then: returnsync held retry <CODE>. If it is never to be announced: "
        "returnsync held release <CODE>.",
        foreign=error.foreign,
    )
