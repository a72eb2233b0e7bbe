"""Stops of label calls: a whole warehouse account asks for no labels but one at a time, which shows if they work again.

    stopped because                                            the next label is tried
    the account may not make labels (403)                      in each later run
    three different orders in a row were refused with the      in each later run
      same text, and no label was made in between
    three calls in a row ended unclear, or were never sent,    after 5, 15, then every 60 minutes
      and no label was made in between
    the whole account was refused at a label call              in each later run, after all its other work

A label that is made ends the stop. Without it, a carrier that is down would cost a label in doubt, and a person's work,
for each return; and with a missing permission each return would ask for its label in every run.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import takewhile

from returnsync import clock, text
from returnsync.engine.deliver import carrier
from returnsync.engine.deliver.delivery import Delivery
from returnsync.engine.lifecycle import Event, move
from returnsync.errors import AccountRefused, AccountUnavailable, NotAllowed, Refused, WaitError
from returnsync.model import Cause, Progress, Step, WarehouseName
from returnsync.redact import Masker
from returnsync.state import announcements, label_calls
from returnsync.state.database import Queries
from returnsync.state.label_calls import LabelCalls, Refusal, Stop

_UNCLEAR_IN_A_ROW = 3
_SAME_WORDS_IN_A_ROW = 3
# After this many 403s for one order, with labels of others made in between, the refusal concerns that order only.
_REFUSED_AS_OTHERS_ARE_NOT = 3

_PAUSES = (timedelta(minutes=5), timedelta(minutes=15))
_LONGEST_PAUSE = timedelta(minutes=60)


def check(delivery: Delivery) -> None:
    """Return if its label may be asked for.

    Raises:
        WaitError: label calls are stopped, and this label is not the one to try. It goes on once a label was made. A
            dry run tries none.
    """
    with delivery.db.reading() as q:
        calls = label_calls.of(q, delivery.announcement.warehouse)
    is_shown_alone = delivery.ctx.dry_run and calls.stop is not Stop.NONE
    if is_shown_alone or not _is_its_turn(calls, delivery):
        raise stopped(calls.stop)


def may_try(q: Queries, warehouse: WarehouseName, run: str) -> bool:
    """Whether label calls are stopped, and one may be tried in this run at this time."""
    calls = label_calls.of(q, warehouse)
    return calls.stop is not Stop.NONE and _has_turn(calls, run, is_the_try=True)


def is_tried_last(q: Queries, warehouse: WarehouseName) -> bool:
    """Whether the one label is tried after everything else, since it may end all calls of the account in this run."""
    return label_calls.of(q, warehouse).stop is Stop.SHUT


def stopped(why: Stop) -> WaitError:
    """The wait for label calls to go on."""
    what = "No labels are asked for now"
    what += f", since {why.why}" if why.why else ""
    return WaitError(
        Cause.LABELS_STOPPED,
        f"{what}. One at a time is tried, and once one is made the others follow.",
        give_up=False,
        due=clock.now(),
    )


def take_turn(q: Queries, delivery: Delivery) -> WaitError | None:
    """Claim the right to ask for its label, as the one to try where calls are stopped. Returns what prevents it.

    It runs in the transaction that writes the intent, so that two threads do not both try.
    """
    calls = label_calls.of(q, delivery.announcement.warehouse)
    if not _is_its_turn(calls, delivery):
        return stopped(calls.stop)
    if calls.stop is not Stop.NONE:
        label_calls.note_try(q, delivery.announcement.warehouse, delivery.ctx.run_id, _next_try(calls))
    return None


def _is_its_turn(calls: LabelCalls, delivery: Delivery) -> bool:
    by_name, is_the_try = delivery.at_a_persons_word, delivery.is_the_try
    return _has_turn(calls, delivery.ctx.run_id, at_a_persons_word=by_name, is_the_try=is_the_try)


def _has_turn(calls: LabelCalls, run: str, *, at_a_persons_word: bool = False, is_the_try: bool = False) -> bool:
    match calls.stop:
        case Stop.NONE:
            return True
        case _ if at_a_persons_word:
            return calls.run != run
        case Stop.SHUT:
            return is_the_try and calls.run != run
        case Stop.NOT_ALLOWED | Stop.SAME_WORDS:
            return calls.run != run
        case Stop.UNCLEAR:
            # A clock that was ahead for a while may have written a time far in the future.
            left = timedelta(0) if calls.try_at is None else calls.try_at - clock.now()
            return left <= timedelta(0) or left > _LONGEST_PAUSE


def _next_try(calls: LabelCalls) -> datetime | None:
    """When the next label is tried, if the one that is tried now ends as the others did."""
    if calls.stop is not Stop.UNCLEAR:
        return None
    tried = calls.tries + 1
    return clock.now() + (_PAUSES[tried] if tried < len(_PAUSES) else _LONGEST_PAUSE)


def note_unclear(delivery: Delivery) -> None:
    """Note that a label call ended unclear; the third one in a row stops label calls."""
    warehouse = delivery.announcement.warehouse
    with delivery.db.transaction() as q:
        unclear = label_calls.one_unclear(q, warehouse)
        calls = label_calls.of(q, warehouse)
        # Also where they are stopped for another reason: that one is tried in each run, and each try would be in doubt.
        if unclear >= _UNCLEAR_IN_A_ROW and calls.stop is not Stop.UNCLEAR:
            label_calls.stop(q, warehouse, Stop.UNCLEAR, delivery.ctx.run_id, clock.now() + _PAUSES[0])
    if unclear >= _UNCLEAR_IN_A_ROW:
        delivery.ctx.tally.trouble(_told_unclear(warehouse))


def note_shut(q: Queries, delivery: Delivery) -> None:
    """Note that the whole account was refused at a label call: the next one is tried last and delays nothing."""
    # Also where they are stopped for another reason: a label tried first would end each run before it begins.
    label_calls.stop(q, delivery.announcement.warehouse, Stop.SHUT, delivery.ctx.run_id)


def is_its_own(delivery: Delivery) -> bool:
    """Whether the account was refused at this label three times, while labels of others were made in between."""
    announcement = delivery.announcement
    with delivery.db.reading() as q:
        mine = label_calls.refusals_of(q, announcement.warehouse, announcement.code)
    return len({one.made_before for one in mine if one.is_shut}) >= _REFUSED_AS_OTHERS_ARE_NOT


def note_not_allowed(delivery: Delivery, error: NotAllowed) -> bool:
    """Stop label calls after a label that was not allowed; false where only this order is refused again and again.

    Its outcome is saved already.
    """
    announcement, ctx = delivery.announcement, delivery.ctx
    with delivery.db.transaction() as q:
        mine = label_calls.refusals_of(q, announcement.warehouse, announcement.code)
        if len({one.made_before for one in mine if one.status == error.status}) >= _REFUSED_AS_OTHERS_ARE_NOT:
            return False
        label_calls.stop(q, announcement.warehouse, Stop.NOT_ALLOWED, ctx.run_id)
    what_to_do = (
        "In the warehouse's portal, or by its support, allow this REST API account to generate shipping labels, also "
        "from this machine's address."
    )
    ctx.tally.trouble(_told(announcement.warehouse, Stop.NOT_ALLOWED.why, what_to_do, error.foreign))
    return True


def note_refused(delivery: Delivery, error: Refused) -> bool:
    """Stop label calls where a label is refused with the same text as those of two other orders just before.

    The announcements held for that wait instead. False where the refusal concerns this label only. Its outcome is saved
    already.
    """
    announcement, ctx = delivery.announcement, delivery.ctx
    if error.status != HTTPStatus.BAD_REQUEST:
        return False
    with delivery.db.transaction() as q:
        calls = label_calls.of(q, announcement.warehouse)
        mine = [one for one in label_calls.refusals_of(q, announcement.warehouse, announcement.code) if _is_400(one)]
        if any(one.made_before != calls.made for one in mine):
            return False  # refused before, and again after a label of another was made
        alike = _alike(label_calls.refusals(q, announcement.warehouse, calls.made), mine[0])
        if len({one.order_number for one in alike}) < _SAME_WORDS_IN_A_ROW:
            return False
        label_calls.stop(q, announcement.warehouse, Stop.SAME_WORDS, ctx.run_id)
        for one in alike:
            _let_wait(q, delivery, one)
    code, setting = carrier.in_words(delivery)
    why = Stop.SAME_WORDS.why
    # Refusals of three orders of one consumer may all quote the name, which is masked only if the platform gives it.
    consumer = delivery.ret.consumer
    if consumer is not None and (consumer.first_name or consumer.last_name):
        why += f": {text.cut(Masker(delivery.ret)(_without_names(mine[0])))!r}"
    what_to_do = (
        f"Usually carrier {code} is not enabled on the order's channel: enable it there in the warehouse's portal, or, "
        f"for another carrier, {setting}."
    )
    ctx.tally.trouble(_told(announcement.warehouse, why, what_to_do, error.foreign))
    return True


def _is_400(refusal: Refusal) -> bool:
    return refusal.status == HTTPStatus.BAD_REQUEST


def _alike(refusals: Sequence[Refusal], this: Refusal) -> list[Refusal]:
    """The latest refusals in a row with the same text as this one."""
    return list(takewhile(lambda one: _is_400(one) and _words(one) == _words(this), refusals))


def _words(refusal: Refusal) -> str:
    """The text of a refusal, for comparing it with others."""
    return _without_names(refusal).casefold()


def _without_names(refusal: Refusal) -> str:
    """The text of a refusal, without the names of this one return."""
    said = refusal.words
    for name in (refusal.code, refusal.order_number, refusal.order_number.lstrip("#"), refusal.warehouse_number):
        if name:
            said = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "", said)
    return " ".join(said.split())


def _let_wait(q: Queries, delivery: Delivery, refusal: Refusal) -> None:
    """Let an announcement wait that was held for a refusal, since the refusal does not concern it alone."""
    held = announcements.get(q, refusal.code)
    if held is None or (held.progress, held.step, held.cause) != (Progress.HELD, Step.LABEL, Cause.LABEL_REFUSED):
        return
    wait = stopped(Stop.SAME_WORDS)
    waiting = move(held, Event.WAITING, wait.cause, wait.what)
    now = clock.now()
    announcements.save(q, replace(waiting, foreign=held.foreign, due_at=now, waiting_since=now, attempts=1))
    story = {"cause": wait.cause, "what": wait.what}
    delivery.ctx.story.tell(q, held.source, held.return_id, "waiting", held.code, **story)


def _told(warehouse: WarehouseName, why: str, what_to_do: str, foreign: str) -> AccountRefused:
    return AccountRefused(
        warehouse,
        f"{warehouse}: no labels are made, since {why}. Returns are announced, and their labels wait.",
        f"{what_to_do} Each run tries one label; once one is made, the others follow by themselves.",
        foreign=foreign,
    )


def _told_unclear(warehouse: WarehouseName) -> AccountUnavailable:
    return AccountUnavailable(
        warehouse,
        f"{warehouse}: {Stop.UNCLEAR.why}. They are asked for one at a time until one is made; the others wait.",
        "Nothing needs to be done for those that wait. Labels held as label-in-doubt were perhaps made: returnsync "
        "held.",
    )
