"""The keys by which one return is read from its platform, where it may have had several."""

from collections.abc import Iterable, Iterator

from returnsync.engine.sources import Source
from returnsync.errors import CallError
from returnsync.model import ReturnId, SourceId
from returnsync.platforms.interface import Found
from returnsync.state import identity, parts
from returnsync.state.database import Database, Queries

Answers = Iterable[tuple[ReturnId, Found | CallError]]


def records_of(q: Queries, source: SourceId, return_id: ReturnId) -> list[ReturnId]:
    """The ids by which a return is read from its platform: those of its parts, else every key that it ever had."""
    return parts.records_of(q, source, return_id) or [return_id, *identity.keys_of(q, source, return_id)]


def found_by_any_key(answers: Answers, source: Source, db: Database) -> Iterator[tuple[ReturnId, Found | CallError]]:
    """The answers to single reads, where a return may have been asked for by several keys.

    Such a return is gone where it was asked for by all of them, and found by none; that comes last. Where it was not
    asked for by all, only the key is gone.
    """
    if not source.kind.capabilities.keys_of_contents:
        yield from answers
        return
    asked: set[ReturnId] = set()
    gone: dict[ReturnId, ReturnId] = {}
    there: set[ReturnId] = set()
    for record, found in answers:
        with db.reading() as q:
            home = identity.home_of(q, source.id, record) or record
        asked.add(record)
        if found is None:
            gone[record] = home
        else:
            there.add(home)
            yield record, found
    for record, home in gone.items():
        with db.reading() as q:
            every_key = {home, *identity.keys_of(q, source.id, home)}
        if home in there or (record == home and not every_key <= asked):
            continue  # it is there under another key, or may be
        yield record, None
