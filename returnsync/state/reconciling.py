"""What the state knows, to compare it with what platforms and warehouses show. Each runs inside a reading."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from returnsync import clock
from returnsync.model import Announcement, Cause, Code, ReturnId, SourceId, WarehouseName, WarehouseOrderNumber
from returnsync.state import announcements
from returnsync.state.database import Queries
from returnsync.state.sent import forecast_in


@dataclass(frozen=True)
class AsKept:
    """A return as it is kept: the hash by which a listing tells whether it changed, and when it was read last."""

    digest: str
    read_at: datetime | None
    """`None` where the next run reads it in any case."""
    is_open: bool
    """Whether its platform may still change it, so that runs go on reading it."""


@dataclass(frozen=True)
class Sent:
    """The order that a forecast was sent for, and when; an empty number where that is not known."""

    order_number: WarehouseOrderNumber
    at: datetime | None
    """By the warehouse's clock where that was behind; `None` where it was there before the state knew of it."""


def returns_of(q: Queries, source: SourceId) -> dict[ReturnId, AsKept]:
    """Every return of a source."""
    return {
        ReturnId(row["id"]): AsKept(
            row["hash"], clock.parse(row["read_at"]) if row["read_at"] else None, is_open=bool(row["is_open"])
        )
        for row in q.returns_as_kept(source=source)
    }


def records_of(q: Queries, source: SourceId) -> set[ReturnId]:
    """The keys of every record of a source that was set aside."""
    return {ReturnId(row["record"]) for row in q.records_as_kept(source=source)}


def announced_since(q: Queries, warehouse: WarehouseName, since: datetime) -> Sequence[Announcement]:
    """What was announced at a warehouse since a moment, the earliest first."""
    rows = q.announced_since(warehouse=warehouse, since=clock.stamp(since))
    return [announcements.from_row(row) for row in rows]


def warehouses_since(q: Queries, since: datetime) -> set[tuple[SourceId, WarehouseName]]:
    """Each pair of a source and a warehouse at which it announced something since a moment."""
    rows = q.warehouses_since(since=clock.stamp(since))
    return {(SourceId(row["source"]), WarehouseName(row["warehouse"])) for row in rows}


def taken_back_since(q: Queries, source: SourceId, since: datetime) -> Sequence[Announcement]:
    """The announcements of a source that are held, since a moment, because the platform cancelled their return."""
    rows = q.taken_back_since(source=source, cause=Cause.CANCELLED_AFTER.value, since=clock.stamp(since))
    return [announcements.from_row(row) for row in rows]


def sent_to(q: Queries, warehouse: WarehouseName) -> dict[Code, Sent]:
    """The order and the moment of every forecast of ours that is at a warehouse."""
    found: dict[Code, Sent] = {}
    for row in q.standing_creates(warehouse=warehouse):
        request = json.loads(row["request"] or "{}")
        number = WarehouseOrderNumber(str(forecast_in(request).get("order_number", "")))
        intent_at, server_time = clock.parse(row["intent_at"]), clock.parse_or_none(request.get("server_time"))
        at = None if row["outcome"] == "adopted" else min(intent_at, server_time or intent_at)
        found[Code(row["code"])] = Sent(number, at)
    return found


def number_of_labels(q: Queries, warehouse: WarehouseName, code: Code) -> int:
    """How many labels came for an announcement."""
    return int(q.number_of_labels(warehouse=warehouse, code=code)[0])
