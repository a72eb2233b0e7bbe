"""Calls in flight when their process was killed, or whose outcome could not be found out since.

Each has a source of its own, which no later command knows: a command that knew it would settle the call first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from announced import LABELS
from combinations import Combination
from labelled import UNUSABLE
from maker import status
from unannounced import WAITS

from returnsync.sandbox import Fault

if TYPE_CHECKING:
    from maker import Case, Maker

ASKING, ASKED, WRITTEN = "label: call about to be made", "label: call answered", "label file in place"
SENDING, SENT, LOOKED = "create: call about to be made", "create: call answered", "create: looked for in vain"
LOST, LATE = Fault("monta.create", "reset"), Fault("monta.create", "reset-after")

# How a create came to be in flight: the step at which its process was killed, and whether Monta has it.
CREATES = {
    (SENDING, False): ("open", "killed before its create was sent"),
    (SENT, True): ("open", "killed when its create was answered"),
    (LOOKED, False): ("looked", "its create was lost and looked for in vain, then killed"),
    (LOOKED, True): ("looked", "its create was looked for in vain, then killed; it came late"),
}
# Used where it waited for something before, or an earlier create was not made.
AFTER_OTHERS = ((SENT, True), (LOOKED, False))
# How a label came to be held, and the outcomes of its calls before a person asks for another.
HELD = {
    "label-refused": ("refused", status("label", 400)),
    "label-in-doubt": ("doubt", status("label", 500)),
    "label-unusable": ("doubt", UNUSABLE),
}


def make(m: Maker) -> None:
    """Make everything that can be in flight, except updates: those are not settled before they are looked at."""
    _creates(m)
    _not_looked_for(m)
    _found(m)
    _labels(m)
    _new_labels(m)


# -- creates -----------------------------------------------------------------------------------------------------------


def _creates(m: Maker) -> None:
    for (step, arrived), (word, how) in CREATES.items():
        case = m.case(Combination("due", "", word), how)
        source = _alone(m, case)
        _die_at_create(m, source, case, step, arrived=arrived)
        if (step, arrived) not in AFTER_OTHERS:
            continue
        for cause in WAITS:
            case = m.case(Combination("waiting", cause, word), f"waited for {cause}; {how}")
            _after_waiting(m, cause, case)
            _die_at_create(m, case.group, case, step, arrived=arrived)
        case = m.case(Combination("due", "", f"refused>{word}"), f"refused, then `held retry`; {how}")
        source = _alone(m, case)
        m.run(source, status("create", 400))
        m.held("retry", source, [case])
        _die_at_create(m, source, case, step, arrived=arrived)
        case = m.case(Combination("waiting", "call-failed", f"not_made>{word}"), f"answered with 429; {how}")
        source = _alone(m, case)
        m.run(source, status("create", 429))
        m.shift(minutes=6)
        _die_at_create(m, source, case, step, arrived=arrived)


def _after_waiting(m: Maker, cause: str, case: Case) -> None:
    """Let it wait for something, and then get it."""
    source = case.group = _alone(m, case)
    order = m.order(case)
    shipped = order["Shipped"]
    if cause == "order-number-unknown":
        m.look_up(source, "order.number")
        m.sandbox.erp.numbers[case.number] = case.number
    if cause == "order-unknown":
        m.sandbox.monta.remove(case.number)
    if cause == "order-not-shipped":
        order["Shipped"] = None
    m.run(source, *WAITS[cause][1])
    order["Shipped"] = shipped
    if cause == "order-unknown":
        m.sandbox.monta.add(order)
    m.shift(minutes=6)


def _die_at_create(m: Maker, source: str, case: Case, step: str, *, arrived: bool) -> None:
    m.die(source, step, faults=(LOST,) if step == LOOKED else ())
    if step == LOOKED and arrived:
        _arrive(m, source, case)


def _arrive(m: Maker, source: str, case: Case) -> None:
    line = m.order(case)["Lines"][0]["WebshopOrderLineId"]
    m.sandbox.monta.announce(m.code(source, case), case.number, {line: 1})


def _not_looked_for(m: Maker) -> None:
    """Make a create whose answer was lost in a run that was not killed."""
    unseen = status("forecast", 503)
    for word, lost, more in (("open", LOST, (unseen,)), ("open", LATE, (unseen,)), ("looked", LOST, ())):
        made = "was made" if lost is LATE else "was not made"
        how = f"its create's answer was lost, it {made}, and the look for it {'failed' if more else 'found nothing'}"
        waiting = [m.case(Combination("waiting", "in-flight", word), how)]
        source = _alone(m, *waiting)
        m.run(source, lost, *more)
        cases = [
            m.case(Combination(end, "lookup-refused", word), f"{how}; Monta then refuses to show it{then}", end=end)
            for end, then in (("held", ""), ("released", "; then `held release`"))
        ]
        source = _alone(m, *cases)
        m.run(source, lost, *more)
        m.run(source, status("forecast", 400))
        m.finish(source, cases)


def _found(m: Maker) -> None:
    """Announce, and kill the process before it did anything about the label."""
    case = m.case(Combination("due", "", "made"), "its create was found by the next run, which was killed then")
    source = _alone(m, case)
    m.die(source, SENT)
    m.die(source, "create: outcome written")
    case = m.case(Combination("due", "", "adopted"), "its forecast stood there already; killed once it was adopted")
    source = _alone(m, case)
    _arrive(m, source, case)
    m.die(source, "adopted")


# -- labels ------------------------------------------------------------------------------------------------------------


def _labels(m: Maker) -> None:
    for step in (ASKING, ASKED, WRITTEN):
        case = m.case(Combination("due", "", "made", "-", "open"), f"killed at {step!r}")
        m.die(_alone(m, case), step)
        case = m.case(
            Combination("waiting", "call-failed", "made", "-", "not_made>open"), f"429, then killed at {step!r}"
        )
        source = _alone(m, case)
        m.run(source, status("label", 429))
        m.shift(minutes=6)
        m.die(source, step)
    case = m.case(Combination("due", "", "made", "-", "not_made>open"), "the account was refused; then killed")
    source = _alone(m, case)
    m.run(source, status("label", 401))
    m.die(source, ASKED)
    case = m.case(Combination("due", "label-refused", "made", "-", "refused>open"), "refused, `held retry`, killed")
    source = _alone(m, case)
    m.run(source, status("label", 400))
    m.held("retry", source, [case])
    m.die(source, ASKED)
    case = m.case(Combination("due", "update-refused", "made", "refused", "refused>open"),
                  "label and change refused, the change taken back, `held retry`, killed")  # fmt: skip
    source = _alone(m, case)
    m.run(source, status("label", 400))
    m.sources[source]["send_updates"] = True
    for units in (2, 1):
        m.one_more(source, [case], units)
        m.run(source, status("update", 400))
    m.held("retry", source, [case])
    m.die(source, ASKED)


def _new_labels(m: Maker) -> None:
    """Kill the process at another label that a person asked for."""
    for label, (settings, faults) in LABELS.items():
        if label in ("-", "made"):
            outcomes = "open" if label == "-" else "made>open"
            case = m.case(Combination("settled", "", "made", "-", outcomes), "`replay --new-label`, killed")
            source = _alone(m, case)
            m.run(source, *faults, **settings)
            _die_at_new_label(m, source, case)
    for label, cause in (("-", ""), ("doubt", "label-in-doubt")):
        wanted = Combination("held" if cause else "settled", cause, "adopted", "-", f"{label}>open".removeprefix("->"))
        case = m.case(wanted, f"adopted with label {label}; `replay --new-label`, killed")
        source = _alone(m, case)
        _arrive(m, source, case)
        m.run(source, request_labels=bool(cause))
        _die_at_new_label(m, source, case)
    for cause, (outcome, fault) in HELD.items():
        for end in ("held", "released"):
            wanted = Combination(end, cause, "made", "-", f"{outcome}>open")
            case = m.case(
                wanted, f"{cause}; `replay --new-label`, killed{'; `held release`' * (end == 'released')}", end=end
            )
            source = _alone(m, case)
            m.run(source, fault)
            _die_at_new_label(m, source, case)
            _release(m, source, case)
    for end in ("held", "released", "due"):
        wanted = Combination(end, "call-failed", "made", "-", "not_made>not_made>open")
        case = m.case(wanted, "paused for too long; then killed at another label", end=end)
        source = _alone(m, case)
        m.run(source, status("label", 429))
        m.shift(minutes=6)
        m.run(source, status("label", 429), wait_for_order_days=0)
        if end == "due":
            m.held("retry", source, [case])
            m.die(source, ASKED)
        else:
            _die_at_new_label(m, source, case)
            _release(m, source, case)


def _die_at_new_label(m: Maker, source: str, case: Case) -> None:
    m.die(source, ASKED, "replay", m.code(source, case), "--new-label", "--yes")


def _release(m: Maker, source: str, case: Case) -> None:
    if case.end == "released":
        m.held("release", source, [case])


def _alone(m: Maker, *cases: Case) -> str:
    """Add a source for only these cases."""
    source = m.source(f"killed-{len(m.sources)}")
    m.put_in(source, cases)
    return source
