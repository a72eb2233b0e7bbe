"""The label of an announcement: it is asked for once, since every call makes and bills a new one."""

from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from returnsync import clock, redact
from returnsync.engine.deliver import carrier, effects, kept, label_stops, label_word, on_order
from returnsync.engine.deliver.delivery import ClaimedLabel, Delivery, Stopped
from returnsync.engine.deliver.evidence import sign_if_it_says, unusable
from returnsync.engine.deliver.kept import save_labelled
from returnsync.engine.deliver.resolving_label import complete_by_evidence, has_open_call, hold_in_doubt
from returnsync.engine.lifecycle import Event, move
from returnsync.errors import (
    AccountError,
    AccountShut,
    BadAnswer,
    CallError,
    HoldError,
    NotAllowed,
    NotSent,
    Refused,
    Unclear,
    WaitError,
)
from returnsync.mapping.carriers import Choice
from returnsync.model import Cause, Label
from returnsync.state import ledger
from returnsync.state.database import Queries
from returnsync.state.label_calls import Stop
from returnsync.state.ledger import Effect, Kind, Outcome


def get_label(delivery: Delivery, *, new: bool = False) -> None:
    """Get the label of an announced return, or settle it when none is wanted.

    `new` means that a person explicitly asks for another label, although one was made or may have been.

    Raises:
        Stopped: it is held (refused, in doubt, unusable), or waits; in a dry run, what would be asked is noted.
        WaitError, HoldError, CallError: it is not known yet whether it may be asked for, or a person must decide; or
            label calls are stopped.
        AccountShut: the account is refused, and the label may have been made; that is saved.
        AccountError: any other: surely not made; the account cannot be used for now.
    """
    if delivery.claimed_label is not None:
        # Announced a moment ago, and the label claimed in the same transaction: nobody else can have asked for it.
        _request_label(delivery, *delivery.claimed_label)
        return
    is_wanted = label_word.is_wanted(delivery)
    if not new and (is_wanted or has_open_call(delivery)) and complete_by_evidence(delivery):
        return
    if not new and not is_wanted:
        delivery.save(move(delivery.announcement, Event.SETTLED), "settled", label="none wanted")
        return
    choice = _choose_fitting(delivery)
    if delivery.ctx.dry_run:
        delivery.note_in_dry_run("label", **_request_of(choice))
        raise Stopped
    delivery.ctx.labels.prepare(delivery.announcement.warehouse)
    _know_whose(delivery)
    effect = effects.claim(
        delivery, Kind.LABEL, _request_of(choice), again=new, unless=lambda q: label_stops.take_turn(q, delivery)
    )
    _request_label(delivery, effect, choice)


def claim_along(delivery: Delivery) -> Callable[[Queries], ClaimedLabel | None] | None:
    """What claims the label in the very transaction that saves the create; `None` where perhaps none is wanted.

    That saves one disk sync for each return, and the label cannot be forgotten between the two.
    """
    if not label_word.is_wanted_for_sure(delivery):
        return None
    choice = carrier.choose(delivery)

    def claim(q: Queries) -> ClaimedLabel | None:
        if delivery.ctx.labels.is_full(delivery.announcement.warehouse):
            return None  # a label could not be written meanwhile: it is announced, and the next run asks for its label
        if label_stops.take_turn(q, delivery) is not None:
            return None  # label calls are stopped: it is announced, and its label waits
        effect = effects.claim_within(q, delivery, Kind.LABEL, _request_of(choice))
        return None if effect is None else ClaimedLabel(effect, choice)

    return claim


def check_before_announcing(delivery: Delivery) -> dict[str, Any]:
    """The label request that will follow, checked before announcing; empty where no label is asked for.

    Raises:
        HoldError: the parcel exceeds a limit of the carrier.
        StateError: labels cannot be written.
    """
    if not label_word.is_wanted_for_sure(delivery):
        return {}
    if not delivery.ctx.dry_run:
        delivery.ctx.labels.prepare(delivery.announcement.warehouse)
    return _request_of(carrier.choose_fitting(delivery))


def _request_of(choice: Choice) -> dict[str, Any]:
    return {"carrier": choice.code, "chosen_by": choice.by.value}


