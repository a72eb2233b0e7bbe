"""What an account's error at one order's call means: the whole account cannot be used, or only that order is refused.

    the account                                              then
    did not answer, or is over its limits                    left alone for this run; the order waits where its own
                                                             call failed
    refused it, and refuses a read of no order, too          left alone for this run: the account's trouble
    refused it, as two other orders just before, with none   left alone for this run: the account's trouble
      served between
    refused it, and served others                            the next run tries it last; the third time it is held

No order is held for an error of the whole account: each goes on by itself once the account works again.
"""

from returnsync.engine.breakers import TRIES
from returnsync.engine.deliver.delivery import Delivery
from returnsync.engine.lifecycle import Event, is_possible
from returnsync.engine.outages import is_outage
from returnsync.errors import AccountError, AccountRefused, AccountShut, CallError, HoldError, WaitError
from returnsync.model import Cause, Progress, Step
from returnsync.state import breakers

# After this many refusals, with others served in between, only the refused order is held.
_REFUSED_AS_OTHERS_ARE_NOT = 3


def act_on(delivery: Delivery, error: AccountError) -> None:
    """Leave the account alone for the rest of this command, or only the one order."""
    ctx, warehouse = delivery.ctx, delivery.announcement.warehouse
    if error.account == delivery.source.name:
        ctx.accounts.give_up_on(delivery.source.name, error)
        return
    if isinstance(error, AccountRefused) and is_about_its_order(delivery, error):
        _leave_it(delivery, error)
        return
    is_open = delivery.announcement.progress in (Progress.DUE, Progress.WAITING)
    if is_open and is_outage(error) and is_possible(delivery.announcement, Event.WAITING):
        # Without a wait, an order whose calls use up all the time would come first in every run.
        delivery.wait(WaitError(Cause.CALL_FAILED, error.what, foreign=error.foreign))
    ctx.accounts.give_up_on(warehouse, error)


def is_about_its_order(delivery: Delivery, error: AccountRefused) -> bool:
    """Whether a refusal like that of a whole account concerns this one order, as far as can be known so far."""
    announcement, breaker = delivery.announcement, delivery.ctx.accounts.breaker(delivery.announcement.warehouse)
    if isinstance(error, AccountShut) and announcement.step is Step.LABEL:
        return False  # label calls have a breaker of their own
    if error.is_of_no_order or not _may_answer_otherwise(delivery):
        return False
    with delivery.db.reading() as q:
        is_known = breakers.was_refused_alone(q, announcement.warehouse, announcement.code, breaker.known.served)
    if is_known:
        return True  # it was refused before, and others were served since
    if breaker.refused_in_a_row(announcement.order_number, error) < TRIES:
        return True
    with delivery.db.transaction() as q:
        breakers.forget_refusals(q, announcement.warehouse, breaker.known.served)
    return False


def _may_answer_otherwise(delivery: Delivery) -> bool:
    """Whether the account accepts a read that belongs to no order, or may still accept it."""
    ctx, warehouse = delivery.ctx, delivery.announcement.warehouse
    try:
        with ctx.accounts.trying_once(warehouse):
            ctx.accounts.warehouse(warehouse).probe()
    except AccountRefused:
        return False
    except (CallError, AccountError) as error:
        # Where only that read is broken, the next orders show it.
        return is_outage(error)
    return True


def _leave_it(delivery: Delivery, error: AccountRefused) -> None:
    """Leave the order to the next run as it is, and hold it at the third refusal.

    A create or a change that was sent is looked for by the next run, as after any other call without an answer.
    """
    announcement = delivery.announcement
    refused = _note_refusal(delivery)
    if refused < _REFUSED_AS_OTHERS_ARE_NOT or not is_possible(announcement, Event.HELD):
        if refused > 1:
            delivery.ctx.accounts.breaker(announcement.warehouse).refused_alone(announcement.order_number, error)
        return
    delivery.hold_once(
        HoldError(
            # An effect that was sent and refused is not sent again by itself.
            Cause.FORECAST_REFUSED if isinstance(error, AccountShut) else Cause.LOOKUP_REFUSED,
            f"{error.what} That happens only for this order, {refused} times by now, while others were served.",
            "Look the order up in the warehouse's portal, and ask its support why it is refused. Then: "
            "returnsync held retry <CODE>.",
            foreign=error.foreign,
        )
    )


def _note_refusal(delivery: Delivery) -> int:
    """Save that an order was refused; returns how often that has happened, with others served in between."""
    announcement = delivery.announcement
    breaker = delivery.ctx.accounts.breaker(announcement.warehouse)
    with delivery.db.transaction() as q:
        return breakers.note_refusal(q, announcement.warehouse, announcement.code, breaker.known.served)


def was_served(delivery: Delivery) -> None:
    """Forget the earlier refusals of an order."""
    announcement = delivery.announcement
    if announcement.code not in delivery.ctx.accounts.breaker(announcement.warehouse).refused_before:
        return
    with delivery.db.transaction() as q:
        breakers.forget_refusals_of(q, announcement.warehouse, announcement.code)
