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
from returnsync.engine import carrier, effects
from returnsync.engine.policy import rest
from returnsync.engine.standing import Standing, Stopped
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


def get_label(at: Standing, *, new: bool = False) -> None:
    """Bring an announced return to its label, or to its rest when none is wanted.

    `new` is a person's explicit word for another label, although one was made or may have been.

    Raises:
        Stopped: it is held (refused, in doubt, unusable), or waits.
        AccountError: surely not made; the account cannot be used for now.
    """
    if at.claimed_label is not None:
        _ask(at, at.claimed_label)
        return
    if not new and not _is_wanted(at):
        at.keep(rest(at.now, Progress.SETTLED), "settled", label="none wanted")
        return
    with at.ctx.db.reading() as q:
        effect = ledger.newest(q, at.now.warehouse, at.now.code, Kind.LABEL)
        created = ledger.newest(q, at.now.warehouse, at.now.code, Kind.CREATE)
    if not new and _settled_by_evidence(at, effect, created):
        return
    _hold_what_does_not_fit(at)
    if at.ctx.dry_run:
        at.would("label", **_request(at))
        return
    at.ctx.labels.prepare(at.now.warehouse)
    _ask(at, effects.claim(at, Kind.LABEL, _request(at), again=new))


def claiming(at: Standing) -> Callable[[Queries], None] | None:
    """What claims the label of an announcement in the very transaction that keeps its create, where one is wanted.

    One wait for the disk less for each return, and no moment at which it is announced and its label forgotten.
    """
    if not _is_wanted(at):
        return None
    at.ctx.labels.prepare(at.now.warehouse)

    def claim(q: Queries) -> None:
        at.claimed_label = effects.claim_within(q, at, Kind.LABEL, _request(at))

    return claim


def _is_wanted(at: Standing) -> bool:
    # Of an anonymised return nobody knows any more whom to send a label to.
    return at.settings.request_labels and at.own_label is None and not at.ret.anonymised


def _request(at: Standing) -> dict[str, Any]:
    choice = carrier.chosen(at)
    return {"carrier": choice.code, "chosen_by": choice.by.value}


def check_before_announcing(at: Standing) -> dict[str, Any]:
    """What is going to be asked for its label, empty where none is wanted: nothing is announced that cannot get one.

    Raises:
        HoldError: the parcel exceeds a limit of the carrier.
    """
    if not _is_wanted(at):
        return {}
    carrier.fitting(at)
    return _request(at)


def _hold_what_does_not_fit(at: Standing) -> None:
    try:
        carrier.fitting(at)
    except HoldError as error:
        at.hold(error)
        raise Stopped from error


def _settled_by_evidence(at: Standing, effect: Effect | None, created: Effect | None) -> bool:
    """Whether there is a label, or may be one; false when surely none was made.

    Raises:
        Stopped: there may be one, and nothing proves it; it is held.
    """
    if at.now.labelled_at is not None and effect is not None and effect.outcome in _SURE:
        # It has a label, and another one that a person asked for was not made, or is this one.
        at.keep(rest(at.now, Progress.SETTLED), "settled")
        return True
    if effect is None or effect.outcome in (Outcome.REFUSED, Outcome.NOT_MADE):
        lost = created is None or created.outcome is Outcome.ADOPTED
        if not (lost and effect is None) and not _may_have_label(at):
            return False
        effect = _suspect(at)
    file = _new_file(at)
    if file is None:
        at.hold(_in_doubt(at), (effect, Outcome.DOUBT, ""))
        raise Stopped
    _labelled(at, effect, file, Label(b"", ""), "labels_found")
    return True


def settle_label(at: Standing, effect: Effect) -> None:
    """Settle a label call that an earlier run left in flight: by its file, else it is in doubt and held."""
    # A file from before the call is no proof of it: a person may have put another one there.
    file = _new_file(at, effect.intent_at - _FILE_CLOCK)
    if file is None:
        at.hold(_in_doubt(at), (effect, Outcome.DOUBT, ""))
    else:
        _labelled(at, effect, file, Label(b"", ""), "labels_found")


