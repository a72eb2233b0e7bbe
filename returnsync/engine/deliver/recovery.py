"""Recover: before anything new, resolve every effect that an earlier run left in flight.

A create is resolved by reading at the warehouse; an update by the comparison that is due next; a label by its file
alone: what cannot be proved is in doubt, and held.
"""

import logging

from returnsync.engine.about import about
from returnsync.engine.context import Context
from returnsync.engine.deliver.announcing import resolve_create
from returnsync.engine.deliver.delivery import Delivery, Stopped, is_paused
from returnsync.engine.deliver.evidence import resolve_label
from returnsync.engine.deliver.kept import tidy
from returnsync.engine.deliver.workers import load
from returnsync.engine.faults import report_fault
from returnsync.engine.lifecycle import MAY_HAVE_SENT, Event, move, state_of
from returnsync.errors import AccountError, HoldError, RunError, WaitError
from returnsync.model import Announcement, Progress
from returnsync.state import ledger
from returnsync.state.database import Database
from returnsync.state.ledger import Effect, Kind

logger = logging.getLogger("returnsync.recover")

# So often a create is looked for in each run; after that, with the pauses of anything else that waits.
_LOOKS_WITHOUT_PAUSE = 4


def recover(ctx: Context, db: Database) -> None:
    """Resolve what can be resolved now; the rest is resolved when it is worked on, and not before."""
    with db.reading() as q:
        left = ledger.in_flight(q)
    if left:
        logger.info("%d calls of an earlier run are to be resolved", len(left))
    for effect in left:
        delivery = load(ctx, db, effect.code)
        if delivery is None or ctx.stop.is_set():
            continue  # its source is not configured now; the intent waits with it
        with about(source=delivery.source.name, ret=delivery.ret.id, code=effect.code):
            try:
                _resolve(ctx, delivery, effect)
            except RunError:
                raise
            except Exception as error:  # noqa: BLE001 - it costs this one return, and is told
                report_fault(ctx.tally, effect.code, error)
    if not ctx.dry_run:
        tidy(ctx, db)


def _resolve(ctx: Context, delivery: Delivery, effect: Effect) -> None:
    announcement = delivery.announcement
    if announcement.progress is Progress.RELEASED:
        return  # a person has it in hand; nothing more is done for it, and nothing is called again
    match effect.kind:
        case Kind.LABEL:
            resolve_label(delivery, effect)
        case Kind.UPDATE if state_of(announcement) in MAY_HAVE_SENT:
            # Whether it took effect shows when what stands there is compared with what is wanted, in its turn.
            due = move(announcement, Event.UPDATE_UNRESOLVED)
            if state_of(due) != state_of(announcement):
                delivery.save(due, "planned")
        case Kind.UPDATE:
            pass  # held, or taken back: a person has the next word
        case Kind.CREATE if not ctx.accounts.is_broken(effect.warehouse) and _has_its_turn(announcement):
            _resolve_create(ctx, delivery, effect)
        case Kind.CREATE:
            pass  # its pause goes on, or the warehouse is not used any more in this run


def _has_its_turn(announcement: Announcement) -> bool:
    """Whether a create is looked for in this run: those that get no answer must not take the time of all others."""
    return announcement.attempts < _LOOKS_WITHOUT_PAUSE or not is_paused(announcement)


def _resolve_create(ctx: Context, delivery: Delivery, effect: Effect) -> None:
    try:
        if not resolve_create(delivery, effect):
            delivery.save(move(delivery.announcement, Event.NOT_MADE), "planned", what="it was never made")
    except Stopped:
        pass
    except WaitError as error:
        delivery.wait(error)
    except HoldError as error:
        delivery.hold_once(error)
    except AccountError as error:
        ctx.accounts.give_up_on(effect.warehouse, error)
