"""What a return calls for, from what we know alone: announce, wait, hold, leave alone. Pure.

Two questions are kept apart. Before the announcement the platform's status decides. After it only three things count:
a cancellation, a change of lines or units, and what is still to be labelled.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from returnsync.engine.codes import code_for
from returnsync.mapping import lines as order_lines
from returnsync.model import (
    Announcement,
    Cause,
    Code,
    Progress,
    Return,
    ReturnStatus,
    WarehouseName,
)

_WITHDRAWN = frozenset({ReturnStatus.REJECTED, ReturnStatus.CANCELLED})
# Held only because of what the platform showed: when it shows otherwise, they go on by themselves.
_FROM_PLATFORM = frozenset(
    {
        *(Cause.CHANGED_AFTER, Cause.CANCELLED_AFTER, Cause.STATUS_UNKNOWN, Cause.VANISHED),
        # Of what is announced already: a change that could not be sent.
        *(Cause.LINE_UNMATCHED, Cause.LINE_AMBIGUOUS, Cause.TOO_MANY_UNITS, Cause.COVERED_ELSEWHERE),
    }
)

# Announced, and what stands at the warehouse is to be looked at before anything else. What concerns its order, lines or
# reasons can only have been found out by such a look, and may hide what that was to find.
TO_COMPARE = frozenset(
    {
        *(Cause.CHANGED_AFTER, Cause.CANCELLED_AFTER, Cause.ECHO_DIFFERS, Cause.FORECAST_DIFFERS),
        *(Cause.LINE_UNMATCHED, Cause.LINE_AMBIGUOUS, Cause.TOO_MANY_UNITS, Cause.COVERED_ELSEWHERE),
        *(Cause.ORDER_NUMBER_UNKNOWN, Cause.ORDER_NUMBER_UNUSABLE, Cause.ORDER_UNKNOWN, Cause.ORDER_NOT_SHIPPED),
        *(Cause.ORDER_DELETED, Cause.ORDER_AMBIGUOUS, Cause.CHANNEL_DIFFERS, Cause.LOOKUP_REFUSED),
        Cause.REASON_UNPAIRED,
    }
)

_AWAITED = frozenset({ReturnStatus.REQUESTED, ReturnStatus.APPROVED, ReturnStatus.IN_TRANSIT})
_GOING_ON = frozenset({Progress.DUE, Progress.WAITING, Progress.SETTLED})

# Before the announcement, only the platform can change these: not approved yet, a status that nobody knows, gone.
FOR_PLATFORM = frozenset({Cause.NOT_APPROVED, Cause.STATUS_UNKNOWN, Cause.VANISHED})


@dataclass(frozen=True, slots=True)
class SourcePolicy:
    """The settings of a source that decide what is announced, and where."""

    warehouse: WarehouseName
    start_from: datetime
    announce_delivered: bool
    send_updates: bool
    choose: Callable[[Return], str] | None = None
    """Where the settings send some returns elsewhere: the warehouse of each."""

    def warehouse_of(self, ret: Return) -> WarehouseName:
        """The warehouse that a return goes to."""
        return WarehouseName(self.choose(ret)) if self.choose else self.warehouse


def plan_return(
    ret: Return, known: Iterable[Announcement], policy: SourcePolicy, in_flight: Collection[Code] = ()
) -> list[Announcement]:
    """Where every announcement of a return stands now: those it calls for, and known ones that it no longer has.

    `in_flight` are the codes whose create may or may not have taken effect: they stay as they are until that is known.
    """
    by_code = {announcement.code: announcement for announcement in known}
    wanted = []
    for number in ret.order_numbers():
        code = code_for(ret.source, ret.id, number)
        fresh = Announcement(code, policy.warehouse_of(ret), ret.source, ret.id, number, Progress.DUE)
        wanted.append(by_code.pop(code, fresh))
    return [now if now.code in in_flight else weigh(now, ret, policy) for now in (*wanted, *by_code.values())]


def weigh(now: Announcement, ret: Return, policy: SourcePolicy) -> Announcement:
    """Where one announcement stands, by what the platform shows of its return. Nothing of it may be in flight."""
    if now.progress is Progress.RELEASED:
        return now
    if now.order_number not in ret.order_numbers() and ret.status not in _WITHDRAWN:
        return _dropped(now, ret)
    if now.announced_at is not None:
        return _after_announcement(now, ret, policy)
    ref = ret.order_ref(now.order_number)
    now = replace(now, warehouse=policy.warehouse_of(ret), order_ref="" if ref == now.order_number else ref)
    return _before_announcement(now, ret, policy)


def _before_announcement(now: Announcement, ret: Return, policy: SourcePolicy) -> Announcement:
    status = ret.status
    if status in _WITHDRAWN:
        return rest(now, Progress.WITHDRAWN, "", f"The platform has it as {ret.raw_status}; nothing was announced.")
    if (why := _leave_alone(ret, policy)) is not None:
        return rest(now, Progress.LEFT_ALONE, *why)
    if status is ReturnStatus.REQUESTED:
        return rest(now, Progress.WAITING, Cause.NOT_APPROVED, f"Not approved yet: the platform has {ret.raw_status}.")
    if status is ReturnStatus.UNKNOWN:
        return _unknown(now, ret)
    return replace(rest(now, Progress.DUE), attempts=now.attempts, waiting_since=now.waiting_since)


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


def _after_announcement(now: Announcement, ret: Return, policy: SourcePolicy) -> Announcement:
    lines = order_lines.of_order(ret.lines, now.order_number)
    # A person asked to look again, and said by that what to look at.
    looking_for = now.cause if now.progress is Progress.DUE else ""
    if ret.status in _WITHDRAWN:
        if now.progress is Progress.WITHDRAWN or looking_for == Cause.CANCELLED_AFTER:
            return now
        return _withdraw_by_hand(now, f"The platform has it as {ret.raw_status}, after it was announced.")
    if now.progress is Progress.WITHDRAWN or now.cause == Cause.APPROVED_AGAIN:
        return _approved_again(now)
    if ret.status is ReturnStatus.UNKNOWN and now.progress is not Progress.SETTLED:
        return _unknown(now, ret)
    if now.units != order_lines.units(lines) and looking_for not in _compared_first(policy):
        return _changed(now, policy)
    if now.cause in _FROM_PLATFORM and looking_for != Cause.CHANGED_AFTER:
        # The platform took it back. A person may have acted on it meanwhile, so the forecast is compared before all.
        return rest(now, Progress.DUE, "" if now.cause == Cause.STATUS_UNKNOWN else Cause.FORECAST_DIFFERS)
    return now


def _compared_first(policy: SourcePolicy) -> Collection[str]:
    """What a person may have mended in the portal by now; a change is sent anew where changes are sent."""
    mended = (Cause.CHANGED_AFTER, Cause.FORECAST_DIFFERS, Cause.ECHO_DIFFERS)
    return mended[:1] if policy.send_updates else mended


def _changed(now: Announcement, policy: SourcePolicy) -> Announcement:
    if policy.send_updates:
        return rest(now, Progress.DUE, Cause.CHANGED_AFTER, "Its lines or units changed: to be sent.")
    return rest(
        now,
        Progress.HELD,
        Cause.CHANGED_AFTER,
        "Its lines or units changed after it was announced.",
        "Change forecast <CODE> in the warehouse's portal to match, then: returnsync held retry <CODE>.",
    )


def _approved_again(now: Announcement) -> Announcement:
    """A code is never used a second time: what was announced and taken back cannot be announced under it again."""
    return rest(
        now,
        Progress.HELD,
        Cause.APPROVED_AGAIN,
        "It was announced, taken back at the warehouse, and is approved again.",
        "Announce it by hand at the warehouse, then: returnsync held release <CODE>.",
    )


def _dropped(now: Announcement, ret: Return) -> Announcement:
    """An order that the return no longer contains."""
    if now.announced_at is None:
        return rest(now, Progress.WITHDRAWN, "", "The return no longer contains this order; nothing was announced.")
    if now.progress is Progress.WITHDRAWN or (now.progress is Progress.DUE and now.cause == Cause.CANCELLED_AFTER):
        return now
    return _withdraw_by_hand(now, f"Return {ret.number} no longer contains order {now.order_number}.")


def vanish(now: Announcement, ret: Return | None = None, *, perhaps_cancelled: bool = False) -> Announcement:
    """The platform no longer has the return at all.

    What was announced stays as it is, unless the platform lets returns vanish that were cancelled (`perhaps_cancelled`)
    and this one (`ret`) was still to come.
    """
    if now.progress in (Progress.DUE, Progress.WAITING) and now.announced_at is None:
        return rest(
            now,
            Progress.HELD,
            Cause.VANISHED,
            "The platform no longer has this return; it was not announced.",
            "Look it up at the platform. If it was removed on purpose: returnsync held release <CODE>.",
        )
    awaited = ret is not None and ret.status in _AWAITED and now.progress in _GOING_ON
    if perhaps_cancelled and awaited and now.announced_at is not None:
        return rest(
            now,
            Progress.HELD,
            Cause.VANISHED,
            "The platform no longer shows this return, after it was announced. It may have been cancelled.",
            "Look it up at the platform. If it was cancelled, remove forecast <CODE> in the warehouse's portal, then: "
            "returnsync held release <CODE>. If it is still coming: returnsync held retry <CODE>.",
        )
    return now


def _withdraw_by_hand(now: Announcement, what: str) -> Announcement:
    return rest(
        now,
        Progress.HELD,
        Cause.CANCELLED_AFTER,
        what,
        "The warehouse's API has no way to take a forecast back. Remove forecast <CODE> in its portal, "
        "then: returnsync held retry <CODE>.",
    )


def _unknown(now: Announcement, ret: Return) -> Announcement:
    return rest(
        now,
        Progress.HELD,
        Cause.STATUS_UNKNOWN,
        f"The platform has it as {ret.raw_status!r}, a status that returnsync does not know.",
        "If it means approved, add the word to the source's approved_statuses; then: returnsync held retry <CODE>.",
    )


def rest(now: Announcement, progress: Progress, cause: str = "", what: str = "", next_step: str = "") -> Announcement:
    """The announcement in a new standing, with whatever the last one said forgotten.

    `<CODE>` in the next step becomes its code.
    """
    return replace(
        now,
        progress=progress,
        cause=cause,
        what=what,
        next_step=next_step.replace("<CODE>", now.code),
        foreign="",
        due_at=None,
        waiting_since=None,
        attempts=0,
    )
