"""Sendcloud: returns that vanish after the announcement, parcels that are too heavy, and goods handed in at a store.

Here a look back is interrupted, too, and returns have other names as well: their tracking numbers.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from announced import ECHO, ENDS, LABELS
from combinations import Combination
from in_flight import ASKED
from unannounced import BEFORE, CREATES

from returnsync.sandbox import Fault
from returnsync.sandbox.sendcloud_records import item, parcel_return
from returnsync.sandbox.world import monta_line, monta_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maker import Case, Maker

VANISHED, UNFIT, NOT_COMING = "vanished-at-platform", "carrier-unfit", "not-coming"
SOURCE = "portal"
# A carrier that takes two kilograms at most; every parcel here has five.
SMALL = {"carrier": "PostNlBuspakje"}


def make(m: Maker) -> None:
    """Make everything at Sendcloud; a process that is killed comes last."""
    keys = {key: f"env:SHOP_SENDCLOUD_{key.upper()}" for key in m.sandbox.sendcloud.secrets()}
    m.add_source(
        SOURCE,
        platform="sendcloud",
        warehouse="monta-be",
        own_label="replace",
        **keys,
        **m.sandbox.sendcloud.addresses(m.sandbox.url),
    )
    unannounced = _unannounced(m)
    unfit = _announced(m, UNFIT, "too heavy for another carrier")
    killed = m.case(
        Combination("due", UNFIT, "made", "-", "refused>open"),
        "label refused; its parcel is too heavy for another carrier; `held retry`, killed at the label call",
        end="due",
    )
    _announce(m, "refused", [killed])
    _weigh(m, [*unfit, killed])
    vanished = _announced(m, VANISHED, "gone from the platform")
    _vanish(m, vanished)
    _break_off(m)
    m.finish(SOURCE, [case for case in (*unannounced, *unfit, killed, *vanished) if case.group != NOT_COMING])
    m.die(SOURCE, ASKED, "replay", m.code(SOURCE, killed))


def _hand_in(m: Maker, cases: Sequence[Case]) -> None:
    for case in cases:
        m.sandbox.monta.add(monta_order(case.number, monta_line(quantity=3)))
        fields: dict[str, Any] = {
            "created": datetime.now(UTC) - timedelta(minutes=3),
            "weight": {"value": 5.0, "unit": "kg"},
            "shipping_product": None,  # no wish for a carrier
        }
        goods = item(order=case.number)
        case.identity = m.sandbox.sendcloud.add(parcel_return(goods, order=case.number, **fields))


def _unannounced(m: Maker) -> list[Case]:
    """Make returns too heavy for the carrier, or handed in at a store, with every way in which a create can fail."""
    cases = [
        m.case(
            Combination(progress, cause, create), f"not announced, {BEFORE[create]}; {how}", group=cause, end=progress
        )
        for create in CREATES
        for progress, cause, how in (
            ("held", UNFIT, "its parcel is too heavy for the carrier"),
            ("released", UNFIT, "its parcel is too heavy for the carrier; then `held release`"),
            ("left_alone", NOT_COMING, "the consumer hands it in at a store"),
        )
    ]
    for create in ("refused", "not_made", "-"):
        some = [case for case in cases if case.wanted.create == create]
        _hand_in(m, some)
        if create != "-":
            m.run(SOURCE, *CREATES[create])
    m.held("retry", SOURCE, [case for case in cases if case.wanted.create == "refused"])
    for case in cases:
        if case.group == NOT_COMING:
            m.sandbox.sendcloud.touch(case.identity, delivery_option="in_store")
    m.shift(minutes=6)
    m.run(SOURCE, **SMALL)
    return cases


def _announced(m: Maker, cause: str, then: str) -> list[Case]:
    """Announce returns with every state of a label; afterwards they vanish or are too heavy."""
    every: list[Case] = []
    for label in ("made", "doubt", "refused", "not_made", "-"):
        cases = [
            m.case(
                Combination(end, cause, "made", "-", label), f"announced with label {label}; {then}{ENDS[end]}", end=end
            )
            for end in ("held", "due", "released")
        ]
        if (label, cause) == ("-", UNFIT):
            # A label is wanted and was not requested, since Monta answered the create with another forecast.
            _hand_in(m, cases)
            m.run(SOURCE, Fault("monta.create", "wrong-type", body=ECHO))
        else:
            _announce(m, label, cases)
        every += cases
    return every


def _announce(m: Maker, label: str, cases: Sequence[Case]) -> None:
    settings, faults = LABELS[label]
    _hand_in(m, cases)
    m.run(SOURCE, *faults, **settings)


def _vanish(m: Maker, cases: Sequence[Case]) -> None:
    """Remove them, which is noticed a day later. What is held for its label stays held, unless it is due by then."""
    m.held("retry", SOURCE, [case for case in cases if case.wanted.label in ("doubt", "refused")])
    for case in cases:
        m.sandbox.sendcloud.remove(case.identity)
    m.shift(days=1, hours=2)
    m.run(SOURCE)


def _weigh(m: Maker, cases: Sequence[Case]) -> None:
    m.held("retry", SOURCE, [case for case in cases if case.wanted.label in ("-", "refused", "refused>open")])
    m.shift(minutes=6)
    m.run(SOURCE, **SMALL)
    for case in cases:
        if case.wanted.label in ("made", "doubt"):
            m.command(SOURCE, "replay", m.code(SOURCE, case), "--new-label", "--yes", **SMALL)


def _break_off(m: Maker) -> None:
    """Interrupt a long look back: it is refused as a whole, then half of it is read, then Sendcloud fails."""
    m.shift(minutes=61)
    first = m.sandbox.counts.calls("sendcloud.list") + 2
    m.run(
        SOURCE,
        Fault("sendcloud.list", "status", status=400, call=first),
        Fault("sendcloud.list", "status", status=503, call=first + 2),
    )
