"""What a return calls for, from what we know alone: announce, wait, hold, leave alone. Pure.

Two questions are kept apart. Before the announcement the platform's status decides. After it only three things count:
a cancellation, a change of lines or units, and what is still to be labelled.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace

from returnsync.engine.lifecycle import Event, move
from returnsync.engine.plan.codes import code_for
from returnsync.engine.sources import SourcePolicy
from returnsync.mapping import lines as order_lines
from returnsync.model import Announcement, Cause, Code, Progress, Return, ReturnStatus, Step

_WITHDRAWN = frozenset({ReturnStatus.REJECTED, ReturnStatus.CANCELLED})
_AWAITED = frozenset({ReturnStatus.REQUESTED, ReturnStatus.APPROVED, ReturnStatus.IN_TRANSIT})
_GOING_ON = frozenset({Progress.DUE, Progress.WAITING, Progress.SETTLED})
_TO_COMPARE = frozenset({Step.COMPARE, Step.UPDATE})
# What is announced and held with one of these is held for what its platform shows.
_FOR_PLATFORM = frozenset({Step.NONE, Step.UPDATE})


def plan_return(
    ret: Return, known: Iterable[Announcement], policy: SourcePolicy, in_flight: Collection[Code] = ()
) -> list[Announcement]:
    """Every announcement of a return as it is to be now: those it calls for, and known ones that it no longer has.

    `in_flight` are the codes whose create may or may not have taken effect: they stay as they are until that is known.
    """
    by_code = {announcement.code: announcement for announcement in known}
    wanted = []
    for number in ret.order_numbers():
        code = code_for(ret.source, ret.id, number)
        fresh = Announcement(code, policy.warehouse_of(ret), ret.source, ret.id, number, Progress.DUE, Step.ANNOUNCE)
        wanted.append(by_code.pop(code, fresh))
    return [now if now.code in in_flight else evaluate(now, ret, policy) for now in (*wanted, *by_code.values())]


def evaluate(now: Announcement, ret: Return, policy: SourcePolicy) -> Announcement:
    """One announcement by what the platform shows of its return; unchanged where that says nothing new.

    None of its effects may be in flight.
    """
    if now.progress is Progress.RELEASED:
        return now  # a person has it in hand
    if now.announced_at is not None:
        return _after_announcement(now, ret, policy)
    if is_taken_back(now, ret):
        return _called_off(now, ret)
    ref = ret.order_ref(now.order_number)
    now = replace(now, warehouse=policy.warehouse_of(ret), order_ref="" if ref == now.order_number else ref)
    return _before_announcement(now, ret, policy)


def is_taken_back(now: Announcement, ret: Return) -> bool:
    """Whether nothing comes back for it any more: the return was rejected or cancelled, or no longer has this order."""
    return ret.status in _WITHDRAWN or now.order_number not in ret.order_numbers()


def _before_announcement(now: Announcement, ret: Return, policy: SourcePolicy) -> Announcement:
    if (why := _leave_alone(ret, policy)) is not None:
        return move(now, Event.LEFT_ALONE, *why)
    match ret.status:
        case ReturnStatus.REQUESTED:
            what = f"Not approved yet: the platform has {ret.raw_status}."
            return move(now, Event.NOT_APPROVED, Cause.NOT_APPROVED, what)
        case ReturnStatus.UNKNOWN:
            return move(now, Event.STATUS_UNKNOWN, *_unknown(ret))
        case _:
            # What waits for its order has waited since then, whatever else of the return changed.
            due = move(now, Event.CALLED_FOR)
            return replace(due, attempts=now.attempts, waiting_since=now.waiting_since)


def _called_off(now: Announcement, ret: Return) -> Announcement:
    if ret.status in _WITHDRAWN:
        what = f"The platform has it as {ret.raw_status}; nothing was announced."
    else:
        what = "The return no longer contains this order; nothing was announced."
    return move(now, Event.CALLED_OFF, what=what)


def _leave_alone(ret: Return, policy: SourcePolicy) -> tuple[Cause, str] | None:
    """Why nothing is announced of a return, now or later; `None` where nothing speaks against it."""
    if ret.created < policy.start_from:
        return Cause.BEFORE_START, "It was created before `start_from`."
    if ret.not_coming:
        return Cause.NOT_COMING, ret.not_coming
    if ret.status is ReturnStatus.COMPLETED:
        return Cause.ALREADY_COMPLETED, "It was complete before it was announced."
    if ret.status is ReturnStatus.DELIVERED and not policy.announce_delivered:
        return Cause.ALREADY_DELIVERED, "It was delivered before it was announced."
    return None


def _after_announcement(  # noqa: PLR0911 - one return a case reads best
    now: Announcement, ret: Return, policy: SourcePolicy
) -> Announcement:
    """The first case that fits decides.

    What is due to be compared is not held anew for what it is about to look at: a person may have mended that in the
    portal, and said so by `held retry`.
    """
    is_compared_next = now.progress is Progress.DUE and now.step in _TO_COMPARE
    if is_taken_back(now, ret):
        if now.progress is Progress.WITHDRAWN or (is_compared_next and now.step is Step.COMPARE):
            return now  # its forecast is gone, or is looked for next
        return _cancelled(now, ret)
    if now.progress is Progress.WITHDRAWN or now.step is Step.ANNOUNCE:
        return _approved_again(now)
    if ret.status is ReturnStatus.UNKNOWN and now.progress is not Progress.SETTLED:
        return move(now, Event.STATUS_UNKNOWN_AFTER, *_unknown(ret))
    if now.units != order_lines.units(order_lines.of_order(ret.lines, now.order_number)):
        if is_compared_next and (now.step is Step.UPDATE or not policy.send_updates):
            return now  # the change is looked at next
        return _changed(now, policy)
    if now.progress is Progress.HELD and now.step in _FOR_PLATFORM:
        return move(now, Event.SHOWN_AS_ANNOUNCED)
    return now


def _changed(now: Announcement, policy: SourcePolicy) -> Announcement:
    if policy.send_updates:
        return move(now, Event.CHANGE_TO_SEND, Cause.CHANGED_AFTER, "Its lines or units changed: to be sent.")
    return move(
        now,
        Event.CHANGED,
        Cause.CHANGED_AFTER,
        "Its lines or units changed after it was announced.",
        "Change forecast <CODE> in the warehouse's portal to match, then: returnsync held retry <CODE>.",
    )


def _approved_again(now: Announcement) -> Announcement:
    """A code is never used a second time: what was announced and taken back cannot be announced under it again."""
    return move(
        now,
        Event.APPROVED_AGAIN,
        Cause.APPROVED_AGAIN,
        "It was announced, taken back at the warehouse, and is approved again.",
        "Announce it by hand at the warehouse, then: returnsync held release <CODE>.",
    )


def _cancelled(now: Announcement, ret: Return) -> Announcement:
    if ret.status in _WITHDRAWN:
        what = f"The platform has it as {ret.raw_status}, after it was announced."
    else:
        what = f"Return {ret.number} no longer contains order {now.order_number}."
    return move(
        now,
        Event.CANCELLED,
        Cause.CANCELLED_AFTER,
        what,
        "The warehouse's API has no way to take a forecast back. Remove forecast <CODE> in its portal, "
        "then: returnsync held retry <CODE>.",
    )


def vanish(now: Announcement, ret: Return | None = None, *, perhaps_cancelled: bool = False) -> Announcement:
    """The platform no longer has the return at all.

    What was announced stays as it is, unless the platform lets returns vanish that were cancelled (`perhaps_cancelled`)
    and this one (`ret`) was still to come.
    """
    if now.announced_at is None and now.progress in (Progress.DUE, Progress.WAITING):
        return move(
            now,
            Event.VANISHED,
            Cause.VANISHED,
            "The platform no longer has this return; it was not announced.",
            "Look it up at the platform. If it was removed on purpose: returnsync held release <CODE>.",
        )
    awaited = ret is not None and ret.status in _AWAITED and now.progress in _GOING_ON
    if now.announced_at is not None and awaited and perhaps_cancelled:
        return move(
            now,
            Event.VANISHED_AFTER,
            Cause.VANISHED,
            "The platform no longer shows this return, after it was announced. It may have been cancelled.",
            "Look it up at the platform. If it was cancelled, remove forecast <CODE> in the warehouse's portal, then: "
            "returnsync held release <CODE>. If it is still coming: returnsync held retry <CODE>.",
        )
    return now


def _unknown(ret: Return) -> tuple[Cause, str, str]:
    return (
        Cause.STATUS_UNKNOWN,
        f"The platform has it as {ret.raw_status!r}, a status that returnsync does not know.",
        "If it means approved, add the word to the source's approved_statuses; then: returnsync held retry <CODE>.",
    )
