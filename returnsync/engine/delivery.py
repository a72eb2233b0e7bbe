"""One announcement on its way: look at the warehouse, decide, act; what goes wrong costs this one return."""

import logging
from dataclasses import replace
from typing import Any

from returnsync import clock
from returnsync.engine import decide, effects, look, policy, reason_sending
from returnsync.engine.comparison import compare, is_it_gone
from returnsync.engine.label import check_before_announcing, claiming, get_label
from returnsync.engine.policy import rest
from returnsync.engine.standing import Standing, Stopped
from returnsync.errors import CallError, HoldError, Refused, Unclear, WaitError
from returnsync.mapping import lines as order_lines
from returnsync.model import Announcement, Cause, Forecast, Progress, WarehouseOrderNumber
from returnsync.state import announcements, ledger
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
    except Stopped:
        pass
    except WaitError as error:
        standing.wait(error)
    except HoldError as error:
        standing.hold(error)
    except CallError as error:
        standing.wait(WaitError(Cause.CALL_FAILED, error.what, foreign=error.foreign))
    finally:
        # Last of all: while it is worked out, no call may be without its outcome.
        if standing.announced_now:
            reason_sending.count_unpaired(standing)


def _deliver(at: Standing) -> None:
    if at.now.progress is Progress.WAITING:
        # Its pause is over. The cause stays: by it, the next pause knows how many there were.
        at.now = replace(at.now, progress=Progress.DUE, due_at=None)
    _settle_what_is_in_flight(at)
    _weigh(at)
    if at.now.announced_at is None:
        with look.on_its_order(at) as number:
            _announce(at, number)
    if at.now.cause == Cause.CANCELLED_AFTER:
        is_it_gone(at)
    elif at.now.cause in policy.TO_COMPARE:
        with look.on_its_order(at) as number:
            compare(at, number)
    _weigh(at)
    get_label(at)


def _settle_what_is_in_flight(at: Standing) -> None:
    """A create that may have taken effect is settled before anything is weighed or done."""
    with at.ctx.db.reading() as q:
        effect = ledger.newest(q, at.now.warehouse, at.now.code, Kind.CREATE)
    if at.now.announced_at is None and effect is not None and effect.outcome is None:
        settle_create(at, effect)


def _weigh(at: Standing) -> None:
    """Go on only while the platform still wants it: a return may change between the plan and each step of it."""
    standing = policy.weigh(at.now, at.ret, at.source.policy)
    if standing.progress is not Progress.DUE:
        if standing != at.now:
            at.keep(standing, standing.progress.value, cause=standing.cause, what=standing.what)
        raise Stopped
    if at.now.announced_at is not None:
        at.now = standing


# -- announcing --------------------------------------------------------------------------------------------------------


def _announce(at: Standing, number: WarehouseOrderNumber) -> None:
    order, shares = look.order_of(at, number)
    standing, own = look.forecasts_on(at, order, shares)
    decision = decide.decide(look.wanted(at, order, shares, standing, own), order, standing, own)
    label = check_before_announcing(at) if isinstance(decision, decide.Create) else {}
    if at.ctx.dry_run:
        _show(at, decision, label)
    elif isinstance(decision, decide.Adopt):
        _adopt(at)
    else:
        _create(at, decision)


def settle_create(at: Standing, effect: Effect) -> bool:
    """Settle a create in flight by looking for it: true when it stands at the warehouse, false when it was never made.

    Raises:
        WaitError: it is too early to tell, or it could not be looked for.
        Stopped: it stands there, but not as it was sent; it is held.
        AccountError: the warehouse cannot be used at all for now.
    """
    found = effects.settle_by_look(at, effect)
    if found is not None:
        _made(at, effect, found)
    return found is not None


def _create(at: Standing, decision: decide.Create) -> None:
    forecast, warehouse = decision.forecast, at.warehouse
    request = {**effects.request_of(forecast, order_lines.units(at.lines)), "texts cut": decision.cut}
    effect = effects.claim(at, Kind.CREATE, request)
    try:
        echo = effects.perform(at, effect, lambda: decide.echo_of(forecast, warehouse.create(forecast)), _refused)
    except Unclear as error:
        if not settle_create(at, effect):
            raise effects.in_flight(effect) from error
    else:
        at.announced_now = True
        _made(at, effect, echo)


def _refused(error: Refused) -> HoldError:
    return HoldError(
        Cause.FORECAST_REFUSED,
        f"The warehouse refused the forecast (HTTP {error.status}).",
        "Mend what the warehouse's words name, then: returnsync held retry <CODE>.",
        foreign=error.foreign,
    )


def _adopt(at: Standing) -> None:
    """Our forecast stands there, though this state never wrote an intent for it: the state was lost or moved."""
    with at.ctx.db.transaction() as q:
        ledger.adopt(q, at.now.warehouse, at.now.code, Kind.CREATE)
        at.now = _announced(at, order_lines.units(at.lines))
        announcements.save(q, at.now)
        at.ctx.story.tell(q, at.now.source, at.now.return_id, "adopted", at.now.code)
    steps.debug("adopted")
    at.ctx.tally.count("adopted")


def _made(at: Standing, effect: Effect, echo: Forecast) -> None:
    """The forecast stands at the warehouse: kept together with whether it stands there as it was sent.

    Raises:
        Stopped: it does not; it is held, and no label is asked for it.
    """
    sent, units = effects.requested(effect)
    at.now = _announced(at, units)
    wrong = decide.check_echo(sent, echo)
    goes_on = wrong is None and at.announced_now and policy.weigh(at.now, at.ret, at.source.policy) == at.now
    also = claiming(at) if goes_on else None
    steps.debug("create: outcome about to be written")
    at.keep(at.now if wrong is None else at.held(wrong), "announced", (effect, Outcome.MADE, ""), also=also)
    steps.debug("create: outcome written")
    at.ctx.tally.source(at.source.name).announced += 1
    if wrong is not None:
        at.hold(wrong)
        raise Stopped


def _announced(at: Standing, units: str) -> Announcement:
    return replace(rest(at.now, Progress.DUE), announced_at=clock.now(), units=units)


def _show(at: Standing, decision: decide.Create | decide.Adopt, label: dict[str, Any]) -> None:
    """A dry run shows what would be sent, and whom the label would be asked of, and goes no further."""
    lines = [
        {"order_line": line.order_line_id, "sku": line.sku, "quantity": line.quantity, "reason": line.reason}
        for line in decision.forecast.lines
    ]
    would = "announce" if isinstance(decision, decide.Create) else "adopt"
    at.would(would, order=decision.forecast.order_number, lines=lines, **label)
    raise Stopped
