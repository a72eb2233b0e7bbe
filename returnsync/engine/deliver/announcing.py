"""Announcing: look at the order, decide, and create the forecast behind an intent, or adopt the existing one."""

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

from returnsync import clock
from returnsync.engine import plan
from returnsync.engine.deliver import decision, effects, on_order
from returnsync.engine.deliver.delivery import Delivery, Stopped
from returnsync.engine.deliver.labelling import check_before_announcing, claim_along
from returnsync.engine.deliver.resolving import not_certain_yet, resolve_by_look
from returnsync.engine.lifecycle import Event, move
from returnsync.errors import AccountUnavailable, HoldError, Refused, Unclear
from returnsync.mapping import lines as order_lines
from returnsync.model import Cause, Forecast, NewForecast
from returnsync.state import announcements, ledger
from returnsync.state.ledger import Effect, Kind, Outcome
from returnsync.state.sent import requested

steps = logging.getLogger("returnsync.steps")

# A forecast that exists is shown within this time, however late its call came through.
_SHOWS_WITHIN = timedelta(days=1)


def announce(delivery: Delivery) -> None:
    """Announce it on its order; its label is the next step.

    Raises:
        Stopped: the result is saved; in a dry run, what would be done is noted.
        WaitError, HoldError, CallError, AccountError: nothing was sent, or it is not known whether it was.
    """
    _stop_where_creates_are_stopped(delivery)
    with on_order.on_its_order(delivery) as number:
        shown = on_order.with_forecasts(delivery, on_order.order_of(delivery, number))
        wanted = on_order.wanted(delivery, shown)
        label: dict[str, Any] = {}
        decided = decision.decide(wanted, shown.order, shown.existing, shown.own_codes)
        if isinstance(decided, decision.Create):
            # Nothing is announced that cannot get the label that it needs.
            label = check_before_announcing(delivery)
            decided = _or_adopt(delivery, decided)
        if delivery.ctx.dry_run:
            _show(delivery, decided, label)
        match decided:
            case decision.Adopt():
                take_over(delivery, decided)
            case decision.Create():
                _stop_where_creates_are_stopped(delivery)
                _create(delivery, decided)


def _stop_where_creates_are_stopped(delivery: Delivery) -> None:
    """Make no more creates in this run after three in a row ended unclear: the remaining ones would hardly do better.

    Raises:
        Stopped: the announcement is left to the next run, as it is.
    """
    warehouse = delivery.announcement.warehouse
    if not delivery.ctx.accounts.breaker(warehouse).creates_are_stopped or delivery.ctx.dry_run:
        return
    delivery.ctx.tally.trouble(
        AccountUnavailable(
            warehouse,
            f"{warehouse}: three announcements in a row brought no clear answer, so no more are made in this run.",
            "Nothing is lost: what happened to those is looked up, and the next run goes on.",
        )
    )
    raise Stopped


def _or_adopt(delivery: Delivery, create: decision.Create) -> decision.Create | decision.Adopt:
    """Adopt instead of create, where this state may be new and our forecast exists under its code, on any order.

    Raises:
        HoldError: the forecast has other content.
        CallError, AccountError: it could not be asked for.
    """
    first_creates, warehouse = delivery.ctx.first_creates, delivery.announcement.warehouse
    is_asked = first_creates.take(delivery.db, warehouse)
    found = delivery.warehouse.forecast(delivery.announcement.code) if is_asked else None
    if found is None:
        return create
    first_creates.found_one(warehouse)
    return decision.adopt(create, found)


def resolve_create(delivery: Delivery, effect: Effect) -> bool:
    """Resolve a create in flight by looking for it: true when it is at the warehouse, false when it was never made.

    Raises:
        WaitError: it is too early to say, or it could not be looked for.
        HoldError: for too long, the warehouse has not said whether it was made.
        Stopped: it is at the warehouse, but not as it was sent; it is held.
        AccountError: the warehouse cannot be used at all for now.
    """
    found = resolve_by_look(delivery, effect)
    if found is not None:
        _made(delivery, effect, found)
    return found is not None


def _create(delivery: Delivery, create: decision.Create) -> None:
    forecast, warehouse = create.forecast, delivery.warehouse
    server_time = warehouse.server_time
    request = {
        **_request(delivery, forecast),
        "texts cut": create.cut,
        "server_time": None if server_time is None else clock.stamp(server_time),
    }
    effect = effects.claim(delivery, Kind.CREATE, request)
    try:
        echo = effects.perform(delivery, effect, lambda: decision.echo_of(forecast, warehouse.create(forecast)))
    except Refused as error:
        _adopt_instead(delivery, create, error)
    except Unclear as error:
        if not resolve_create(delivery, effect):
            raise not_certain_yet(effect) from error
    else:
        delivery.announced_now = True
        _made(delivery, effect, echo)


