"""The ledger of hand-overs: whether, how and when each label was brought to its consumer.

An attempt is a row that is written before what cannot be undone; its outcome follows. Who cannot write the row hands
nothing over.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from returnsync import clock
from returnsync.model import Code, SourceId, WarehouseName
from returnsync.state import ledger
from returnsync.state.database import Queries


class Method(StrEnum):
    """How a label is handed over."""

    EMAIL = "email"
    COMMAND = "command"
    TEST = "test"
    """A mail to the address for trying it out, which hands nothing over."""


class Ended(StrEnum):
    """How an attempt ended."""

    DONE = "done"
    NOT_DONE = "not_done"
    """Surely not: nothing was sent."""
    DOUBT = "doubt"
    """It may have been."""


@dataclass(frozen=True, slots=True)
class LabelKey:
    """One label of an announcement: the call that brought it was the `generation`th."""

    warehouse: WarehouseName
    code: Code
    generation: int


@dataclass(frozen=True, slots=True)
class Word:
    """A person's word that a label is to be handed over."""

    at: datetime
    attempts: int
    """The number of the last attempt before it: none up to it counts, but for what is done."""
    done_after: int
    """Of what is done, only what has a higher number counts."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One row of this ledger."""

    label: LabelKey
    method: Method
    number: int
    intent_at: datetime
    outcome: Ended | None = None
    outcome_at: datetime | None = None


def claim(q: Queries, label: LabelKey, method: Method, *, word: Word | None, most_doubts: int) -> Attempt | None:
    """Claim the right to hand a label over; `None` where an earlier attempt stands in the way.

    It does while it is in flight, once one was done, or once `most_doubts` ended in doubt, as far as they count after a
    person's `word`. The number of the new one is above those before the word, also above those that this state lost.
    """
    at = clock.now()
    row = q.claim_hand_over(
        **_key(label),
        method=method.value,
        at=clock.stamp(at),
        after=word.attempts if word is not None else 0,
        done_after=word.done_after if word is not None else 0,
        most_doubts=most_doubts,
    )
    return None if row is None else Attempt(label, method, row["attempt"], at)


def end(q: Queries, attempt: Attempt, outcome: Ended) -> None:
    """Write how an attempt ended, once."""
    at = clock.stamp(clock.now())
    q.end_hand_over(**_key(attempt.label), attempt=attempt.number, outcome=outcome.value, at=at)


def newest_label(q: Queries, warehouse: WarehouseName, code: Code) -> tuple[LabelKey, Any] | None:
    """The newest label of a code, with its row as `ledger.labels` has it; `None` where there is none."""
    rows = ledger.labels(q, warehouse, code)
    return (LabelKey(warehouse, code, rows[-1]["generation"]), rows[-1]) if rows else None


def call_for(q: Queries, label: LabelKey) -> tuple[datetime, str] | None:
    """When this ledger asked for a label, and with what; `None` where another one did, or nobody knows who."""
    row = q.label_call_of(**_key(label))
    return None if row is None else (clock.parse(row["intent_at"]), row["request"])


def of_label(q: Queries, label: LabelKey) -> list[Attempt]:
    """The attempts at one label, in their order."""
    return [_from_row(label, row) for row in q.hand_overs_of(**_key(label))]


def methods(q: Queries, source: SourceId) -> dict[str, datetime]:
    """Since when a source hands labels over, by method."""
    return {row["method"]: clock.parse(row["since"]) for row in q.methods_of(source=source)}


def see_methods(q: Queries, source: SourceId, wanted: Collection[str], began: datetime) -> None:
    """Note which methods a source has now: a new one begins with the start of this command, one taken out is over."""
    q.method_since_at_most(source=source, at=clock.stamp(began))
    known = methods(q, source)
    for method in known.keys() - set(wanted):
        q.remove_method(source=source, method=method)
    for method in set(wanted) - known.keys():
        q.add_method(source=source, method=method, since=clock.stamp(began))


def ask(q: Queries, label: LabelKey, *, attempts: int, done_after: int) -> None:
    """Keep a person's word that a label is to be handed over; the numbers are as in `Word`."""
    q.ask_for_hand_over(**_key(label), at=clock.stamp(clock.now()), attempts=attempts, done_after=done_after)


def word_for(q: Queries, label: LabelKey) -> Word | None:
    """The last word of a person that a label is to be handed over; `None` where there is none."""
    row = q.word_for(**_key(label))
    return None if row is None else Word(clock.parse(row["at"]), row["attempts"], row["done_after"])


def to_do(q: Queries, at: datetime) -> list[Code]:
    """The codes whose label is to be handed over now: what failed before comes last, then by age."""
    return [Code(row["code"]) for row in q.to_hand_over(at=clock.stamp(at))]


def _key(label: LabelKey) -> dict[str, Any]:
    return {"warehouse": label.warehouse, "code": label.code, "generation": label.generation}


def _from_row(label: LabelKey, row: Any) -> Attempt:
    return Attempt(
        label,
        Method(row["method"]),
        row["attempt"],
        clock.parse(row["intent_at"]),
        None if row["outcome"] is None else Ended(row["outcome"]),
        clock.parse_or_none(row["outcome_at"]),
    )
