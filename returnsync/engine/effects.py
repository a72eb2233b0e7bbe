"""Effects: intent, call, outcome. The one place where something outside is changed.

    intent committed ──▶ call ──▶ outcome committed

Whatever dies in between leaves an intent without outcome, which `recover` settles by reading. What the call raises
decides the outcome: refused and not sent changed nothing; unclear may have.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, TypeVar

from returnsync import clock
from returnsync.engine import decide
from returnsync.engine.context import Context
from returnsync.engine.standing import Standing, Stopped
from returnsync.errors import AccountError, CallError, HoldError, Interrupted, NotSent, Refused, Unclear, WaitError
from returnsync.model import Cause, Forecast, NewForecast, NewForecastLine, Progress, WarehouseOrderNumber
from returnsync.state import ledger
from returnsync.state.database import Queries
from returnsync.state.ledger import Effect, Kind, Outcome

steps = logging.getLogger("returnsync.steps")

Result = TypeVar("Result")

# How long a create may wait for an account that answers other questions, but not whether this forecast stands there.
_UNANSWERED_MOST = timedelta(days=1)

# A create that cannot be found may still be on its way, also when its call has just timed out: it is sent again only
# after a second look, this long after a first one that found nothing (rule 3).
SETTLE_AFTER = timedelta(seconds=30)


def claim(at: Standing, kind: Kind, request: dict[str, Any], *, again: bool = False) -> Effect:
    """Write the intent; whoever cannot does not call.

    Raises:
        WaitError: another intent stands in the way; it is settled first.
        Stopped: we were asked to stop. Nothing new is begun then; where it stands is left to the next run.
    """
    if at.ctx.stop.is_set():
        raise Stopped
    steps.debug("%s: intent about to be written", kind)
    with at.ctx.db.transaction() as q:
        effect = claim_within(q, at, kind, request, again=again)
    steps.debug("%s: intent written", kind)
    if effect is None:
        raise WaitError(Cause.IN_FLIGHT, "An earlier call for it is still to be settled.", give_up=False)
    return effect


def claim_within(
    q: Queries, at: Standing, kind: Kind, request: dict[str, Any], *, again: bool = False
) -> Effect | None:
    """Write the intent in a transaction that does more; `None` when another one stands in the way."""
    text = json.dumps(request, ensure_ascii=False)
    effect = ledger.write_intent(q, at.now.warehouse, at.now.code, kind, text, again=again)
    if effect is not None:
        event, generation = f"{kind} intended", effect.generation
        now = at.now
        at.ctx.story.tell(q, now.source, now.return_id, event, now.code, generation=generation, request=request)
    return effect


def perform(
    at: Standing, effect: Effect, call: Callable[[], Result], refused: Callable[[Refused], HoldError]
) -> Result:
    """Make the call that was claimed. Where it surely changed nothing, that is kept at once, with what follows of it.

    Raises:
        Stopped: it was refused, and is held as `refused` says; or it was not sent, and waits.
        AccountError: settled, nothing was changed; the account cannot be used.
        Unclear: not settled; only the caller knows how to read what became of it.
    """
    steps.debug("%s: call about to be made", effect.kind)
    try:
        result = call()
    except Refused as error:
        steps.debug("%s: call refused", effect.kind)
        at.hold(refused(error), (effect, Outcome.REFUSED, error.foreign))
        raise Stopped from error
    except NotSent as error:
        steps.debug("%s: call not sent", effect.kind)
        at.wait(WaitError(Cause.CALL_FAILED, error.what, foreign=error.foreign), (effect, Outcome.NOT_MADE, error.what))
        raise Stopped from error
    except AccountError as error:
        settle(at, effect, Outcome.NOT_MADE, error.what)
        raise
    except Unclear:
        steps.debug("%s: call unclear", effect.kind)
        raise
    steps.debug("%s: call answered", effect.kind)
    return result


def settle(at: Standing, effect: Effect, outcome: Outcome, answer: str = "") -> None:
    """Write an outcome after which the announcement stands as it stood."""
    with at.ctx.db.transaction() as q:
        ledger.write_outcome(q, effect, outcome, answer)
        event = f"{effect.kind} {outcome.replace('_', ' ')}"
        at.ctx.story.tell(q, at.now.source, at.now.return_id, event, at.now.code, answer=answer)
    steps.debug("%s: outcome written", effect.kind)


def request_of(forecast: NewForecast, units: str) -> dict[str, Any]:
    """What an intent keeps: enough to recognise the effect later, and to know what was announced."""
    return {"forecast": asdict(forecast), "units": units}


def requested(effect: Effect) -> tuple[NewForecast, str]:
    """What an intent was for: the forecast, and the units as the platform told them."""
    content = json.loads(effect.request)
    fields = content["forecast"]
    lines = tuple(NewForecastLine(**line) for line in fields.pop("lines"))
    return NewForecast(**fields, lines=lines), content["units"]


def look_for(ctx: Context, effect: Effect) -> Forecast | None:
    """Whether an effect in flight took place: by its code, and among the forecasts of its order.

    Both are asked, since nobody knows which of the two Monta fills first.

    Raises:
        CallError, HoldError: the warehouse did not say whether it stands there.
        AccountError: the warehouse cannot be used at all for now.
    """
    warehouse = ctx.warehouse(effect.warehouse)
    forecast, _ = requested(effect)
    # Asked once: one that is never answered must not take the time for trying again from all others in each run.
    with ctx.trying_once(effect.warehouse):
        found = warehouse.forecast(effect.code)
        if found is None:
            standing = warehouse.forecasts(WarehouseOrderNumber(forecast.order_number), order_seen=False)
            found = next((item for item in standing if item.code == effect.code), None)
    if found is not None and effect.kind is Kind.UPDATE and decide.differences(forecast, found):
        return None
    return found


def settle_by_look(at: Standing, effect: Effect) -> Forecast | None:
    """Settle a create or an update in flight by reading; the forecast when it stands at the warehouse.

    `None` means that it surely was never made: looked for twice in vain, the second time late enough.

    Raises:
        WaitError: not found yet and too early to say that it was never made, or the warehouse did not say.
        HoldError: it did not say so for a day in which it answered other questions.
        AccountError: the warehouse cannot be used at all for now; it waits.
        Interrupted: we were asked to stop; where it stands is left to the next run, which looks first of all.
    """
    try:
        found = look_for(at.ctx, effect)
    except (CallError, HoldError) as error:
        raise _note_unanswered(at, effect, error) from error
    except Interrupted:
        raise
    except AccountError as error:
        # Where this read failed until nothing was left for trying again, that is no answer to it, either.
        told = _note_unanswered(at, effect, error.__cause__ if isinstance(error.__cause__, CallError) else None)
        if isinstance(told, HoldError):
            at.hold_once(told)
        else:
            at.wait(told)
        raise
    if found is not None:
        return found
    if effect.looked_at is not None and clock.now() >= effect.looked_at + SETTLE_AFTER:
        settle(at, effect, Outcome.NOT_MADE, "looked for twice in vain")
        return None
    with at.ctx.db.transaction() as q:
        ledger.looked_in_vain(q, effect)
        ledger.unanswered(q, effect, None)
    steps.debug("%s: looked for in vain", effect.kind)
    raise in_flight(effect, (effect.looked_at or clock.now()) + SETTLE_AFTER)


def _note_unanswered(at: Standing, effect: Effect, error: CallError | HoldError | None) -> WaitError | HoldError:
    """Note that the warehouse did not say whether an effect took place; gives what follows of that.

    `error` is what it said instead; `None` where it was not even asked, which is the account's trouble.
    """
    if effect.kind is not Kind.CREATE:
        return in_flight(effect)
    doubt = _in_doubt(effect, "" if error is None else error.foreign)
    if at.now.progress is Progress.HELD and at.now.cause == doubt.cause:
        return doubt  # until it is answered, or released
    # While the account answers nothing at all, that is the account's trouble and not this return's.
    since = (effect.unanswered_since or clock.now()) if error is not None and at.warehouse.answered else None
    if since != effect.unanswered_since:
        with at.ctx.db.transaction() as q:
            ledger.unanswered(q, effect, since)
    return in_flight(effect) if since is None or clock.now() - since < _UNANSWERED_MOST else doubt


def _in_doubt(effect: Effect, foreign: str) -> HoldError:
    return HoldError(
        Cause.FORECAST_IN_DOUBT,
        "It is not certain whether its forecast was made: for a day the warehouse answered other questions, but not "
        f"whether forecast {effect.code} stands there.",
        "Look for forecast <CODE> on its order in the portal, and tell the warehouse's support of the failing answer. "
        "Once it is answered, the return goes on by itself; to look at once: returnsync held retry <CODE>.",
        foreign=foreign,
    )


def in_flight(effect: Effect, due: datetime | None = None) -> WaitError:
    """It is not known yet whether a call took effect; from `due` on it can be said for certain."""
    return WaitError(
        Cause.IN_FLIGHT,
        f"It is not certain yet whether the {effect.kind} call took effect; the warehouse is asked again.",
        give_up=False,
        due=due,
    )
