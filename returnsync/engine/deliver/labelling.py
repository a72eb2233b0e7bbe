"""The label of an announcement: asked for once, since every call makes and bills a new one."""

from collections.abc import Callable
from typing import Any

from returnsync import clock
from returnsync.engine.deliver import carrier, effects, kept, label_stops
from returnsync.engine.deliver.delivery import ClaimedLabel, Delivery, Stopped
from returnsync.engine.deliver.evidence import shown_if_it_says
from returnsync.engine.deliver.resolving_label import complete_by_evidence, hold_in_doubt
from returnsync.engine.deliver.saving_label import save_labelled
from returnsync.engine.lifecycle import Event, move
from returnsync.errors import AccountShut, BadAnswer, BadLabel, HoldError, NotAllowed, Refused, Unclear, WaitError
from returnsync.mapping.carriers import Choice
from returnsync.model import Cause, Label
from returnsync.state import label_calls, ledger
from returnsync.state.database import Queries
from returnsync.state.label_calls import Stop
from returnsync.state.ledger import Effect, Kind, Outcome


def get_label(delivery: Delivery, *, new: bool = False) -> None:
    """Bring an announced return to its label, or to its end when none is wanted.

    `new` is a person's explicit word for another label, although one was made or may have been.

    Raises:
        Stopped: it is held (refused, in doubt, unusable), or waits; in a dry run, what would be asked is noted.
        WaitError, HoldError, CallError: whether it may be asked for is not known yet, or label calls are stopped.
        AccountShut: it may have been made, which is saved; the account is refused.
        AccountError: any other: surely not made; the account cannot be used for now.
    """
    if delivery.claimed_label is not None:
        # Announced a moment ago, and the label claimed with that: nobody else can have asked for it.
        _request_label(delivery, *delivery.claimed_label)
        return
    if not new and not _is_wanted(delivery):
        delivery.save(move(delivery.announcement, Event.SETTLED), "settled", label="none wanted")
        return
    if not new and complete_by_evidence(delivery):
        return
    choice = _choose_fitting(delivery)
    if delivery.ctx.dry_run:
        delivery.note_in_dry_run("label", **_request_of(choice))
        raise Stopped
    delivery.ctx.labels.prepare(delivery.announcement.warehouse)
    with delivery.db.reading() as q:
        why = label_calls.of(q, delivery.announcement.warehouse).stop
    effect = effects.claim(
        delivery,
        Kind.LABEL,
        _request_of(choice),
        again=new,
        unless=lambda q: None if label_stops.take_turn(q, delivery) else label_stops.stopped(why),
    )
    _request_label(delivery, effect, choice)


def claim_along(delivery: Delivery) -> Callable[[Queries], ClaimedLabel | None] | None:
    """What claims the label in the very transaction that saves the create; `None` where no label is wanted.

    One wait for the disk less for each return, and no moment at which it is announced and its label forgotten.
    """
    if not _is_wanted(delivery):
        return None
    choice = carrier.choose(delivery)

    def claim(q: Queries) -> ClaimedLabel | None:
        if not label_stops.take_turn(q, delivery):
            return None  # label calls are stopped: it is announced, and its label waits
        effect = effects.claim_within(q, delivery, Kind.LABEL, _request_of(choice))
        return None if effect is None else ClaimedLabel(effect, choice)

    return claim


def check_before_announcing(delivery: Delivery) -> dict[str, Any]:
    """What is going to be asked for its label, empty where none is wanted: nothing is announced that cannot get one.

    Raises:
        HoldError: the parcel exceeds a limit of the carrier.
        StateError: labels cannot be written.
    """
    if not _is_wanted(delivery):
        return {}
    if not delivery.ctx.dry_run:
        delivery.ctx.labels.prepare(delivery.announcement.warehouse)
    return _request_of(carrier.choose_fitting(delivery))


def _is_wanted(delivery: Delivery) -> bool:
    # Of an anonymised return nobody knows any more whom to send a label to.
    return delivery.settings.request_labels and delivery.own_label is None and not delivery.ret.anonymised


def _request_of(choice: Choice) -> dict[str, Any]:
    return {"carrier": choice.code, "chosen_by": choice.by.value}


def _choose_fitting(delivery: Delivery) -> Choice:
    try:
        return carrier.choose_fitting(delivery)
    except HoldError as error:
        delivery.hold(error)
        raise Stopped from error


def _request_label(delivery: Delivery, effect: Effect, choice: Choice) -> None:
    """Make the call that was claimed, and save the file before the ledger says that it is there.

    Nothing may fail before the call: a claim without a call would be taken for a label that may have been made. Another
    thread may find the account refused at any moment.
    """

    def call() -> Label:
        return delivery.warehouse.label(delivery.announcement.code, choice.code)

    try:
        label = effects.perform(delivery, effect, call)
    except Refused as error:
        if label_stops.is_stopped_by_words(delivery, error):
            raise label_stops.stopped(Stop.SAME_WORDS) from error
        raise carrier.explain_refusal(delivery, choice, error) from error
    except NotAllowed as error:
        if label_stops.is_stopped_by(delivery, error):
            raise label_stops.stopped(Stop.NOT_ALLOWED) from error
        raise carrier.explain_refusal(delivery, choice, error) from error
    except AccountShut:
        _leave_open(delivery, effect)
        raise
    except BadLabel as error:
        # Answered, and so made, but what came is no label.
        raise _hold_unusable(delivery, effect, error.what, error.content) from error
    except BadAnswer as error:
        # Answered, and so made, but not the whole of it came.
        raise _hold_unusable(delivery, effect, error.what, b"") from error
    except Unclear as error:
        label_stops.note_unclear(delivery)
        hold_in_doubt(delivery, effect, shown_if_it_says(delivery), error.what)
        raise Stopped from error
    _save(delivery, effect, label)


def _save(delivery: Delivery, effect: Effect, label: Label) -> None:
    """Save a label that came, where it is no other return's.

    Raises:
        Stopped: it is that of another code; it is kept, and held.
        StateError: its file cannot be written. What came is kept in state, and no more labels are asked for.
    """
    other = kept.other_with(delivery, label)
    if other is not None:
        what = f"The label that came is that of forecast {other}, byte for byte."
        raise _hold_unusable(delivery, effect, what, label.content)
    try:
        file = delivery.ctx.labels.save(delivery.announcement.warehouse, delivery.announcement.code, label)
    except OSError as error:
        kept.keep_in_state(delivery, effect, label)
        raise kept.not_written(delivery, error) from error
    save_labelled(delivery, effect, file, label, "labelled")


def _hold_unusable(delivery: Delivery, effect: Effect, what: str, content: bytes) -> Stopped:
    """Hold it for what came and is no label of its own; that is kept before the outcome is saved."""
    label_stops.note_unclear(delivery)
    told = f"{what} {kept.keep_unusable(delivery, effect, content)}"
    delivery.hold(_unusable(told), (effect, Outcome.DOUBT, what))
    return Stopped()


def _leave_open(delivery: Delivery, effect: Effect) -> None:
    """The whole account was refused: whether a label was made shows only once it answers again."""
    with delivery.db.transaction() as q:
        ledger.shut(q, effect)
    what = (
        "The account was refused when its label was asked for; whether it was made is looked up once it answers again."
    )
    delivery.wait(WaitError(Cause.IN_FLIGHT, what, give_up=False, due=clock.now()))


def _unusable(what: str) -> HoldError:
    return HoldError(
        Cause.LABEL_UNUSABLE,
        what,
        "The label was probably made and billed: look for it in the portal. To make another one: "
        "returnsync replay <CODE> --new-label.",
    )
