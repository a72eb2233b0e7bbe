"""The attempts to hand over one label: claiming and ending them, and settling those that an earlier run left."""

import logging
from dataclasses import replace

from returnsync import clock
from returnsync.engine.deliver import Delivery, Stopped
from returnsync.engine.hand_over.eligible import TheLabel
from returnsync.errors import AccountError, AccountRefused, HoldError, WaitError
from returnsync.model import Cause
from returnsync.state import hand_overs
from returnsync.state.hand_overs import Attempt, Ended, Method

steps = logging.getLogger("returnsync.steps")

# The entry in the history of a return for each.
_EVENTS = {
    (Method.EMAIL, Ended.DONE): "mailed",
    (Method.EMAIL, Ended.NOT_DONE): "mail not sent",
    (Method.EMAIL, Ended.DOUBT): "mail in doubt",
    (Method.TEST, Ended.DONE): "test mailed",
    (Method.TEST, Ended.NOT_DONE): "test mail not sent",
    (Method.TEST, Ended.DOUBT): "test mail in doubt",
    (Method.COMMAND, Ended.DONE): "given to the program",
    (Method.COMMAND, Ended.NOT_DONE): "not taken by the program",
    (Method.COMMAND, Ended.DOUBT): "program in doubt",
}


def claim(delivery: Delivery, label: TheLabel, method: Method, most_doubts: int) -> Attempt:
    """Write the intent, in the state and beside the labels; without it nothing is handed over.

    Raises:
        Stopped: we were asked to stop.
        WaitError: another attempt prevents it, or the note beside the labels cannot be written.
    """
    if delivery.ctx.stop.is_set():
        raise Stopped
    steps.debug("%s: intent about to be written", method)
    with delivery.db.transaction() as q:
        attempt = hand_overs.claim(q, label.key, method, word=label.word, most_doubts=most_doubts)
    steps.debug("%s: intent written", method)
    if attempt is None:
        what = "Another attempt to hand its label over is not finished."
        raise WaitError(Cause.HAND_OVER_FAILED, what, give_up=False)
    try:
        delivery.ctx.labels.witness.note(label.key.warehouse, label.sha256, method, attempt.number)
    except OSError as error:
        end(delivery, attempt, Ended.NOT_DONE)
        place = delivery.ctx.labels.path / label.key.warehouse
        refused = AccountRefused(
            label.key.warehouse,
            f"It cannot be recorded in {place} which labels are handed over ({error.strerror}), so none is handed "
            "over.",
            "Make the folder writable, and make room on its disk. The next run goes on.",
        )
        raise out_of_use(delivery, refused) from error
    steps.debug("%s: noted beside the labels", method)
    return attempt


def end(delivery: Delivery, attempt: Attempt, outcome: Ended) -> None:
    """Write how an attempt ended, with an entry in the history of the return."""
    with delivery.db.transaction() as q:
        hand_overs.end(q, attempt, outcome)
        delivery.add_to_history(q, _EVENTS[attempt.method, outcome], generation=attempt.label.generation)
    steps.debug("%s: outcome written", attempt.method)


def settle_in_flight(delivery: Delivery, label: TheLabel) -> TheLabel:
    """End as in doubt what an earlier command left in flight, even if a person asked for the hand-over since.

    This command holds the lock, so the process that wrote such a row has ended. A dry run writes nothing.
    """
    for one in label.every:
        if one.outcome is None and not delivery.ctx.dry_run:
            end(delivery, one, Ended.DOUBT)
    return replace(label, every=tuple(replace(one, outcome=one.outcome or Ended.DOUBT) for one in label.every))


def in_doubt(label: TheLabel, method: Method) -> list[Attempt]:
    """The attempts by one method that may have been successful."""
    return [one for one in label.of(method) if one.outcome is Ended.DOUBT]


def out_of_use(delivery: Delivery, error: AccountError) -> WaitError:
    """The account or the program cannot be used: report that once, and let every label wait."""
    delivery.ctx.tally.trouble(error)
    what = "Labels cannot be handed over to consumers now."
    return WaitError(Cause.HAND_OVER_OUT, what, give_up=False, due=clock.now())


def unusable(what: str, next_step: str) -> HoldError:
    """The hold for a label that cannot be handed over as it is; `next_step` has no full stop, and comes first."""
    return HoldError(
        Cause.HAND_OVER_UNUSABLE,
        what,
        f"{next_step}, then: returnsync held retry <CODE>. If you send the label yourself: returnsync held release "
        "<CODE>.",
    )
