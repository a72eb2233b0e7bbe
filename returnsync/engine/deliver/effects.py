"""Effects: intent, call, outcome. This is the only place where something outside is changed.

    intent committed ──▶ call ──▶ outcome committed

If the process dies in between, an intent without outcome remains, which is resolved by reading (`resolving`). The
exception of the call decides the outcome: a call that was refused or not sent changed nothing; an unclear one may have.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar

from returnsync import clock, events
from returnsync.engine.deliver.delivery import Delivery, Stopped
from returnsync.errors import AccountError, AccountShut, NotAllowed, NotSent, Refused, Unclear, WaitError
from returnsync.model import Cause, NewForecast
from returnsync.state import ledger
from returnsync.state.database import Queries
from returnsync.state.ledger import Effect, Kind, Outcome

steps = logging.getLogger("returnsync.steps")

Result = TypeVar("Result")


def claim(
    delivery: Delivery,
    kind: Kind,
    request: dict[str, Any],
    *,
    again: bool = False,
    unless: Callable[[Queries], WaitError | None] = lambda _q: None,
) -> Effect:
    """Write the intent; without it no call is made. `unless` may give a reason to wait, in the same transaction.

    Raises:
        WaitError: another intent is in flight, and is resolved first; or what `unless` gives.
        Stopped: we were asked to stop, or `only` of its source names other orders. Then nothing new is begun, and the
            announcement is left to the next run.
    """
    if delivery.ctx.stop.is_set() or not _may_deliver(delivery):
        raise Stopped
    steps.debug("%s: intent about to be written", kind)
    with delivery.db.transaction() as q:
        in_the_way = unless(q)
        effect = None if in_the_way else claim_within(q, delivery, kind, request, again=again)
    steps.debug("%s: intent written", kind)
    if in_the_way is not None:
        raise in_the_way
    if effect is None:
        what = "Whether an earlier call for it took effect is not certain yet; that is looked up first."
        raise WaitError(Cause.IN_FLIGHT, what, give_up=False)
    return effect


def claim_within(
    q: Queries, delivery: Delivery, kind: Kind, request: dict[str, Any], *, again: bool = False
) -> Effect | None:
    """Write the intent in a transaction that does more; `None` when another intent prevents it."""
    announcement = delivery.announcement
    if not _may_deliver(delivery):
        return None
    effect = ledger.write_intent(q, announcement.warehouse, announcement.code, kind, as_text(request), again=again)
    if effect is not None:
        if kind is Kind.CREATE:
            delivery.ctx.accounts.remember(q, delivery.source, announcement.warehouse)
        detail = {"generation": effect.generation, "request": request}
        delivery.add_to_history(q, f"{kind} intended", **detail)
    return effect


def _may_deliver(delivery: Delivery) -> bool:
    """The last check: nothing is sent for an order that `only` does not name, whatever led here."""
    return delivery.source.may_deliver(delivery.announcement.order_number)


def perform(delivery: Delivery, effect: Effect, call: Callable[[], Result]) -> Result:
    """Make the call that was claimed. Where it surely changed nothing, that outcome is saved at once.

    Raises:
        Refused, NotAllowed: surely nothing was changed, which is saved; the caller decides what follows.
        Stopped: the call was not sent; the announcement waits.
        AccountShut, Unclear: nothing is saved; only the caller knows how to read whether it took effect.
        AccountError: any other: surely nothing was changed, which is saved; the account cannot be used.
    """
    announcement = delivery.announcement
    steps.debug("%s: call about to be made", effect.kind)
    try:
        with events.effect(effect.kind, effect.warehouse, announcement.order_number, effect.code):
            result = call()
    except Refused as error:
        steps.debug("%s: call refused", effect.kind)
        write_outcome(delivery, effect, Outcome.REFUSED, error.foreign, status=error.status)
        raise
    except NotAllowed as error:
        steps.debug("%s: call not allowed", effect.kind)
        write_outcome(delivery, effect, Outcome.NOT_MADE, error.foreign, status=error.status)
        raise
    except NotSent as error:
        steps.debug("%s: call not sent", effect.kind)
        wait = WaitError(Cause.CALL_FAILED, error.what, foreign=error.foreign)
        delivery.wait(wait, (effect, Outcome.NOT_MADE, error.what))
        raise Stopped from error
    except (AccountShut, Unclear):
        steps.debug("%s: call unclear", effect.kind)
        raise
    except AccountError as error:
        write_outcome(delivery, effect, Outcome.NOT_MADE, error.what)
        raise
    steps.debug("%s: call answered", effect.kind)
    return result


def write_outcome(
    delivery: Delivery, effect: Effect, outcome: Outcome, answer: str = "", *, status: int | None = None
) -> None:
    """Write an outcome that leaves the announcement as it is; `status` is the HTTP status, where that decided it."""
    with delivery.db.transaction() as q:
        ledger.write_outcome(q, effect, outcome, answer, status=status)
        event = f"{effect.kind} {outcome.replace('_', ' ')}"
        delivery.add_to_history(q, event, answer=answer)
    steps.debug("%s: outcome written", effect.kind)


def log_resolved(delivery: Delivery, effect: Effect, outcome: Outcome) -> None:
    """Log the outcome of an effect whose call left it unclear."""
    events.resolved(effect.kind, effect.warehouse, delivery.announcement.order_number, effect.code, outcome)


def request_of(forecast: NewForecast, units: str) -> dict[str, Any]:
    """What an intent stores: enough to recognise the effect later, and to know what was announced."""
    return {"forecast": asdict(forecast), "units": units}


def as_text(request: dict[str, Any]) -> str:
    """A request as the ledger keeps it."""
    return json.dumps(request, ensure_ascii=False)


def server_time_of(effect: Effect) -> datetime | None:
    """The warehouse's clock shortly before a create was sent; `None` where it is not known."""
    at = json.loads(effect.request or "{}").get("server_time")
    return clock.parse(at) if at else None
