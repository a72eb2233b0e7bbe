"""Adopting without announcing: a forecast that exists at the warehouse is taken into the state, and nothing is sent.

A run does the same when its look finds the forecast before it would announce. Here a person asks for it, for one code.
"""

from returnsync.engine.about import about
from returnsync.engine.breakers import working_on
from returnsync.engine.context import Context
from returnsync.engine.deliver import account_errors, announcing, decision, on_order
from returnsync.engine.deliver.attempting import TO_DO, load
from returnsync.engine.deliver.delivery import Delivery
from returnsync.engine.lifecycle import Event, follow, is_possible
from returnsync.engine.plan import is_to_be_read_first
from returnsync.errors import AccountError, CallError, HoldError, WaitError
from returnsync.model import Cause, Code, Forecast, Progress
from returnsync.redact import knowing
from returnsync.state import ledger
from returnsync.state.database import Database

_OF_ITS_FORECAST = frozenset({Cause.FORECAST_DIFFERS, Cause.FORECAST_DOUBLED})


def adopt_standing(ctx: Context, db: Database, code: Code) -> bool:
    """Adopt the forecast of a code if it is at the warehouse as it would be sent now; returns whether it was adopted.

    Where it has other content, or exists twice, the announcement is held for that, as a run would hold it. Anything
    else that prevents adopting is reported, and the announcement stays as it is. So does one whose create is in flight.
    """
    delivery = load(ctx, db, code)
    if delivery is None or delivery.announcement.progress not in TO_DO:
        return False
    announcement = delivery.announcement
    with db.reading() as q:
        if ledger.has_create_in_flight(q, code):
            return False
        is_to_be_read = is_to_be_read_first(q, announcement)
    if announcement.progress is Progress.WAITING:
        delivery.announcement = follow(announcement, Event.RESUMED)
    if announcement.announced_at is not None or not is_possible(delivery.announcement, Event.ANNOUNCED):
        return False
    with (
        about(source=delivery.source.name, ret=delivery.ret.id, code=code),
        knowing(delivery.ret),
        working_on(ctx.accounts.breaker(announcement.warehouse), announcement.order_number) as work,
    ):
        if is_to_be_read:
            _tell(delivery, "Its return has to be read at its platform first.")
            return False
        work.got_on = _adopt(delivery)
        return work.got_on


def _adopt(delivery: Delivery) -> bool:
    code = delivery.announcement.code
    try:
        with on_order.on_its_order(delivery) as number:
            shown = on_order.with_forecasts(delivery, on_order.order_of(delivery, number))
            wanted = on_order.wanted(delivery, shown)
            ours = [forecast for forecast in shown.existing if forecast.code == code]
            if len(ours) > 1:
                raise decision.doubled(code, len(ours))
            found = ours[0] if ours else _by_its_code(delivery)
            announcing.take_over(delivery, decision.adopt(wanted, found))
    except (HoldError, WaitError, CallError) as error:
        if isinstance(error, HoldError) and error.cause in _OF_ITS_FORECAST:
            delivery.hold(error)
            return False
        _tell(delivery, error.what)
        return False
    except AccountError as error:
        account_errors.act_on(delivery, error)
        return False
    return True


def _tell(delivery: Delivery, why: str) -> None:
    code = delivery.announcement.code
    told = CallError(f"{code} was not adopted. {why}")
    told.next_step = f"The next run goes on with it. See: returnsync show {code}"
    delivery.ctx.tally.trouble(told)


def _by_its_code(delivery: Delivery) -> Forecast:
    """The forecast under its code, on any order. Raises `CallError` where there is none any more."""
    found = delivery.warehouse.forecast(delivery.announcement.code)
    if found is None:
        raise CallError("There is no longer a forecast under its code there.")
    return found
