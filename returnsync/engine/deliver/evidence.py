"""Whether a label was made that may have been: what proves it, and what is saved of it.

A label call that may have been made is never made again by itself. A whole and valid file under its code, that no
earlier label of the code left there, proves that it was. Without one a person decides, by `--new-label`.
"""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from returnsync import clock
from returnsync.engine.deliver import effects, kept
from returnsync.engine.deliver.delivery import Delivery, Stopped
from returnsync.engine.lifecycle import Event, move
from returnsync.errors import HoldError
from returnsync.labels import LabelFile
from returnsync.model import Cause, Label, Progress
from returnsync.state import announcements, kept_labels, ledger
from returnsync.state.ledger import Effect, Kind, Outcome

steps = logging.getLogger("returnsync.steps")

# File systems keep the time of writing less exactly than we keep that of an intent.
_FILE_CLOCK = timedelta(seconds=2)

_SURE = frozenset({Outcome.MADE, Outcome.REFUSED, Outcome.NOT_MADE})


def complete_by_evidence(delivery: Delivery) -> bool:
    """Complete an announcement that has its label already; false when surely none was made.

    Raises:
        Stopped: there may be one, and nothing proves it; it is held.
    """
    announcement = delivery.announcement
    with delivery.db.reading() as q:
        effect = ledger.newest(q, announcement.warehouse, announcement.code, Kind.LABEL)
        created = ledger.newest(q, announcement.warehouse, announcement.code, Kind.CREATE)
    if announcement.labelled_at is not None and effect is not None and effect.outcome in _SURE:
        # It has a label, and another one that a person asked for was not made, or is this one.
        delivery.save(move(announcement, Event.SETTLED), "settled")
        return True
    if effect is None or effect.outcome in (Outcome.REFUSED, Outcome.NOT_MADE):
        # By this ledger none was made. One that knows of no label and did not see the create itself may be a new one.
        ledger_is_new = effect is None and (created is None or created.outcome is Outcome.ADOPTED)
        if not ledger_is_new and not _may_have_label(delivery):
            return False
        effect = _suspect(delivery)
    _resolve_by_file(delivery, effect, _new_file(delivery))
    if delivery.announcement.progress is Progress.HELD:
        raise Stopped
    return True


def resolve_label(delivery: Delivery, effect: Effect) -> None:
    """Resolve a label call that an earlier run left in flight: by its file, else it is in doubt and held.

    Raises:
        StateError: it is kept in state, and its file still cannot be written.
    """
    delivery.announcement = move(delivery.announcement, Event.LABEL_UNRESOLVED)
    written = kept.write_kept(delivery, effect)
    if written is not None:
        effects.log_resolved(delivery, effect, Outcome.MADE)
        save_labelled(delivery, effect, *written, "labels_found")
        return
    # A file from before the call is no proof of it: a person may have put another one there.
    _resolve_by_file(delivery, effect, _new_file(delivery, effect.intent_at - _FILE_CLOCK))


def _resolve_by_file(delivery: Delivery, effect: Effect, file: LabelFile | None) -> None:
    """A label that may have been made: a file proves it, and without one a person decides."""
    effects.log_resolved(delivery, effect, Outcome.DOUBT if file is None else Outcome.MADE)
    if file is None:
        delivery.hold(in_doubt(delivery), (effect, Outcome.DOUBT, ""))
    else:
        save_labelled(delivery, effect, kept.in_place(delivery, file), Label(b"", ""), "labels_found")


def _may_have_label(delivery: Delivery) -> bool:
    """Whether a label was made that this state does not know of, as after a restored backup.

    Its file may lie here; and Monta fills in the tracking code of a forecast whose label was made.
    """
    announcement, labels = delivery.announcement, delivery.ctx.labels
    if delivery.announced_now:
        return False
    if _new_file(delivery) is not None or labels.has_link(announcement.warehouse, announcement.code):
        return True
    found = delivery.warehouse.forecast(announcement.code)
    return found is not None and bool(found.tracking_code) and delivery.own_label is None


def _suspect(delivery: Delivery) -> Effect:
    """Enter a label that this ledger knows nothing of, but that may have been made by the one that was lost."""
    announcement = delivery.announcement
    with delivery.db.transaction() as q:
        return ledger.adopt(
            q, announcement.warehouse, announcement.code, Kind.LABEL, Outcome.DOUBT, "the ledger that knew is lost"
        )


def _new_file(delivery: Delivery, since: datetime | None = None) -> LabelFile | None:
    """A valid label file under the code that is not that of an earlier label, nor older than `since`."""
    announcement = delivery.announcement
    with delivery.db.reading() as q:
        earlier = ledger.label_hashes(q, announcement.warehouse, announcement.code)
    for file in delivery.ctx.labels.find(announcement.warehouse, announcement.code):
        if file.sha256 not in earlier and (since is None or file.written >= since):
            return file
    return None


def save_labelled(delivery: Delivery, effect: Effect, file: LabelFile, label: Label, event: str) -> None:
    """The file is on disk; the ledger follows, in one transaction with the announcement."""
    steps.debug("label: outcome about to be written")
    announcement = delivery.announcement = replace(move(delivery.announcement, Event.SETTLED), labelled_at=clock.now())
    with delivery.db.transaction() as q:
        if file.earlier_moved_to:
            ledger.move_label(q, announcement.warehouse, announcement.code, file.file, file.earlier_moved_to)
        ledger.save_label(q, effect, file=file.file, sha256=file.sha256, tracking_link=label.tracking_link)
        ledger.write_outcome(q, effect, Outcome.MADE)
        kept_labels.forget(q, effect.warehouse, effect.code, effect.generation)
        if effect.outcome is Outcome.DOUBT:
            ledger.end_doubt(q, effect, Outcome.MADE)
        announcements.save(q, announcement)
        detail = {"file": file.file, "tracking": label.tracking_link}
        delivery.add_to_history(q, event, **detail)
    steps.debug("label: outcome written")
    delivery.ctx.tally.count(event)


def in_doubt(delivery: Delivery) -> HoldError:
    """A label that may have been made, and that nothing proves."""
    return HoldError(
        Cause.LABEL_IN_DOUBT,
        "It is not certain whether its label was made; asking again could buy a second one.",
        f"Look for a label of forecast <CODE> in the portal. If there is one, save it as "
        f"{delivery.ctx.labels.path / delivery.announcement.warehouse}/<CODE>.pdf, then: returnsync held retry <CODE>. "
        "If there is none: returnsync replay <CODE> --new-label.",
    )
