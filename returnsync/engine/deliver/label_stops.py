"""Label calls of a whole warehouse account are stopped, and one label at a time finds out whether they work again.

    stopped because                                            the next label is tried
    the account may not make labels (403)                      in each later run
    three different orders in a row were refused in the same   in each later run
      words, and no label was made between
    three calls in a row ended unclear, or were not let        after 5, 15, then every 60 minutes
      through, and no label was made between
    the whole account was refused at one                       in each later run, after all else that it does

A label that is made ends it. A carrier that is down would else cost a label in doubt, and a person's look, for each
return; and a right that is missing would be asked for by each of them in every run.
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
# So often a single order is refused by a 403, with labels of others made between, until that is its own.
_REFUSED_AS_OTHERS_ARE_NOT = 3

_PAUSES = (timedelta(minutes=5), timedelta(minutes=15))
_LONGEST_PAUSE = timedelta(minutes=60)


def check(delivery: Delivery) -> None:
    """Return where a label may be asked for.

    Raises:
        WaitError: label calls are stopped, and it is not its turn to try one. It goes on once a label was made. A
            dry run tries none.
    """
    with delivery.db.reading() as q:
        calls = label_calls.of(q, delivery.announcement.warehouse)
    is_shown_alone = delivery.ctx.dry_run and calls.stop is not Stop.NONE
    if is_shown_alone or not _is_its_turn(calls, delivery):
        raise stopped(calls.stop)


def may_try(q: Queries, warehouse: WarehouseName, run: str) -> bool:
    """Whether label calls are stopped, and one may be tried now in this run."""
    calls = label_calls.of(q, warehouse)
    return calls.stop is not Stop.NONE and _has_turn(calls, run, is_the_try=True)


def is_tried_last(q: Queries, warehouse: WarehouseName) -> bool:
    """Whether the one label is tried after everything else, since it may end all calls of the account in this run."""
    return label_calls.of(q, warehouse).stop is Stop.SHUT


def stopped(why: Stop) -> WaitError:
    """That its label waits until label calls go on."""
    what = "No labels are asked for now"
    what += f", since {why.why}" if why.why else ""
    return WaitError(
        Cause.LABELS_STOPPED,
        f"{what}. One at a time is tried, and once one is made the others follow.",
        give_up=False,
        due=clock.now(),
    )


def take_turn(q: Queries, delivery: Delivery) -> WaitError | None:
    """Take the turn to ask for its label, as the one that is tried where calls are stopped; gives what is in the way.

    In the transaction that writes the intent: two threads do not both try.
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
            # A clock that was ahead for a while may have written a time far away.
            left = timedelta(0) if calls.try_at is None else calls.try_at - clock.now()
            return left <= timedelta(0) or left > _LONGEST_PAUSE


def _next_try(calls: LabelCalls) -> datetime | None:
    """When the next label is tried, should the one that is tried now end as the others did."""
    if calls.stop is not Stop.UNCLEAR:
        return None
    tried = calls.tries + 1
    return clock.now() + (_PAUSES[tried] if tried < len(_PAUSES) else _LONGEST_PAUSE)


def note_unclear(delivery: Delivery) -> None:
    """A label call ended unclear; the third one in a row stops them."""
    warehouse = delivery.announcement.warehouse
    with delivery.db.transaction() as q:
        unclear = label_calls.one_unclear(q, warehouse)
        calls = label_calls.of(q, warehouse)
        # Also where they are stopped for something else: that is tried in each run, and each try would be in doubt.
        if unclear >= _UNCLEAR_IN_A_ROW and calls.stop is not Stop.UNCLEAR:
            label_calls.stop(q, warehouse, Stop.UNCLEAR, delivery.ctx.run_id, clock.now() + _PAUSES[0])
    if unclear >= _UNCLEAR_IN_A_ROW:
        delivery.ctx.tally.trouble(_told_unclear(warehouse))


def note_shut(q: Queries, delivery: Delivery) -> None:
    """The whole account was refused at a label call: the next one is tried last, so that nothing else waits for it."""
    # Also where they are stopped for something else: a label that is tried first would end each run before it begins.
    label_calls.stop(q, delivery.announcement.warehouse, Stop.SHUT, delivery.ctx.run_id)


def is_its_own(delivery: Delivery) -> bool:
    """Whether the account was refused at this label again and again, while labels of others were made in between."""
    announcement = delivery.announcement
    with delivery.db.reading() as q:
        mine = label_calls.refusals_of(q, announcement.warehouse, announcement.code)
    return len({one.made_before for one in mine if one.is_shut}) >= _REFUSED_AS_OTHERS_ARE_NOT


def note_not_allowed(delivery: Delivery, error: NotAllowed) -> bool:
    """Stop label calls for a label that was not allowed; false where only this order is refused again and again.

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
    """Stop label calls where a label is the third of different orders in a row that is refused in the same words.

    Those of them that are held for that wait then. False where it is refused for itself. Its outcome is saved already.
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
    # Three orders of one consumer may be refused with that name, which is masked only where the platform tells it.
    consumer = delivery.ret.consumer
    if consumer is not None and (consumer.first_name or consumer.last_name):
        why += f": {text.cut(Masker(delivery.ret)(_without_names(mine[0])))!r}"
    what_to_do = (
        f"Mostly carrier {code} is not enabled on the order's channel: enable it there in the warehouse's portal, or, "
        f"for another carrier, {setting}."
    )
    ctx.tally.trouble(_told(announcement.warehouse, why, what_to_do, error.foreign))
    return True


def _is_400(refusal: Refusal) -> bool:
    return refusal.status == HTTPStatus.BAD_REQUEST


def _alike(refusals: Sequence[Refusal], this: Refusal) -> list[Refusal]:
    """The latest refusals in a row that say what this one says."""
    return list(takewhile(lambda one: _is_400(one) and _words(one) == _words(this), refusals))


def _words(refusal: Refusal) -> str:
    """What a refusal says, for comparing it with others."""
    return _without_names(refusal).casefold()


def _without_names(refusal: Refusal) -> str:
    """What a refusal says, without what it names this one return by."""
    said = refusal.words
    for name in (refusal.code, refusal.order_number, refusal.order_number.lstrip("#"), refusal.warehouse_number):
        if name:
            said = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "", said)
    return " ".join(said.split())


def _let_wait(q: Queries, delivery: Delivery, refusal: Refusal) -> None:
    """What is held for a refusal that is not its own waits instead."""
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
        "Nothing is to be done for those that wait. What is held as label-in-doubt was perhaps made: returnsync held.",
    )
