"""The platform's own records of single returns, as they came. For `show --raw`.

A platform that can be asked for one return is asked for each. Where a platform can only be listed, a page also shows
the returns of others. Then each record is identified by what was read from it, and only the records of the requested
returns are given. A record that only may be the return, such as one with the same time of creation, is not given.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from returnsync.errors import CallError, ConfigError
from returnsync.model import Return, ReturnId, UnreadableRecord
from returnsync.platforms.interface import Found, Platform
from returnsync.platforms.records import HASHED, key_of


class OwnRecord(NamedTuple):
    """One record of a platform."""

    record: object
    """As it came, in JSON."""
    found: Found
    """The result of reading it."""


def own_records(
    platform: Platform, return_ids: Sequence[ReturnId]
) -> Iterator[tuple[ReturnId, list[OwnRecord] | CallError]]:
    """Read several returns again, and give each with its records, or with the error that prevented the read for now.

    A return that does not exist has no records. There is one read for each, unless the platform can only be listed. No
    other code may use the platform object meanwhile.

    Raises:
        AccountError: the account cannot be used.
        ConfigError: the platform does not give out its records, because its package is from before that was possible.
    """
    if type(platform).read is Platform.read:
        raise ConfigError(
            f"The records of {platform.title} cannot be shown: the package that brings this platform does not hand "
            "them out.",
            "Ask its maker for a version whose platform has a method `read`.",
        )
    with _noted(platform) as seen:
        answers = list(platform.each(list(dict.fromkeys(return_ids))))
    for asked, answer in answers:
        if isinstance(answer, CallError):
            yield asked, answer
            continue
        names: set[str] = {asked}
        if answer is not None and platform.capabilities.reads_singly and _name_of(answer).startswith(HASHED):
            names.add(_name_of(answer))  # it was read by its id, which the record itself lacks
        records: list[OwnRecord] = []
        for one in seen:
            name = key_of(one.record) if one.found is None else _name_of(one.found)
            # A listing may show the same record twice.
            if name in names and all(one.record != other.record for other in records):
                records.append(one)
        yield asked, records


@contextmanager
def _noted(platform: Platform) -> Iterator[list[OwnRecord]]:
    """Record each raw record that a platform reads inside, with the result of the reading."""
    seen: list[OwnRecord] = []
    read = platform.read

    def read_and_note(record: object, **how: Any) -> Found:
        found = read(record, **how)
        seen.append(OwnRecord(record, found))
        return found

    platform.read = read_and_note  # type: ignore[method-assign]  # only on this one object, and removed again
    try:
        yield seen
    finally:
        del platform.read  # so that the method of the class is used again


def _name_of(found: Return | UnreadableRecord) -> str:
    return found.id if isinstance(found, Return) else found.key
