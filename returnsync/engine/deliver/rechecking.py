"""A create that was sent a second time is looked at again a day later: the first one may have come through late.

Nothing at the warehouse prevents a second forecast under one code (docs/warehouses/monta.md, section 7, question 1).
And two looks in vain prove nothing about a call that was on its way for longer than that.
"""

import logging
from datetime import datetime, timedelta

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.deliver.account_errors import is_about_its_order
from returnsync.engine.deliver.decision import doubled
from returnsync.engine.deliver.delivery import Delivery
from returnsync.engine.lifecycle import Event, is_possible
from returnsync.errors import AccountError, AccountRefused, CallError, HoldError
from returnsync.model import Cause, Progress
from returnsync.state import ledger
from returnsync.state.ledger import Effect
from returnsync.state.sent import requested

logger = logging.getLogger("returnsync.recover")

_AGAIN_AFTER = timedelta(hours=1)
# An order that was not shown for this long is not asked for any more.
_GIVE_UP_AFTER = timedelta(days=7)


def recheck(ctx: Context, delivery: Delivery, effect: Effect) -> None:
    """Hold it where its order has two forecasts under its code; where the order is gone, there is nothing to hold."""
    if delivery.announcement.progress is Progress.HELD or ctx.accounts.is_broken(effect.warehouse):
        return  # again after the person has dealt with the hold, or once the account can be used
    sent, _ = requested(effect)
    try:
        with ctx.accounts.trying_once(effect.warehouse):
            existing = delivery.warehouse.forecasts(sent.order_number, order_seen=False)
    except (CallError, HoldError):
        # The warehouse did not say. (If the order were gone, it would say that: no forecasts.)
        too_late = clock.now() - effect.intent_at >= _GIVE_UP_AFTER
        _check_again(delivery, effect, None if too_late else clock.now() + _AGAIN_AFTER)
    except AccountError as error:
        if isinstance(error, AccountRefused) and is_about_its_order(delivery, error):
            _check_again(delivery, effect, clock.now() + _AGAIN_AFTER)
            return
        ctx.accounts.give_up_on(effect.warehouse, error)
    else:
        number = sum(forecast.code == effect.code for forecast in existing)
        # What is held for that is counted again once a person says that the surplus is gone.
        if number > 0 and delivery.announcement.progress is Progress.WITHDRAWN:
            delivery.hold(_stands_again(effect), event=Event.DOUBLED)
            return
        if number > 1 and is_possible(delivery.announcement, Event.DOUBLED):
            delivery.hold(doubled(effect.code, number), event=Event.DOUBLED)
            return
        if number > 1:
            # Released: a person deals with it, and finds this in its history.
            logger.warning("%s exists %d times at the warehouse: remove all but one in its portal", effect.code, number)
        _check_again(delivery, effect, None, found=number)


def _stands_again(effect: Effect) -> HoldError:
    return HoldError(
        Cause.CANCELLED_AFTER,
        f"Forecast {effect.code} is at the warehouse again, although the return was withdrawn: an earlier call took "
        "effect late.",
        "Remove it in the warehouse's portal, then: returnsync held retry <CODE>.",
    )


def _check_again(delivery: Delivery, effect: Effect, at: datetime | None, found: int | None = None) -> None:
    with delivery.db.transaction() as q:
        ledger.recheck_later(q, effect, at)
        if found is not None:
            delivery.add_to_history(q, "looked at once more", forecasts=found)