def _may_have_label(at: Standing) -> bool:
    """Whether a label was made that this state does not know of, as after a restored backup.

    Its file may lie here; and Monta fills in the tracking code of a forecast whose label was made.
    """
    if at.now.announced_at is None or at.announced_now:
        return False
    if _new_file(at) is not None or at.ctx.labels.has_link(at.now.warehouse, at.now.code):
        return True
    standing = at.warehouse.forecast(at.now.code)
    return standing is not None and bool(standing.tracking_code) and at.own_label is None


def _suspect(at: Standing) -> Effect:
    """Enter a label that this ledger knows nothing of, but that may have been made by the one that was lost."""
    with at.ctx.db.transaction() as q:
        return ledger.adopt(q, at.now.warehouse, at.now.code, Kind.LABEL, Outcome.DOUBT, "the ledger that knew is lost")


def _new_file(at: Standing, since: datetime | None = None) -> LabelFile | None:
    """A valid label file under the code that is not that of an earlier label, nor older than `since`."""
    with at.ctx.db.reading() as q:
        earlier = ledger.label_hashes(q, at.now.warehouse, at.now.code)
    for file in at.ctx.labels.find(at.now.warehouse, at.now.code):
        if file.sha256 not in earlier and (since is None or file.written >= since):
            return file
    return None


def _ask(at: Standing, effect: Effect) -> None:
    choice = carrier.chosen(at)

    def call() -> Label:
        return at.warehouse.label(at.now.code, choice.code)

    def refused(error: Refused) -> HoldError:
        # Settled before anything else is read: whatever dies meanwhile, no label is in doubt.
        effects.settle(at, effect, Outcome.REFUSED, error.foreign)
        return carrier.refused(at, choice, error)

    try:
        label = effects.perform(at, effect, call, refused)
        file = at.ctx.labels.save(at.now.warehouse, at.now.code, label)
    except BadAnswer as error:
        at.hold(_unusable(error.what), (effect, Outcome.DOUBT, error.what))
        raise Stopped from error
    except Unclear as error:
        at.hold(_in_doubt(at), (effect, Outcome.DOUBT, error.what))
        raise Stopped from error
    except OSError as error:
        what = f"The label was made, but its file could not be written ({error.strerror})."
        at.hold(_unusable(what), (effect, Outcome.DOUBT, what))
        raise Stopped from error
    _labelled(at, effect, file, label, "labelled")


def _labelled(at: Standing, effect: Effect, file: LabelFile, label: Label, event: str) -> None:
    """The file is on disk; the ledger follows, in one transaction with the standing."""
    steps.debug("label: outcome about to be written")
    at.now = replace(rest(at.now, Progress.SETTLED), labelled_at=clock.now())
    with at.ctx.db.transaction() as q:
        if file.earlier_moved_to:
            ledger.move_label(q, at.now.warehouse, at.now.code, file.file, file.earlier_moved_to)
        ledger.save_label(q, effect, file=file.file, sha256=file.sha256, tracking_link=label.tracking_link)
        ledger.write_outcome(q, effect, Outcome.MADE)
        if effect.outcome is Outcome.DOUBT:
            ledger.settle_doubt(q, effect, Outcome.MADE)
        announcements.save(q, at.now)
        at.ctx.story.tell(
            q,
            at.now.source,
            at.now.return_id,
            event,
            at.now.code,
            file=file.file,
            tracking=label.tracking_link,
        )
    steps.debug("label: outcome written")
    at.ctx.tally.count(event)


def _in_doubt(at: Standing) -> HoldError:
    return HoldError(
        Cause.LABEL_IN_DOUBT,
        "It is not certain whether its label was made; asking again could buy a second one.",
        f"Look for a label of forecast <CODE> in the portal. If there is one, save it as "
        f"{at.ctx.labels.path / at.now.warehouse}/<CODE>.pdf, then: returnsync held retry <CODE>. "
        "If there is none: returnsync replay <CODE> --new-label.",
    )


def _unusable(what: str) -> HoldError:
    return HoldError(
        Cause.LABEL_UNUSABLE,
        what,
        "The label was probably made and billed: look for it in the portal. To make another one: "
        "returnsync replay <CODE> --new-label.",
    )
