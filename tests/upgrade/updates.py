"""Changes that are sent: how each update ended, and what can happen to one whose outcome is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from announced import AT_MONTA, CANCELLED, CHANGED, ENDS, OUT, WITH_REASON, announce, change_order
from combinations import Combination
from maker import status

from returnsync.sandbox import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maker import Case, Maker

# An update that was lost: whether a look did not find it, or it could not be looked for.
LOST = {"looked": "lost, and looked for in vain", "open": "lost, and could not be looked for"}
RESET = Fault("monta.update", "reset")
# What then happens to it, and the ends that it can reach.
_ALL = ("held", "due", "released", "waiting")
OVER: dict[str, tuple[str, tuple[str, ...]]] = {
    **{cause: (how, _ALL) for cause, (how, _) in AT_MONTA.items() if not cause.startswith("line-")},
    **{cause: (how, _ALL[:3]) for cause, (how, _) in AT_MONTA.items() if cause.startswith("line-")},
    "lookup-refused": ("Monta refuses to show the order", _ALL),
    "reason-unpaired": ("its reason has no pair where one is demanded", _ALL),
    "forecast-differs": ("changes are no longer sent", _ALL),
    CHANGED: ("changes are no longer sent, and it changes once more", _ALL),
    CANCELLED: ("it is cancelled", _ALL),
    "status-unknown": ("it shows a status that nobody knows", _ALL[:3]),
    "approved-again": ("it is cancelled, its forecast removed, and it is approved again", _ALL[:3]),
}


def make(m: Maker) -> None:
    """Make every outcome of an update, and everything that can happen to one without an outcome."""
    _ended(m)
    _changed_again(m)
    for update in LOST:
        _lost(m, update)


def _ended(m: Maker) -> None:
    source = m.source("updates", send_updates=True)
    how = "announced, and a change of it was sent"
    for label, then in (("made", ("settled", "")), ("-", ("settled", "")), ("doubt", ("held", "label-in-doubt"))):
        case = m.case(Combination(*then, "made", "made", label), f"label {label}, {how}")
        announce(m, source, label, [case])
        m.one_more(source, [case])
        m.run(source, request_labels=label != "-")
    cases = [
        m.case(Combination("waiting", CHANGED, "made", "not_made", label), f"label {label}, {how}: answered with 429")
        for label in ("made", "-", "doubt")
    ]
    for case in cases:
        announce(m, source, case.wanted.label, [case])
    m.one_more(source, cases)
    m.run(source, status("update", 429))
    source = m.source("update-refused-account", send_updates=True)
    due = [m.case(Combination("due", CHANGED, "made", "not_made", "made"), f"{how}: Monta refuses the account")]
    announce(m, source, "made", due)
    m.one_more(source, due)
    m.run(source, status("update", 401))
    source = m.source("update-later", send_updates=True)
    due = [m.case(Combination("due", CHANGED, "made", "-", "made"), "it changed, and Monta refuses the account before")]
    announce(m, source, "made", due)
    m.one_more(source, due)
    m.run(source, status("order", 401))


def _changed_again(m: Maker) -> None:
    """Change returns again at the platform after an update was made or refused."""
    for outcome, faults in (("made", ()), ("refused", (status("update", 400),))):
        source = m.source(f"update-{outcome}", send_updates=True)
        how = f"an update of it was {outcome}"
        cases = [
            m.case(Combination(end, cause, "made", outcome, "made"), f"{how}; {then}{ENDS[end]}", group=cause, end=end)
            for cause, then in ((CHANGED, "it changes when that is not sent"), (CANCELLED, "it is cancelled"))
            for end in ENDS
        ]
        announce(m, source, "made", cases)
        m.one_more(source, cases)
        m.run(source, *faults)
        m.sources[source]["send_updates"] = False
        m.one_more(source, [case for case in cases if case.group == CHANGED], units=3)
        m.touch(source, [case for case in cases if case.group == CANCELLED], status="Cancelled")
        m.run(source)
        m.finish(source, cases, *OUT)
        m.sources[source]["send_updates"] = True
    source = m.source("update-killed", send_updates=True)
    killed = [
        m.case(Combination("due", "", "made", "made", "made"), "an update was made, then killed before it settled")
    ]
    announce(m, source, "made", killed)
    m.one_more(source, killed)
    m.die(source, "standing kept: updated")


def lose(m: Maker, source: str, update: str, cases: Sequence[Case]) -> None:
    """Announce them, and lose an update of each."""
    plain = [case for case in cases if case.group != "reason-unpaired"]
    announce(m, source, "made", plain)
    announce(m, source, "made", [case for case in cases if case.group == "reason-unpaired"], WITH_REASON)
    m.one_more(source, cases)
    faults = [RESET]
    if update == "open":
        # Each order's forecast is read for the comparison, and once more to settle the update.
        before = m.sandbox.counts.calls("monta.forecast")
        faults += [status("forecast", 503, call=before + 2 * place) for place in range(1, len(cases) + 1)]
    m.run(source, *faults, concurrency=1, unmapped_reason="text")


def _lost(m: Maker, update: str) -> None:
    how = f"an update of it was {LOST[update]}"
    waits = Combination("waiting", "in-flight", "made", update, "made")
    source = m.source(f"update-{update}", send_updates=True)
    lose(m, source, update, [m.case(waits, how)])
    for progress, then, faults in (
        ("due", "the next run finds the account refused", (status("order", 401),)),
        ("waiting", "the next run finds Monta down", OUT),
    ):
        source = m.source(f"update-{update}-{progress}", send_updates=True)
        lose(m, source, update, [m.case(waits._replace(progress=progress, cause=CHANGED), f"{how}; {then}")])
        m.run(source, *faults)
    _come_over(m, update, [name for name in OVER if name != "lookup-refused"])
    # In a separate run, since every order is refused in it.
    _come_over(m, update, ["lookup-refused"], status("order", 400))


def _come_over(m: Maker, update: str, causes: Sequence[str], *faults: Fault) -> None:
    how = f"an update of it was {LOST[update]}"
    source = m.source(f"update-{update}-{'refused' if faults else 'held'}", send_updates=True)
    cases = [
        m.case(
            Combination(end, cause, "made", update, "made"),
            f"{how}; {OVER[cause][0]}{ENDS[end]}",
            group=cause,
            end=end,
        )
        for cause in causes
        for end in OVER[cause][1]
        if update == "open" or end == "held"
    ]
    of = {group: [case for case in cases if case.group == group] for group in OVER}
    gone = m.case(Combination("withdrawn", "", "made", update, "made"), f"{how}; cancelled, its forecast removed")
    lose(m, source, update, [*cases, gone])
    for case in cases:
        change_order(case, m.order(case))
    m.sources[source]["send_updates"] = False
    taken_back = [*of["approved-again"], gone]
    m.touch(source, [*of[CANCELLED], *taken_back], status="Cancelled")
    m.touch(source, of["status-unknown"], status="AwaitingMoonrise")
    m.run(source, *faults)
    m.forget_forecasts(source, taken_back)
    m.held("retry", source, taken_back)
    m.one_more(source, of[CHANGED], units=3)
    m.run(source)
    m.touch(source, of["approved-again"], status="Confirmed")
    # The platform undoes the change; announcements held because of the warehouse stay held, and are compared again.
    back = [case for group in (*AT_MONTA, "lookup-refused", "reason-unpaired") for case in of[group]]
    m.one_more(source, [case for case in back if case.end == "waiting"], units=1)
    m.run(source)
    m.finish(source, cases, *OUT)
