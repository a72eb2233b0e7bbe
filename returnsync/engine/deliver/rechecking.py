"""A create that was sent a second time is looked at once more, a day later: the first one may have come through late.

Nothing at the warehouse stops a second forecast under one code (docs/warehouses/monta.md, question 1), and two looks in
vain are no proof for a call that was on its way for longer than that.
"""

import logging
from datetime import datetime, timedelta

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.deliver.decision import doubled
from returnsync.engine.deliver.delivery import Delivery
from returnsync.engine.deliver.effects import requested
from returnsync.engine.lifecycle import Event, is_possible
from returnsync.errors import AccountError, CallError, HoldError
from returnsync.model import Progress
from returnsync.state import ledger
from returnsync.state.ledger import Effect

logger = logging.getLogger("returnsync.recover")

_AGAIN_AFTER = timedelta(hours=1)
# An order that is not shown for so long is not asked for any more.
_GIVE_UP_AFTER = timedelta(days=7)


def recheck(ctx: Context, delivery: Delivery, effect: Effect) -> None:
    """Hold it where its order has two forecasts of its code; where the order is gone, there is nothing to hold."""
    if delivery.announcement.progress is Progress.HELD or ctx.accounts.is_broken(effect.warehouse):
        return  # once a person has seen to what it is held for, or once the account can be used
    sent, _ = requested(effect)
    try:
        with ctx.accounts.trying_once(effect.warehouse):
            existing = delivery.warehouse.forecasts(sent.order_number, order_seen=False)
    except HoldError as error:
        logger.info("its order is not shown any more (%s), so it cannot have a second forecast there", error.what)
        _check_again(delivery, effect, None)
    except CallError:
        too_late = clock.now() - effect.intent_at >= _GIVE_UP_AFTER
        _check_again(delivery, effect, None if too_late else clock.now() + _AGAIN_AFTER)
    except AccountError as error:
        ctx.accounts.give_up_on(effect.warehouse, error)
    else:
        number = sum(forecast.code == effect.code for forecast in existing)
        if number > 1 and is_possible(delivery.announcement, Event.DOUBLED):
            # It is counted again once a person says that all but one are gone.
            delivery.hold(doubled(effect.code, number), event=Event.DOUBLED)
        else:
            _check_again(delivery, effect, None)


def _check_again(delivery: Delivery, effect: Effect, at: datetime | None) -> None:
    with delivery.db.transaction() as q:
        ledger.recheck_later(q, effect, at)
