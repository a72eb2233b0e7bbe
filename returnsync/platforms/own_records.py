"""The platform's own records of single returns, as they came. For `show --raw`.

A platform that can be asked for one return is asked for each. Of one that can only be listed, a page shows the returns
of others as well: then each record is told by what was read of it, and only those that were asked for are handed out.
What merely may be a return, such as one that was made at the same instant, is not handed out for it.
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
    """What was read of it."""


def own_records(
    platform: Platform, return_ids: Sequence[ReturnId]
) -> Iterator[tuple[ReturnId, list[OwnRecord] | CallError]]:
    """Several returns anew, each with its records, or with the error that kept it from being read for now.

    A return that is not there has none. One read each, unless the platform can only be listed. Nobody else may use the
    platform meanwhile.

    Raises:
        AccountError: the account cannot be used.
        ConfigError: the platform does not hand out its records: it comes with a package that was made before.
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
            names.add(_name_of(answer))  # it was asked for by its id, which is lost in it
        records: list[OwnRecord] = []
        for one in seen:
            name = key_of(one.record) if one.found is None else _name_of(one.found)
            # A listing may show a record twice.
            if name in names and all(one.record != other.record for other in records):
                records.append(one)
        yield asked, records


@contextmanager
def _noted(platform: Platform) -> Iterator[list[OwnRecord]]:
    """Note each record that a platform reads inside, with what it read of it."""
    seen: list[OwnRecord] = []
    read = platform.read

    def read_and_note(record: object, **how: Any) -> Found:
        found = read(record, **how)
        seen.append(OwnRecord(record, found))
        return found

    platform.read = read_and_note  # type: ignore[method-assign]  # of this one object, and taken away again
    try:
        yield seen
    finally:
        del platform.read  # the method of the class shows again


def _name_of(found: Return | UnreadableRecord) -> str:
    return found.id if isinstance(found, Return) else found.key
