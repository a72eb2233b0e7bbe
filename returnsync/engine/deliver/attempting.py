"""Attempting: load one announcement with its return, and deliver it. A failure affects only that return."""

from returnsync.engine.about import about
from returnsync.engine.breakers import working_on
from returnsync.engine.context import Context
from returnsync.engine.deliver import account_errors
from returnsync.engine.deliver.delivery import Delivery
from returnsync.engine.deliver.steps import deliver_one
from returnsync.engine.faults import report_fault
from returnsync.engine.lifecycle import retried
from returnsync.errors import AccountError, RunError
from returnsync.model import Announcement, Cause, Code, Progress, Step
from returnsync.redact import knowing
from returnsync.state import announcements, returns
from returnsync.state.database import Database

_AT_ITS_END = frozenset({Progress.SETTLED, Progress.WITHDRAWN})
TO_DO = frozenset({Progress.DUE, Progress.WAITING})


def load(ctx: Context, db: Database, code: Code) -> Delivery | None:
    """One announcement with its return, ready to be worked on.

    `None` when its source is not configured. Also when nothing may be done for it, since its source or its warehouse is
    another account than before.
    """
    with db.reading() as q:
        announcement = announcements.get(q, code)
        ret = None if announcement is None else returns.get(q, announcement.source, announcement.return_id)
    if announcement is None or ret is None:
        return None
    source = ctx.sources.get(announcement.source)
    if source is None:
        return None
    is_in_our_hands = announcement.progress is not Progress.RELEASED
    if is_in_our_hands and ctx.accounts.is_left_alone(source, announcement.warehouse):
        return None
    return Delivery(ctx, db, source, announcement, ret)


def attempt(ctx: Context, db: Database, code: Code, *, ignoring_pauses: bool = False, is_the_try: bool = False) -> bool:
    """Deliver one announcement. A fault of ours affects only this return in this run, and is reported.

    `ignoring_pauses` means that a person asked for it: what waits or is held goes on now, with the step at which it
    stopped. `is_the_try` is that of `Delivery`. Returns whether it was worked on: not where its source is left alone,
    or where there is nothing to do for it.
    """
    try:
        delivery = load(ctx, db, code)
        if delivery is None or ctx.accounts.is_broken(delivery.source.name):
            return False
        announcement = delivery.announcement
        if ignoring_pauses:
            # The number of attempts and the start of the wait stay: a person's request does not start the waiting time
            # again.
            again = retried(announcement)
        else:
            again = announcement if announcement.progress in TO_DO and announcement.step is not Step.NONE else None
        if again is None:
            return False
        delivery.announcement = again
        delivery.at_a_persons_word, delivery.is_the_try = ignoring_pauses, is_the_try
        breaker = ctx.accounts.breaker(announcement.warehouse)
        with (
            about(source=delivery.source.name, ret=delivery.ret.id, code=code),
            knowing(delivery.ret),
            working_on(
                breaker, announcement.order_number, failed_before=announcement.cause is Cause.CALL_FAILED
            ) as work,
        ):
            _deliver(delivery)
            work.got_on = got_on(announcement, delivery)
    except RunError:
        raise
    except Exception as error:  # noqa: BLE001 - it affects only this return, and is reported
        report_fault(ctx.tally, code, error)
    return True


def got_on(before: Announcement, delivery: Delivery) -> bool:
    """Whether it is further than `before`; if so, its earlier refusals are forgotten."""
    after = delivery.announcement
    is_further = delivery.announced_now or after.step is not before.step or after.progress in _AT_ITS_END
    is_further = is_further and after.progress is not Progress.HELD
    if is_further:
        account_errors.was_served(delivery)
    return is_further


def _deliver(delivery: Delivery) -> None:
    try:
        deliver_one(delivery)
    except AccountError as error:
        account_errors.act_on(delivery, error)
