"""Effects: intent, call, outcome. The one place where something outside is changed.

    intent committed ──▶ call ──▶ outcome committed

Whatever dies in between leaves an intent without outcome, which `recover` settles by reading. What the call raises
decides the outcome: refused and not sent changed nothing; unclear may have.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import TypeVar

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.errors import AccountError, HoldError, NotSent, Refused, Unclear, WaitError
from returnsync.mapping.lines import same_units
from returnsync.model import Announcement, Cause, Forecast, NewForecast, NewForecastLine, WarehouseOrderNumber
from returnsync.state import ledger
from returnsync.state.ledger import Effect, Kind, Outcome

steps = logging.getLogger("returnsync.steps")

Result = TypeVar("Result")

# A create that cannot be found may still be on its way: it is sent again only this long after its intent, and after a
# second look (rule 3).
SETTLE_AFTER = timedelta(seconds=30)


def claim(
    ctx: Context, announcement: Announcement, kind: Kind, request: str, *, again: bool = False, **detail: object
) -> Effect:
    """Write the intent; whoever cannot does not call.

    Raises:
        WaitError: another intent stands in the way; it is settled first.
    """
    steps.debug("%s: intent about to be written", kind)
    with ctx.db.transaction() as q:
        effect = ledger.write_intent(q, announcement.warehouse, announcement.code, kind, request, again=again)
        if effect is not None:
            ctx.story.tell(
                q,
                announcement.source,
                announcement.return_id,
                f"{kind} intended",
                announcement.code,
                generation=effect.generation,
                **({"request": json.loads(request)} if request else {}),
                **{key: value for key, value in detail.items() if value},
            )
    steps.debug("%s: intent written", kind)
    if effect is None:
        raise WaitError(Cause.IN_FLIGHT, "An earlier call for it is still to be settled.", give_up=False)
    return effect


def perform(ctx: Context, announcement: Announcement, effect: Effect, call: Callable[[], Result]) -> Result:
    """Make the call that was claimed, and settle it at once when it surely changed nothing.

    Raises:
        Refused, NotSent, AccountError: settled, nothing was changed.
        Unclear: not settled; only the caller knows how to read what became of it.
    """
    steps.debug("%s: call about to be made", effect.kind)
    try:
        result = call()
    except Refused as error:
        settle(ctx, announcement, effect, Outcome.REFUSED, status=error.status, answer=error.foreign)
        raise
    except (NotSent, AccountError) as error:
        settle(ctx, announcement, effect, Outcome.NOT_MADE, answer=error.what)
        raise
    except Unclear:
        steps.debug("%s: call unclear", effect.kind)
        raise
    steps.debug("%s: call answered", effect.kind)
    return result


def settle(ctx: Context, announcement: Announcement, effect: Effect, outcome: Outcome, **detail: object) -> None:
    """Write an outcome that changes nothing else."""
    steps.debug("%s: outcome about to be written", effect.kind)
    with ctx.db.transaction() as q:
        ledger.write_outcome(q, effect, outcome, json.dumps(detail, ensure_ascii=False) if detail else "")
        ctx.story.tell(
            q,
            announcement.source,
            announcement.return_id,
            f"{effect.kind} {outcome.replace('_', ' ')}",
            announcement.code,
            **detail,
        )
    steps.debug("%s: outcome written", effect.kind)


def request_of(forecast: NewForecast, units: str) -> str:
    """What an intent keeps: enough to recognise the effect later, and to know what was announced."""
    return json.dumps({"forecast": asdict(forecast), "units": units}, ensure_ascii=False)


def requested(effect: Effect) -> tuple[NewForecast, str]:
    """What an intent was for: the forecast, and the units as the platform told them."""
    content = json.loads(effect.request)
    fields = content["forecast"]
    lines = tuple(NewForecastLine(**line) for line in fields.pop("lines"))
    return NewForecast(**fields, lines=lines), content["units"]


def look_for(ctx: Context, effect: Effect) -> Forecast | None:
    """Whether an effect in flight took place: by its code, and among the forecasts of its order.

    Both are asked, since nobody knows which of the two Monta fills first.
    """
    warehouse = ctx.warehouse(effect.warehouse)
    forecast, _ = requested(effect)
    found = warehouse.forecast(effect.code)
    if found is None:
        standing = warehouse.forecasts(WarehouseOrderNumber(forecast.order_number))
        found = next((item for item in standing if item.code == effect.code), None)
    if found is not None and effect.kind is Kind.UPDATE and not same_units(found, forecast.lines):
        return None
    return found


def settle_by_look(ctx: Context, announcement: Announcement, effect: Effect) -> Forecast | None:
    """Settle a create or an update in flight by reading; the forecast when it stands at the warehouse.

    `None` means that it surely was never made: looked for twice in vain, the second time late enough.

    Raises:
        WaitError: not found yet, and too early to say that it was never made.
        CallError, AccountError: it could not be looked for; it stays in flight.
    """
    found = look_for(ctx, effect)
    if found is not None:
        return found
    late = clock.now() - effect.intent_at >= SETTLE_AFTER
    if effect.looked_at is not None and late:
        settle(ctx, announcement, effect, Outcome.NOT_MADE, answer="looked for twice in vain")
        return None
    with ctx.db.transaction() as q:
        ledger.looked_in_vain(q, effect)
    raise in_flight(effect)


def in_flight(effect: Effect) -> WaitError:
    """It is not known yet whether a call took effect."""
    return WaitError(
        Cause.IN_FLIGHT,
        f"It is not certain yet whether the {effect.kind} call took effect; the warehouse is asked again.",
        give_up=False,
    )


def hold_refused(cause: Cause, what: str, next_step: str, error: Refused) -> HoldError:
    """The warehouse said no, in words of its own."""
    return HoldError(cause, f"{what} (HTTP {error.status}).", next_step, foreign=error.foreign)
