"""Records that are one part of a return each. Each function runs inside a transaction."""

from typing import NamedTuple

from returnsync.model import Return, ReturnId, SourceId
from returnsync.state import content
from returnsync.state.database import Queries


class Part(NamedTuple):
    """A part as it was read last, and the return that it belongs to."""

    home: ReturnId
    ret: Return | None
    """`None` once the platform no longer had it."""
    digest: str
    """Its hash as it was listed; empty where it is to be taken as changed."""


def get(q: Queries, source: SourceId, record: ReturnId) -> Part | None:
    """A part by the platform's id of its record; `None` when that record is no part of anything."""
    row = q.one_part(source=source, record=record)
    if row is None:
        return None
    return Part(ReturnId(row["home"]), content.parsed(row["body"]) if row["body"] else None, row["hash"])


def save(q: Queries, home: ReturnId, ret: Return, digest: str) -> None:
    """Keep a part. Its home is settled when it is first kept; `digest` is its hash as it was listed."""
    q.save_part(source=ret.source, record=ret.id, home=home, hash=digest, body=content.dumped(ret))


def of_home(q: Queries, source: SourceId, home: ReturnId) -> list[Return]:
    """Every part that a return has now, in order of their ids; none where it is no return of parts."""
    return [content.parsed(row["body"]) for row in q.parts_of(source=source, home=home) if row["body"]]


def records_of(q: Queries, source: SourceId, home: ReturnId) -> list[ReturnId]:
    """The records of every part that a return has or had; none where it is no return of parts."""
    return [ReturnId(row["record"]) for row in q.parts_of(source=source, home=home)]


def remove(q: Queries, source: SourceId, record: ReturnId) -> None:
    """The platform no longer has this part."""
    q.remove_part(source=source, record=record)
