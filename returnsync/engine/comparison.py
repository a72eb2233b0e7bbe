"""Compare: what stands at the warehouse of an announced return against what its platform says now."""

from collections.abc import Sequence
from dataclasses import replace

from returnsync.engine import decide, effects, look
from returnsync.engine.policy import rest
from returnsync.engine.standing import Settled, Standing, Stopped
from returnsync.errors import HoldError, Refused, Unclear
from returnsync.mapping import lines as order_lines
from returnsync.mapping.line_match import Share
from returnsync.model import Cause, NewForecast, Progress, WarehouseOrder, WarehouseOrderNumber
from returnsync.state import ledger
from returnsync.state.ledger import Kind, Outcome


def compare(at: Standing, number: WarehouseOrderNumber) -> None:
    """What stands at the warehouse against what the platform says now; brought in step where that is wanted."""
    order, shares = look.order_of(at, number)
    standing = at.warehouse.forecast(at.now.code)
    if standing is None:
        raise HoldError(
            Cause.FORECAST_DIFFERS,
            f"Forecast {at.now.code} is no longer at the warehouse.",
            "Make it anew by hand there, or give it up: returnsync held release <CODE>.",
        )
    create = look.wanted(at, order, shares, [standing], frozenset())
    with at.ctx.db.reading() as q:
        update = ledger.newest(q, at.now.warehouse, at.now.code, Kind.UPDATE)
    wrong = decide.differences_now(create.forecast, look.sent_last(at), standing)
    if not wrong:
        if update is not None and update.outcome is None:
            effects.settle(at, update, Outcome.MADE)
        _in_step(at, "compared")
    elif at.source.settings.send_updates and at.now.cause == Cause.CHANGED_AFTER:
        if update is not None and update.outcome is None:
            effects.settle_by_look(at, update)
        _update(at, _changed(at, order, shares))
    else:
        raise decide.differs(at.now.code, wrong)


def _changed(at: Standing, order: WarehouseOrder, shares: Sequence[Share]) -> NewForecast:
    """What a change would send: measured against all that stands on the order, as a new announcement is."""
    standing, own = look.forecasts_on(at, order, shares)
    create = look.wanted(at, order, shares, standing, own)
    decide.check_units(create, order, standing, own)
    return create.forecast


def _update(at: Standing, forecast: NewForecast) -> None:
    """Replace the forecast whole."""
    if at.ctx.dry_run:
        at.would("update", lines=len(forecast.lines))
        raise Stopped
    warehouse = at.warehouse
    request = effects.request_of(forecast, order_lines.units(at.lines))
    # Each change is an update of its own: an earlier one that was made does not stand in the way.
    effect = effects.claim(at, Kind.UPDATE, request, again=True)
    try:
        echo = effects.perform(
            at, effect, lambda: decide.echo_of(forecast, warehouse.update(forecast)), _update_refused
        )
    except Unclear as error:
        found = effects.settle_by_look(at, effect)
        if found is None:
            raise effects.in_flight(effect) from error
        echo = found
    if (wrong := decide.check_echo(forecast, echo)) is not None:
        at.hold(wrong, (effect, Outcome.MADE, ""))
        raise Stopped
    _in_step(at, "updated", (effect, Outcome.MADE, ""))


def _update_refused(error: Refused) -> HoldError:
    return HoldError(
        Cause.UPDATE_REFUSED,
        f"The warehouse refused the change of the forecast (HTTP {error.status}).",
        "Change it in the portal, then: returnsync held retry <CODE>.",
        foreign=error.foreign,
    )


def _in_step(at: Standing, event: str, *settled: Settled) -> None:
    at.keep(replace(rest(at.now, Progress.DUE), units=order_lines.units(at.lines)), event, *settled)


def is_it_gone(at: Standing) -> None:
    """A cancelled return: was its forecast removed in the portal?"""
    if at.warehouse.forecast(at.now.code) is not None:
        raise HoldError(
            Cause.CANCELLED_AFTER,
            f"Forecast {at.now.code} still stands at the warehouse, while the platform withdrew the return.",
            "Remove it in the portal, then: returnsync held retry <CODE>.",
        )
    at.keep(rest(at.now, Progress.WITHDRAWN, "", "Its forecast was removed at the warehouse."), "withdrawn")
    raise Stopped
