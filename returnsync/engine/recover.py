"""Recover: before anything new, settle every effect that an earlier run left in flight.

A create or an update is settled by reading at the warehouse. A label is settled by its file alone: what cannot be
proved is in doubt, and held.
"""

import logging

from returnsync.engine.about import about
from returnsync.engine.context import Context
from returnsync.engine.deliver import load
from returnsync.engine.delivery import settle_create
from returnsync.engine.label import settle_label
from returnsync.engine.policy import rest
from returnsync.engine.standing import Standing, Stopped, is_paused
from returnsync.errors import AccountError, HoldError, WaitError
from returnsync.model import Announcement, Cause, Progress
from returnsync.state import ledger
from returnsync.state.ledger import Effect, Kind

logger = logging.getLogger("returnsync.recover")

# So often a create is looked for in each run; after that, with the pauses of anything else that waits.
_LOOKS_WITHOUT_PAUSE = 4


def recover(ctx: Context) -> None:
    """Settle what can be settled now; the rest is settled when it is worked on, and not before."""
    with ctx.db.reading() as q:
        left = ledger.in_flight(q)
    if left:
        logger.info("%d calls of an earlier run are to be settled", len(left))
    for effect in left:
        standing = load(ctx, effect.code)
        if standing is None or ctx.stop.is_set():
            continue  # its source is not configured now; the intent waits with it
        with about(source=standing.source.name, ret=standing.ret.id, code=effect.code):
            _settle(ctx, standing, effect)


def _settle(ctx: Context, standing: Standing, effect: Effect) -> None:
    if standing.now.progress is Progress.RELEASED:
        return  # a person has it in hand; nothing more is done for it, and nothing is called again
    if effect.kind is Kind.LABEL:
        settle_label(standing, effect)
    elif effect.kind is Kind.UPDATE:
        _compare_again(standing)
    elif not ctx.is_broken(effect.warehouse) and _has_its_turn(standing.now):
        _settle_create(ctx, standing, effect)


def _has_its_turn(now: Announcement) -> bool:
    """Whether a create is looked for in this run: those that get no answer must not take the time of all others."""
    return now.attempts < _LOOKS_WITHOUT_PAUSE or not is_paused(now)


def _compare_again(standing: Standing) -> None:
    """Whether a change took effect shows when what stands there is compared with what is wanted, in its turn."""
    if standing.now.progress is Progress.WAITING:
        standing.keep(rest(standing.now, Progress.DUE, Cause.CHANGED_AFTER), "planned")


def _settle_create(ctx: Context, standing: Standing, effect: Effect) -> None:
    try:
        if not settle_create(standing, effect):
            standing.keep(rest(standing.now, Progress.DUE), "planned", what="it was never made")
    except Stopped:
        pass
    except WaitError as error:
        standing.wait(error)
    except HoldError as error:
        standing.hold_once(error)
    except AccountError as error:
        ctx.give_up_on(effect.warehouse, error)
