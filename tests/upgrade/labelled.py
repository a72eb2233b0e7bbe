"""What happens to a label after its first answer: pauses, refused accounts, and labels that a person asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from announced import ECHO, ENDS, LABELS, OUT
from combinations import Combination
from maker import status

from returnsync.sandbox import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maker import Case, Maker

UNUSABLE = Fault("monta.label", "html")

# The answers when a person asks for another label: the cause that is held then, the outcome, and the fault.
ANSWERS: dict[str, tuple[str, Fault]] = {
    "label-refused": ("refused", status("label", 400)),
    "label-refused by a pause": ("not_made", status("label", 429)),
    "label-in-doubt": ("doubt", status("label", 500)),
    "label-unusable": ("doubt", UNUSABLE),
}
BEFORE = ("made", "doubt", "refused")


def make(m: Maker) -> None:
    """Make every state of labels, one after the other, with what is held for them."""
    _echo(m)
    _unusable(m)
    _pauses(m)
    _account_refused(m)
    _asked_again(m)


def _held(m: Maker, cause: str, label: str, how: str) -> list[Case]:
    return [
        m.case(Combination(end, cause, "made", "-", label), f"{how}{ENDS[end]}", end=end)
        for end in ("held", "due", "released")
    ]


def _echo(m: Maker) -> None:
    """Make returns without a requested label: Monta answered the create with another forecast."""
    source = m.source("echo")
    how = "Monta answers the create with another forecast"
    cases = [
        *_held(m, "echo-differs", "-", how),
        m.case(Combination("waiting", "echo-differs", "made"), f"{how}{ENDS['waiting']}", end="waiting"),
    ]
    m.put_in(source, cases)
    m.run(source, Fault("monta.create", "wrong-type", body=ECHO))
    m.finish(source, cases, *OUT)


def _unusable(m: Maker) -> None:
    source = m.source("unusable")
    cases = _held(m, "label-unusable", "doubt", "announced; Monta answers the label call with a page for people")
    m.put_in(source, cases)
    m.run(source, UNUSABLE)
    m.finish(source, cases)


def _pauses(m: Maker) -> None:
    source = m.source("paused")
    how = "announced; the label call was answered with 429"
    m.put_in(source, [m.case(Combination("waiting", "call-failed", "made", "-", "not_made"), how)])
    m.run(source, status("label", 429))
    source = m.source("paused-too-long")
    cases = _held(m, "call-failed", "not_made>not_made", f"{how} until `wait_for_order_days` were over")
    m.put_in(source, cases)
    m.run(source, status("label", 429))
    m.shift(minutes=6)
    m.run(source, status("label", 429), wait_for_order_days=0)
    m.finish(source, cases)


def _account_refused(m: Maker) -> None:
    """Let Monta refuse the account at several calls: nothing is held for that."""
    for route, wanted, how in (
        ("order", Combination("due", ""), "Monta refuses the account before it is announced"),
        ("create", Combination("due", "", "not_made"), "Monta refuses the account when it is announced"),
        ("label", Combination("due", "", "made", "-", "not_made"), "Monta refuses the account at the label call"),
    ):
        source = m.source(f"account-refused-{route}")
        m.put_in(source, [m.case(wanted, how)])
        m.run(source, status(route, 401))


def _asked_again(m: Maker) -> None:
    source = m.source("new-labels")
    for before in BEFORE:
        base = f"announced with label {before}; `replay --new-label`"
        for answer, (outcome, fault) in ANSWERS.items():
            cases = _held(m, answer.partition(" ")[0], f"{before}>{outcome}", f"{base}, {answer}")
            if (before, outcome) in (("made", "refused"), ("made", "not_made")):
                wanted = Combination("settled", "", "made", "-", f"{before}>{outcome}")
                cases.append(m.case(wanted, f"{base}, {answer}; then `held retry` and a run", end="settled"))
            _ask(m, source, before, cases, fault)
        _ask(m, source, before, [m.case(Combination("settled", "", "made", "-", f"{before}>made"), base)])
    settled = [case for case in m.cases if case.end == "settled"]
    m.held("retry", source, settled)
    m.run(source)
    for case in m.cases:
        if case.group == source:
            m.finish(source, [case])


def _ask(m: Maker, source: str, before: str, cases: Sequence[Case], *faults: Fault) -> None:
    m.put_in(source, cases)
    settings, first = LABELS[before]
    m.run(source, *first, **settings)
    for case in cases:
        m.command(source, "replay", m.code(source, case), "--new-label", "--yes", faults=faults)
        case.group = source
