"""Resolving: whether a create or an update in flight took effect, found out by reading at the warehouse.

Only the warehouse's own answers count. A single look in vain proves nothing: the call may still be on its way, even if
it has just timed out. So it counts as never made only after a second look in vain, long enough after the first
(`looks`).
"""

import logging
from datetime import datetime, timedelta

from returnsync import clock
from returnsync.engine.deliver import effects
from returnsync.engine.deliver.decision import differences
from returnsync.engine.deliver.delivery import Delivery
from returnsync.engine.deliver.looks import Looking, looking, still_to_pass
from returnsync.errors import AccountError, CallError, HoldError, Interrupted, WaitError
from returnsync.model import Cause, Forecast, Progress, WarehouseOrderNumber
from returnsync.state import ledger
from returnsync.state.ledger import Effect, Kind, Outcome
from returnsync.state.sent import requested

steps = logging.getLogger("returnsync.steps")

# How long an effect may wait for an account that answers other questions, but not whether this one took effect.
_UNANSWERED_MOST = timedelta(days=1)

_NOT_SAID = "it answered other requests, but did not say whether it has that forecast"
_NO_CLOCK = "neither this machine's clock nor the warehouse's showed how far apart two looks for it were"


def resolve_by_look(delivery: Delivery, effect: Effect) -> Forecast | None:
    """Resolve a create or an update in flight by reading; returns the forecast when it is at the warehouse.

    `None` means that the effect was surely never made: two looks in vain, the second one late enough.

    Raises:
        WaitError: not found, and too early to say that it was never made; or the warehouse did not say.
        HoldError: the warehouse did not say for a day in which it answered other questions.
        AccountError: the warehouse cannot be used at all for now; the announcement waits.
        Interrupted: we were asked to stop; it is left to the next run, which looks first of all.
    """
    try:
        with looking(delivery) as look:
            found = _look_for(delivery, effect)
    except (CallError, HoldError) as error:
        raise no_answer(delivery, effect, error) from error
    except Interrupted:
        raise
    except AccountError as error:
        # Where this read failed until no retries were left, that is no answer to it either.
        asked = error.__cause__ if isinstance(error.__cause__, CallError) else None
        match no_answer(delivery, effect, asked):
            case HoldError() as hold:
                delivery.hold_once(hold)
            case WaitError() as wait:
                delivery.wait(wait)
        raise
    if found is not None:
        effects.log_resolved(delivery, effect, Outcome.MADE)
        return found
    certain_or_wait(delivery, effect, look)
    effects.write_outcome(delivery, effect, Outcome.NOT_MADE, "looked for twice in vain")
    effects.log_resolved(delivery, effect, Outcome.NOT_MADE)
    return None


def resolve_update(delivery: Delivery, effect: Effect) -> bool:
    """Resolve an update in flight on its own: true when it is at the warehouse, false when it was never made.

    It is for an update without a comparison now, which would resolve it, too. Raises as `resolve_by_look` does.
    """
    if resolve_by_look(delivery, effect) is None:
        return False
    effects.write_outcome(delivery, effect, Outcome.MADE)
    return True


def certain_or_wait(delivery: Delivery, effect: Effect, look: Looking) -> None:
    """Return if this look and the first one are far enough apart: the effect surely was never made.

    Raises:
        WaitError: it is too early to say so.
        HoldError: for a day, no clock could measure the time between the looks.
    """
    settle_after = timedelta(seconds=delivery.settings.settle_after)
    first = effect.first_look
    left = settle_after if first is None else still_to_pass(first, look.second, settle_after)
    if left is not None and left <= timedelta(0):
        return
    with delivery.db.transaction() as q:
        if first is None or left is None:
            ledger.looked_in_vain(q, effect, look.first)
        if left is not None:
            ledger.unanswered(q, effect, None)
    steps.debug("%s: looked for in vain", effect.kind)
    if left is None:
        # Both looks begin again; that must end at some time, too.
        raise no_answer(delivery, effect, WaitError(Cause.IN_FLIGHT, _NO_CLOCK))
    raise not_certain_yet(effect, clock.now() + left)


def _look_for(delivery: Delivery, effect: Effect) -> Forecast | None:
    """Whether it took effect: look for it by its code, and among the forecasts of its order.

    Both are read, since it is not known which of the two Monta fills first.

    Raises:
        CallError, HoldError: the warehouse did not say whether the forecast is there.
        AccountError: the warehouse cannot be used at all for now.
    """
    warehouse = delivery.ctx.accounts.warehouse(effect.warehouse)
    forecast, _ = requested(effect)
    # No retries: a read that is never answered must not use up the retries of all others in each run.
    with delivery.ctx.accounts.trying_once(effect.warehouse):
        found = warehouse.forecast(effect.code)
        if found is None:
            on_order = warehouse.forecasts(WarehouseOrderNumber(forecast.order_number), order_seen=False)
            found = next((item for item in on_order if item.code == effect.code), None)
    if found is not None and effect.kind is Kind.UPDATE and differences(forecast, found):
        return None  # the forecast is there as it was before the update
    return found


def no_answer(
    delivery: Delivery, effect: Effect, error: CallError | HoldError | WaitError | None
) -> WaitError | HoldError:
    """Note that the warehouse did not say whether an effect took place; returns the wait or hold that follows.

    `error` is what came instead; `None` where it was not even asked, which is the account's trouble.
    """
    if effect.kind is Kind.UPDATE:
        return not_certain_yet(effect)  # an update that is not sent again delays no parcel
    why = _NO_CLOCK if isinstance(error, WaitError) else _NOT_SAID
    in_doubt = _in_doubt(effect, why, "" if error is None else error.foreign)
    if delivery.announcement.progress is Progress.HELD and _is_overdue(effect.unanswered_since):
        return in_doubt  # until it is answered, or released
    # While the account answers nothing at all, the account is the problem and not this return.
    is_its_own = error is not None and delivery.warehouse.answered
    since = min(effect.unanswered_since or clock.now(), clock.now()) if is_its_own else None
    if since != effect.unanswered_since:
        with delivery.db.transaction() as q:
            ledger.unanswered(q, effect, since)
    return in_doubt if _is_overdue(since) else not_certain_yet(effect)


def _is_overdue(unanswered_since: datetime | None) -> bool:
    return unanswered_since is not None and clock.now() - unanswered_since >= _UNANSWERED_MOST


def _in_doubt(effect: Effect, why: str, foreign: str) -> HoldError:
    support = ", and send the failing answer to its support" if why == _NOT_SAID else ""
    return HoldError(
        Cause.FORECAST_IN_DOUBT,
        f"It is not certain whether the warehouse made forecast {effect.code}: for a day {why}.",
        f"Look for forecast <CODE> on its order in the warehouse's portal{support}. "
        "Once that is answered, the return goes on by itself. To have it looked for by the next run: "
        "returnsync held retry <CODE>.",
        foreign=foreign,
    )


def not_certain_yet(effect: Effect, due: datetime | None = None) -> WaitError:
    """The wait while it is not known whether a call took effect; from `due` on it can be said for certain."""
    done = "changed its forecast" if effect.kind is Kind.UPDATE else "made its forecast"
    return WaitError(
        Cause.IN_FLIGHT,
        f"It is not certain yet whether the warehouse {done}; it is asked again.",
        give_up=False,
        due=due,
    )
