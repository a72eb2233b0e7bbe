"""Which return each record of a listing is: by its own id, or, where ids are made of contents, by what is known."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from returnsync.engine.pull.identity import Unclear, may_have_same_number, which_return
from returnsync.engine.sources import Source
from returnsync.mapping.copies import have_same_items
from returnsync.model import Return, ReturnId
from returnsync.state import identity, set_aside
from returnsync.state.database import Queries
from returnsync.state.set_aside import InQuestion


@dataclass
class Homes:
    """Which return each record is."""

    copies: dict[ReturnId, list[Return]] = field(default_factory=dict)
    """By the id of a return: every record that shows it, under that id."""
    unclear: dict[ReturnId, tuple[Return, Unclear]] = field(default_factory=dict)
    """By its key: a record that may be a known return or another one."""
    matched: dict[ReturnId, ReturnId] = field(default_factory=dict)
    """Keys of records → the known returns that they are. These keys were not known before."""
    not_shown: set[ReturnId] = field(default_factory=set)
    """Keys that were held as unclear, and that the platform no longer shows among the records of their instant."""
    other_keys: dict[ReturnId, ReturnId] = field(default_factory=dict)
    """Every key that is not the id of its return → that id."""

    def add(self, record: Return, home: ReturnId) -> None:
        """Note that a record is the return `home`."""
        if record.id != home:
            self.other_keys[record.id] = home
        self.copies.setdefault(home, []).append(record.known_as(home))


def find_homes(
    q: Queries, source: Source, records: Sequence[Return], unreadable: Collection[str], *, is_whole: bool
) -> Homes:
    """Find the return of each record of one window, or of a part of it (not `is_whole`). It only reads.

    `unreadable` are the keys of the records that cannot be read.
    """
    found = Homes()
    if not source.kind.capabilities.keys_of_contents:
        for record in records:
            found.add(record, record.id)
        return found
    new: dict[ReturnId, list[Return]] = {}
    # Records with known keys come first, wherever they are listed: next to them, the others may become clear.
    for record in records:
        home = identity.home_of(q, source.id, record.id)
        if home is None:
            new.setdefault(record.id, []).append(record)
        else:
            found.add(record, home)
    # A record that cannot be read exists all the same, so no other record is that return.
    shown = {*found.copies, *(identity.home_of(q, source.id, ReturnId(key)) or ReturnId(key) for key in unreadable)}
    aside = set_aside.in_question(q, source.id)
    _Newcomers(q, source, found, shown, aside, is_whole=is_whole).find_homes(new)
    if is_whole:
        keys = {record.id for record in records}.union(map(ReturnId, unreadable))
        instants = {record.created for record in records}
        held = [one for instant in instants for one in aside.get(instant, ()) if not one.is_released]
        found.not_shown = {one.key for one in held if one.key not in keys}
    return found


class _Newcomers:
    """The records of a window whose keys are not known."""

    def __init__(
        self,
        q: Queries,
        source: Source,
        found: Homes,
        shown: set[ReturnId],
        aside: Mapping[datetime, Sequence[InQuestion]],
        *,
        is_whole: bool,
    ) -> None:
        self._q = q
        self._source = source
        self._found = found
        self._aside = aside
        self._is_whole = is_whole
        self._shown = shown
        self._new: set[ReturnId] = set()
        self._made_at: dict[datetime, list[Return]] = {}
        """The known returns of one instant, with those of this window."""

    def find_homes(self, new: dict[ReturnId, list[Return]]) -> None:
        for key, copies in new.items():
            if all(self._is_released(copy, under=key) for copy in copies):
                continue  # a person released it as it is
            known = self._known(copies[0].created)
            same_skus = self._source.policy.same_skus
            home = which_return(copies[0], known, self._shown, self._new, same_skus, is_whole=self._is_whole)
            is_known = not isinstance(home, Unclear) and home != key
            if not is_known and copies[0].created.microsecond and all(map(self._is_released, copies)):
                continue  # the same record, under another key
            if isinstance(home, Unclear):
                self._found.unclear[key] = copies[0], home
                continue
            for copy in copies:
                self._found.add(copy, home)
            if home == key:
                self._new.add(home)
                known.append(copies[0])
            else:
                self._found.matched[key] = home
                self._shown.add(home)

    def _known(self, created: datetime) -> list[Return]:
        if created not in self._made_at:
            self._made_at[created] = identity.made_at(self._q, self._source.id, created)
        return self._made_at[created]

    def _is_released(self, record: Return, under: ReturnId | None = None) -> bool:
        """Whether a person released a record of its instant, items and order: `under` one key, or under any."""
        return any(
            aside.is_released
            and under in (None, aside.key)
            and any(
                have_same_items(one, record, self._source.policy.same_skus)
                and (under is not None or may_have_same_number(one, record))
                for one in aside.records
            )
            for aside in self._aside.get(record.created, ())
        )
