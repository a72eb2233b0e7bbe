"""What every platform needs for raw records: a key to store each by, and its problem in words without its values."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Generic, TypeVar

from pydantic import ValidationError

from returnsync.errors import AccountUnavailable, CallError, Interrupted
from returnsync.http import fields
from returnsync.http.decoding import dump_json
from returnsync.http.records import look_up
from returnsync.model import Return, UnreadableRecord
from returnsync.platforms.interface import Found, Page

HASHED = "sha256:"
"""The beginning of the key of a record that has no id of its own."""


class UntranslatableError(ValueError):
    """A record that is well formed but cannot be understood. Its text contains no values, which are a consumer's."""


_T = TypeVar("_T")


class ReadOnce(Generic[_T]):
    """A list that may be needed to understand records: read at most once a run, when the first record needs it."""

    def __init__(self, read: Callable[[], _T], problem: str) -> None:
        """`read` requests it; `problem` is what is said about a record when the list is not available."""
        self._read = read
        self._problem = problem
        self._found: list[_T] = []
        self._failed: CallError | AccountUnavailable | None = None

    def get(self) -> _T:
        """The list. Raises what reading it raises."""
        if not self._found:
            self._found.append(self._read())
        return self._found[0]

    def for_record(self) -> _T:
        """The list, for a record that needs it. If it cannot be read, only such records fail, after one try in a run.

        Raises:
            UntranslatableError: it could not be read in this run.
            AccountError: the account may not be used, or the command was asked to stop: this is no record's problem.
        """
        if self._failed is None:
            try:
                return self.get()
            except Interrupted:
                raise
            except (CallError, AccountUnavailable) as error:
                self._failed = error
        raise UntranslatableError(self._problem) from self._failed


def key_of(record: object, id_field: str = "id") -> str:
    """The record's id, else a hash of it, so that it can be stored separately and found again.

    A number is accepted as an id. An id that consists only of dots and spaces is not, since an address could not
    contain it. Neither is one that lost a character, since two records may have lost different ones.
    """
    key = look_up(record, id_field)
    if isinstance(key, int) and not isinstance(key, bool):
        key = str(key)
    if isinstance(key, str) and key.strip(". ") and fields.is_readable(key):
        return key
    return HASHED + hashlib.sha256(dump_json(record, ascii_only=True, sort=True).encode()).hexdigest()


def unreadable(record: object, error: ValueError, id_field: str = "id") -> UnreadableRecord:
    """A record that is set aside, raw, with its problem."""
    raw = dump_json(record)
    return UnreadableRecord(key_of(record, id_field), raw, _problem(error))


def moment_of(record: object, name: str) -> datetime | None:
    """A time in a raw record; `None` where it cannot be read, is missing, or means none."""
    return fields.moment(look_up(record, name))


def times(created: str, updated: str) -> tuple[datetime, datetime]:
    """When a record was created and last changed, in UTC.

    Raises:
        UntranslatableError: one of them is not a date.
    """
    made, changed = fields.moment(created), fields.moment(updated)
    if made is None or changed is None:
        raise UntranslatableError("the time of its creation or of its last change is no date")
    return made, changed


def bare(number: str) -> str:
    """A number in the form in which it is compared with a typed one: without blanks, and without the `#` of shops."""
    return number.strip().removeprefix("#").strip()


def read_page(records: Iterable[object], read: Callable[[object], Found], mark: datetime | None = None) -> Page:
    """A page of raw records, each read by itself: one that cannot be read does no harm to the others."""
    found = [read(record) for record in records]
    return Page(
        returns=tuple(item for item in found if isinstance(item, Return)),
        unreadable=tuple(item for item in found if isinstance(item, UnreadableRecord)),
        mark=mark,
        skipped=sum(item is None for item in found),
    )


def _problem(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, item['loc'])) or 'record'}: {item['type']}" for item in error.errors())
    return str(error) if isinstance(error, UntranslatableError) else "it is not understood"
