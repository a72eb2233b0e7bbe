"""What a return calls for, from what we know alone: announce, wait, hold, leave alone. Pure.

Two questions are kept apart. Before the announcement the platform's status decides. After it only three things count:
a cancellation, a change of lines or units, and what is still to be labelled.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace

from returnsync.engine.lifecycle import Event, follow, forget, is_possible, move, waits_to_be_read
from returnsync.engine.plan import moved
from returnsync.engine.plan.codes import code_for
from returnsync.engine.plan.no_items import held_for_want_of_items
from returnsync.engine.sources import SourcePolicy
from returnsync.mapping import lines as order_lines
from returnsync.mapping.told import is_as_told
from returnsync.model import Announcement, Cause, Code, Progress, Return, ReturnStatus, Step

_TAKEN_BACK = frozenset({ReturnStatus.REJECTED, ReturnStatus.CANCELLED})
_AWAITED = frozenset({ReturnStatus.REQUESTED, ReturnStatus.APPROVED, ReturnStatus.IN_TRANSIT})
_GOING_ON = frozenset({Progress.DUE, Progress.WAITING, Progress.SETTLED})
# Order numbers of a return that are named to a person.
_MOST_SHOWN = 5
_TO_COMPARE = frozenset({Step.COMPARE, Step.UPDATE})
# What is announced and held with one of these is held for what its platform shows.
_FOR_PLATFORM = frozenset({Step.NONE, Step.UPDATE})


def plan_return(
    ret: Return, known: Collection[Announcement], policy: SourcePolicy, in_flight: Collection[Code] = ()
) -> list[Announcement]:
    """Every announcement of a return as it is to be now: those it calls for, and known ones that it no longer has.

    `in_flight` are the codes of which something is to be known first, as whether their create took effect: they stay as
    they are.
    """
    by_code = {announcement.code: announcement for announcement in known}
    wanted = []
    for number in ret.order_numbers():
        code = code_for(ret.source, ret.id, number)
        new = Announcement(code, policy.warehouse_of(ret), ret.source, ret.id, number, Progress.DUE, Step.ANNOUNCE)
        wanted.append(by_code.pop(code, new))
    no_longer_wanted = by_code.values()
    standing = [announcement for announcement in known if moved.stands(announcement, in_flight)]
    return [
        announcement if announcement.code in in_flight else evaluate(announcement, ret, policy, standing)
        for announcement in (*wanted, *no_longer_wanted)
    ]


def evaluate(
    announcement: Announcement, ret: Return, policy: SourcePolicy, standing: Sequence[Announcement] = ()
) -> Announcement:
    """One announcement by what the platform shows of its return; unchanged where that says nothing new.

    None of its effects may be in flight. `standing` are those of its return of which a forecast stands, or may come to
    stand, at the warehouse; they count only where it is not announced yet.
    """
    if announcement.progress is Progress.RELEASED:
        # a person has it in hand
        return announcement
    if announcement.announced_at is not None:
        # the warehouse knows of it, and keeps its order
        return _after_announcement(announcement, ret, policy)
    if is_taken_back(announcement, ret):
        # nothing comes back, and nobody was told that it would
        return _called_off(announcement, ret)
    # its warehouse, and the number by which its order is asked for, may still change
    ref = ret.order_ref(announcement.order_number)
    order_ref = "" if ref == announcement.order_number else ref
    current = replace(announcement, warehouse=policy.warehouse_of(ret), order_ref=order_ref)
    return _before_announcement(current, ret, policy, standing)


def is_taken_back(announcement: Announcement, ret: Return) -> bool:
    """Whether nothing comes back for it any more: the return was rejected or cancelled, or no longer has this order."""
    return ret.status in _TAKEN_BACK or announcement.order_number not in ret.order_numbers()


def _before_announcement(
    announcement: Announcement, ret: Return, policy: SourcePolicy, standing: Sequence[Announcement]
) -> Announcement:
    if (why := _why_left_alone(ret, policy)) is not None:
        return move(announcement, Event.LEFT_ALONE, *why)
    match ret.status:
        case ReturnStatus.REQUESTED:
            # the merchant has yet to approve it
            what = f"The platform has not approved it yet: its status there is {ret.raw_status!r}."
            return move(announcement, Event.NOT_APPROVED, Cause.NOT_APPROVED, what)
        case ReturnStatus.UNKNOWN:
            # whether it is approved is never guessed
            return move(announcement, Event.STATUS_UNKNOWN, *_status_unknown(ret, policy))
        case _:
            # approved, on its way, or delivered where that is announced too
            if (other := moved.in_the_way(announcement, ret, standing, policy.same_skus)) is not None:
                return moved.held_for(announcement, ret, other)
            if (held := held_for_want_of_items(announcement, ret, policy)) is not None:
                return held
            if announcement.cause is Cause.NOT_IN_ONLY and announcement.step is Step.ANNOUNCE:
                # it is called for, and only kept back
                return announcement
            due = move(announcement, Event.CALLED_FOR)
            # What waits for its order has waited since then, whatever else of the return changed.
            return replace(due, attempts=announcement.attempts, waiting_since=announcement.waiting_since)


def _called_off(announcement: Announcement, ret: Return) -> Announcement:
    if ret.status in _TAKEN_BACK:
        what = f"The platform shows it as {ret.raw_status!r}; nothing was announced."
    else:
        what = "The return no longer contains this order; nothing was announced."
    return move(announcement, Event.CALLED_OFF, what=what)


def _why_left_alone(ret: Return, policy: SourcePolicy) -> tuple[Cause, str] | None:
    """Why nothing is announced of a return, now or later; `None` where nothing speaks against it."""
    if ret.created < policy.start_from:
        # older than what this installation was set up for
        return Cause.BEFORE_START, "It was created before `start_from`."
    if ret.not_coming:
        return Cause.NOT_COMING, ret.not_coming
    if ret.status is ReturnStatus.COMPLETED:
        return Cause.ALREADY_COMPLETED, "It was complete before it was announced."
    if ret.status is ReturnStatus.DELIVERED and not policy.announce_delivered:
        return Cause.ALREADY_DELIVERED, "It was delivered before it was announced."
    return None


def _after_announcement(  # noqa: PLR0911 - one return a case reads best
    announcement: Announcement, ret: Return, policy: SourcePolicy
) -> Announcement:
    """The first case that fits decides.

    What is due to be compared is not held anew for what it is about to look at: a person may have mended that in the
    portal, and said so by `held retry`.
    """
    is_compared_next = announcement.step in _TO_COMPARE and (
        announcement.progress is Progress.DUE
        # it is due, and only kept back
        or (announcement.progress is Progress.WAITING and announcement.cause is Cause.NOT_IN_ONLY)
    )
    if is_taken_back(announcement, ret):
        if announcement.progress is Progress.WITHDRAWN or (is_compared_next and announcement.step is Step.COMPARE):
            # its forecast is gone, or is looked for next
            return announcement
        # its forecast is still at the warehouse
        return _cancelled(announcement, ret)
    if announcement.progress is Progress.WITHDRAWN or announcement.step is Step.ANNOUNCE:
        # its forecast was removed, and now it is wanted after all
        return _approved_again(announcement)
    if ret.status is ReturnStatus.UNKNOWN and announcement.progress is not Progress.SETTLED:
        # work on it stops; where nothing is left to do, an unknown status changes nothing
        return move(announcement, Event.STATUS_UNKNOWN_AFTER, *_status_unknown(ret, policy))
    lines = order_lines.of_order(ret.lines, announcement.order_number)
    if not is_as_told(announcement.units, lines, policy.same_skus):
        if is_compared_next and (announcement.step is Step.UPDATE or not policy.send_updates):
            # the change is looked at next
            return announcement
        # other lines or units than were announced
        return _changed(announcement, policy)
    if announcement.progress is Progress.HELD and announcement.step in _FOR_PLATFORM:
        # its platform held it, and shows again what was announced
        return move(announcement, Event.SHOWN_AS_ANNOUNCED)
    if waits_to_be_read(announcement):
        # its release was taken back, and nothing that counts has changed since it was announced
        return forget(follow(announcement, Event.READ_AGAIN))
    # nothing that counts has changed
    return announcement


def _changed(announcement: Announcement, policy: SourcePolicy) -> Announcement:
    if policy.send_updates:
        return move(announcement, Event.CHANGE_TO_SEND, Cause.CHANGED_AFTER, "Its lines or units changed: to be sent.")
    return move(
        announcement,
        Event.CHANGED,
        Cause.CHANGED_AFTER,
        "Its lines or units changed after it was announced.",
        "Change forecast <CODE> in the warehouse's portal to match, then: returnsync held retry <CODE>.",
    )


def _approved_again(announcement: Announcement) -> Announcement:
    """A code is never used a second time: what was announced and taken back cannot be announced under it again."""
    return move(
        announcement,
        Event.APPROVED_AGAIN,
        Cause.APPROVED_AGAIN,
        "It was announced, taken back at the warehouse, and is approved again.",
        "Announce it by hand at the warehouse, then: returnsync held release <CODE>.",
    )


def _cancelled(announcement: Announcement, ret: Return) -> Announcement:
    what, next_step = why_taken_back(announcement, ret)
    return move(announcement, Event.CANCELLED, Cause.CANCELLED_AFTER, what, next_step)


def why_taken_back(announcement: Announcement, ret: Return) -> tuple[str, str]:
    """Why an announced return is taken back, and what a person does about its forecast."""
    remove = (
        "The warehouse's API has no way to take a forecast back. Remove forecast <CODE> in its portal, "
        "then: returnsync held retry <CODE>."
    )
    if ret.status in _TAKEN_BACK:
        return f"The platform shows it as {ret.raw_status!r}, after it was announced.", remove
    what = f"Return {ret.number} no longer contains order {moved.number_of(announcement)}"
    others = [number for number in ret.order_numbers() if number]
    if not others:
        return f"{what}.", remove
    next_step = (
        f"If nothing of that order comes back any more: {remove} If it is the same order under another number, the "
        "forecast is right and stays: have the rules of `order_number` lead both numbers to it, then: "
        "returnsync held retry --cause moved-order."
    )
    return f"{what}; it names {', '.join(others[:_MOST_SHOWN])}.", next_step


def vanish(
    announcement: Announcement,
    ret: Return | None = None,
    *,
    perhaps_cancelled: bool = False,
    lacks_word: bool = False,
) -> Announcement:
    """The platform no longer has the return at all.

    What was announced stays as it is, unless the platform lets returns vanish that were cancelled (`perhaps_cancelled`)
    and this one (`ret`) was still to come; unless a person has just taken its release back; or unless its label is
    next, and only its platform could say whether it gets one (`lacks_word`).
    """
    # What a person took back is told of whatever it waits or is held for by now: nobody reads it again.
    is_unread = announcement.unread_since is not None
    is_to_come = announcement.progress in (Progress.DUE, Progress.WAITING) or announcement.cause is Cause.MOVED_ORDER
    if announcement.announced_at is None and (is_to_come or (is_unread and is_possible(announcement, Event.VANISHED))):
        # it was to be announced: a person looks why it is gone
        return move(
            announcement,
            Event.VANISHED,
            Cause.VANISHED,
            "The platform no longer has this return; it was not announced.",
            "Look it up at the platform. If it was removed on purpose: returnsync held release <CODE>.",
        )
    awaited = ret is not None and ret.status in _AWAITED and announcement.progress in _GOING_ON
    waits_for_word = announcement.progress in _GOING_ON or announcement.cause is Cause.LABEL_WANTED
    lacks_word = lacks_word and waits_for_word and announcement.step is Step.LABEL
    may_never_come = (awaited and perhaps_cancelled) or lacks_word
    may_never_come = may_never_come or (is_unread and is_possible(announcement, Event.VANISHED_AFTER))
    if announcement.announced_at is not None and may_never_come:
        # the warehouse expects a parcel that may never come
        return move(
            announcement,
            Event.VANISHED_AFTER,
            Cause.VANISHED,
            "The platform no longer shows this return, after it was announced. It may have been cancelled.",
            "Look it up at the platform. If it was cancelled, remove forecast <CODE> in the warehouse's portal, then: "
            "returnsync held release <CODE>. If it is still coming: returnsync held retry <CODE>.",
        )
    # over, held or left alone already, or announced at a platform whose returns do not vanish when they are cancelled
    return announcement


def _status_unknown(ret: Return, policy: SourcePolicy) -> tuple[Cause, str, str]:
    if policy.approved_statuses is not None:
        # What is written there stands in place of the default, so all of it is told.
        listed = json.dumps([*policy.approved_statuses, ret.raw_status], ensure_ascii=False)
        next_step = (
            f"If it means approved, so that such returns are to be announced and get a label, write "
            f"`approved_statuses = {listed}` in {policy.table}, then: returnsync held retry <CODE>. If not, it goes on "
            "by itself once the platform shows another status; if nothing is ever to be done for it: "
            "returnsync held release <CODE>."
        )
    else:
        next_step = (
            "Look it up at the platform. It goes on by itself once the platform shows another status. If it is to come "
            "back, announce it by hand; then: returnsync held release <CODE>. Please report the word."
        )
    what = f"The platform gives it the status {ret.raw_status!r}, which returnsync does not know."
    return Cause.STATUS_UNKNOWN, what, next_step
