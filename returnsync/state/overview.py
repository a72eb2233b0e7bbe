"""Everything that is known, as one list: with its keys, its state, and since when. Each runs inside a reading."""

import json
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from returnsync import clock
from returnsync.model import Code, OrderNumber, ReturnId, SourceId, WarehouseName
from returnsync.state.database import Queries

_NO_LIMIT = 2**62


class Stands(StrEnum):
    """The state of an entry of the list: its progress, or what was done if nothing more is to be done."""

    DUE = "due"
    WAITING = "waiting"
    HELD = "held"
    ANNOUNCED = "announced"
    LABELLED = "labelled"
    LEFT_ALONE = "left_alone"
    WITHDRAWN = "withdrawn"
    RELEASED = "released"
    UNPLANNED = "unplanned"


@dataclass(frozen=True)
class Span:
    """Which entries: those in one of these states, for one of these causes, since a moment in this span; empty: all."""

    states: Collection[Stands] = ()
    causes: Collection[str] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Listed:
    """One entry: an announcement; a return without one, which has no code; or a record that was set aside."""

    source: SourceId
    return_id: ReturnId
    """The return; of a record, its key."""
    state: Stands
    cause: str
    since: str
    """Since when it is in this state, as the text that the state file keeps."""
    code: Code | None = None
    is_record: bool = False


def listed(q: Queries, source: SourceId | None, span: Span, most: int | None) -> list[Listed]:
    """The entries whose state is newest, newest first; of one source, or of all; up to `most`, or all."""
    found = [
        Listed(
            SourceId(row["source"]),
            ReturnId(row["return_id"]),
            Stands(row["state"]),
            row["cause"],
            row["since"],
            Code(row["code"]) if row["code"] else None,
            is_record=bool(row["is_record"]),
        )
        for row in _rows(q, source, span, most)
    ]
    return latest_first(found)[:most]


def count(q: Queries, source: SourceId | None, span: Span) -> int:
    """How many there are; of one source, or of all."""
    return sum(1 for _ in _rows(q, source, span, None))


def _rows(q: Queries, source: SourceId | None, span: Span, most: int | None) -> Iterator[Any]:
    asked = {
        "source": source or "",
        "since": clock.stamp(span.since) if span.since else "",
        "until": clock.stamp(span.until) if span.until else clock.LATEST,
        "most": _NO_LIMIT if most is None else most,
    }
    words = {"states": _among(state.value for state in span.states), "causes": _among(span.causes)}
    yield from q.overview_of_announcements(**asked, **words)
    if not span.causes and (not span.states or Stands.UNPLANNED in span.states):
        yield from q.overview_of_returns(**asked)
    yield from q.overview_of_records(**asked, **words)


def telling(q: Queries, words: Collection[str]) -> set[tuple[SourceId, ReturnId]]:
    """The returns, and the keys of records, whose texts contain every one of these words, in upper or lower case.

    Some of them may not be meant: a word may also be the name of a field.
    """
    sought = [as_searched(json.dumps(word, ensure_ascii=False)[1:-1]) for word in words]
    found: list[set[tuple[SourceId, ReturnId]]] = [set() for _ in sought]
    for source, return_id, text in q.texts_to_search():
        told = as_searched(text)
        for word, returns in zip(sought, found, strict=True):
            if word in told:
                returns.add((source, return_id))
    return set.intersection(*found)


def as_searched(text: str) -> str:
    """A text as it is compared: without upper case, and with each accented letter as one character."""
    return text.casefold() if text.isascii() else unicodedata.normalize("NFC", text).casefold()


def latest_first(found: Iterable[Listed]) -> list[Listed]:
    """The entries by since when they are in their state, newest first; equal ones in a stable order."""
    by_name = sorted(found, key=lambda one: (one.source, one.return_id, one.code or ""))
    return sorted(by_name, key=lambda one: one.since, reverse=True)


def _among(words: Iterable[str]) -> str:
    joined = "|".join(words)
    return f"|{joined}|" if joined else ""


@dataclass(frozen=True)
class SavedLabel:
    """A label that came: its file, its announcement, and what the platform shows of its return."""

    warehouse: WarehouseName
    code: Code
    generation: int
    file: str
    sha256: str
    saved_at: str
    removed_at: str | None
    order_number: OrderNumber
    source: SourceId
    return_id: ReturnId
    status: str
    request: str
    """The request for it."""
    handed_over: str
    """When it was handed over to its consumer, in UTC; empty where it was not."""


def labels(q: Queries, since: datetime | None) -> list[SavedLabel]:
    """Every label that came since a moment, or ever, the latest first."""
    return [SavedLabel(**dict(row)) for row in q.overview_of_labels(since=clock.stamp(since) if since else "")]
