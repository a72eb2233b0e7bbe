"""One label, handed over by each method of its source, in their order.

    intent committed ──▶ handed over ──▶ outcome committed

The intent of a mail is committed just before the end of the mail is sent, so that a kill before that leaves nothing to
resolve.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from returnsync.engine.deliver import Delivery, Stopped, stop_unless_read, stop_unless_wanted
from returnsync.engine.hand_over import attempts
from returnsync.engine.hand_over.by_command import give_to_program
from returnsync.engine.hand_over.by_mail import mail_label
from returnsync.engine.hand_over.eligible import Goes, TheLabel, goes, methods_for, newest_label
from returnsync.engine.hand_over.nobody import why_of_nobody
from returnsync.engine.lifecycle import Event, follow, move
from returnsync.errors import AccountRefused, HoldError, WaitError
from returnsync.model import Cause, Progress, Step
from returnsync.state import hand_overs
from returnsync.state.hand_overs import Method

_TOLD_ONCE = frozenset({Cause.HAND_OVER_OUT, Cause.MAIL_TESTED})


def hand_over(delivery: Delivery) -> None:
    """Bring the label of one announcement to its consumer, as far as that is possible now, and save the result.

    Raises:
        StateError: the state cannot be written.
    """
    try:
        if delivery.announcement.progress is not Progress.DUE:
            delivery.announcement = follow(delivery.announcement, Event.RESUMED)
        stop_unless_read(delivery)
        stop_unless_wanted(delivery)
        if delivery.announcement.step is Step.HAND_OVER:
            _by_each_method(delivery)
    except Stopped:
        pass
    except WaitError as error:
        is_told = error.cause in _TOLD_ONCE and delivery.waits_for(error.cause)
        if delivery.ctx.dry_run or not is_told:
            delivery.wait(error)
    except HoldError as error:
        delivery.hold(error)


def _by_each_method(delivery: Delivery) -> None:
    with delivery.db.reading() as q:
        label = newest_label(q, delivery.announcement)
        is_of_nobody = bool(why_of_nobody(q, delivery.announcement))
    if label is None or is_of_nobody:
        _settle(delivery, "left_in_folder")
        return
    label = attempts.settle_in_flight(delivery, label)
    names = methods_for(delivery.ctx, delivery.source, at_a_word=label.word is not None)
    with delivery.db.reading() as q:
        since = hand_overs.methods(q, delivery.source.id)
    is_left, is_done_now, only_tested = not names, False, None
    for method in map(Method, names):
        if label.is_done(method):
            continue
        match _goes(delivery, label, method, since.get(method.value)):
            case Goes.NOT_BY_ITSELF:
                # It is an old label, or another ledger's: `labels --not-handed-over` lists it.
                is_left = True
            case Goes.TOO_LATE if method is Method.EMAIL and _is_only_tested(delivery):
                # It was never to be sent to the consumer.
                is_left = True
            case Goes.TOO_LATE:
                raise _too_late(delivery, label, method)
            case Goes.NOW:
                only_tested = _hand_over_by(method, delivery, label) or only_tested
                is_done_now = True
    if only_tested is not None:
        raise only_tested
    _settle(delivery, "handed_over" if is_done_now else "left_in_folder" if is_left else "settled")


def _goes(delivery: Delivery, label: TheLabel, method: Method, since: datetime | None) -> Goes:
    """Whether it goes now. Raises `WaitError` where that cannot be decided."""
    try:
        return goes(delivery, label, method, since)
    except AccountRefused as error:
        raise attempts.out_of_use(delivery, error) from error


def _hand_over_by(method: Method, delivery: Delivery, label: TheLabel) -> WaitError | None:
    """Hand it over; returns an error if it was only mailed as a test, for which the other methods need not wait."""
    try:
        _BY[method](delivery, label)
    except WaitError as error:
        if error.cause is not Cause.MAIL_TESTED:
            raise
        return error
    return None


_BY: Mapping[Method, Callable[[Delivery, TheLabel], None]] = {
    Method.EMAIL: mail_label,
    Method.COMMAND: give_to_program,
}


def _settle(delivery: Delivery, event: str) -> None:
    if not delivery.ctx.dry_run:
        delivery.save(move(delivery.announcement, Event.SETTLED), event)


def _is_only_tested(delivery: Delivery) -> bool:
    """Whether mails go to the test address."""
    mail = delivery.ctx.config.settings.mail
    return mail is not None and bool(mail.test_to)


def _too_late(delivery: Delivery, label: TheLabel, method: Method) -> HoldError:
    days = delivery.source.settings.hand_over_within
    in_doubt = attempts.in_doubt(label, method)
    perhaps = " Whether an attempt in that time was successful is not known." if in_doubt else ""
    return HoldError(
        Cause.NOT_HANDED_OVER,
        f"Its label of {label.saved_at:%Y-%m-%d} could not be brought to the consumer within {days} days.{perhaps}",
        "Send it now: returnsync labels send <CODE>. If the consumer has it by now: returnsync held release <CODE>.",
    )
