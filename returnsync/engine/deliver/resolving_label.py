"""Resolving a label: whether one was made, by its file and by what the warehouse shows.

    what is known of its latest label call      means
    none, refused, or surely not made           asked for, unless a file or the warehouse shows that one may exist
    none, and this ledger did not announce it   in doubt: whoever announced it may have had the label made as well
    in doubt, or left in flight by a kill       its file settles it; without one it is held for a person
    answered by refusing the whole account      its file settles it; what the warehouse shows holds it; two looks
                                                that find nothing, far enough apart: it was not made

A label call that may have been made is never repeated without a person.
"""

import logging
from datetime import timedelta
from http import HTTPStatus

from returnsync.engine.deliver import kept, label_stops, label_word
from returnsync.engine.deliver.delivery import Delivery, Stopped
from returnsync.engine.deliver.effects import log_resolved, write_outcome
from returnsync.engine.deliver.evidence import Sign, in_doubt, new_file, sign_if_it_says, sign_of_a_label, unusable
from returnsync.engine.deliver.kept import save_labelled
from returnsync.engine.deliver.looks import looking
from returnsync.engine.deliver.resolving import certain_or_wait, no_answer
from returnsync.engine.lifecycle import Event, follow, move
from returnsync.errors import CallError, HoldError
from returnsync.labels import LabelFile
from returnsync.model import Cause, Label, Progress, Step
from returnsync.state import ledger
from returnsync.state.ledger import Effect, Kind, Outcome

steps = logging.getLogger("returnsync.steps")

# File systems store the time of writing less precisely than we store that of an intent.
_FILE_CLOCK = timedelta(seconds=2)

_SURE = frozenset({Outcome.MADE, Outcome.REFUSED, Outcome.NOT_MADE})


def complete_by_evidence(delivery: Delivery) -> bool:
    """Complete an announcement that has its label already; false when surely none was made and one may be asked for.

    Raises:
        Stopped: there may be one, and nothing proves it; it is held.
        WaitError: it is too early to say, or label calls are stopped, or its return is to be read again first.
        HoldError: the warehouse did not say; or only a person can decide whether one is wanted.
        CallError, AccountError: the warehouse did not say.
    """
    announcement = delivery.announcement
    with delivery.db.reading() as q:
        effect = ledger.newest(q, announcement.warehouse, announcement.code, Kind.LABEL)
        created = ledger.standing_create(q, announcement.warehouse, announcement.code)
    if announcement.labelled_at is not None and effect is not None and effect.outcome in _SURE:
        # It has a label; a further one that a person asked for was not made, or is this one.
        after = move(announcement, kept.after_label(delivery))
        delivery.save(after, "settled" if after.progress is Progress.SETTLED else "planned")
        return True
    if effect is not None and effect.outcome is None and effect.shut_at is not None:
        # The account was refused when it was asked for.
        if settle_shut(delivery, effect):
            return True
        label_word.check(delivery)
        return False
    if effect is not None and effect.outcome not in (Outcome.REFUSED, Outcome.NOT_MADE):
        # It may have been made.
        return _settle_by_file(delivery, effect)
    if _is_unknown(effect, created):
        # Somebody else announced it, or this state is older than the warehouse.
        return _settle_by_file(delivery, _suspect(delivery))
    return _settle_unless_none_shows(delivery)


def has_open_call(delivery: Delivery) -> bool:
    """Whether a label call of it has no outcome yet: that is resolved even where no label is wanted any more."""
    with delivery.db.reading() as q:
        effect = ledger.newest(q, delivery.announcement.warehouse, delivery.announcement.code, Kind.LABEL)
    return effect is not None and effect.outcome is None


def _is_unknown(effect: Effect | None, created: Effect | None) -> bool:
    """Whether this ledger may lack a label: it did not make the forecast, and asked for no label since."""
    if created is None or created.outcome is Outcome.ADOPTED:
        return effect is None or (created is not None and effect.intent_at < created.intent_at)
    return False


def _settle_unless_none_shows(delivery: Delivery) -> bool:
    """This ledger has no label, but a restored state may lack one. False where nothing shows a label either.

    Raises:
        Stopped, WaitError, HoldError, CallError, AccountError: as `complete_by_evidence`.
    """
    if delivery.announced_now:
        label_word.check(delivery)
        label_stops.check(delivery)
        return False
    announcement = delivery.announcement
    if new_file(delivery) is not None or delivery.ctx.labels.has_link(announcement.warehouse, announcement.code):
        return _settle_by_file(delivery, _suspect(delivery))
    label_word.check(delivery)
    label_stops.check(delivery)
    found = sign_of_a_label(delivery)
    if found is None:
        return False
    hold_in_doubt(delivery, _suspect(delivery), found)
    raise Stopped


def _suspect(delivery: Delivery) -> Effect:
    """Enter a label in doubt that this ledger does not have, but that the lost ledger may have asked for."""
    announcement = delivery.announcement
    with delivery.db.transaction() as q:
        return ledger.adopt(
            q, announcement.warehouse, announcement.code, Kind.LABEL, Outcome.DOUBT, "the ledger that knew is lost"
        )


def _settle_by_file(delivery: Delivery, effect: Effect) -> bool:
    """True where its file proves that the label was made.

    Raises:
        Stopped: there is no file; it is held.
    """
    file = new_file(delivery)
    if file is not None:
        _save_found(delivery, effect, file)
        return True
    if effect.status == HTTPStatus.OK:
        # It was made, and what came cannot be used.
        delivery.hold(unusable(delivery, effect.answer))
    else:
        hold_in_doubt(delivery, effect, sign_if_it_says(delivery))
    raise Stopped


