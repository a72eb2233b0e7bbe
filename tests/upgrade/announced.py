"""Announced returns: every cause that a platform, a person or the warehouse can give them, with every state of the
label."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from combinations import Combination
from maker import status

from returnsync.sandbox import Fault
from returnsync.sandbox.world import monta_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from maker import Case, Maker

# How the label gets its state: the settings of the warehouse, and Monta's answer to the label call.
LABELS: dict[str, tuple[dict[str, Any], tuple[Fault, ...]]] = {
    "-": ({"request_labels": False}, ()),
    "made": ({}, ()),
    "doubt": ({}, (status("label", 500),)),
    "refused": ({}, (status("label", 400),)),
    "not_made": ({}, (status("label", 429),)),
}
CHANGED, CANCELLED = "changed-after-announcement", "cancelled-after-announcement"
WITH_REASON, NO_REASON = "return_reasons.too_small", None

# The groups that can wait with a comparison; they keep their cause while they wait.
WAITS = {
    *(CHANGED, CANCELLED, "forecast-differs", "echo-differs", "order-deleted", "order-ambiguous", "channel-differs"),
    *("lookup-refused", "reason-unpaired"),
}
ENDS = {
    "held": "",
    "due": "; then `held retry`",
    "released": "; then `held release`",
    "waiting": "; then `held retry`, and a run in which Monta's reads fail",
}
# If a label was surely not made, everything after `held` is the same as if none was requested.
_ENDS_OF = dict.fromkeys(("refused", "not_made"), ("held",))
OUT = (status("order", 503), status("forecast", 503))


# -- changes to the order at Monta that stop a comparison --------------------------------------------------------------


def _deleted(order: dict[str, Any], _case: Case) -> None:
    order["Deleted"] = True


def _another(order: dict[str, Any], case: Case) -> None:
    order["WebshopOrderId"] = f"{case.number}0"


def _other_channel(order: dict[str, Any], _case: Case) -> None:
    order["Origin"] = "Webshop BE"


def _other_lines(order: dict[str, Any], _case: Case) -> None:
    order["Lines"] = [{**monta_line("SHOE-42"), "WebshopOrderLineId": "another"}]


def _two_lines(order: dict[str, Any], _case: Case) -> None:
    order["Lines"] = [{**line, "WebshopOrderLineId": f"new {place}"} for place, line in enumerate(order["Lines"] * 2)]


def _fewer(order: dict[str, Any], _case: Case) -> None:
    order["Lines"][0]["OrderedQuantity"] = 1


def _nothing(_order: dict[str, Any], _case: Case) -> None:
    pass


AT_MONTA: dict[str, tuple[str, Callable[[dict[str, Any], Case], None]]] = {
    "order-deleted": ("its order is deleted", _deleted),
    "order-ambiguous": ("Monta shows another order", _another),
    "channel-differs": ("its order is of another channel", _other_channel),
    "line-unmatched": ("its order has other lines", _other_lines),
    "line-ambiguous": ("its order has its SKU twice", _two_lines),
}


def change_order(case: Case, order: dict[str, Any]) -> None:
    """Change its order as the name of its group says, if that is about an order."""
    if case.group in AT_MONTA:
        AT_MONTA[case.group][1](order, case)


BY_COMPARING = {
    **{cause: how for cause, (how, _) in AT_MONTA.items()},
    "forecast-differs": "the forecast was not changed in the portal",
    "lookup-refused": "Monta refuses to show the order",
    "reason-unpaired": "its reason has no pair where one is demanded",
}
BY_SENDING = {
    "too-many-units": "fewer units were ordered",
    "covered-elsewhere": "somebody announced the same goods",
    "update-refused": "Monta refuses the change",
    "echo-differs": "Monta answers the change with another forecast",
}
BY_PLATFORM = {
    CHANGED: "one unit more comes back",
    CANCELLED: "it is cancelled",
    "status-unknown": "it changes, and then shows a status that nobody knows",
    "approved-again": "it is cancelled, its forecast removed, and it is approved again",
}
ECHO = json.dumps({"Code": "another", "WebshopOrderId": "another", "Lines": []}).encode()


def announce(m: Maker, source: str, label: str, cases: Sequence[Case], reason: str | None = NO_REASON) -> None:
    """Announce them, and bring their labels into the state `label`."""
    settings, faults = LABELS[label]
    m.put_in(source, cases, reason=reason)
    m.run(source, *faults, **{"unmapped_reason": "text", **settings})


def make(m: Maker) -> None:
    """Make every cause that comes after the announcement, with every state of a label."""
    source = m.source("announced")
    cases = {label: list(_cases(m, label)) for label in LABELS}
    for label, some in cases.items():
        announce(m, source, label, [case for case in some if case.group != "reason-unpaired"])
        announce(m, source, label, [case for case in some if case.group == "reason-unpaired"], WITH_REASON)
    every = [case for some in cases.values() for case in some]
    of = partial(_of, every)
    _platforms_change(m, source, every)
    _compare(m, source, every)
    _send(m, source, every)
    # The platform undoes the change; announcements held because of the warehouse stay held, and are compared again.
    back = of(*AT_MONTA, "lookup-refused", "reason-unpaired")
    m.one_more(source, [case for case in back if case.end == "waiting"], units=1)
    m.run(source)
    m.finish(source, every, *OUT)


def _of(cases: Sequence[Case], *groups: str) -> list[Case]:
    return [case for case in cases if case.group in groups]


def _cases(m: Maker, label: str) -> Any:
    base = f"announced with label {label}"
    for cause, how in {**BY_PLATFORM, **BY_COMPARING, **BY_SENDING}.items():
        update = {"update-refused": "refused", "echo-differs": "made"}.get(cause, "-")
        for end, then in ENDS.items():
            if end in _ENDS_OF.get(label, ENDS) and (end != "waiting" or cause in WAITS):
                wanted = Combination(end, cause, "made", update, label)
                yield m.case(wanted, f"{base}; {how}{then}", group=cause, end=end)
    withdrawn = Combination("withdrawn", "", "made", "-", label)
    yield m.case(withdrawn, f"{base}; it is cancelled, and its forecast removed", group="withdrawn")
    own = {"doubt": "label-in-doubt", "refused": "label-refused"}.get(label)
    if own:
        for end in ("held", "due", "released"):
            yield m.case(Combination(end, own, "made", "-", label), f"{base}{ENDS[end]}", group=own, end=end)
    elif label != "not_made":  # that one waits, and would be made if another command ran
        yield m.case(Combination("settled", "", "made", "-", label), base, group="settled")


def _platforms_change(m: Maker, source: str, cases: Sequence[Case]) -> None:
    gone = _of(cases, CANCELLED, "approved-again", "withdrawn")
    m.touch(source, gone, status="Cancelled")
    changed = _of(cases, CHANGED, "status-unknown", *BY_COMPARING, *BY_SENDING)
    m.one_more(source, changed)
    m.run(source)
    m.touch(source, _of(cases, "status-unknown"), status="AwaitingMoonrise")
    taken_back = _of(cases, "approved-again", "withdrawn")
    m.forget_forecasts(source, taken_back)
    m.held("retry", source, taken_back)
    m.run(source)
    m.touch(source, _of(cases, "approved-again"), status="Confirmed")
    m.run(source)


def _compare(m: Maker, source: str, cases: Sequence[Case]) -> None:
    for case in cases:
        change_order(case, m.order(case))
    m.held("retry", source, _of(cases, "lookup-refused"))
    m.run(source, status("order", 400))
    m.held("retry", source, _of(cases, *AT_MONTA, "forecast-differs", "reason-unpaired"))
    m.run(source)


def _send(m: Maker, source: str, cases: Sequence[Case]) -> None:
    m.sources[source]["send_updates"] = True
    for case in _of(cases, "too-many-units"):
        _fewer(m.order(case), case)
    for case in _of(cases, "covered-elsewhere"):
        line = m.order(case)["Lines"][0]["WebshopOrderLineId"]
        m.sandbox.monta.announce(f"by hand {case.number}", case.number, {line: 1})
    m.held("retry", source, _of(cases, "too-many-units", "covered-elsewhere"))
    m.run(source)
    m.held("retry", source, _of(cases, "update-refused"))
    m.run(source, status("update", 400))
    m.held("retry", source, _of(cases, "echo-differs"))
    m.run(source, Fault("monta.update", "wrong-type", body=ECHO))
    del m.sources[source]["send_updates"]
