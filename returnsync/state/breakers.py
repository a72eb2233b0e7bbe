"""The breaker of each account: how many calls failed in a row, and since when it is out. It is kept across runs.

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


class Kind(StrEnum):
    """The kind of an account; a source and a warehouse may have the same name."""

    SOURCE = "source"
    WAREHOUSE = "warehouse"


@dataclass(frozen=True, slots=True)
class Breaker:
    """What is known of one account. It is open while the account is out."""

    kind: Kind
    account: str
    """The name of a warehouse, the lasting id of a source."""
    failures: int = 0
    """Calls that failed since the last one that was answered."""
    orders: tuple[str, ...] = ()
    """The orders that those calls were for, each once."""
    opened_at: datetime | None = None
    """Since when it is out; `None` where it is not."""
    why: str = ""
    """The last failure before it was found to be out, as a sentence without a server's own words."""
    probes: int = 0
    """Probes that failed since then."""
    served: int = 0
    """Orders that were served so far."""
    served_at: datetime | None = None
    """When the last of them was."""
    back_at: datetime | None = None
    """When it was last found to be no longer out."""

    @property
    def is_open(self) -> bool:
        """Whether the account is out."""
        return self.opened_at is not None


@dataclass(frozen=True, slots=True)
class LabelsStopped:
    """Label calls of a warehouse that are stopped."""

    warehouse: WarehouseName
    stop: str
    since: datetime


def of(q: Queries, kind: Kind, account: str) -> Breaker:
    """What is known of an account."""
    row = q.breaker(kind=kind.value, account=account)
    return Breaker(kind, account) if row is None else _breaker(row)


def all_open(q: Queries) -> list[Breaker]:
    """The accounts that are out, the first that went out first."""
    return [_breaker(row) for row in q.open_breakers()]


def save(q: Queries, breaker: Breaker) -> None:
    """Keep what is known of an account."""
    q.save_breaker(
        kind=breaker.kind.value,
        account=breaker.account,
        failures=breaker.failures,
        orders=json.dumps(breaker.orders, ensure_ascii=False),
        opened_at=clock.stamp_or_none(breaker.opened_at),
        why=breaker.why,
        probes=breaker.probes,
        served=breaker.served,
        served_at=clock.stamp_or_none(breaker.served_at),
        back_at=clock.stamp_or_none(breaker.back_at),
    )


def note_refusal(q: Queries, warehouse: WarehouseName, code: Code, served_before: int) -> int:
    """Note that an order was refused as a whole account is.

    Returns how often that happened to it; refusals without another order served in between count as one.
    """
    q.note_order_refusal(warehouse=warehouse, code=code, served_before=served_before, at=clock.stamp(clock.now()))
    return int(q.order_refusals(warehouse=warehouse, code=code)["number"])


def was_refused_alone(q: Queries, warehouse: WarehouseName, code: Code, served: int) -> bool:
    """Whether an order was refused before, and others were served since; `served` is the number served so far."""
    row = q.order_refusals(warehouse=warehouse, code=code)
    return bool(row["number"]) and row["served_before"] < served


def refused_codes(q: Queries) -> set[Code]:
    """The codes of orders that were refused as whole accounts are."""
    return {Code(row["code"]) for row in q.refused_codes()}


def forget_refusals(q: Queries, warehouse: WarehouseName, served_before: int) -> None:
    """Forget the refusals since which no other order was served: the account was refused, not the orders."""
    q.forget_order_refusals(warehouse=warehouse, served_before=served_before)


def forget_refusals_of(q: Queries, warehouse: WarehouseName, code: Code) -> None:
    """Forget the refusals of one order: it was served."""
    q.forget_refusals_of(warehouse=warehouse, code=code)


def labels_stopped(q: Queries) -> list[LabelsStopped]:
    """The warehouses whose label calls are stopped."""
    return [
        LabelsStopped(WarehouseName(row["warehouse"]), row["stop"], clock.parse(row["since"]))
        for row in q.labels_stopped()
    ]


def _breaker(row: Any) -> Breaker:
    return Breaker(
        kind=Kind(row["kind"]),
        account=row["account"],
        failures=row["failures"],
        orders=tuple(json.loads(row["orders"])),
        opened_at=clock.parse_or_none(row["opened_at"]),
        why=row["why"],
        probes=row["probes"],
        served=row["served"],
        served_at=clock.parse_or_none(row["served_at"]),
        back_at=clock.parse_or_none(row["back_at"]),
    )
