"""Other content of a state file: adopted forecasts, other platforms, parts, unreadable records, interrupted work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from announced import CANCELLED, CHANGED, ENDS, LABELS, OUT, announce
from combinations import Combination

from returnsync.sandbox.channable_records import order as marketplace_order
from returnsync.sandbox.channable_records import returned
from returnsync.sandbox.world import monta_order, shipment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maker import Case, Maker


def make(m: Maker) -> None:
    """Make all of it; the run that is killed before it plans comes last."""
    _adopted(m)
    _due_again(m)
    _own_label(m)
    _unreadable(m)
    _marketplaces(m)
    _not_planned(m)


# -- adopted -----------------------------------------------------------------------------------------------------------

_LACKS = {
    "order-number-unknown": "the table of order numbers no longer has it",
    "order-number-unusable": "the table of order numbers gives `.` for it",
}


def _adopted(m: Maker) -> None:
    """Make returns whose forecasts were at Monta under their codes when first seen, as after a lost state."""
    rules = [{"strip_prefix": "#"}, {"table": "adopted.csv", "missing": "hold"}]
    source = m.source("adopted", order_number=rules)
    cases = [case for label in ("-", "doubt", "made") for case in _to_adopt(m, label)]
    numbers = {case.number: case.number for case in cases}
    table = m.shop.folder / "adopted.csv"

    def write(but: dict[str, str]) -> None:
        rows = {**numbers, **but}
        table.write_text("".join(f"{one},{other}\n" for one, other in rows.items() if other))

    write({})
    for label in ("-", "doubt", "made"):
        some = [case for case in cases if case.wanted.label == label]
        _adopt(m, source, label, some)
    changed = [case for case in cases if case.group in (CHANGED, "forecast-differs", *_LACKS)]
    m.one_more(source, changed)
    m.touch(source, [case for case in cases if case.group == CANCELLED], status="Cancelled")
    m.run(source)
    m.held("retry", source, [case for case in changed if case.group != CHANGED])
    lacking = [case for case in cases if case.group in _LACKS]
    write({case.number: "." if case.group == "order-number-unusable" else "" for case in lacking})
    m.run(source)
    m.one_more(source, [case for case in lacking if case.end == "waiting"], units=1)
    m.run(source)
    write({})
    m.finish(source, cases, *OUT)
    write({case.number: "." if case.group == "order-number-unusable" else "" for case in lacking})


def _to_adopt(m: Maker, label: str) -> list[Case]:
    how = f"adopted with label {label}"
    cases = [
        m.case(Combination(end, cause, "adopted", "-", label), f"{how}; {then}{ENDS[end]}", group=cause, end=end)
        for cause, then in {**_LACKS, CHANGED: "it changes", CANCELLED: "it is cancelled",
                            "forecast-differs": "it changes, and the portal does not"}.items()
        for end in ENDS
    ]  # fmt: skip
    if label == "doubt":
        own = [Combination(end, "label-in-doubt", "adopted", "-", label) for end in ("held", "due", "released")]
        return [*cases, *(m.case(one, f"{how}{ENDS[one.progress]}", end=one.progress) for one in own)]
    return [*cases, m.case(Combination("settled", "", "adopted", "-", label), how)]


def _adopt(m: Maker, source: str, label: str, cases: Sequence[Case]) -> None:
    m.put_in(source, cases)
    for case in cases:
        code, line = m.code(source, case), m.order(case)["Lines"][0]["WebshopOrderLineId"]
        m.sandbox.monta.announce(code, case.number, {line: 1})
        if label == "made":
            folder = m.shop.folder / "labels" / "monta"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{code}.pdf").write_bytes(b"%PDF-1.4 kept when the state was lost %%EOF")
    m.run(source, request_labels=label != "-")


def _due_again(m: Maker) -> None:
    """Make returns held for an unknown status and then approved again; a missing table keeps them from going on."""
    source = m.source("due-again")
    cases = [
        m.case(
            Combination("due", "", "made", "-", label), f"announced with label {label}; a status unknown, then known"
        )
        for label in LABELS
    ]
    for case in cases:
        announce(m, source, case.wanted.label, [case])
    m.one_more(source, cases)
    m.run(source)
    m.touch(source, cases, status="AwaitingMoonrise")
    m.run(source)
    m.one_more(source, cases, units=1)
    m.touch(source, cases, status="Confirmed")
    m.sources[source]["sku_table"] = "missing.csv"
    m.run(source)
    del m.sources[source]["sku_table"]


def _own_label(m: Maker) -> None:
    """Make a return with a label of the platform's own, at a source that was renamed: its id is not its name."""
    source = m.source("own-label", id="shop-before")
    case = m.case(Combination("settled", "", "made"), "announced with the platform's own label and tracking number")
    link = "https://labels.example/1.pdf"
    m.put_in(source, [case], shipments=[shipment(label_url=link, tracking="3SVOORBEELD1")])
    m.run(source)


# -- other platforms ---------------------------------------------------------------------------------------------------


def _unreadable(m: Maker) -> None:
    """Make unreadable records: one with an id, one that a person released, one without an id."""
    source = m.source("unreadable")
    records = m.sandbox.returnista.accounts[m.sources[source]["account_id"]]
    for name in ("held", "released", "nameless"):
        case = m.case(
            Combination("settled", "", "made", "-", "made"), "an ordinary one beside records that cannot be read"
        )
        m.put_in(source, [case])
        broken = {**records[case.identity], "id": f"unreadable-{name}", "createdAt": "the day before yesterday"}
        records[broken["id"]] = broken
        if name == "nameless":
            broken["id"] = ""
    m.run(source)
    m.command(source, "held", "release", "unreadable-released")


def _marketplaces(m: Maker) -> None:
    """Make a return in three records, one of them completed, one gone since; and a return that a setting skips."""
    channable = m.sandbox.channable
    source = m.add_source(
        "marketplaces",
        platform="channable",
        token="env:SHOP_CHANNABLE_TOKEN",
        base_url=m.sandbox.url + channable.base,
        **channable.settings(),
    )
    m.sources[source]["warehouse"] = "monta-be"
    skus = ("SHIRT-BL-M", "SKIRT-BK-36", "COAT-NV-XL")
    case = m.case(
        Combination("held", "forecast-differs", "made", "-", "made"),
        "announced in parts, one of which is gone since; `replay` compares",
    )
    m.sandbox.monta.add(monta_order(case.number, *skus))
    channable.add_order(marketplace_order(case.number, *skus))
    made = datetime.now(UTC) - timedelta(hours=12)
    records = [
        channable.add(returned(sku, case.number, id=channable.new_id(), return_id="31005544", created=made))
        for sku in skus
    ]
    m.run(source)
    channable.touch(records[1], word="accepted")
    m.shift(minutes=5)
    m.run(source)
    channable.remove(records[2])
    m.command(source, "replay", records[2])


def _not_planned(m: Maker) -> None:
    """Kill a run between reading and planning: it leaves returns that were never planned, and a run without an end."""
    source = m.source("not-planned")
    case = m.case(Combination("due", ""), "never weighed")
    m.put_in(source, [case])
    m.cases.remove(case)
    m.die(source, "page saved")
