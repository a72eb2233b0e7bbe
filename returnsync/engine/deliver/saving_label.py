"""Saving what a label call brought: the file is on disk before the ledger says so."""

import logging
from dataclasses import replace

from returnsync import clock
from returnsync.engine.deliver.delivery import Delivery
from returnsync.engine.lifecycle import Event, move, state_of
from returnsync.labels import LabelFile
from returnsync.model import Label, Progress, Step
from returnsync.state import announcements, kept_labels, label_calls, ledger
from returnsync.state.ledger import Effect, Outcome

steps = logging.getLogger("returnsync.steps")


def save_labelled(delivery: Delivery, effect: Effect, file: LabelFile, label: Label, event: str) -> None:
    """The file is on disk; the ledger follows, in one transaction with the announcement.

    `event` is "labelled" where the warehouse made it now: then label calls go on, should they be stopped.
    """
    steps.debug("label: outcome about to be written")
    announcement = replace(delivery.announcement, labelled_at=clock.now())
    if state_of(announcement) == (Progress.DUE, Step.LABEL):
        announcement = move(announcement, Event.SETTLED)
    delivery.announcement = announcement
    with delivery.db.transaction() as q:
        if file.earlier_moved_to:
            ledger.move_label(q, announcement.warehouse, announcement.code, file.file, file.earlier_moved_to)
        ledger.save_label(q, effect, file=file.file, sha256=file.sha256, tracking_link=label.tracking_link)
        ledger.write_outcome(q, effect, Outcome.MADE)
        kept_labels.forget(q, effect.warehouse, effect.code, effect.generation)
        if effect.outcome is Outcome.DOUBT:
            ledger.end_doubt(q, effect, Outcome.MADE)
        if event == "labelled":
            label_calls.one_made(q, announcement.warehouse)
        announcements.save(q, announcement)
        detail = {"file": file.file, "tracking": label.tracking_link}
        delivery.add_to_history(q, event, **detail)
    steps.debug("label: outcome written")
    delivery.ctx.tally.count(event)
