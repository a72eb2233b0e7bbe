"""Keep what a label call brought: nothing that was paid for is thrown away.

A label is saved once its file is on disk. One whose file cannot be written is kept in the state, its call still in
flight, and the run asks for no more labels; the next run writes that file first of all. A file that is no label is kept
beside the labels, for a person to look at.
"""

import hashlib
import logging
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.deliver.delivery import Delivery
from returnsync.engine.lifecycle import Event, move, state_of
from returnsync.errors import StateError
from returnsync.labels import LabelFile
from returnsync.model import Code, Label, Progress, Step, WarehouseName
from returnsync.state import announcements, kept_labels, label_calls, ledger
from returnsync.state.database import Database, Queries
from returnsync.state.ledger import Effect, Kind, Outcome

logger = logging.getLogger("returnsync.deliver")
steps = logging.getLogger("returnsync.steps")


class WrittenLabel(NamedTuple):
    """A label that was kept in the state, and the file to which it was written."""

    file: LabelFile
    label: Label


def save_labelled(
    delivery: Delivery, effect: Effect, file: LabelFile, label: Label, event: str, *, made_now: bool = False
) -> None:
    """Save that the file is on disk: the ledger and the announcement, in one transaction.

    `event` is the entry in its history. With `made_now` the warehouse made the label just now, which ends a stop of
    label calls.
    """
    steps.debug("label: outcome about to be written")
    announcement = replace(delivery.announcement, labelled_at=clock.now())
    if state_of(announcement) == (Progress.DUE, Step.LABEL):
        announcement = move(announcement, after_label(delivery))
    delivery.announcement = announcement
    with delivery.db.transaction() as q:
        if file.earlier_moved_to:
            ledger.move_label(q, announcement.warehouse, announcement.code, file.file, file.earlier_moved_to)
        ledger.save_label(q, effect, file=file.file, sha256=file.sha256, tracking_link=label.tracking_link)
        ledger.write_outcome(q, effect, Outcome.MADE)
        kept_labels.forget(q, effect.warehouse, effect.code, effect.generation)
        if effect.outcome is Outcome.DOUBT:
            ledger.end_doubt(q, effect, Outcome.MADE)
        if made_now:
            label_calls.one_made(q, announcement.warehouse)
        announcements.save(q, announcement)
        detail = {"file": file.file, "tracking": label.tracking_link}
        delivery.add_to_history(q, event, **detail)
    steps.debug("label: outcome written")
    delivery.ctx.tally.count(event)


def after_label(delivery: Delivery) -> Event:
    """The event that follows once its label is in the folder: it is handed over, or settled."""
    return Event.TO_HAND_OVER if delivery.source.settings.methods else Event.SETTLED


def keep_in_state(delivery: Delivery, effect: Effect, label: Label) -> None:
    """Keep the bytes of a label whose file could not be written; its call stays in flight.

    Raises:
        StateError: the state cannot be written either.
    """
    steps.debug("label: about to be kept in state")
    with delivery.db.transaction() as q:
        kept_labels.keep(q, effect, label)
        delivery.add_to_history(q, "label kept", generation=effect.generation)
    steps.debug("label: kept in state")


def not_written(delivery: Delivery, error: OSError) -> StateError:
    """The error for a label file that could not be written. It ends the run, since the next one would fail, too."""
    announcement = delivery.announcement
    return StateError(
        f"The label of forecast {announcement.code} was made, but its file cannot be written to "
        f"{delivery.ctx.labels.path / announcement.warehouse} ({error.strerror or type(error).__name__}). "
        "What came is kept in the state file.",
        "Make room there and make sure that it can be written, then run again: the file is written before anything "
        "else. Until then no more labels are asked for.",
    )


def write_kept(delivery: Delivery, effect: Effect) -> WrittenLabel | None:
    """Write the label that is kept of a call to its file; `None` where none is kept. The bytes stay in the state, too.

    They are removed in the transaction that saves that the label was made. A dry run writes nothing.

    Raises:
        StateError: it still cannot be written.
    """
    with delivery.db.reading() as q:
        kept = dict(kept_labels.of(q, effect.warehouse, effect.code))
    label = kept.get(effect.generation)
    if label is None or label.extension == kept_labels.UNUSABLE:
        return None
    digest = hashlib.sha256(label.content).hexdigest()
    if delivery.ctx.dry_run:
        place = f"{effect.warehouse}/{effect.code}.{label.extension}"
        return WrittenLabel(LabelFile(place, digest, clock.now()), label)
    labels = delivery.ctx.labels
    for file in labels.find(effect.warehouse, effect.code):
        if file.sha256 == digest:  # a run that was killed wrote it
            return WrittenLabel(in_place(delivery, file), label)
    try:
        return WrittenLabel(labels.save(effect.warehouse, effect.code, label), label)
    except OSError as error:
        raise not_written(delivery, error) from error


