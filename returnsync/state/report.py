"""The data of the report on each return: its state, and when each thing happened. Each runs inside a reading."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from returnsync import clock
from returnsync.model import SourceId
from returnsync.state import stories
from returnsync.state.database import Queries
from returnsync.state.overview import Stands

_FIRST = ("planned", "adopted", "labelled")
"""The events of a history of which the first time is used."""


@dataclass(frozen=True, slots=True)
class Reported:
    """An announcement; or a return without one, or a record that was set aside, of which nothing was done."""

    source: SourceId
    state: Stands
    """Its state, as `returns` lists it, but what is due counts as waiting."""
    made: datetime
    """When its platform made the return; for a record, when it was first seen."""
    approved: datetime | None = None
    """When a run first found it due to be announced; `None` if it is not announced, or was adopted."""
    announced: datetime | None = None
    labelled: datetime | None = None
    """When its first label came."""


def entries(q: Queries, source: SourceId | None, since: datetime, until: datetime | None) -> Iterator[Reported]:
    """What was made at `since` or later, and before `until`; of one source, or of all.

    The columns of an announcement and its history say when each thing happened; for an erased return, what is kept of
    its history does.
    """
    span = {
        "source": source or "",
        "since": clock.stamp(since),
        "until": clock.stamp(until) if until else clock.LATEST,
    }
    for _, rows in groupby(q.report_of_returns(**span), key=lambda row: (row["source"], row["return_id"])):
        of_return = list(rows)
        told = _until_erased(of_return)
        yield from (_entry(row, told) for row in of_return)
    for row in q.report_of_records(**span):
        yield Reported(SourceId(row["source"]), Stands(row["state"]), clock.parse(row["made"]))


def _until_erased(rows: Sequence[Any]) -> dict[tuple[str, str], str]:
    """By code and event: when it first happened, as far as that was kept when the return was erased."""
    first = rows[0]
    if not first["story"] or first["code"] is None:
        return {}
    told = stories.unpacked(first["story"], clock.parse(first["first_seen"]), [row["code"] for row in rows])
    # The oldest entry comes last, so its time is the one that stays.
    return {(entry["code"], entry["event"]): entry["at"] for entry in reversed(told)}


def _entry(row: Any, told: dict[tuple[str, str], str]) -> Reported:
    planned, adopted, labelled = (told.get((row["code"], event)) or row[event] for event in _FIRST)
    announced = clock.parse_or_none(row["announced_at"])
    approved = None
    if announced is not None and adopted is None:
        # An announcement that was held from the start has no such entry: it was approved when it came.
        approved = min(clock.parse(planned or row["known"]), announced)
    return Reported(
        source=SourceId(row["source"]),
        state=Stands(row["state"]),
        made=clock.parse(row["made"]),
        approved=approved,
        announced=announced,
        labelled=clock.parse_or_none(row["labelled_at"] and (labelled or row["labelled_at"])),
    )
