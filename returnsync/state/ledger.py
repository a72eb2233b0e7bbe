"""The ledger of effects: an intent is a row, written before the call; the outcome follows.

Without its intent no call is made. The database keeps intents unique (see the migrations), not this code: two
processes, two threads or a run after a crash all meet the same rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from returnsync import clock
from returnsync.model import Code, WarehouseName
from returnsync.state.database import Queries

# A create that took effect late is visible by then.
_RECHECK_AFTER = timedelta(days=1)


class Kind(StrEnum):
    """The calls that change something outside."""

    CREATE = "create"
    UPDATE = "update"
    LABEL = "label"


class Outcome(StrEnum):
    """How an effect ended."""

    MADE = "made"
    ADOPTED = "adopted"
    """It was already at the warehouse under our code, from a time that this ledger does not know."""
    REFUSED = "refused"
    """The warehouse said no; nothing was changed."""
    NOT_MADE = "not_made"
    """It surely never took effect: not sent, answered with 429, or not found by two looks."""
    DOUBT = "doubt"
    """It may have been made; only evidence or a person resolves it."""


@dataclass(frozen=True, slots=True)
class Look:
    """A look for an effect that found nothing: when, by each available clock."""

    at: datetime
    """By this machine's clock, which may be set to another time."""
    boot: str
    elapsed: float
    """Seconds since the start of the machine that `boot` names."""
    server_time: datetime | None
    """By the warehouse's clock."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One row of the ledger."""

    warehouse: WarehouseName
    code: Code
    kind: Kind
    generation: int
    intent_at: datetime
    request: str
    first_look: Look | None
    """The first look for it that found nothing."""
    outcome: Outcome | None
    unanswered_since: datetime | None = None
    """Since when the warehouse has not said whether it took place, while it answered other questions."""
    shut_at: datetime | None = None
    """When it was answered by refusing the whole account."""
    status: int | None = None
    """The HTTP status by which it was refused, or answered with what cannot be used."""
    answer: str = ""


def write_intent(
    q: Queries,
    warehouse: WarehouseName,
    code: Code,
    kind: Kind,
    request: str,
    *,
    again: bool = False,
) -> Effect | None:
    """Claim the right to make one call; `None` when an earlier effect stands in the way.

    `again` says that a person explicitly asked for another one although one was made or may have been.
    """
    at = clock.now()
    row = q.write_intent(
        warehouse=warehouse,
        code=code,
        kind=kind.value,
        at=clock.stamp(at),
        request=request,
        again=int(again),
        recheck_at=clock.stamp(at + _RECHECK_AFTER),
    )
    if row is None:
        return None
    return Effect(warehouse, code, kind, row["generation"], at, request, None, None)


def write_outcome(q: Queries, effect: Effect, outcome: Outcome, answer: str = "", *, status: int | None = None) -> None:
    """Write how an intent ended, once; a second outcome for it changes nothing. `status` is that of a refusal."""
    at = clock.stamp(clock.now())
    q.write_outcome(**_key(effect), outcome=outcome.value, at=at, answer=answer, status=status)


def end_doubt(q: Queries, effect: Effect, outcome: Outcome, answer: str = "") -> None:
    """Write what became of an effect in doubt, where evidence shows it."""
    q.change_doubt(**_key(effect), outcome=outcome.value, at=clock.stamp(clock.now()), answer=answer)


def looked_in_vain(q: Queries, effect: Effect, look: Look) -> None:
    """Note a look that found nothing as the first look for an effect in flight."""
    date = None if look.server_time is None else clock.stamp(look.server_time)
    q.looked_in_vain(**_key(effect), at=clock.stamp(look.at), boot=look.boot, elapsed=look.elapsed, date=date)


def shut(q: Queries, effect: Effect, status: int) -> None:
    """Note that an effect in flight was answered by refusing the whole account."""
    q.shut(**_key(effect), at=clock.stamp(clock.now()), status=status)


def unanswered(q: Queries, effect: Effect, since: datetime | None) -> None:
    """Note since when the warehouse, which answers other questions, has not said whether an effect took place.

    `None`: it did say, or it answers nothing at all.
    """
    q.unanswered(**_key(effect), since=None if since is None else clock.stamp(since))


def adopt(
    q: Queries,
    warehouse: WarehouseName,
    code: Code,
    kind: Kind,
    outcome: Outcome = Outcome.ADOPTED,
    answer: str = "",
    request: str = "",
) -> Effect:
    """Enter an effect that happened without this ledger: one found at the warehouse, or one that may be there.

    `request` is what would have been sent, where that is known.
    """
    at = clock.now()
    row = q.adopt(
        warehouse=warehouse,
        code=code,
        kind=kind.value,
        outcome=outcome.value,
        at=clock.stamp(at),
        answer=answer,
        request=request,
    )
    return Effect(warehouse, code, kind, row["generation"], at, request, None, outcome)


def lost_create(q: Queries, warehouse: WarehouseName, code: Code) -> Effect | None:
    """The latest create of that code that counts as not made since two looks did not find it; it may still appear."""
    row = q.lost_create(warehouse=warehouse, code=code)
    return None if row is None else _from_row(row)