def look_for_label(delivery: Delivery) -> bool:
    """Look once more for a label that is in doubt: true where its file is there and settles it.

    False means that neither a file nor the warehouse shows a label.

    Raises:
        Stopped: the warehouse shows what may be this label, and it is held with that.
        CallError, HoldError, WaitError, AccountError: the warehouse did not say; it stays as it is.
    """
    announcement = delivery.announcement
    with delivery.db.reading() as q:
        effect = ledger.newest(q, announcement.warehouse, announcement.code, Kind.LABEL)
    if effect is None or effect.outcome is not Outcome.DOUBT:
        return True  # it went on meanwhile
    if new_file(delivery) is None:
        found = sign_of_a_label(delivery)
        if found is None:
            return False
        hold_in_doubt(delivery, effect, found)
        raise Stopped
    delivery.announcement = follow(announcement, Event.RETRIED)
    return _settle_by_file(delivery, effect)


def resolve_label(delivery: Delivery, effect: Effect) -> None:
    """Resolve a label call that an earlier run left in flight: by its file, or else it is in doubt and held.

    Raises:
        StateError: the label is kept in the state, and its file still cannot be written.
    """
    delivery.announcement = move(delivery.announcement, Event.LABEL_UNRESOLVED)
    written = kept.write_kept(delivery, effect)
    if written is not None:
        log_resolved(delivery, effect, Outcome.MADE)
        save_labelled(delivery, effect, *written, "labels_found")
        return
    # A file from before the call does not prove it: a person may have put another one there.
    file = new_file(delivery, effect.intent_at - _FILE_CLOCK)
    if file is None:
        hold_in_doubt(delivery, effect, sign_if_it_says(delivery))
    else:
        _save_found(delivery, effect, file)


def settle_shut(delivery: Delivery, effect: Effect) -> bool:
    """Settle a label call at which the whole account was refused: true where its file shows that it was made.

    False means that it surely was not made: two looks in vain, far enough apart.

    Raises:
        Stopped: it is held: the warehouse shows what may be this label, or did not say for a day in which it answered
            other questions.
        WaitError: it is too early to say, or the warehouse did not say.
        AccountError: the account is still refused; nothing is saved.
    """
    file = new_file(delivery, effect.intent_at - _FILE_CLOCK)
    if file is not None:
        _save_found(delivery, effect, file)
        return True
    try:
        found = _look(delivery, effect)
    except HoldError as error:
        hold_in_doubt(delivery, effect, None, error.what)
        raise Stopped from error
    if found is not None:
        hold_in_doubt(delivery, effect, found)
        raise Stopped
    write_outcome(delivery, effect, Outcome.NOT_MADE, "looked for twice in vain, after the account was refused")
    log_resolved(delivery, effect, Outcome.NOT_MADE)
    if delivery.announcement.step is Step.LABEL and label_stops.is_its_own(delivery):
        delivery.hold(_refused_again(effect))
        raise Stopped
    return False


def _refused_again(effect: Effect) -> HoldError:
    return HoldError(
        Cause.LABEL_REFUSED,
        f"Each time that its label was asked for, the account was refused (HTTP {effect.status}), while labels of "
        "others were made in between.",
        "Look at this order in the warehouse's portal, and ask its support why. Then: returnsync held retry <CODE>.",
    )


def _look(delivery: Delivery, effect: Effect) -> Sign | None:
    """What the warehouse shows of a label; `None` where it showed none twice, far enough apart.

    Raises:
        WaitError: it is too early to say, or the warehouse did not say.
        HoldError: it did not say for a day in which it answered other questions.
        AccountError: the account is still refused; nothing is saved.
    """
    try:
        with looking(delivery) as look, delivery.ctx.accounts.trying_once(effect.warehouse):
            found = sign_of_a_label(delivery)
    except (CallError, HoldError) as error:
        raise no_answer(delivery, effect, error) from error
    if found is None:
        certain_or_wait(delivery, effect, look)
    return found


def hold_in_doubt(delivery: Delivery, effect: Effect, found: Sign | None, answer: str = "") -> None:
    """Hold for a person a label that may have been made, and that nothing proves."""
    log_resolved(delivery, effect, Outcome.DOUBT)
    _hold(delivery, effect, in_doubt(delivery, found), answer)


def _hold(delivery: Delivery, effect: Effect, error: HoldError, answer: str) -> None:
    """Hold it for its label, and leave the label in doubt."""
    if delivery.announcement.step is Step.LABEL:
        delivery.hold(error, (effect, Outcome.DOUBT, answer))
    else:
        # It is held for another reason already, or compared first. Its label is not asked for before this is settled.
        write_outcome(delivery, effect, Outcome.DOUBT, answer)


def _save_found(delivery: Delivery, effect: Effect, file: LabelFile) -> None:
    """Save that the label was made, which its file proves.

    Raises:
        Stopped: the file is the label of another code; it is held.
    """
    other = kept.saved_for(delivery, file.sha256)
    if other is not None:
        what = f"The file {delivery.ctx.labels.path / file.file} is the label of forecast {other}, byte for byte."
        _hold(delivery, effect, unusable(delivery, what), what)
        raise Stopped
    log_resolved(delivery, effect, Outcome.MADE)
    save_labelled(delivery, effect, kept.in_place(delivery, file), Label(b"", ""), "labels_found")
