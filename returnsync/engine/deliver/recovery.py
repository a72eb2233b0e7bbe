"""Recover: before anything new, resolve every effect that an earlier run left in flight.

A create is resolved by reading at the warehouse; an update by the comparison that is due next. A label is resolved by
its file only; without that proof it is in doubt, and held. A label call at which the whole account was refused is
resolved by reading, too.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import timedelta

from returnsync import clock
from returnsync.engine.about import about
from returnsync.engine.breakers import working_on
from returnsync.engine.context import Context
from returnsync.engine.deliver.account_errors import act_on
from returnsync.engine.deliver.announcing import resolve_create
from returnsync.engine.deliver.attempting import got_on, load
from returnsync.engine.deliver.delivery import Delivery, Stopped, is_paused
from returnsync.engine.deliver.kept import tidy
from returnsync.engine.deliver.looks import may_be_certain
from returnsync.engine.deliver.rechecking import recheck
from returnsync.engine.deliver.resolving import resolve_update
from returnsync.engine.deliver.resolving_label import resolve_label, settle_shut
from returnsync.engine.faults import report_fault
from returnsync.engine.lifecycle import MAY_HAVE_SENT, Event, is_possible, move, state_of
from returnsync.errors import AccountError, HoldError, RunError, WaitError
from returnsync.model import Announcement, Cause, Progress, Step
from returnsync.redact import knowing
from returnsync.state import announcements, ledger
from returnsync.state.database import Database
from returnsync.state.ledger import Effect, Kind

logger = logging.getLogger("returnsync.recover")

# A create is looked for in each run this often; after that, with the pauses of anything else that waits.
_LOOKS_WITHOUT_PAUSE = 4


def recover(ctx: Context, db: Database) -> None:
    """Resolve what can be resolved now; the others are resolved when they are worked on.

    A create that was sent a second time is looked at again when its day is over.
    """
    with db.reading() as q:
        left, sent_twice = ledger.in_flight(q), ledger.to_recheck(q, clock.now())
    if left:
        logger.info("%d calls of an earlier run are to be resolved", len(left))
    _each(ctx, db, left, _resolve)
    _each(ctx, db, sent_twice, recheck)
    if not ctx.dry_run:
        tidy(ctx, db)


def _each(
    ctx: Context, db: Database, found: Sequence[Effect], act: Callable[[Context, Delivery, Effect], None]
) -> None:
    """Apply `act` to each effect; a failure affects only that return, and is reported."""
    chosen = {source.id for source in ctx.chosen}
    for effect in found:
        with db.reading() as q:
            announcement = announcements.get(q, effect.code)
        if announcement is None or announcement.source not in chosen:
            continue  # this command does not work on its source
        delivery = load(ctx, db, effect.code)
        if delivery is None or ctx.stop.is_set():
            continue  # its source is not configured now, or its account is another one; the effect waits with it
        breaker = ctx.accounts.breaker(effect.warehouse)
        with (
            about(source=delivery.source.name, ret=delivery.ret.id, code=effect.code),
            knowing(delivery.ret),
            working_on(breaker, delivery.announcement.order_number) as work,
        ):
            before = delivery.announcement
            try:
                act(ctx, delivery, effect)
                work.got_on = got_on(before, delivery)
            except RunError:
                raise
            except Exception as error:  # noqa: BLE001 - it affects only this return, and is reported
                report_fault(ctx.tally, effect.code, error)


def _resolve(ctx: Context, delivery: Delivery, effect: Effect) -> None:
    announcement = delivery.announcement
    if _is_in_a_persons_hands(announcement, effect):
        return  # nothing more is done for it, and nothing is called again
    match effect.kind:
        case Kind.LABEL if effect.shut_at is None:
            resolve_label(delivery, effect)
        case Kind.LABEL if ctx.accounts.is_broken(effect.warehouse):
            pass  # not used any more in this run
        case Kind.LABEL:
            _settle(delivery, effect, settle_shut, Event.LABEL_NOT_MADE)
        case Kind.UPDATE if state_of(announcement) in MAY_HAVE_SENT and announcement.unread_since is None:
            _take_up_update(delivery, effect)
        case Kind.UPDATE:
            pass  # a person decides next, or its platform is read first
        case Kind.CREATE if not ctx.accounts.is_broken(effect.warehouse) and _has_its_turn(delivery, effect):
            _settle(delivery, effect, resolve_create, Event.NOT_MADE)
        case Kind.CREATE:
            pass  # its pause is not over, or the warehouse is not used any more in this run


def _take_up_update(delivery: Delivery, effect: Effect) -> None:
    """Leave it to the comparison that is due whether an update took effect.

    While `only` of its source names other orders there is no comparison, and yet what was begun is settled.
    """
    announcement = delivery.announcement
    due = move(announcement, Event.UPDATE_UNRESOLVED)
    if state_of(due) != state_of(announcement):
        delivery.save(due, "planned")
    is_compared = delivery.source.may_deliver(announcement.order_number)
    if not is_compared and not delivery.ctx.accounts.is_broken(effect.warehouse):
        _settle(delivery, effect, resolve_update, Event.UPDATE_UNRESOLVED)


def _is_in_a_persons_hands(announcement: Announcement, effect: Effect) -> bool:
    """Whether it was released, or is held because its create itself was refused."""
    is_refused = announcement.progress is Progress.HELD and announcement.cause is Cause.FORECAST_REFUSED
    return announcement.progress is Progress.RELEASED or (is_refused and effect.kind is Kind.CREATE)


def _has_its_turn(delivery: Delivery, effect: Effect) -> bool:
    """Whether a create is looked for in this run: those that get no answer must not use up the time of all others."""
    announcement = delivery.announcement
    if announcement.attempts < _LOOKS_WITHOUT_PAUSE or not is_paused(announcement):
        return True
    return may_be_certain(effect, timedelta(seconds=delivery.settings.settle_after))


def _may_wait(announcement: Announcement, effect: Effect) -> bool:
    """Whether it waits for the outcome of the call; not where its label is not next, or where it is held."""
    if effect.kind is Kind.LABEL:
        return announcement.step is Step.LABEL and announcement.progress is not Progress.HELD
    return is_possible(announcement, Event.WAITING)


def _settle(delivery: Delivery, effect: Effect, look: Callable[[Delivery, Effect], bool], not_made: Event) -> None:
    """Look for an effect; where it surely was not made, its step is due again."""
    # One that got no answer before must not use up the retries of all others.
    once = delivery.announcement.attempts > 0
    try:
        patience = delivery.ctx.accounts.trying_once(effect.warehouse) if once else nullcontext()
        with patience:
            was_made = look(delivery, effect)
        if not was_made and is_possible(delivery.announcement, not_made):
            delivery.save(move(delivery.announcement, not_made), "planned", what="it was never made")
    except Stopped:
        pass
    except WaitError as error:
        if _may_wait(delivery.announcement, effect):
            delivery.wait(error)
    except HoldError as error:
        delivery.hold_once(error)
    except AccountError as error:
        act_on(delivery, error)