def was_made_after_all(q: Queries, effect: Effect) -> None:
    """A create that was taken as not made was found at the warehouse."""
    q.was_made_after_all(**_key(effect), at=clock.stamp(clock.now()))


def creates_since_adoption(q: Queries, warehouse: WarehouseName, most: int) -> int:
    """How many creates were intended since one that this ledger did not know was found; counted up to `most`."""
    return int(q.creates_since_adoption(warehouse=warehouse, most=most)[0])


def to_recheck(q: Queries, at: datetime) -> list[Effect]:
    """The creates that were sent a second time, and whose order is due to be looked at once more."""
    return [_from_row(row) for row in q.creates_to_recheck(at=clock.stamp(at))]


def recheck_later(q: Queries, effect: Effect, at: datetime | None) -> None:
    """Look at the order of a create again at a moment; `None`: never again."""
    q.recheck_later(**_key(effect), at=None if at is None else clock.stamp(at))


def in_flight(q: Queries) -> list[Effect]:
    """The intents without an outcome, oldest first."""
    return [_from_row(row) for row in q.effects_in_flight()]


def has_create_in_flight(q: Queries, code: Code) -> bool:
    """Whether it is not known if a create of that code took effect."""
    return bool(q.create_in_flight(code=code)[0])


def newest(q: Queries, warehouse: WarehouseName, code: Code, kind: Kind) -> Effect | None:
    """The latest effect of that kind for that code."""
    row = q.newest_effect(warehouse=warehouse, code=code, kind=kind.value)
    return None if row is None else _from_row(row)


def standing_create(q: Queries, warehouse: WarehouseName, code: Code) -> Effect | None:
    """The create whose forecast is at the warehouse under that code: it was made, or found there."""
    row = q.standing_create(warehouse=warehouse, code=code)
    return None if row is None else _from_row(row)


def newest_made(q: Queries, warehouse: WarehouseName, code: Code, kind: Kind) -> Effect | None:
    """The latest effect of that kind for that code that was made, or was adopted with a request that is known.

    Later ones that were refused or lost do not count.
    """
    row = q.newest_made_effect(warehouse=warehouse, code=code, kind=kind.value)
    return None if row is None else _from_row(row)


def save_label(
    q: Queries,
    effect: Effect,
    *,
    file: str,
    sha256: str,
    tracking_link: str,
) -> None:
    """Note the label file that an effect brought; `file` is relative to the labels folder."""
    q.save_label(
        warehouse=effect.warehouse,
        code=effect.code,
        generation=effect.generation,
        file=file,
        sha256=sha256,
        tracking_link=tracking_link,
        at=clock.stamp(clock.now()),
    )


def move_label(q: Queries, warehouse: WarehouseName, code: Code, file: str, moved_to: str) -> None:
    """An earlier label file of the code was moved."""
    for move in (q.move_label, q.move_label_at_rest):
        move(warehouse=warehouse, code=code, file=file, moved_to=moved_to)


def labels(q: Queries, warehouse: WarehouseName, code: Code) -> list[dict[str, Any]]:
    """The label files of a code, oldest first."""
    return [dict(row) for row in q.labels_of_code(warehouse=warehouse, code=code)]


def label_hashes(q: Queries, warehouse: WarehouseName, code: Code) -> frozenset[str]:
    """The SHA-256 of every label file that was saved for a code."""
    return frozenset(label["sha256"] for label in labels(q, warehouse, code))


def code_with_content(q: Queries, warehouse: WarehouseName, sha256: str, not_code: Code) -> Code | None:
    """Another code at the same warehouse of which a label was saved with these very bytes."""
    row = q.code_with_content(warehouse=warehouse, sha256=sha256, not_code=not_code)
    return None if row is None else Code(row["code"])


def label_files(q: Queries) -> Iterator[tuple[WarehouseName, Code, str]]:
    """Every label file that was saved and not removed since: warehouse, code, and its place in the labels folder.

    The rows are read one by one as they are used.
    """
    return ((WarehouseName(row["warehouse"]), Code(row["code"]), row["file"]) for row in q.label_files())


def _key(effect: Effect) -> dict[str, object]:
    return {
        "warehouse": effect.warehouse,
        "code": effect.code,
        "kind": effect.kind.value,
        "generation": effect.generation,
    }


def _from_row(row: Any) -> Effect:
    return Effect(
        warehouse=WarehouseName(row["warehouse"]),
        code=Code(row["code"]),
        kind=Kind(row["kind"]),
        generation=row["generation"],
        intent_at=clock.parse(row["intent_at"]),
        request=row["request"],
        first_look=_look(row),
        outcome=None if row["outcome"] is None else Outcome(row["outcome"]),
        unanswered_since=clock.parse_or_none(row["unanswered_since"]),
        shut_at=clock.parse_or_none(row["shut_at"]),
        status=row["status"],
        answer=row["answer"],
    )


def _look(row: Any) -> Look | None:
    at, elapsed = clock.parse_or_none(row["looked_at"]), row["looked_elapsed"]
    if at is None:
        return None
    # An earlier version kept only the first of the clocks, which proves nothing.
    return Look(at, row["looked_boot"], 0.0 if elapsed is None else elapsed, clock.parse_or_none(row["looked_date"]))
