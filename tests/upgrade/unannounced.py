"""Returns that are not announced: every cause, with every way in which an earlier create may have failed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from announced import AT_MONTA, ENDS, change_order
from combinations import Combination
from maker import status

from returnsync.sandbox import Fault
from returnsync.sandbox.world import shipment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from maker import Case, Maker

# How the earlier create ended, if there was one.
CREATES = {"-": (), "refused": (status("create", 400),), "not_made": (status("create", 429),)}
BEFORE = {
    "-": "never sent",
    "refused": "its create was refused, then `held retry`",
    "not_made": "its create was answered with 429",
}
WITH_REASON = "return_reasons.too_small"
# States that a platform causes: progress and cause, and the fields of the return.
SHOWN: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {
    ("waiting", "not-approved"): ("not approved yet", {"status": "Pending"}),
    ("held", "status-unknown"): ("a status that nobody knows", {"status": "AwaitingMoonrise"}),
    ("left_alone", "already-completed"): ("complete by now", {"status": "Completed"}),
    ("left_alone", "already-delivered"): ("delivered by now", {"shipments": [shipment(status="Delivered")]}),
    ("left_alone", "before-start"): ("created before a later `start_from`", {}),
    ("withdrawn", ""): ("cancelled", {"status": "Cancelled"}),
    ("held", "vanished-at-platform"): ("not approved yet, then gone from the platform", {"status": "Pending"}),
}
# States in which it is held because of the warehouse.
HELD = {
    **{cause: how for cause, (how, _) in AT_MONTA.items()},
    "too-many-units": "fewer units were ordered",
    "covered-elsewhere": "somebody announced the same goods",
    "forecast-differs": "a forecast under its code has other units",
    "forecast-doubled": "two forecasts stand under its code",
    "reason-unpaired": "its reason has no pair where one is demanded",
    "order-number-unknown": "the table of order numbers lacks it",
    "order-number-unusable": "the table of order numbers gives `.` for it",
}
# States in which it waits, and is held once `wait_for_order_days` are over: the faults of the runs that look.
WAITS: dict[str, tuple[str, tuple[Fault, ...]]] = {
    "order-unknown": ("Monta does not know its order", ()),
    "order-not-shipped": ("its order is not shipped", ()),
    "call-failed": ("Monta does not show the order", (status("order", 503),)),
    "order-number-unknown": ("the lookup of its order number is refused", (Fault("erp.order", "status", status=400),)),
}


def make(m: Maker) -> None:
    """Make every cause that comes before the announcement, with every earlier create."""
    _shown_and_held(m)
    _refused(m)
    for cause in WAITS:
        for end in ("waiting", "held"):
            _waits(m, cause, end)
    _create_refused(m)


def begin(m: Maker, source: str, cases: Sequence[Case]) -> None:
    """Bring each to where its create failed; the next run tries it again, or sees the return for the first time."""
    for create in ("refused", "not_made", "-"):
        some = [case for case in cases if case.wanted.create == create]
        long_ago = {"created": datetime.now(UTC) - timedelta(days=20), "updated": datetime.now(UTC)}
        for case in some:
            reason = WITH_REASON if case.group == "reason-unpaired" else None
            m.put_in(source, [case], reason=reason, **(long_ago if case.group == "before-start" else {}))
        if create != "-":
            m.run(source, *CREATES[create], unmapped_reason="text")
    m.held("retry", source, [case for case in cases if case.wanted.create == "refused"])
    # So that a pause is over.
    m.shift(minutes=6)


def _cases(m: Maker, create: str, cause: str, how: str, ends: Sequence[str]) -> Iterator[Case]:
    base = f"not announced, {BEFORE[create]}"
    for end in ends:
        wanted = Combination(end, "" if end == "due" else cause, create)
        yield m.case(wanted, f"{base}; {how}{'' if end == 'waiting' else ENDS.get(end, '')}", group=cause, end=end)


def _shown_and_held(m: Maker) -> None:
    rules = [{"strip_prefix": "#"}, {"table": "orders.csv", "missing": "hold"}]
    source = m.source("unannounced", order_number=rules)
    table = m.shop.folder / "orders.csv"
    table.write_text("")
    every: list[Case] = []
    for create in CREATES:
        plain = [case for cause, how in HELD.items() for case in _cases(m, create, cause, how, _ends_of(cause))]
        shown = [
            case
            for (progress, cause), (how, _) in SHOWN.items()
            for case in _cases(m, create, cause, how, ("held", "released") if progress == "held" else (progress,))
        ]
        every += plain + shown
    table.write_text("".join(f"{case.number},{case.number}\n" for case in every))
    begin(m, source, every)
    _show(m, source, every)
    _spoil(m, source, every)
    numbers = {case.number: case.number for case in every if case.group != "order-number-unknown"}
    numbers |= {case.number: "." for case in every if case.group == "order-number-unusable"}
    table.write_text("".join(f"{one},{other}\n" for one, other in numbers.items()))
    m.run(source)
    # Only a request for a return that is gone shows that; an ordinary run would make one after a day.
    for case in every:
        if case.group == "vanished-at-platform":
            m.remove(source, case)
            m.command(source, "replay", m.code(source, case))
    m.finish(source, [case for case in every if case.end != "waiting"])


def _ends_of(cause: str) -> tuple[str, ...]:
    return ("held", "released", "due") if cause == "order-deleted" else ("held", "released")


def _show(m: Maker, source: str, cases: Sequence[Case]) -> None:
    """Let the platform show them as they are to be seen from now on."""
    for (_, cause), (_, changes) in SHOWN.items():
        m.touch(source, [case for case in cases if case.group == cause], **changes)
    m.sources[source]["start_from"] = datetime.now(UTC).replace(microsecond=0) - timedelta(days=10)


def _spoil(m: Maker, source: str, cases: Sequence[Case]) -> None:
    """Change their orders and order lines so that nothing can be announced."""
    monta = m.sandbox.monta
    for case in cases:
        order = m.order(case)
        line = order["Lines"][0]["WebshopOrderLineId"]
        change_order(case, order)
        if case.group == "covered-elsewhere":
            monta.announce(f"by hand {case.number}", case.number, {line: 1})
        if case.group == "forecast-differs":
            monta.announce(m.code(source, case), case.number, {line: 2})
        if case.group == "forecast-doubled":
            monta.announce(m.code(source, case), case.number, {line: 1})
            monta.announce(m.code(source, case), case.number, {line: 1})
        if case.group == "too-many-units":
            order["Lines"][0]["OrderedQuantity"] = 0


def _refused(m: Maker) -> None:
    source = m.source("not-shown")
    how = "Monta refuses to show the order"
    cases = [case for create in CREATES for case in _cases(m, create, "lookup-refused", how, ("held", "released"))]
    begin(m, source, cases)
    m.run(source, status("order", 400))
    m.finish(source, cases)


def _waits(m: Maker, cause: str, progress: str) -> None:
    how, faults = WAITS[cause]
    source = m.source(f"{progress}-{cause}")
    if cause == "order-number-unknown":
        m.look_up(source, "order.number")
    ends = ("waiting",) if progress == "waiting" else ("held", "released")
    cases = [case for create in CREATES for case in _cases(m, create, cause, how, ends)]
    m.sandbox.erp.numbers |= {case.number: case.number for case in cases}
    begin(m, source, cases)
    for case in cases:
        if cause == "order-unknown":
            m.sandbox.monta.remove(case.number)
        if cause == "order-not-shipped":
            m.order(case)["Shipped"] = None
    if cause == "order-number-unknown":
        # An answer is kept for good, but a rule that is written differently asks again.
        m.look_up(source, "order.[number][0]")
    m.run(source, *faults)
    if progress == "held":
        m.shift(minutes=20)
        m.run(source, *faults, wait_for_order_days=0)
        m.finish(source, cases)


def _create_refused(m: Maker) -> None:
    source = m.source("create-refused")
    cases = [
        m.case(
            Combination(end, "" if end == "due" else "forecast-refused", "refused"),
            f"Monta refuses its create{ENDS[end]}",
            end=end,
        )
        for end in ("held", "released", "due")
    ]
    m.put_in(source, cases)
    m.run(source, status("create", 400))
    m.finish(source, cases)
