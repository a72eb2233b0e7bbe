"""Comparing the warehouse's forecast of an announced return with what its platform shows now."""

from dataclasses import replace

from returnsync.engine import plan
from returnsync.engine.deliver import decision, effects, on_order
from returnsync.engine.deliver.delivery import Delivery, Resolved, Stopped
from returnsync.engine.deliver.resolving import not_certain_yet, resolve_by_look
from returnsync.engine.lifecycle import Event, move
from returnsync.errors import HoldError, Refused, Unclear
from returnsync.mapping import lines as order_lines
from returnsync.mapping.told import is_as_told
from returnsync.model import Cause, NewForecast, Step, WarehouseOrderNumber
from returnsync.state import erasing, history, ledger
from returnsync.state.ledger import Effect, Kind, Outcome


def compare(delivery: Delivery) -> None:
    """Compare, and send the change where that is wanted. Its label is the next step, or it is withdrawn or held.

    Raises:
        Stopped: an update was refused or understood differently, which is saved; in a dry run, what would be sent is
            noted.
        WaitError, HoldError, CallError, AccountError: it differs, or could not be compared.
    """
    if plan.is_taken_back(delivery.announcement, delivery.ret):
        _check_that_it_is_gone(delivery)
        return
    with on_order.on_its_order(delivery) as number:
        _compare(delivery, number)


def _compare(delivery: Delivery, number: WarehouseOrderNumber) -> None:
    announcement = delivery.announcement
    shown = on_order.order_of(delivery, number)
    found = delivery.warehouse.forecast(announcement.code)
    if found is None:
        raise HoldError(
            Cause.FORECAST_DIFFERS,
            f"Forecast {announcement.code} is no longer at the warehouse.",
            "If the goods still come, announce them by hand in the warehouse's portal first. Then, or if it was "
            "removed on purpose: returnsync held release <CODE>.",
        )
    wanted = on_order.wanted(delivery, shown._replace(existing=[found]))
    with delivery.db.reading() as q:
        update = ledger.newest(q, announcement.warehouse, announcement.code, Kind.UPDATE)
    in_flight_update = update if update is not None and update.outcome is None else None
    wrong = decision.differences_now(wanted.forecast, on_order.sent_last(delivery), found)
    if not wrong:
        # The forecast is as the platform shows the return: an update in flight took effect.
        if in_flight_update is not None:
            effects.write_outcome(delivery, in_flight_update, Outcome.MADE)
            effects.log_resolved(delivery, in_flight_update, Outcome.MADE)
        _in_step(delivery, "compared")
    elif _is_to_be_sent(delivery, in_flight_update):
        # It differs, and the change is to be sent. An update in flight is resolved first: either it was not made, or it
        # was made before the return changed once more.
        if in_flight_update is not None and resolve_by_look(delivery, in_flight_update) is not None:
            effects.write_outcome(delivery, in_flight_update, Outcome.MADE)
        _update(delivery, _changed(delivery, shown))
    else:
        # It differs, and no change is sent: a person corrects it.
        raise decision.differs(announcement.code, wrong)


def _is_to_be_sent(delivery: Delivery, in_flight_update: Effect | None) -> bool:
    """Whether the return changed since it was announced, and changes are sent: by a setting, or since a person asked.

    An edit that a person made at the warehouse is no change of the return, and is never overwritten. A change of a
    return that was erased is not sent either: it would replace the whole forecast, and the consumer's comment is no
    longer known.
    """
    announcement = delivery.announcement
    with delivery.db.reading() as q:
        if erasing.erased_at(q, announcement.source, announcement.return_id) is not None:
            return False
        are_sent = delivery.source.settings.send_updates or history.is_change_wanted(q, announcement)
    if announcement.step is not Step.UPDATE or not are_sent or not delivery.lists_items:
        return False
    policy = delivery.source.policy
    return in_flight_update is not None or not is_as_told(announcement.units, delivery.lines, policy.same_skus)


def _changed(delivery: Delivery, shown: on_order.Shown) -> NewForecast:
    """What a change would send: checked against all forecasts of the order, as a new announcement is."""
    shown = on_order.with_forecasts(delivery, shown)
    wanted = on_order.wanted(delivery, shown)
    decision.check_units(wanted, shown.order, shown.existing, shown.own_codes)
    return wanted.forecast


def _update(delivery: Delivery, forecast: NewForecast) -> None:
    """Replace the whole forecast."""
    if delivery.ctx.dry_run:
        delivery.note_in_dry_run("update", lines=len(forecast.lines))
        raise Stopped
    warehouse = delivery.warehouse
    request = effects.request_of(forecast, order_lines.units(delivery.lines))
    # Each change is an update of its own: an earlier one that was made does not prevent it.
    effect = effects.claim(delivery, Kind.UPDATE, request, again=True)
    try:
        echo = effects.perform(delivery, effect, lambda: decision.echo_of(forecast, warehouse.update(forecast)))
    except Refused as error:
        raise _refused(error) from error
    except Unclear as error:
        found = resolve_by_look(delivery, effect)
        if found is None:
            raise not_certain_yet(effect) from error
        echo = found
    if (wrong := decision.check_echo(forecast, echo)) is not None:
        delivery.hold(wrong, _made(effect), event=Event.MADE_DIFFERENTLY)
        raise Stopped
    _in_step(delivery, "updated", _made(effect))


def _refused(error: Refused) -> HoldError:
    return HoldError(
        Cause.UPDATE_REFUSED,
        f"The warehouse refused the change of the forecast (HTTP {error.status}).",
        "Change forecast <CODE> in the warehouse's portal by hand, then: returnsync held retry <CODE>.",
        foreign=error.foreign,
    )


def _made(effect: Effect) -> Resolved:
    return effect, Outcome.MADE, ""


def _in_step(delivery: Delivery, event: str, *resolved: Resolved) -> None:
    compared = replace(move(delivery.announcement, Event.COMPARED), units=order_lines.units(delivery.lines))
    delivery.save(compared, event, *resolved)


def _check_that_it_is_gone(delivery: Delivery) -> None:
    """Where nothing comes back any more: was the forecast removed in the warehouse's portal?"""
    announcement = delivery.announcement
    if delivery.warehouse.forecast(announcement.code) is None:
        gone = move(announcement, Event.TAKEN_BACK, what="Its forecast was removed at the warehouse.")
        delivery.save(gone, "withdrawn")
        return
    why, next_step = plan.why_taken_back(announcement, delivery.ret)
    what = f"Forecast {announcement.code} is still at the warehouse. {why}"
    still_there = HoldError(Cause.CANCELLED_AFTER, what, next_step)
    delivery.hold(still_there, event=Event.CANCELLED)
