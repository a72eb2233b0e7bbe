"""What a return calls for, decided from our data only: announce, wait, hold, leave alone. Pure.

There are two separate questions. Before the announcement the platform's status decides. After it only three things
count: a cancellation, a change of lines or units, and what is still to be labelled.
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
# How many order numbers of a return are named to a person.
_MOST_SHOWN = 5
_TO_COMPARE = frozenset({Step.COMPARE, Step.UPDATE})
# An announced return that is held with one of these steps is held because of what its platform shows.
_FOR_PLATFORM = frozenset({Step.NONE, Step.UPDATE})


def plan_return(
    ret: Return, known: Collection[Announcement], policy: SourcePolicy, in_flight: Collection[Code] = ()
) -> list[Announcement]:
    """Every announcement of a return as it is to be now: those that it calls for, and known ones that it no longer has.

    `in_flight` are the codes for which something must be known first, such as whether their create took effect. They
    stay as they are.
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
    """One announcement, evaluated by what the platform shows of its return; unchanged where nothing relevant changed.

    None of its effects may be in flight. `standing` are the announcements of its return whose forecast is, or may
    appear, at the warehouse. They count only where this one is not announced yet.
    """
    if announcement.progress is Progress.RELEASED:
        # A person has taken it over.
        return announcement
    if announcement.announced_at is not None:
        # The warehouse has it, and its order stays.
        return _after_announcement(announcement, ret, policy)
    if is_taken_back(announcement, ret):
        # Nothing comes back, and nothing was announced.
        return _called_off(announcement, ret)
    # Its warehouse, and the number by which its order is asked for, may still change.
    ref = ret.order_ref(announcement.order_number)
    order_ref = "" if ref == announcement.order_number else ref
    current = replace(announcement, warehouse=policy.warehouse_of(ret), order_ref=order_ref)
    return _before_announcement(current, ret, policy, standing)


def is_taken_back(announcement: Announcement, ret: Return) -> bool:
    """Whether nothing comes back for it: its return was rejected or cancelled, or no longer has this order."""
    return ret.status in _TAKEN_BACK or announcement.order_number not in ret.order_numbers()


def _before_announcement(
    announcement: Announcement, ret: Return, policy: SourcePolicy, standing: Sequence[Announcement]
) -> Announcement:
    if (why := _why_left_alone(ret, policy)) is not None:
        return move(announcement, Event.LEFT_ALONE, *why)
    match ret.status:
        case ReturnStatus.REQUESTED:
            # The merchant has not approved it yet.
            what = f"The platform has not approved it yet: its status there is {ret.raw_status!r}."
            return move(announcement, Event.NOT_APPROVED, Cause.NOT_APPROVED, what)
        case ReturnStatus.UNKNOWN:
            # Whether it is approved is never guessed.
            return move(announcement, Event.STATUS_UNKNOWN, *_status_unknown(ret, policy))
        case _:
            # Approved, on its way, or delivered where that is announced too.
            if (other := moved.in_the_way(announcement, ret, standing, policy.same_skus)) is not None:
                return moved.held_for(announcement, ret, other)
            if (held := held_for_want_of_items(announcement, ret, policy)) is not None:
                return held
            if announcement.cause is Cause.NOT_IN_ONLY and announcement.step is Step.ANNOUNCE:
                # It is called for, and only kept back.
                return announcement
            due = move(announcement, Event.CALLED_FOR)
            # Its time of waiting for its order goes on, whatever else of the return changed.
            return replace(due, attempts=announcement.attempts, waiting_since=announcement.waiting_since)


def _called_off(announcement: Announcement, ret: Return) -> Announcement:
    if ret.status in _TAKEN_BACK:
        what = f"The platform shows it as {ret.raw_status!r}; nothing was announced."
    else:
        what = "The return no longer contains this order; nothing was announced."
    return move(announcement, Event.CALLED_OFF, what=what)