def _adopt_instead(delivery: Delivery, create: decision.Create, error: Refused) -> None:
    """After a refused create: perhaps our forecast exists already, which only a look shows.

    It is not known whether Monta refuses a code that is in use, nor with which text (docs/warehouses/monta.md, section
    7, question 1).

    Raises:
        HoldError: no such forecast exists, so the create itself was refused; or another one exists under its code.
        WaitError: none is shown yet, and an earlier create of ours whose answer was lost may be the reason.
        CallError, AccountError: it could not be looked for. Next time it is found on its order, or sent again.
    """
    found = delivery.warehouse.forecast(create.forecast.code)
    if found is not None:
        take_over(delivery, decision.adopt(create, found))
        return
    with delivery.db.reading() as q:
        lost = ledger.lost_create(q, delivery.announcement.warehouse, delivery.announcement.code)
    # A moment in the future, written by a clock that was ahead, does not count.
    if lost is not None and timedelta(0) <= clock.now() - lost.intent_at < _SHOWS_WITHIN:
        raise not_certain_yet(lost) from error
    raise HoldError(
        Cause.FORECAST_REFUSED,
        f"The warehouse refused the forecast (HTTP {error.status}).",
        "Correct what the warehouse's words name, then: returnsync held retry <CODE>.",
        foreign=error.foreign,
    ) from error


def take_over(delivery: Delivery, adopt: decision.Adopt) -> None:
    """Take our existing forecast into the state, where no call that is in flight explains it.

    Where an earlier create was sent and settled as lost, that create made it after all. Otherwise this state was lost
    or moved, or is older than the warehouse's. Then whoever made the forecast may have had its label made as well.
    """
    announcement = delivery.announcement
    warehouse, code = announcement.warehouse, announcement.code
    with delivery.db.transaction() as q:
        lost = ledger.lost_create(q, warehouse, code)
        if lost is not None and ledger.newest(q, warehouse, code, Kind.LABEL) is None:
            ledger.was_made_after_all(q, lost)
        else:
            ledger.adopt(q, warehouse, code, Kind.CREATE, request=effects.as_text(_request(delivery, adopt.forecast)))
        delivery.ctx.accounts.remember(q, delivery.source, warehouse)
        announced = move(announcement, Event.ANNOUNCED)
        units = order_lines.units(delivery.lines)
        delivery.announcement = replace(announced, announced_at=clock.now(), units=units)
        announcements.save(q, delivery.announcement)
        delivery.add_to_history(q, "adopted")
    steps.debug("adopted")
    delivery.ctx.tally.count("adopted")


def _request(delivery: Delivery, forecast: NewForecast) -> dict[str, Any]:
    return effects.request_of(forecast, order_lines.units(delivery.lines))


def _made(delivery: Delivery, effect: Effect, echo: Forecast) -> None:
    """The forecast is at the warehouse: save that, and in the same transaction whether it is there as it was sent.

    Raises:
        Stopped: it is not as it was sent; it is held, and no label is asked for.
    """
    sent, units = requested(effect)
    wrong = decision.check_echo(sent, echo)
    if wrong is None:
        announced = move(delivery.announcement, Event.ANNOUNCED)
    else:
        announced = delivery.held(wrong, Event.MADE_DIFFERENTLY)
    delivery.announcement = replace(announced, announced_at=clock.now(), units=units)
    goes_on = wrong is None and delivery.announced_now and _is_still_wanted(delivery)
    claim = claim_along(delivery) if goes_on else None
    steps.debug("create: outcome about to be written")
    made = effect, Outcome.MADE, ""
    delivery.claimed_label = delivery.save(delivery.announcement, "announced", made, claim=claim)
    steps.debug("create: outcome written")
    delivery.ctx.tally.source(delivery.source.name).announced += 1
    if wrong is not None:
        delivery.hold(wrong, event=Event.MADE_DIFFERENTLY)
        raise Stopped


def _is_still_wanted(delivery: Delivery) -> bool:
    announcement = delivery.announcement
    return plan.evaluate(announcement, delivery.ret, delivery.source.policy) == announcement


def _show(delivery: Delivery, decided: decision.Create | decision.Adopt, label: dict[str, Any]) -> None:
    """A dry run notes what would be sent and which carrier the label would be asked of, and ends here."""
    lines = [
        {"order_line": line.order_line_id, "sku": line.sku, "quantity": line.quantity, "reason": line.reason}
        for line in decided.forecast.lines
    ]
    would = "announce" if isinstance(decided, decision.Create) else "adopt"
    delivery.note_in_dry_run(would, order=decided.forecast.order_number, lines=lines, **label)
    raise Stopped
