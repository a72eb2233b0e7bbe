"""Records that could not be read, or told apart, and when each is tried again. Each function runs in a transaction."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from returnsync import clock
from returnsync.model import Cause, Return, ReturnId, SourceId, UnreadableRecord
from returnsync.state import content, personal, returns
from returnsync.state.database import Queries

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
# The pause is an hour up to this number of tries, the first included, and a day after later ones.
_HOURLY = 25

# The beginning of the problem that earlier versions gave for a return without items, which they could not read.
_WANTED_ITEMS = "it has no parcel_items"


class SetAside(NamedTuple):
    """A record that was set aside."""

    record: UnreadableRecord
    digest: str
    """The hash of the record as it was listed; empty where it could not be read there."""
    is_due: bool
    """Whether it is to be tried again now."""
    asked: bool
    """Whether a person asked to have it tried again."""
    home: ReturnId
    """The return that it belongs to, or may be; empty where none is known."""
    is_released: bool
    """Whether a person released it."""


class InQuestion(NamedTuple):
    """Records of one key for which it is not clear which return they are."""

    key: ReturnId
    records: tuple[Return, ...]
    is_released: bool
    """Whether a person released them."""


class Due(NamedTuple):
    """The key of a record that is to be tried again, and whether a person asked for that."""

    key: ReturnId
    asked: bool


def pause(tries: int) -> timedelta:
    """How long to wait after this number of failed tries.

    tries   1              2 … 25    26 and more
    pause   none: the      1 hour    1 day
            next run
    """
    if tries <= 1:
        return timedelta(0)
    return _HOUR if tries <= _HOURLY else _DAY


def keep(q: Queries, source: SourceId, record: UnreadableRecord, digest: str = "", home: str = "") -> None:
    """Keep a record that cannot be read, as raw text. If it is seen for the first time, the next run tries it again.

    `digest` is the hash of the record as it was listed, if only completing it failed; `home` is the return that it is
    part of.
    """
    if is_as_erased(q, source, record):
        return
    q.keep_record_aside(
        source=source,
        record=record.key,
        raw=record.raw,
        problem=record.problem,
        cause=record.cause.value,
        hash=digest,
        home=home,
        at=clock.stamp(clock.now()),
    )


def is_as_erased(q: Queries, source: SourceId, record: UnreadableRecord) -> bool:
    """Whether a record is unchanged since a person released it and it was erased: then it stays released."""
    row = q.one_record_aside(source=source, record=record.key)
    if row is None or not row["raw_sha256"] or not row["released"] or row["cause"] != record.cause:
        return False
    return bool(row["raw_sha256"] == digest_of(record))


def erase(q: Queries, source: SourceId, record: UnreadableRecord, instead: str) -> None:
    """Erase a record that a person released: a digest stays that shows whether it changes, and `instead` as its text.

    If it is not clear which return the record is, its returns are kept, erased, in place of `instead`.
    """
    is_unclear = record.cause is Cause.IDENTITY_UNCLEAR
    q.erase_record_aside(
        source=source,
        record=record.key,
        raw=_erased_all(record) if is_unclear else instead,
        raw_sha256=digest_of(record),
        at=clock.stamp(clock.now()),
    )


def digest_of(record: UnreadableRecord) -> str:
    """The digest by which a record is compared once it is erased: SHA-256, in hex."""
    said = _erased_all(record) if record.cause is Cause.IDENTITY_UNCLEAR else record.raw
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _erased_all(record: UnreadableRecord) -> str:
    return content.dumped_all(map(personal.erased, content.parsed_all(record.raw)))


def keep_after_try(q: Queries, source: SourceId, record: UnreadableRecord, digest: str = "", home: str = "") -> None:
    """Keep a record that could not be read although a request was made for it: the pause before the next try grows."""
    tried_in_vain(q, source, record.key)
    keep(q, source, record, digest, home)


def tried_in_vain(q: Queries, source: SourceId, key: str) -> None:
    """It could not be read, or not even be requested: the next try comes later, and others come first."""
    row = q.one_record_aside(source=source, record=key)
    if row is not None:
        now = clock.now()
        due = now + pause(row["tries"] + 1)
        q.tried_in_vain(source=source, record=key, at=clock.stamp(now), due_at=clock.stamp(due))
    returns.read_in_vain(q, source, key)


def get(q: Queries, source: SourceId, key: str, before: datetime) -> SetAside | None:
    """One record that is set aside, due if its time came before a moment; `None` where it is not set aside."""
    row = q.one_record_aside(source=source, record=key)
    if row is None:
        return None
    is_due = not row["released"] and (row["due_at"] < clock.stamp(before) or row["due_at"] > clock.stamp(_latest()))
    return SetAside(
        UnreadableRecord(key, row["raw"], row["problem"], Cause(row["cause"])),
        row["hash"],
        is_due,
        not row["due_at"],
        ReturnId(row["home"]),
        bool(row["released"]),
    )


def due(q: Queries, source: SourceId, before: datetime, hashed: str, most: int) -> list[Due]:
    """Up to `most` records whose time came before a moment: what a person asked for, then what has waited longest.

    A key that begins with `hashed` is not an id, so its record cannot be requested.
    """
    rows = q.records_due(
        source=source, before=clock.stamp(before), after=clock.stamp(_latest()), hashed=f"{hashed}%", most=most
    )
    return [Due(ReturnId(row["record"]), not row["due_at"]) for row in rows]


def _latest() -> datetime:
    """The latest moment at which a next try can be due; only a clock that was ahead writes a later one."""
    return clock.now() + _DAY


def tried_lately(q: Queries, source: SourceId) -> int:
    """How many records were tried again in the last hour."""
    now = clock.now()
    return int(q.count_tried_again(source=source, after=clock.stamp(now - _HOUR), until=clock.stamp(now))[0])


def retry(q: Queries, source: SourceId, key: str) -> None:
    """A person wants it tried again: the next run does."""
    q.retry_record(source=source, record=key)


def take_back(q: Queries, source: SourceId, key: str) -> None:
    """A record is no longer set aside: it can be read now, or told apart."""
    q.take_back(source=source, record=key)
    q.forget_candidates(source=source, record=key)


def release(q: Queries, source: SourceId, key: str) -> None:
    """A person released a record that cannot be read; it comes back only when it changes."""
    q.release_record(source=source, record=key, at=clock.stamp(clock.now()))


def was_released_for_want_of_items(q: Queries, source: SourceId, key: str) -> bool:
    """Whether a version that could not read returns without items set it aside, and a person released it."""
    row = q.one_record_aside(source=source, record=key)
    return bool(row and row["released"] and str(row["problem"]).startswith(_WANTED_ITEMS))


def released_for_want_of_items(q: Queries, source: SourceId) -> Iterator[tuple[ReturnId, str]]:
    """The records of a source for which that is so: the key and the raw text, which is consumer data."""
    for row in q.records_released_for(source=source, problem=f"{_WANTED_ITEMS}%"):
        yield ReturnId(row["record"]), row["raw"]


def rename(q: Queries, source: SourceId, key: ReturnId, new: ReturnId) -> None:
    """A record that is set aside has another key from now on."""
    q.rename_record_aside(source=source, record=key, new=new)


def end_release(q: Queries, source: SourceId, key: str) -> None:
    """A person takes the release of a record back: it is held as before, and tried again by the next run."""
    q.end_release(source=source, record=key)


def released(q: Queries) -> Iterator[dict[str, str]]:
    """The records that a person released, and that have not changed since."""
    for row in q.records_released():
        yield dict(row)


def each(q: Queries) -> Iterator[tuple[SourceId, UnreadableRecord]]:
    """Every record that is set aside, released or not, with its raw text, which is consumer data."""
    for row in q.records_raw():
        record = UnreadableRecord(row["record"], row["raw"], row["problem"], Cause(row["cause"]))
        yield SourceId(row["source"]), record


def of_return(q: Queries, source: SourceId, key: ReturnId) -> Iterator[dict[str, Any]]:
    """The record of a key that is set aside, and those that belong to the return of that key."""
    for row in q.records_of_return(source=source, key=key):
        yield dict(row)


def every(q: Queries) -> Iterator[dict[str, str]]:
    """The records that are set aside and not released, without their raw text, which is consumer data."""
    for row in q.records_set_aside():
        yield dict(row)


def in_question(q: Queries, source: SourceId) -> dict[datetime, list[InQuestion]]:
    """The records of a source whose return is not clear, released or not, by the instant of their creation."""
    found: dict[datetime, list[InQuestion]] = {}
    for row in q.records_in_question(source=source):
        records = content.parsed_all(row["raw"])
        one = InQuestion(ReturnId(row["record"]), tuple(records), bool(row["released"]))
        found.setdefault(records[0].created, []).append(one)
    return found


def unclear_records(q: Queries, source: SourceId, key: str) -> list[Return]:
    """The records of a key that is set aside because it is not clear which return they are; else none."""
    row = q.one_record_aside(source=source, record=key)
    return content.parsed_all(row["raw"]) if row and row["cause"] == Cause.IDENTITY_UNCLEAR else []


def may_be_known(q: Queries, source: SourceId, key: str) -> bool:
    """Whether a record is held because it may be a known return with another key."""
    row = q.one_record_aside(source=source, record=key)
    return bool(row and row["cause"] == Cause.IDENTITY_UNCLEAR and row["home"] != key and not row["released"])


def count(q: Queries) -> int:
    """How many records are set aside."""
    return int(q.count_set_aside()[0])


def homes(q: Queries, source: SourceId) -> list[ReturnId]:
    """The returns that are set aside, have a part set aside, or may be what a record set aside is."""
    return [ReturnId(row["home"]) for row in q.homes_set_aside(source=source)]
