"""One announcement through its steps: announce, compare, update, label. A failure affects only this return."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from returnsync import clock
from returnsync.engine import plan, reasons
from returnsync.engine.deliver import on_order
from returnsync.engine.deliver.announcing import announce, resolve_create
from returnsync.engine.deliver.comparing import compare
from returnsync.engine.deliver.delivery import Delivery, Stopped
from returnsync.engine.deliver.labelling import get_label
from returnsync.engine.lifecycle import LONGEST_WAIT, UNREAD_FOR, Event, follow
from returnsync.errors import CallError, HoldError, WaitError
from returnsync.model import Cause, Progress, Step
from returnsync.state import ledger
from returnsync.state.ledger import Kind

_WORK: Mapping[Step, Callable[[Delivery], None]] = {
    Step.ANNOUNCE: announce,  # then its label
    Step.COMPARE: compare,  # then its label, or it is gone
    Step.UPDATE: compare,  # and sent, where updates are sent; then its label
    Step.LABEL: get_label,  # then it is handed over, where that is wanted
}


def deliver_one(delivery: Delivery) -> None:
    """Take one announcement as far as it goes now, and save the result.

    Raises:
        AccountError: the warehouse cannot be used for the rest of this run; the announcement is tried again later.
        StateError: labels or state cannot be written.
    """
    try:
        _take_steps(delivery)
    except Stopped:
        pass
    except WaitError as error:
        is_told = error.cause is Cause.LABELS_STOPPED and delivery.waits_for(error.cause)
        if delivery.ctx.dry_run or not is_told:
            delivery.wait(error)
    except HoldError as error:
        delivery.hold(on_order.naming_others(delivery, error))
    except CallError as error:
        delivery.wait(WaitError(Cause.CALL_FAILED, error.what, foreign=error.foreign))
    finally:
        # Last of all: this may make a request, and no call may be without its outcome meanwhile.
        if delivery.announced_now:
            announcement = delivery.announcement
            reasons.count_unpaired(delivery.ctx, delivery.source, announcement.warehouse, delivery.ret, delivery.lines)


def _take_steps(delivery: Delivery) -> None:
    if delivery.announcement.progress is Progress.WAITING:
        delivery.announcement = follow(delivery.announcement, Event.RESUMED)
    _resolve_create_in_flight(delivery)
    stop_unless_read(delivery)
    while delivery.announcement.progress is Progress.DUE and delivery.announcement.step in _WORK:
        stop_unless_wanted(delivery)
        # Each step leads to the next one, or raises: none leaves the announcement as it was.
        _WORK[delivery.announcement.step](delivery)


def _resolve_create_in_flight(delivery: Delivery) -> None:
    """Resolve a create that may have taken effect before anything is decided or done."""
    announcement = delivery.announcement
    with delivery.db.reading() as q:
        effect = ledger.newest(q, announcement.warehouse, announcement.code, Kind.CREATE)
    if announcement.announced_at is None and effect is not None and effect.outcome is None:
        resolve_create(delivery, effect)


def stop_unless_read(delivery: Delivery) -> None:
    """Let an announcement whose release was taken back wait until its platform was read; after a day it is held.

    Raises:
        WaitError, HoldError: it was not read yet.
    """
    announcement, now = delivery.announcement, clock.now()
    if announcement.unread_since is None:
        return
    # A wrong moment in the future must not make it wait for ever.
    since = min(announcement.unread_since, now)
    delivery.announcement = replace(announcement, unread_since=since)
    if now - since < UNREAD_FOR:
        what = "A person took its release back. It goes on once its platform has been read again."
        raise WaitError(Cause.RELEASE_TAKEN_BACK, what, give_up=False, due=min(since + UNREAD_FOR, now + LONGEST_WAIT))
    raise HoldError(
        Cause.RELEASE_TAKEN_BACK,
        f"A person took its release back on {since.astimezone():%Y-%m-%d}, and its platform could not be read since "
        "then, so nothing is done for it.",
        f"See why {delivery.source.name} cannot be read: returnsync check. It goes on by itself once it was read; if "
        "nothing is to be done for it: returnsync held release <CODE>.",
    )


def stop_unless_wanted(delivery: Delivery) -> None:
    """Go on only while the platform still wants it: a return may change between the plan and each step.

    Raises:
        Stopped: it does not want it any more; the result is saved.
    """
    announcement = delivery.announcement
    with delivery.db.reading() as q:
        standing = plan.standing(q, announcement) if announcement.announced_at is None else ()
    evaluated = plan.evaluate(announcement, delivery.ret, delivery.source.policy, standing)
    if evaluated.progress is not Progress.DUE:
        if evaluated.progress is Progress.HELD:
            delivery.note_in_dry_run("hold", cause=evaluated.cause, what=evaluated.what)
        if evaluated != announcement:
            delivery.save(evaluated, evaluated.progress.value, cause=evaluated.cause, what=evaluated.what)
        raise Stopped
    if announcement.announced_at is not None:
        delivery.announcement = evaluated