def _why_left_alone(ret: Return, policy: SourcePolicy) -> tuple[Cause, str] | None:
    """Why nothing of a return is announced, now or later; `None` where nothing excludes it."""
    if ret.created < policy.start_from:
        # It is older than what this installation was set up for.
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

    An announcement that is due to be compared is not held again for what it is about to check: a person may have
    corrected that in the portal, and then asked for `held retry`.
    """
    is_compared_next = announcement.step in _TO_COMPARE and (
        announcement.progress is Progress.DUE
        # It is due, and only kept back.
        or (announcement.progress is Progress.WAITING and announcement.cause is Cause.NOT_IN_ONLY)
    )
    if is_taken_back(announcement, ret):
        if announcement.progress is Progress.WITHDRAWN or (is_compared_next and announcement.step is Step.COMPARE):
            # Its forecast is gone, or is looked for next.
            return announcement
        # Its forecast is still at the warehouse.
        return _cancelled(announcement, ret)
    if announcement.progress is Progress.WITHDRAWN or announcement.step is Step.ANNOUNCE:
        # Its forecast was removed, and now it is wanted after all.
        return _approved_again(announcement)
    if ret.status is ReturnStatus.UNKNOWN and announcement.progress is not Progress.SETTLED:
        # Work on it stops. Where nothing is left to do, an unknown status changes nothing.
        return move(announcement, Event.STATUS_UNKNOWN_AFTER, *_status_unknown(ret, policy))
    lines = order_lines.of_order(ret.lines, announcement.order_number)
    if not is_as_told(announcement.units, lines, policy.same_skus):
        if is_compared_next and (announcement.step is Step.UPDATE or not policy.send_updates):
            # The change is looked at next.
            return announcement
        # It has other lines or units than were announced.
        return _changed(announcement, policy)
    if announcement.progress is Progress.HELD and announcement.step in _FOR_PLATFORM:
        # It was held because of its platform, which shows again what was announced.
        return move(announcement, Event.SHOWN_AS_ANNOUNCED)
    if waits_to_be_read(announcement):
        # Its release was taken back, and nothing relevant has changed since it was announced.
        return forget(follow(announcement, Event.READ_AGAIN))
    # Nothing relevant has changed.
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
    """Hold it, since a code is never used a second time: a withdrawn announcement cannot be made again under it."""
    return move(
        announcement,
        Event.APPROVED_AGAIN,
        Cause.APPROVED_AGAIN,
        "It was announced, withdrawn at the warehouse, and is approved again.",
        "Announce it by hand at the warehouse, then: returnsync held release <CODE>.",
    )


def _cancelled(announcement: Announcement, ret: Return) -> Announcement:
    what, next_step = why_taken_back(announcement, ret)
    return move(announcement, Event.CANCELLED, Cause.CANCELLED_AFTER, what, next_step)


def why_taken_back(announcement: Announcement, ret: Return) -> tuple[str, str]:
    """Why an announced return is no longer expected, and what a person does about its forecast."""
    remove = (
        "The warehouse's API has no way to remove a forecast. Remove forecast <CODE> in its portal, then: returnsync "
        "held retry <CODE>."
    )
    if ret.status in _TAKEN_BACK:
        return f"The platform shows it as {ret.raw_status!r}, after it was announced.", remove
    what = f"Return {ret.number} no longer contains order {moved.number_of(announcement)}"
    others = [number for number in ret.order_numbers() if number]
    if not others:
        return f"{what}.", remove
    next_step = (
        f"If nothing of that order comes back any more: {remove} If it is the same order under another number, the "
        "forecast is right and stays: make the rules of `order_number` lead both numbers to it, then: returnsync held "
        "retry --cause moved-order."
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

    An announced one stays as it is, with three exceptions. The platform may remove cancelled returns
    (`perhaps_cancelled`), and this one (`ret`) was still to come. A person has just taken its release back. Or its
    label is next, and only its platform could say whether it gets one (`lacks_word`).
    """
    # After a release was taken back, a person is asked, whatever it waits or is held for: it is not read again.
    is_unread = announcement.unread_since is not None
    is_to_come = announcement.progress in (Progress.DUE, Progress.WAITING) or announcement.cause is Cause.MOVED_ORDER
    if announcement.announced_at is None and (is_to_come or (is_unread and is_possible(announcement, Event.VANISHED))):
        # It was to be announced: a person finds out why it is gone.
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
        # The warehouse expects a parcel that may never come.
        return move(
            announcement,
            Event.VANISHED_AFTER,
            Cause.VANISHED,
            "The platform no longer shows this return, after it was announced. It may have been cancelled.",
            "Look it up at the platform. If it was cancelled, remove forecast <CODE> in the warehouse's portal, then: "
            "returnsync held release <CODE>. If it is still coming: returnsync held retry <CODE>.",
        )
    # It is over, held or left alone already, or announced at a platform that does not remove cancelled returns.
    return announcement


def _status_unknown(ret: Return, policy: SourcePolicy) -> tuple[Cause, str, str]:
    if policy.approved_statuses is not None:
        # The setting replaces the default, so the suggestion has all its values.
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
