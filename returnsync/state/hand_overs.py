"""The ledger of hand-overs: whether, how and when each label was brought to its consumer.

An attempt is a row that is written before the step that cannot be undone; its outcome follows. Nothing is handed over
where that row could not be written.
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
    """A mail to the test address, which hands nothing over."""


class Ended(StrEnum):
    """How an attempt ended."""

    DONE = "done"
    NOT_DONE = "not_done"
    """Surely not done: nothing was sent."""
    DOUBT = "doubt"
    """It may have been done."""


@dataclass(frozen=True, slots=True)
class LabelKey:
    """One label of an announcement: `generation` is the number of the call that brought it."""

    warehouse: WarehouseName
    code: Code
    generation: int


@dataclass(frozen=True, slots=True)
class Word:
    """A person's request to hand a label over."""

    at: datetime
    attempts: int
    """The number of the last attempt before it. Up to this one, attempts in doubt do not count."""
    done_after: int
    """An attempt that is done counts only if its number is higher than this."""


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
    """Claim the right to hand a label over; `None` where an earlier attempt prevents it.

    An attempt in flight prevents it, so does one that is done, and so do `most_doubts` that ended in doubt; which ones
    count after a person's `word` is said at `Word`. The new number is above those before the word, also above those
    that this state lost.
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
    """When this ledger requested a label, and with what; `None` where another ledger did, or that is not known."""
    row = q.label_call_of(**_key(label))
    return None if row is None else (clock.parse(row["intent_at"]), row["request"])


def of_label(q: Queries, label: LabelKey) -> list[Attempt]:
    """The attempts to hand one label over, in order."""
    return [_from_row(label, row) for row in q.hand_overs_of(**_key(label))]


def methods(q: Queries, source: SourceId) -> dict[str, datetime]:
    """Since when a source hands labels over, by method."""
    return {row["method"]: clock.parse(row["since"]) for row in q.methods_of(source=source)}


def see_methods(q: Queries, source: SourceId, wanted: Collection[str], began: datetime) -> None:
    """Note which methods a source has now: a new one counts from the start of this command, a removed one is over."""
    q.method_since_at_most(source=source, at=clock.stamp(began))
    known = methods(q, source)
    for method in known.keys() - set(wanted):
        q.remove_method(source=source, method=method)
    for method in set(wanted) - known.keys():
        q.add_method(source=source, method=method, since=clock.stamp(began))


def ask(q: Queries, label: LabelKey, *, attempts: int, done_after: int) -> None:
    """Keep a person's request to hand a label over; the numbers are as in `Word`."""
    q.ask_for_hand_over(**_key(label), at=clock.stamp(clock.now()), attempts=attempts, done_after=done_after)


def word_for(q: Queries, label: LabelKey) -> Word | None:
    """A person's last request to hand a label over; `None` where there is none."""
    row = q.word_for(**_key(label))
    return None if row is None else Word(clock.parse(row["at"]), row["attempts"], row["done_after"])


def to_do(q: Queries, at: datetime) -> list[Code]:
    """The codes whose label is to be handed over now: those that failed before come last, otherwise by age."""
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
