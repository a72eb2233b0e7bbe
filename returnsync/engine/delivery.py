"""One announcement on its way: look at the warehouse, decide, act; what goes wrong costs this one return."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from returnsync import clock
from returnsync.engine import decide, effects, policy
from returnsync.engine.label import get_label
from returnsync.engine.policy import rest
from returnsync.engine.standing import Standing
from returnsync.errors import AccountError, CallError, HoldError, Refused, Unclear, WaitError
from returnsync.mapping import lines as order_lines
from returnsync.model import Cause, Forecast, NewForecast, Progress, WarehouseOrder
from returnsync.state import announcements, ledger
from returnsync.state.database import Queries
from returnsync.state.ledger import Effect, Kind, Outcome

steps = logging.getLogger("returnsync.steps")


def deliver_one(standing: Standing) -> None:
    """Take one announcement as far as it goes now, and keep where it stands then.

    Raises:
        AccountError: the warehouse cannot be used for the rest of this run; the announcement is tried again later.
        StateError: labels or state cannot be written.
    """
    try:
        _deliver(standing)
    except _Stopped:
        pass
    except WaitError as error:
        standing.wait(error)
    except HoldError as error:
        standing.hold(error)
    except CallError as error:
        standing.wait(WaitError(Cause.CALL_FAILED, error.what, foreign=error.foreign))


# Announced, and what stands at the warehouse is to be looked at before anything else.
TO_COMPARE = frozenset({Cause.CHANGED_AFTER, Cause.CANCELLED_AFTER, Cause.ECHO_DIFFERS, Cause.FORECAST_DIFFERS})


class _Stopped(Exception):
    """It goes no further now, and where it stands is kept already."""


def _deliver(at: Standing) -> None:
    if at.now.announced_at is None:
        _announce(at)
    if at.now.cause not in TO_COMPARE:
        _weigh(at)
    if at.now.cause == Cause.CANCELLED_AFTER:
        _is_it_gone(at)
    elif at.now.cause in TO_COMPARE:
        _compare(at)
    get_label(at)


def _weigh(at: Standing) -> None:
    """What the platform showed while a call was in flight counts too, now that it is settled."""
    standing = policy.weigh(at.now, at.ret, at.source.policy)
    if standing != at.now:
        at.keep(standing, standing.progress.value, cause=standing.cause, what=standing.what)
    if standing.progress is not Progress.DUE:
        raise _Stopped


# -- announcing --------------------------------------------------------------------------------------------------------


def _announce(at: Standing) -> None:
    with at.ctx.db.reading() as q:
        effect = ledger.newest(q, at.now.warehouse, at.now.code, Kind.CREATE)
    if effect is not None and effect.outcome is None:
        if settle_create(at, effect):
            return
        _weigh(at)
    create, order = _wanted(at)
    standing = at.warehouse.forecasts(order.number)
    decision = decide.decide(create, order, standing, _own_codes(at, standing))
    if at.ctx.dry_run:
        _show(at, decision)
    elif isinstance(decision, decide.Adopt):
        _adopt(at)
    else:
        _create(at, decision)


def settle_create(at: Standing, effect: Effect) -> bool:
    """Settle a create that an earlier run left in flight: true when it stands at the warehouse.

    Raises:
        WaitError: it is too early to tell, or it could not be looked for.
        HoldError: it stands there, but not as it was sent.
        AccountError: the warehouse cannot be used at all for now.
    """
    try:
        found = effects.settle_by_look(at.ctx, at.now, effect)
    except CallError as error:
        raise effects.in_flight(effect) from error
    except AccountError:
        at.wait(effects.in_flight(effect))
        raise
    if found is None:
        return False
    _made(at, effect, found)
    return True


def _wanted(at: Standing) -> tuple[decide.Create, WarehouseOrder]:
    """What announcing it would send, by what the warehouse shows of the order."""
    number = at.source.warehouse_number(at.now.order_number)
    decide.check_number(at.now.order_number, number)
    order = decide.check_order(at.warehouse.order(number), number, at.settings.channel)
    pair = decide.pair_with(
        at.ctx.pairings,
        at.ctx.offered_reasons(at.now.warehouse),
        at.source.name,
        at.ret.platform,
        at.settings.unmapped_reason,
    )
    return decide.build(at.now, at.lines, order, pair, at.own_label), order


def _own_codes(at: Standing, standing: Sequence[Forecast]) -> frozenset[str]:
    """Which of the forecasts that stand on the order are other announcements of this source."""
    with at.ctx.db.reading() as q:
        known = [announcements.get(q, forecast.code) for forecast in standing]
    return frozenset(item.code for item in known if item is not None and item.source == at.source.id)


def _create(at: Standing, decision: decide.Create) -> None:
    forecast = decision.forecast
    warehouse = at.warehouse
    effect = effects.claim(
        at.ctx, at.now, Kind.CREATE, effects.request_of(forecast, order_lines.units(at.lines)), cut=decision.cut
    )
    try:
        echo = effects.perform(at.ctx, at.now, effect, lambda: warehouse.create(forecast))
    except Refused as error:
        raise effects.hold_refused(
            Cause.FORECAST_REFUSED,
            f"The warehouse refused the forecast for order {forecast.order_number}",
            "Mend what the warehouse's words name, then: returnsync held retry <CODE>.",
            error,
        ) from error
    except Unclear as error:
        if not settle_create(at, effect):
            raise effects.in_flight(effect) from error
        return
    at.announced_now = True
    _made(at, effect, echo)


def _adopt(at: Standing) -> None:
    """Our forecast stands there, though this state never wrote an intent for it: the state was lost or moved."""
    with at.ctx.db.transaction() as q:
        ledger.adopt(q, at.now.warehouse, at.now.code, Kind.CREATE)
        _announced(at, q, order_lines.units(at.lines), "adopted")
    steps.debug("adopted")


def _made(at: Standing, effect: Effect, echo: Forecast) -> None:
    """The forecast stands. That is kept before it is compared with what was sent.

    Raises:
        HoldError: it stands there, but not as it was sent.
    """
    sent, units = effects.requested(effect)
    steps.debug("create: outcome about to be written")
    with at.ctx.db.transaction() as q:
        ledger.write_outcome(q, effect, Outcome.MADE)
        _announced(at, q, units, "announced")
    steps.debug("create: outcome written")
    at.ctx.tally.source(at.source.name).announced += 1
    decide.check_echo(sent, echo)


def _announced(at: Standing, q: Queries, units: str, event: str) -> None:
    at.now = replace(rest(at.now, Progress.DUE), announced_at=clock.now(), units=units)
    announcements.save(q, at.now)
    at.ctx.story.tell(q, at.now.source, at.now.return_id, event, at.now.code)
    at.ctx.tally.count(event)


def _show(at: Standing, decision: decide.Create | decide.Adopt) -> None:
    """A dry run shows what would be sent, and goes no further."""
    lines = [
        {"order_line": line.order_line_id, "sku": line.sku, "quantity": line.quantity, "reason": line.reason}
        for line in decision.forecast.lines
    ]
    would = "announce" if isinstance(decision, decide.Create) else "adopt"
    at.would(would, order=decision.forecast.order_number, lines=lines)
    raise _Stopped


# -- after the announcement --------------------------------------------------------------------------------------------


def _compare(at: Standing) -> None:
    """What stands at the warehouse against what the platform says now; brought in step where that is wanted."""
    create, _ = _wanted(at)
    standing = at.warehouse.forecast(at.now.code)
    if standing is None:
        raise HoldError(
            Cause.FORECAST_DIFFERS,
            f"Forecast {at.now.code} is no longer at the warehouse.",
            "Make it anew by hand there, or give it up: returnsync held release <CODE>.",
        )
    with at.ctx.db.reading() as q:
        update = ledger.newest(q, at.now.warehouse, at.now.code, Kind.UPDATE)
    if decide.same(standing, create.forecast):
        if update is not None and update.outcome is None:
            effects.settle(at.ctx, at.now, update, Outcome.MADE)
        _in_step(at, "compared")
    elif at.source.settings.send_updates and at.now.cause == Cause.CHANGED_AFTER:
        if update is not None and update.outcome is None:
            effects.settle_by_look(at.ctx, at.now, update)
        _update(at, create.forecast)
    else:
        raise decide.differs(at.now.code)


def _update(at: Standing, forecast: NewForecast) -> None:
    """Replace the forecast whole."""
    if at.ctx.dry_run:
        at.would("update", lines=len(forecast.lines))
        raise _Stopped
    warehouse = at.warehouse
    request = effects.request_of(forecast, order_lines.units(at.lines))
    # Each change is an update of its own: an earlier one that was made does not stand in the way.
    effect = effects.claim(at.ctx, at.now, Kind.UPDATE, request, again=True)
    try:
        echo = effects.perform(at.ctx, at.now, effect, lambda: warehouse.update(forecast))
    except Refused as error:
        raise effects.hold_refused(
            Cause.UPDATE_REFUSED,
            f"The warehouse refused the change of forecast {at.now.code}",
            "Change it in the portal, then: returnsync held retry <CODE>.",
            error,
        ) from error
    except Unclear as error:
        found = effects.settle_by_look(at.ctx, at.now, effect)
        if found is None:
            raise effects.in_flight(effect) from error
        echo = found
    effects.settle(at.ctx, at.now, effect, Outcome.MADE)
    decide.check_echo(forecast, echo)
    _in_step(at, "updated")


def _in_step(at: Standing, event: str) -> None:
    at.keep(replace(rest(at.now, Progress.DUE), units=order_lines.units(at.lines)), event)


def _is_it_gone(at: Standing) -> None:
    """A cancelled return: was its forecast removed in the portal?"""
    if at.warehouse.forecast(at.now.code) is not None:
        raise HoldError(
            Cause.CANCELLED_AFTER,
            f"Forecast {at.now.code} still stands at the warehouse, while the platform withdrew the return.",
            "Remove it in the portal, then: returnsync held retry <CODE>.",
        )
    at.keep(rest(at.now, Progress.WITHDRAWN, "", "Its forecast was removed at the warehouse."), "withdrawn")
    raise _Stopped
