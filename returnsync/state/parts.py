"""Records that are each one part of a return. Each function runs inside a transaction."""

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


def has_unread(q: Queries, source: SourceId, home: ReturnId) -> bool:
    """Whether a part of a return was to be read again, and was not yet."""
    return bool(q.has_unread_parts(source=source, home=home))


def save(q: Queries, home: ReturnId, ret: Return, digest: str) -> None:
    """Keep a part. Its home is decided when it is first kept; `digest` is its hash as it was listed.

    Until `joined` says otherwise, the return that it belongs to is not announced.
    """
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


def joined(q: Queries, source: SourceId, home: ReturnId) -> None:
    """The return was saved, put together from its parts."""
    q.parts_joined(source=source, home=home)


def more_to_come(q: Queries, source: SourceId, home: ReturnId) -> None:
    """Another part of the return, or a change of one, was seen and could not be read yet."""
    q.parts_to_come(source=source, home=home)


def unjoined(q: Queries, source: SourceId) -> list[ReturnId]:
    """The returns with parts that were not joined yet, or with more parts to come."""
    return [ReturnId(row["home"]) for row in q.homes_unjoined(source=source)]