def in_place(delivery: Delivery, file: LabelFile) -> LabelFile:
    """Move a label that was found to its name, if a killed run left it aside. A dry run moves nothing.

    Raises:
        StateError: it cannot be moved.
    """
    if delivery.ctx.dry_run:
        return file
    try:
        return delivery.ctx.labels.adopt(file)
    except OSError as error:
        place = delivery.ctx.labels.path / delivery.announcement.warehouse
        raise StateError(
            f"The label in {place / file.aside} cannot be renamed ({error.strerror}).",
            "Make sure that the folder can be written, then run again. The label stays where it is.",
        ) from error


def keep_unusable(delivery: Delivery, effect: Effect, content: bytes) -> str:
    """Keep what came for a label and is none: beside the labels, and in the state where it cannot be written there.

    Returns a sentence to add where it is not beside the labels.
    """
    if not content:
        return " Nothing of it can be kept."
    labels, code = delivery.ctx.labels, effect.code
    try:
        labels.keep_unusable(effect.warehouse, code, content)
    except OSError as error:
        with delivery.db.transaction() as q:
            kept_labels.keep(q, effect, Label(content, kept_labels.UNUSABLE))
        return (
            f" What came could not be written beside the labels ({error.strerror}) and is kept in the state file; the "
            f"next run that can do so writes it to {labels.path / effect.warehouse / code}.unusable.bin."
        )
    return ""


def other_with(delivery: Delivery, label: Label) -> Code | None:
    """Another code for which the same bytes came: the label of another parcel, which must not be used twice."""
    announcement = delivery.announcement
    digest = hashlib.sha256(label.content).hexdigest()
    # Of two calls at once, neither label need be in the ledger when the other is checked: `came_before` notes both.
    return saved_for(delivery, digest) or delivery.ctx.labels.came_before(
        announcement.warehouse, announcement.code, digest
    )


def saved_for(delivery: Delivery, sha256: str) -> Code | None:
    """Another code whose label was saved with these bytes."""
    announcement = delivery.announcement
    with delivery.db.reading() as q:
        return ledger.code_with_content(q, announcement.warehouse, sha256, announcement.code)


def tidy(ctx: Context, db: Database) -> None:
    """Write kept data that are no label to files, and remove what killed runs left among the labels.

    The command must hold the lock, and effects in flight must be resolved. What cannot be removed is logged; what
    cannot be written stays in the state.
    """
    _sweep(ctx, db)
    with db.reading() as q:
        unusable = kept_labels.unusable(q)
    for warehouse, code, generation in unusable:
        with suppress(OSError):  # as long as it cannot be written, it stays in the state
            _write_unusable(ctx, db, warehouse, code, generation)


def _sweep(ctx: Context, db: Database) -> None:
    for name in ctx.warehouses:
        with db.reading() as q:
            needed = {code for code in ctx.labels.left_aside(name) if not _is_proved(q, name, code)}
        try:
            ctx.labels.sweep(name, needed)
        except OSError as error:
            logger.warning("what a killed run left in %s cannot be cleared away: %s", ctx.labels.path / name, error)


def _is_proved(q: Queries, warehouse: WarehouseName, code: Code) -> bool:
    newest = ledger.newest(q, warehouse, code, Kind.LABEL)
    return newest is not None and newest.outcome is Outcome.MADE


def _write_unusable(ctx: Context, db: Database, warehouse: WarehouseName, code: Code, generation: int) -> None:
    with db.reading() as q:
        label = dict(kept_labels.of(q, warehouse, code))[generation]
    file = ctx.labels.keep_unusable(warehouse, code, label.content)
    with db.transaction() as q:
        kept_labels.forget(q, warehouse, code, generation)
    logger.info("what came for the label of %s is in %s", code, ctx.labels.path / file)
