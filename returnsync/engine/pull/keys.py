"""The keys by which one return is read from its platform; it may have had several."""

from collections.abc import Iterable, Iterator

from returnsync.engine.sources import Source
from returnsync.errors import CallError
from returnsync.model import ReturnId, SourceId
from returnsync.platforms.interface import Found
from returnsync.state import identity, parts
from returnsync.state.database import Database, Queries

Answers = Iterable[tuple[ReturnId, Found | CallError]]


def records_of(q: Queries, source: SourceId, return_id: ReturnId) -> list[ReturnId]:
    """The ids by which a return is read from its platform: those of its parts, or else every key that it ever had."""
    return parts.records_of(q, source, return_id) or [return_id, *identity.keys_of(q, source, return_id)]


def found_by_any_key(answers: Answers, source: Source, db: Database) -> Iterator[tuple[ReturnId, Found | CallError]]:
    """The answers to single reads, where a return may have been requested by several keys.

    Keys that are gone come last: with what was found under another key of the same return, or else as gone. The return
    itself is gone only if it was requested by all of its keys.
    """
    if not source.kind.capabilities.keys_of_contents:
        yield from answers
        return
    asked: set[ReturnId] = set()
    gone: dict[ReturnId, ReturnId] = {}
    there: dict[ReturnId, Found | CallError] = {}
    for record, found in answers:
        with db.reading() as q:
            home = identity.home_of(q, source.id, record) or record
        asked.add(record)
        if found is None:
            gone[record] = home
        else:
            there[home] = found
            yield record, found
    for record, home in gone.items():
        with db.reading() as q:
            every_key = {home, *identity.keys_of(q, source.id, home)}
        if home in there:
            yield record, there[home]
        elif record != home or every_key <= asked:
            yield record, None
