"""The label of an announcement: asked for once, since every call makes and bills a new one.

A label call that may have been made is never made again by itself. Evidence settles it: a whole and valid file under
its code, that no earlier label of the code left there. Without evidence a person decides, by `--new-label`.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from returnsync import clock
from returnsync.engine.deliver import carrier, effects
from returnsync.engine.deliver.delivery import Delivery, Stopped
from returnsync.engine.lifecycle import Event, move
from returnsync.errors import BadAnswer, HoldError, Refused, Unclear
from returnsync.labels import LabelFile
from returnsync.model import Cause, Label, Progress
from returnsync.state import announcements, ledger
from returnsync.state.database import Queries
from returnsync.state.ledger import Effect, Kind, Outcome

steps = logging.getLogger("returnsync.steps")

# File systems keep the time of writing less exactly than we keep that of an intent.
_FILE_CLOCK = timedelta(seconds=2)

_SURE = frozenset({Outcome.MADE, Outcome.REFUSED, Outcome.NOT_MADE})


def get_label(delivery: Delivery, *, new: bool = False) -> None:
    """Bring an announced return to its label, or to its end when none is wanted.

    `new` is a person's explicit word for another label, although one was made or may have been.

    Raises:
        Stopped: it is held (refused, in doubt, unusable), or waits; in a dry run, what would be asked is noted.
        AccountError: surely not made; the account cannot be used for now.
    """
    if delivery.claimed_label is not None:
        _request_label(delivery, delivery.claimed_label)
        return
    if not new and not _is_wanted(delivery):
        delivery.save(move(delivery.announcement, Event.COMPLETED), "settled", label="none wanted")
        return
    if not new and _has_label(delivery):
        return
    _hold_what_does_not_fit(delivery)
    if delivery.ctx.dry_run:
        delivery.note_in_dry_run("label", **_asked_for(delivery))
        raise Stopped
    delivery.ctx.labels.prepare(delivery.announcement.warehouse)
    _request_label(delivery, effects.claim(delivery, Kind.LABEL, _asked_for(delivery), again=new))


def claim_along(delivery: Delivery) -> Callable[[Queries], None] | None:
    """What claims the label in the very transaction that saves the create; `None` where no label is wanted.

    One wait for the disk less for each return, and no moment at which it is announced and its label forgotten.
    """
    if not _is_wanted(delivery):
        return None
    delivery.ctx.labels.prepare(delivery.announcement.warehouse)

    request = _asked_for(delivery)

    def claim(q: Queries) -> None:
        delivery.claimed_label = effects.claim_within(q, delivery, Kind.LABEL, request)

    return claim


def _is_wanted(delivery: Delivery) -> bool:
    # Of an anonymised return nobody knows any more whom to send a label to.
    return delivery.settings.request_labels and delivery.own_label is None and not delivery.ret.anonymised


def _asked_for(delivery: Delivery) -> dict[str, Any]:
    choice = carrier.choose(delivery)
    return {"carrier": choice.code, "chosen_by": choice.by.value}


def check_before_announcing(delivery: Delivery) -> dict[str, Any]:
    """What is going to be asked for its label, empty where none is wanted: nothing is announced that cannot get one.

    Raises:
        HoldError: the parcel exceeds a limit of the carrier.
    """
    if not _is_wanted(delivery):
        return {}
    carrier.choose_fitting(delivery)
    return _asked_for(delivery)


def _hold_what_does_not_fit(delivery: Delivery) -> None:
    try:
        carrier.choose_fitting(delivery)
    except HoldError as error:
        delivery.hold(error)
        raise Stopped from error


def _has_label(delivery: Delivery) -> bool:
    """Whether there is a label, which is saved; false when surely none was made.

    Raises:
        Stopped: there may be one, and nothing proves it; it is held.
    """
    now = delivery.announcement
    with delivery.db.reading() as q:
        effect = ledger.newest(q, now.warehouse, now.code, Kind.LABEL)
        created = ledger.newest(q, now.warehouse, now.code, Kind.CREATE)
    if now.labelled_at is not None and effect is not None and effect.outcome in _SURE:
        # It has a label, and another one that a person asked for was not made, or is this one.
        delivery.save(move(now, Event.COMPLETED), "settled")
        return True
    if effect is None or effect.outcome in (Outcome.REFUSED, Outcome.NOT_MADE):
        ledger_is_new = created is None or created.outcome is Outcome.ADOPTED
        if not (ledger_is_new and effect is None) and not _may_have_label(delivery):
            return False
        effect = _suspect(delivery)
    _resolve_by_file(delivery, effect, _new_file(delivery))
    if delivery.announcement.progress is Progress.HELD:
        raise Stopped
    return True


def resolve_label(delivery: Delivery, effect: Effect) -> None:
    """Resolve a label call that an earlier run left in flight: by its file, else it is in doubt and held."""
    delivery.announcement = move(delivery.announcement, Event.LABEL_UNRESOLVED)
    # A file from before the call is no proof of it: a person may have put another one there.
    _resolve_by_file(delivery, effect, _new_file(delivery, effect.intent_at - _FILE_CLOCK))


def _resolve_by_file(delivery: Delivery, effect: Effect, file: LabelFile | None) -> None:
    """A label that may have been made: a file proves it, and without one a person decides."""
    effects.log_resolved(delivery, effect, Outcome.DOUBT if file is None else Outcome.MADE)
    if file is None:
        delivery.hold(_in_doubt(delivery), (effect, Outcome.DOUBT, ""))
    else:
        _labelled(delivery, effect, file, Label(b"", ""), "labels_found")


def _may_have_label(delivery: Delivery) -> bool:
    """Whether a label was made that this state does not know of, as after a restored backup.

    Its file may lie here; and Monta fills in the tracking code of a forecast whose label was made.
    """
    now, labels = delivery.announcement, delivery.ctx.labels
    if delivery.announced_now:
        return False
    if _new_file(delivery) is not None or labels.has_link(now.warehouse, now.code):
        return True
    found = delivery.warehouse.forecast(now.code)
    return found is not None and bool(found.tracking_code) and delivery.own_label is None


def _suspect(delivery: Delivery) -> Effect:
    """Enter a label that this ledger knows nothing of, but that may have been made by the one that was lost."""
    now = delivery.announcement
    with delivery.db.transaction() as q:
        return ledger.adopt(q, now.warehouse, now.code, Kind.LABEL, Outcome.DOUBT, "the ledger that knew is lost")


def _new_file(delivery: Delivery, since: datetime | None = None) -> LabelFile | None:
    """A valid label file under the code that is not that of an earlier label, nor older than `since`."""
    now = delivery.announcement
    with delivery.db.reading() as q:
        earlier = ledger.label_hashes(q, now.warehouse, now.code)
    for file in delivery.ctx.labels.find(now.warehouse, now.code):
        if file.sha256 not in earlier and (since is None or file.written >= since):
            return file
    return None


def _request_label(delivery: Delivery, effect: Effect) -> None:
    choice = carrier.choose(delivery)

    def call() -> Label:
        return delivery.warehouse.label(delivery.announcement.code, choice.code)

    def refused(error: Refused) -> HoldError:
        # The outcome is saved before anything else is read: whatever dies meanwhile, no label is in doubt.
        effects.write_outcome(delivery, effect, Outcome.REFUSED, error.foreign)
        return carrier.hold_for(delivery, choice, error)

    try:
        label = effects.perform(delivery, effect, call, refused)
        file = delivery.ctx.labels.save(delivery.announcement.warehouse, delivery.announcement.code, label)
    except BadAnswer as error:
        delivery.hold(_unusable(error.what), (effect, Outcome.DOUBT, error.what))
        raise Stopped from error
    except Unclear as error:
        delivery.hold(_in_doubt(delivery), (effect, Outcome.DOUBT, error.what))
        raise Stopped from error
    except OSError as error:
        what = f"The label was made, but its file could not be written ({error.strerror})."
        delivery.hold(_unusable(what), (effect, Outcome.DOUBT, what))
        raise Stopped from error
    _labelled(delivery, effect, file, label, "labelled")


def _labelled(delivery: Delivery, effect: Effect, file: LabelFile, label: Label, event: str) -> None:
    """The file is on disk; the ledger follows, in one transaction with the announcement."""
    steps.debug("label: outcome about to be written")
    now = delivery.announcement = replace(move(delivery.announcement, Event.COMPLETED), labelled_at=clock.now())
    with delivery.db.transaction() as q:
        if file.earlier_moved_to:
            ledger.move_label(
                q, delivery.announcement.warehouse, delivery.announcement.code, file.file, file.earlier_moved_to
            )
        ledger.save_label(q, effect, file=file.file, sha256=file.sha256, tracking_link=label.tracking_link)
        ledger.write_outcome(q, effect, Outcome.MADE)
        if effect.outcome is Outcome.DOUBT:
            ledger.settle_doubt(q, effect, Outcome.MADE)
        announcements.save(q, now)
        detail = {"file": file.file, "tracking": label.tracking_link}
        delivery.ctx.story.tell(q, now.source, now.return_id, event, now.code, **detail)
    steps.debug("label: outcome written")
    delivery.ctx.tally.count(event)


def _in_doubt(delivery: Delivery) -> HoldError:
    return HoldError(
        Cause.LABEL_IN_DOUBT,
        "It is not certain whether its label was made; asking again could buy a second one.",
        f"Look for a label of forecast <CODE> in the portal. If there is one, save it as "
        f"{delivery.ctx.labels.path / delivery.announcement.warehouse}/<CODE>.pdf, then: returnsync held retry <CODE>. "
        "If there is none: returnsync replay <CODE> --new-label.",
    )


def _unusable(what: str) -> HoldError:
    return HoldError(
        Cause.LABEL_UNUSABLE,
        what,
        "The label was probably made and billed: look for it in the portal. To make another one: "
        "returnsync replay <CODE> --new-label.",
    )
