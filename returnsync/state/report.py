"""What a report tells of each return: how far it is, and when what happened to it. Each runs inside a reading."""

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
"""What is asked of a history: when it happened first."""


@dataclass(frozen=True, slots=True)
class Reported:
    """An announcement; or a return without one, or a record that was set aside, of which nothing was done."""

    source: SourceId
    state: Stands
    """How far it is, as `returns` lists it; what is due counts as waiting."""
    made: datetime
    """When its platform made the return; of a record, when it came."""
    approved: datetime | None = None
    """When a run first found it approved, and due to be announced; `None` where it is not announced, or was before."""
    announced: datetime | None = None
    labelled: datetime | None = None
    """When its first label came."""


def entries(q: Queries, source: SourceId | None, since: datetime, until: datetime | None) -> Iterator[Reported]:
    """What was made from one moment on, and before another; of one source, or of all.

    The columns of an announcement and its history tell when what happened; of a return that was erased, what is kept of
    its history.
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
    """By code and event, when it happened first, as far as that was kept when the return was erased."""
    first = rows[0]
    if not first["story"] or first["code"] is None:
        return {}
    told = stories.unpacked(first["story"], clock.parse(first["first_seen"]), [row["code"] for row in rows])
    # The oldest comes last, and stays.
    return {(entry["code"], entry["event"]): entry["at"] for entry in reversed(told)}


def _entry(row: Any, told: dict[tuple[str, str], str]) -> Reported:
    planned, adopted, labelled = (told.get((row["code"], event)) or row[event] for event in _FIRST)
    announced = clock.parse_or_none(row["announced_at"])
    approved = None
    if announced is not None and adopted is None:
        # What was held as long as it was known has no such entry: it was approved when it came.
        approved = min(clock.parse(planned or row["known"]), announced)
    return Reported(
        source=SourceId(row["source"]),
        state=Stands(row["state"]),
        made=clock.parse(row["made"]),
        approved=approved,
        announced=announced,
        labelled=clock.parse_or_none(row["labelled_at"] and (labelled or row["labelled_at"])),
    )
