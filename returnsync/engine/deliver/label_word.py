"""Whether a return gets a label at all: for one that was made without a shipment, only a setting decides that.

    the return                                         the source's setting    its label
    was made with a shipment, or has the platform's    any                     is asked for
    was made without one                               true                    is asked for
    was made without one                               false                   is not asked for: settled without one
    was made without one                               not written             held, `label-wanted`
    was read by a version that did not ask             any                     waits until it was read again
    was read so, and could not be read for a day       any                     held, `label-wanted`

Every label is billed. So for such a return none is asked for, and none is omitted, without a setting that says so.
"""

import logging
from enum import Enum, auto

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.deliver.delivery import Delivery
from returnsync.engine.lifecycle import UNREAD_FOR, Event, move
from returnsync.engine.sources import Source
from returnsync.errors import AccountError, HoldError, WaitError
from returnsync.model import Announcement, Cause, Return, Step
from returnsync.state import announcements, returns
from returnsync.state.database import Database

logger = logging.getLogger("returnsync.deliver")


class Word(Enum):
    """What is known about whether a return gets a label."""

    YES = auto()
    NO = auto()
    NOT_SAID = auto()
    """The setting is not written."""
    NOT_READ = auto()
    """Whether it was made without a shipment is not known yet."""


_DECIDED = frozenset({Word.YES, Word.NO})


def word_on(source: Source, ret: Return) -> Word:
    """Whether a return of a source gets a label, by what its platform shows and by the source's setting."""
    setting = source.settings.label_setting
    if not setting or ret.own_label is not None:
        return Word.YES
    if ret.without_shipment is None:
        return Word.NOT_READ
    if not ret.without_shipment:
        return Word.YES
    said = getattr(source.settings, setting)
    return Word.NOT_SAID if said is None else Word.YES if said else Word.NO


def is_wanted(delivery: Delivery) -> bool:
    """Whether a label is to be asked for, now or once that is decided; false where it is settled without one."""
    return _may_get_one(delivery) and word_on(delivery.source, delivery.ret) is not Word.NO


def is_wanted_for_sure(delivery: Delivery) -> bool:
    """Whether a label is to be asked for, with nothing left to read or to decide."""
    return _may_get_one(delivery) and word_on(delivery.source, delivery.ret) is Word.YES


def check(delivery: Delivery) -> None:
    """Return if a label that is wanted may be asked for.

    Raises:
        HoldError: only a person can decide, by the source's setting, whether there is to be one; or its return could
            not be read for a day.
        WaitError: its return is to be read again first.
    """
    source = delivery.source
    match word_on(source, delivery.ret):
        case Word.NOT_SAID:
            setting = source.settings.label_setting
            raise HoldError(
                Cause.LABEL_WANTED,
                "The platform made this return without a shipment. It is announced, but no setting says whether it "
                "gets a label.",
                f"Write `{setting} = true` (a label is made, and billed, for every such return) or `{setting} = false` "
                f"(none is) in [sources.{source.name}]; the next run then goes on by itself. For a label for this one "
                "only: returnsync replay <CODE> --new-label.",
            )
        case Word.NOT_READ if _waited_long(delivery.announcement):
            raise HoldError(
                Cause.LABEL_WANTED,
                "An earlier version read this return, and did not ask whether it was made without a shipment. It could "
                "not be read again for a day.",
                f"See why {source.name} cannot be read: returnsync check. It goes on by itself once it was read. For a "
                "label for this one only: returnsync replay <CODE> --new-label.",
            )
        case Word.NOT_READ:
            raise WaitError(
                Cause.LABEL_WANTED,
                "An earlier version read this return, and did not ask whether it was made without a shipment: it is "
                "read again before its label is asked for.",
                give_up=False,
            )
        case _:
            return


def _waited_long(announcement: Announcement) -> bool:
    since = announcement.waiting_since
    return announcement.cause is Cause.LABEL_WANTED and since is not None and clock.now() - since >= UNREAD_FOR


def read_undecided_again(ctx: Context, db: Database) -> None:
    """Have returns read again that were read by a version that did not check whether they have a shipment.

    This concerns the returns that this run has work for, before the sources are read.
    """
    asked = {source_id for source_id in ctx.in_use(ctx.chosen) if ctx.sources[source_id].settings.label_setting}
    if not asked:
        return
    with db.reading() as q:
        found = [(source, return_id) for source, return_id in returns.lacking(q, "without_shipment") if source in asked]
    if not found:
        return
    logger.info("%d returns are read again, to see whether they have a shipment", len(found))
    with db.transaction() as q:
        for source_id, return_id in found:
            returns.read_soon(q, source_id, return_id)


def let_decided_go_on(ctx: Context, db: Database) -> None:
    """Let what is held before its label go on once it is decided whether it gets one."""
    in_use = {source_id: ctx.sources[source_id] for source_id in ctx.in_use(ctx.chosen)}
    with db.reading() as q:
        held = [item for item in announcements.held(q) if item.cause is Cause.LABEL_WANTED and item.step is Step.LABEL]
    for item in held:
        if item.source not in in_use or not _is_decided(ctx, db, in_use[item.source], item):
            continue
        with db.transaction() as q:
            announcements.save(q, move(item, Event.DECIDED))
            ctx.story.tell(q, item.source, item.return_id, "label decided", item.code)
        logger.info("%s goes on: it is decided whether it gets a label", item.code)


def _is_decided(ctx: Context, db: Database, source: Source, item: Announcement) -> bool:
    with db.reading() as q:
        ret = returns.get(q, item.source, item.return_id)
    if ret is None:
        return False
    try:
        asks_for_labels = ctx.accounts.warehouse_settings(item.warehouse).request_labels
    except AccountError as error:
        ctx.accounts.give_up_on(item.warehouse, error)
        return False
    return not asks_for_labels or ret.anonymised or word_on(source, ret) in _DECIDED


def _may_get_one(delivery: Delivery) -> bool:
    # For an anonymised return it is no longer known to whom a label would be sent.
    return delivery.settings.request_labels and delivery.own_label is None and not delivery.ret.anonymised