def _choose_fitting(delivery: Delivery) -> Choice:
    try:
        return carrier.choose_fitting(delivery)
    except HoldError as error:
        delivery.hold(error)
        raise Stopped from error


def _request_label(delivery: Delivery, effect: Effect, choice: Choice) -> None:
    """Make the call that was claimed, and save the file before the ledger says that there is a label.

    Nothing may fail before the call: a claim without a call would count as a label that may have been made. Another
    thread may find the account refused at any moment.
    """
    try:
        label = effects.perform(delivery, effect, lambda: _ask(delivery, effect, choice))
    except (Refused, NotAllowed) as error:
        raise _none_made(delivery, choice, error) from error
    except Stopped as stopped:
        if isinstance(stopped.__cause__, NotSent):
            # None was made; but if this continues, one try at a time is enough.
            label_stops.note_unclear(delivery)
        raise
    except AccountShut as error:
        _leave_open(delivery, effect, error)
        raise
    except BadAnswer as error:
        # The call was answered, so a label was made; but what came is no label, or is incomplete.
        raise _hold_unusable(delivery, effect, error.what, error.content) from error
    except Unclear as error:
        label_stops.note_unclear(delivery)
        hold_in_doubt(delivery, effect, sign_if_it_says(delivery), error.what)
        raise Stopped from error
    _save(delivery, effect, label)


def _know_whose(delivery: Delivery) -> None:
    """Read the order before the call where the platform gives no consumer's name: a refusal may quote that name.

    Where the order cannot be read now, nothing of a refusal's text is kept.
    """
    known = redact.in_hand()
    if known is not None and known.names_nobody():
        with suppress(CallError, HoldError, WaitError, AccountError):
            delivery.warehouse.order(on_order.number_of(delivery))


def _ask(delivery: Delivery, effect: Effect, choice: Choice) -> Label:
    try:
        return delivery.warehouse.label(effect.code, choice.code)
    except (Refused, NotAllowed) as error:
        known = redact.in_hand()
        if known is None or known.names_nobody():
            error.foreign = ""
        raise


def _none_made(delivery: Delivery, choice: Choice, error: Refused | NotAllowed) -> Stopped | WaitError | HoldError:
    """What follows where surely no label was made: it waits with all the others, or only this one is held."""
    if isinstance(error, NotAllowed):
        if label_stops.note_not_allowed(delivery, error):
            return label_stops.stopped(Stop.NOT_ALLOWED)
        return carrier.explain_refusal(delivery, choice, error)
    if label_stops.note_refused(delivery, error):
        return label_stops.stopped(Stop.SAME_WORDS)
    delivery.hold(carrier.explain_refusal(delivery, choice, error))
    # A third refusal may have come while this one was being explained, and have found this one not held yet.
    label_stops.note_refused(delivery, error)
    return Stopped()


def _save(delivery: Delivery, effect: Effect, label: Label) -> None:
    """Save a label that came, unless it is the label of another return.

    Raises:
        Stopped: it is the label of another code; it is kept, and the announcement is held.
        StateError: its file cannot be written. What came is kept in the state, and no more labels are asked for.
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
    save_labelled(delivery, effect, file, label, "labelled", made_now=True)


def _hold_unusable(delivery: Delivery, effect: Effect, what: str, content: bytes) -> Stopped:
    """Hold it, since what came is no label of its own. What came is kept before the outcome is saved."""
    label_stops.note_unclear(delivery)
    told = what + kept.keep_unusable(delivery, effect, content)
    # The status of the answer is kept, so that a retry by a person leads to the same text.
    effects.write_outcome(delivery, effect, Outcome.DOUBT, what, status=HTTPStatus.OK)
    delivery.hold(unusable(delivery, told))
    return Stopped()


def _leave_open(delivery: Delivery, effect: Effect, error: AccountShut) -> None:
    """The whole account was refused: whether a label was made can be seen only once it answers again."""
    with delivery.db.transaction() as q:
        ledger.shut(q, effect, error.status)
        label_stops.note_shut(q, delivery)
    what = (
        "The account was refused when its label was asked for; whether it was made is looked up once it answers again."
    )
    delivery.wait(WaitError(Cause.IN_FLIGHT, what, give_up=False, due=clock.now()))
