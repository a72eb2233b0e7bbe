"""The label calls of a warehouse: how many labels were made, and why no more are requested. Kept across runs.

Each function runs inside a transaction or a reading.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from returnsync import clock
from returnsync.model import Code, WarehouseName
from returnsync.state.database import Queries
from returnsync.state.sent import forecast_in


class Stop(StrEnum):
    """Why label calls are stopped."""

    NONE = ""
    NOT_ALLOWED = "not-allowed"
    """The account may not make labels."""
    SAME_WORDS = "same-words"
    """Three different orders in a row were refused in the same words."""
    UNCLEAR = "unclear"
    """Three calls in a row ended unclear."""
    SHUT = "shut"
    """One was answered by refusing the whole account."""

    @property
    def why(self) -> str:
        """The reason for a person, as a part of a sentence; empty where they are not stopped."""
        return _WHY.get(self, "")


_WHY = {
    Stop.NOT_ALLOWED: "the account may not make labels (HTTP 403)",
    Stop.SAME_WORDS: "the warehouse refused three different orders in a row in the same words",
    Stop.SHUT: "the account was refused when one was asked for",
    Stop.UNCLEAR: "three label calls in a row brought no clear answer, or no usable label",
}


@dataclass(frozen=True, slots=True)
class LabelCalls:
    """What is known of the label calls of one warehouse."""

    made: int = 0
    """Labels that were made so far."""
    unclear: int = 0
    """Calls that ended unclear since the last label that was made."""
    stop: Stop = Stop.NONE
    tries: int = 0
    """Labels that were tried since the calls were stopped."""
    try_at: datetime | None = None
    """When the next one is tried at the earliest, where that depends on the time."""
    run: str = ""
    """The run that stopped them, or that tried last."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A label call that was refused."""

    code: Code
    order_number: str
    """As the platform wrote it."""
    warehouse_number: str
    """As the warehouse has it; empty where that is not known."""
    status: int
    made_before: int
    """How many labels had been made until then."""
    words: str
    is_shut: bool
    """Whether it was the whole account that was refused."""


def of(q: Queries, warehouse: WarehouseName) -> LabelCalls:
    """What is known of the label calls of a warehouse."""
    row = q.label_calls(warehouse=warehouse)
    if row is None:
        return LabelCalls()
    return LabelCalls(
        made=row["made"],
        unclear=row["unclear"],
        stop=Stop(row["stop"]),
        tries=row["tries"],
        try_at=None if row["try_at"] is None else clock.parse(row["try_at"]),
        run=row["run"],
    )


def one_made(q: Queries, warehouse: WarehouseName) -> None:
    """A label was made: whatever stopped the calls is over."""
    q.label_made(warehouse=warehouse)


def one_unclear(q: Queries, warehouse: WarehouseName) -> int:
    """A call ended unclear; returns how many did so since the last label that was made."""
    return int(q.label_unclear(warehouse=warehouse)["unclear"])


def stop(q: Queries, warehouse: WarehouseName, why: Stop, run: str, try_at: datetime | None = None) -> None:
    """Stop the calls. If they are stopped for the same reason already, the tries and the time of the next one stay."""
    now = clock.stamp(clock.now())
    q.stop_labels(warehouse=warehouse, stop=why.value, now=now, run=run, try_at=clock.stamp_or_none(try_at))


def note_try(q: Queries, warehouse: WarehouseName, run: str, try_at: datetime | None) -> None:
    """One label is tried while the calls are stopped; the next one at `try_at` at the earliest, or in another run."""
    q.note_label_try(warehouse=warehouse, run=run, try_at=clock.stamp_or_none(try_at))


def refusals(q: Queries, warehouse: WarehouseName, made_before: int) -> list[Refusal]:
    """The refusals since the latest label that was made, newest first."""
    return [_refusal(row) for row in q.label_refusals(warehouse=warehouse, made_before=made_before)]


def refusals_of(q: Queries, warehouse: WarehouseName, code: Code) -> list[Refusal]:
    """Every refusal of one code, newest first."""
    return [_refusal(row) for row in q.label_refusals_of_code(warehouse=warehouse, code=code)]


def tried_at(q: Queries, warehouse: WarehouseName, code: Code) -> str:
    """When a label of that code was last requested, as a text that sorts by time; empty: never."""
    return q.label_tried_at(warehouse=warehouse, code=code)[0] or ""


def _refusal(row: Any) -> Refusal:
    created = json.loads(row["created"] or "{}")
    return Refusal(
        code=Code(row["code"]),
        order_number=row["order_number"],
        warehouse_number=forecast_in(created).get("order_number", ""),
        status=row["status"],
        made_before=row["made_before"],
        words=row["answer"],
        is_shut=row["shut_at"] is not None,
    )


def last_label_at(q: Queries, warehouse: WarehouseName) -> datetime | None:
    """When the last label of a warehouse was saved; `None` where none was."""
    return clock.parse_or_none(q.last_label_at(warehouse=warehouse)[0])
