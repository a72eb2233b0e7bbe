"""A label mailed to its consumer once, and once more if it is not known whether the first mail was accepted.

The repetition has the same Message-ID. A second copy of a label does no harm, but a missing label does.
"""

import logging
from datetime import datetime, timedelta
from email.message import EmailMessage

from returnsync import clock
from returnsync.engine.deliver import Delivery
from returnsync.engine.hand_over import attempts
from returnsync.engine.hand_over.eligible import TheLabel
from returnsync.engine.hand_over.making import make_mail
from returnsync.errors import (
    AccountError,
    AccountRefused,
    ConfigError,
    HoldError,
    NotSent,
    Refused,
    Unclear,
    WaitError,
)
from returnsync.mail import NAME
from returnsync.mail.account import UnmailableError
from returnsync.model import Cause
from returnsync.state.hand_overs import Attempt, Ended, Method

steps = logging.getLogger("returnsync.steps")

_PAUSE_IN_DOUBT = timedelta(minutes=15)
_MOST_DOUBTS = 2


def mail_label(delivery: Delivery, label: TheLabel) -> None:
    """Mail it; returns once the server has accepted it. A dry run notes that it would be mailed.

    Raises:
        WaitError: not now: the account or the server does not accept it, a first mail is in doubt, or it goes only to
            the test address.
        HoldError: a person has to look: the address is refused, it cannot be mailed, or it stays in doubt.
        Stopped: we were asked to stop.
    """
    settings = delivery.ctx.mail.settings
    method = Method.TEST if settings.test_to else Method.EMAIL
    if method is Method.TEST and any(one.outcome is not Ended.NOT_DONE for one in label.of(Method.TEST)):
        raise _only_tested()
    _check_doubts(label)
    if delivery.ctx.mail.trouble is not None:
        raise attempts.out_of_use(delivery, delivery.ctx.mail.trouble)
    try:
        message = make_mail(delivery, label, to=settings.test_to)
    except ConfigError as error:
        raise attempts.out_of_use(delivery, AccountRefused(NAME, error.what, error.next_step)) from error
    if delivery.ctx.dry_run:
        delivery.note_in_dry_run("hand-over", method=method.value)
        return
    _send(delivery, label, method, message)
    if method is Method.TEST:
        raise _only_tested()


def _check_doubts(label: TheLabel) -> None:
    """Return if the mail may be sent: for the first time, or as the one repetition, when it is time for that.

    Raises:
        WaitError: it is too early for the repetition.
        HoldError: the repetition is in doubt as well.
    """
    doubts = attempts.in_doubt(label, Method.EMAIL)
    if len(doubts) >= _MOST_DOUBTS:
        raise _stays_in_doubt()
    # An intent in the future was written by a clock that was ahead: it must not make the label wait for ever.
    if doubts and doubts[-1].intent_at <= clock.now() < doubts[-1].intent_at + _PAUSE_IN_DOUBT:
        raise _once_more(doubts[-1].intent_at + _PAUSE_IN_DOUBT)


def _send(delivery: Delivery, label: TheLabel, method: Method, message: EmailMessage) -> None:
    """Send one mail, with its intent and its outcome. Raises as `mail_label`."""
    claimed: list[Attempt] = []
    steps.debug("%s: about to be sent", method)
    try:
        delivery.ctx.mail.send(message, lambda: claimed.append(attempts.claim(delivery, label, method, _MOST_DOUBTS)))
    except (AccountError, Refused, NotSent) as error:
        for attempt in claimed:
            attempts.end(delivery, attempt, Ended.NOT_DONE)
        raise _why_not(delivery, method, error) from error
    except UnmailableError as error:
        raise attempts.unusable(str(error), "Look at the address in the platform's portal") from error
    except Unclear as error:
        attempts.end(delivery, claimed[0], Ended.DOUBT)
        if method is Method.TEST:
            return  # the person who tests it sees whether it came
        if attempts.in_doubt(label, method):
            raise _stays_in_doubt() from error
        raise _once_more(clock.now() + _PAUSE_IN_DOUBT) from error
    steps.debug("%s: taken", method)
    attempts.end(delivery, claimed[0], Ended.DONE)


def _why_not(delivery: Delivery, method: Method, error: AccountError | Refused | NotSent) -> WaitError | HoldError:
    """The error to raise where surely nothing was sent."""
    match error:
        case AccountError():
            return attempts.out_of_use(delivery, error)
        case Refused() if method is Method.TEST:
            # It concerns no consumer.
            refused = AccountRefused(
                NAME,
                f"{NAME}: the server refused a mail to `test_to` ({error.status}).",
                "Correct `test_to` in [mail].",
                foreign=error.foreign,
            )
            delivery.ctx.mail.trouble = refused  # it would be refused for the other labels, too
            return attempts.out_of_use(delivery, refused)
        case Refused():
            return HoldError(
                Cause.ADDRESS_REFUSED,
                f"The mail server refused the mail with its label ({error.status}).",
                "Look at what the server said, and correct the address at the platform. Then read it again and send "
                "the label: returnsync replay <CODE>. If you send it yourself: returnsync held release <CODE>.",
                foreign=error.foreign,
            )
        case NotSent():
            return WaitError(Cause.HAND_OVER_FAILED, error.what, foreign=error.foreign, give_up=False)


def _once_more(at: datetime) -> WaitError:
    what = "Whether the mail server took the mail is not known. It is sent once more, under the same Message-ID."
    return WaitError(Cause.HAND_OVER_FAILED, what, give_up=False, due=at)


def _only_tested() -> WaitError:
    return WaitError(
        Cause.MAIL_TESTED,
        "Its label was mailed only to `test_to` of [mail]. The consumer gets it once `test_to` is removed.",
        give_up=False,
        due=clock.now(),
    )


def _stays_in_doubt() -> HoldError:
    return HoldError(
        Cause.HAND_OVER_IN_DOUBT,
        "Its label was mailed twice, and each time the mail server did not say whether it took the mail.",
        "Ask the operator of the mail server, or the consumer. To mail it once more: returnsync labels send <CODE>. "
        "If it came: returnsync held release <CODE>.",
    )
