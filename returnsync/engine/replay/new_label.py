"""One more label of an announced return, because a person explicitly asks for it."""

from returnsync.engine.context import Context
from returnsync.engine.deliver import Stopped, get_label, load
from returnsync.engine.lifecycle import Event, move
from returnsync.engine.replay.kept_back import refusal
from returnsync.errors import AccountError, HoldError, NotThereError, WaitError
from returnsync.model import Announcement, Cause, Code, Progress, Step
from returnsync.redact import knowing


def make_new_label(ctx: Context, code: Code) -> None:
    """Ask for one more label, whatever happened to earlier ones; a person has explicitly asked for it.

    Raises:
        NotThereError: it is not announced, or something must be dealt with first.
        KeptBackError: `only` of its source names other orders.
    """
    delivery = load(ctx, ctx.db, code)
    if delivery is None and ctx.tally.troubles:
        return  # its account is not the one remembered, which is reported already
    if delivery is None or delivery.announcement.announced_at is None:
        raise NotThereError(f"{code} is not announced, so there is nothing to label.", f"See: returnsync show {code}")
    if not delivery.source.may_deliver(delivery.announcement.order_number):
        raise refusal(ctx, delivery.announcement)
    _refuse_what_is_not_settled(delivery.announcement)
    delivery.announcement = move(delivery.announcement, Event.LABEL_ASKED_FOR)
    delivery.at_a_persons_word = True
    try:
        with knowing(delivery.ret):
            get_label(delivery, new=True)
    except Stopped:
        if delivery.announcement.progress is Progress.WAITING:
            delivery.hold(_not_now(delivery.announcement.what))
    except HoldError as error:
        delivery.hold(error)
    except WaitError as error:
        delivery.hold(_not_now(error.what)) if error.cause is Cause.LABELS_STOPPED else delivery.wait(error)
    except AccountError as error:
        ctx.accounts.give_up_on(delivery.announcement.warehouse, error)


def _refuse_what_is_not_settled(announcement: Announcement) -> None:
    """Raise `NotThereError` where something must be dealt with before a person asks for one more label."""
    code = announcement.code
    if announcement.unread_since is not None:
        raise NotThereError(
            f"The release of {code} was taken back, and its platform could not be read since then: it may have been "
            "cancelled. No label was asked for.",
            "See why its source cannot be read: returnsync check. Once it was read, ask for the label again.",
        )
    if announcement.progress is not Progress.SETTLED and announcement.step not in (Step.LABEL, Step.HAND_OVER):
        raise NotThereError(
            f"{code} is {announcement.progress.value} ({announcement.cause or ''}): {announcement.what} No label was "
            "asked for.",
            announcement.next_step or f"Settle that first; see: returnsync show {code}",
        )


def _not_now(why: str) -> HoldError:
    """The hold for another label that cannot be asked for now: only a person asks for one, so it is not retried."""
    return HoldError(
        Cause.LABEL_REFUSED,
        f"Another label could not be asked for now. {why}",
        "Ask again: returnsync replay <CODE> --new-label. To leave it: returnsync held retry <CODE>.",
    )
