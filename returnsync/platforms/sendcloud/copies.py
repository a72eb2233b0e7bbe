"""Several records with one key, or from one instant, in a listing (docs/platforms/sendcloud.md, section 4.3)."""

from collections.abc import Sequence
from datetime import datetime

from returnsync.mapping.copies import CONTRADICTS_ITSELF, by_items, newest
from returnsync.mapping.line_rules import LineRules
from returnsync.model import Cause, Return, ReturnId, UnreadableRecord
from returnsync.platforms.interface import Found
from returnsync.platforms.sendcloud.translation import created_of, identity
from returnsync.state.content import dumped_all


def one_of(found: Sequence[Found]) -> Found:
    """The common result of several records with one key: the newest of them, where their items do not differ."""
    copies = [item for item in found if isinstance(item, Return)]
    if not copies:
        return found[0]
    newest_of_each = [newest(group)[-1] for group in by_items(copies, LineRules())]
    if len(newest_of_each) > 1:
        raw = dumped_all(newest_of_each)
        return UnreadableRecord(copies[0].id, raw, CONTRADICTS_ITSELF, Cause.IDENTITY_UNCLEAR)
    return newest_of_each[0]


class OfInstants:
    """The records of a listing at some instants of creation, in which single returns are searched for."""

    def __init__(self) -> None:
        """Begin empty."""
        self._by_key: dict[datetime, dict[ReturnId, list[Found]]] = {}
        self._without_key: dict[datetime, Found] = {}

    def add(self, record: object, found: Found) -> None:
        """Add a record, and the result of reading it."""
        created, key = created_of(record), identity(record)
        if created is None:
            return
        if key is None:
            self._without_key[created] = found
        else:
            self._by_key.setdefault(created, {}).setdefault(key, []).append(found)

    def find(self, return_id: ReturnId, instant: datetime) -> Found:
        """One return of an instant; `None` where it surely does not exist.

        Otherwise it is a record that may be the return. That is a record whose key cannot be read; or, where the
        instant has a fraction of a second, the only record of it, whose number or postal code may have been rewritten.
        """
        copies = self._by_key.get(instant, {})
        if return_id in copies:
            return one_of(copies[return_id])
        if instant in self._without_key:
            return self._without_key[instant]
        if instant.microsecond and len(copies) == 1:
            (only,) = copies.values()
            return one_of(only)
        return None
