"""Sorting what a listing shows, before it is completed and saved: which return each record is, and which copy counts.

A platform may show one return twice, as an older copy, or under a key that was rewritten. The older never replaces the
newer, and a record that may be a known return or another one is held.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from returnsync.engine.context import Context
from returnsync.engine.pull.completing import ReadRecord
from returnsync.engine.pull.identity import which_return
from returnsync.engine.sources import Source
from returnsync.mapping.copies import add_copy, contradict, newest
from returnsync.model import Cause, Return, ReturnId, UnreadableRecord
from returnsync.state import content, identity, parts, returns, set_aside
from returnsync.state.database import Queries
from returnsync.state.identity import OlderCopy
from returnsync.state.set_aside import SetAside

logger = logging.getLogger("returnsync.pull")

# An older copy is believed when a listing shows it again that began so much later than the first one.
BELIEVED_AFTER = timedelta(hours=1)

_MAY_BE_KNOWN = (
    "It was made in the same instant as return {}, has another key, and was not shown together with it: it may be that "
    "return, rewritten, or another one."
)
_CONTRADICTS_ITSELF = "One listing shows two returns under this key, with different items."


@dataclass
class Sorted:
    """What is to become of some records."""

    returns: list[Return] = field(default_factory=list)
    """Those to go on with, each return once, under the id that it is known by."""
    unclear: list[ReadRecord] = field(default_factory=list)
    """Those that are to be held."""
    matched: dict[ReturnId, ReturnId] = field(default_factory=dict)
    """New keys of known returns."""
    older: dict[ReturnId, OlderCopy] = field(default_factory=dict)
    """Older copies that were shown, and are left out for now."""
    as_kept: set[ReturnId] = field(default_factory=set)
    """Those of which an older copy was shown before, and now one that is not older."""

    def note(self, ctx: Context, q: Queries, source: Source) -> None:
        """Keep what was found out. In the transaction in which the returns are saved, and before them."""
        for key, home in self.matched.items():
            identity.match(q, source.id, key, home)
            set_aside.take_back(q, source.id, key)
            ctx.story.tell(q, source.id, home, "rewritten at its platform", key=key)
        for record in self.as_kept:
            identity.forget_older_copy(q, source.id, record)
        for record, copy in self.older.items():
            identity.note_older_copy(q, source.id, record, copy)


class Sorting:
    """The records of one listing of a source, page by page; of a platform's single reads, each is one of its own."""

    def __init__(
        self, source: Source, digest_of: Callable[[Return], str], began: datetime, *, is_single: bool = False
    ) -> None:
        """Sort what was listed since it `began`, or what was read by its id: the platform's own word on it is believed.

        `digest_of` gives the hash by which state tells whether a record is news.
        """
        self._source = source
        self._capabilities = source.kind.capabilities
        self._digest_of = digest_of
        self._began = began
        self._is_single = is_single
        self._shown: dict[ReturnId, list[Return]] = {}
        """The copies that were shown, by the ids that they are known by: several where they contradict each other."""
        self._made_at: dict[datetime, dict[ReturnId, Return]] = {}
        """By their instant, returns that this listing brought: they need not be in state yet."""
        self._new: set[ReturnId] = set()
        self._unclear: dict[ReturnId, Return] = {}
        """By their keys, what may turn out as another return, should the known one be shown too."""
        self._contradicted: set[ReturnId] = set()
        """Ids that were held for two returns under one key: which of them there is shows when all was read."""
        self._older: dict[ReturnId, Return] = {}
        """Older copies that are to be believed, unless the rest of the listing shows a newer one."""
        self._not_older: set[ReturnId] = set()
        self._noted: dict[ReturnId, OlderCopy] | None = None

    def sort(self, q: Queries, records: Iterable[Return]) -> Sorted:
        """Sort the records of one page. Reads only."""
        result = Sorted()
        copies: dict[ReturnId, list[Return]] = {}
        for record, home in self._homes(q, records, result):
            copies.setdefault(home, []).append(record if record.id == home else replace(record, id=home))
        for home, shown in copies.items():
            self._take(q, home, shown, result)
        return result

    def finish(self, q: Queries) -> Sorted:
        """What the whole listing decides: call it once, when everything was read and saved."""
        result = Sorted()
        for record, home in self._homes(q, list(self._unclear.values()), result):
            self._unclear.pop(record.id, None)
            self._choose(q, home, [replace(record, id=home)], result)
        result.unclear.clear()  # they are held already
        for home in self._contradicted:
            if len(self._shown[home]) == 1:
                self._choose(q, home, self._shown[home], result)
        for home, copy in self._older.items():
            result.returns.append(copy)
            result.as_kept.add(home)
        return result

    # --- which return a record is

    def _homes(self, q: Queries, records: Iterable[Return], result: Sorted) -> list[tuple[Return, ReturnId]]:
        """Each record with the id of the return that it is, without those of which that is not clear."""
        if not self._capabilities.keys_of_contents:
            return [(record, record.id) for record in records]
        found, new = list[tuple[Return, ReturnId]](), list[Return]()
        # Those with known keys first, wherever they stand: beside them, the others may be clear.
        for record in records:
            home = record.id if record.id in self._shown else identity.home_of(q, self._source.id, record.id)
            if home is None:
                new.append(record)
            else:
                found.append((record, home))
                self._shown.setdefault(home, [])
        for record in new:
            home = self._home_of_new(q, record, result)
            if home is not None:
                found.append((record, home))
                self._shown.setdefault(home, [])
                self._made_at.setdefault(record.created, {}).setdefault(home, replace(record, id=home))
        return found

    def _home_of_new(self, q: Queries, record: Return, result: Sorted) -> ReturnId | None:
        if record.id in self._shown:
            return record.id  # the same new key, on this page
        known = {ret.id: ret for ret in identity.made_at(q, self._source.id, record.created)}
        known = {**self._made_at.get(record.created, {}), **known}
        aside = self._aside(q, record.id) if known else None
        if aside is not None and aside.is_released and not contradict(content.parsed_all(aside.record.raw)[0], record):
            return None  # a person took it out of our hands as it is
        home = which_return(record, list(known.values()), self._shown, self._new)
        if home is None:
            near = next(iter(known))
            logger.warning("it is not clear whether record %s is return %s", record.id, near)
            result.unclear.append(self._held(record.id, near, [record], _MAY_BE_KNOWN.format(near)))
            self._unclear[record.id] = record
        elif home == record.id:
            self._new.add(home)
        else:
            result.matched[record.id] = home
        return home

    # --- which copy counts

    def _take(self, q: Queries, home: ReturnId, copies: list[Return], result: Sorted) -> None:
        """Decide about the copies of one return that a page shows."""
        if self._capabilities.keys_of_contents and self._is_contradicted(q, home, copies, result):
            return
        self._choose(q, home, copies, result)

    def _is_contradicted(self, q: Queries, home: ReturnId, copies: list[Return], result: Sorted) -> bool:
        """Whether this listing shows, or one before it showed, two returns under one key: then they are held."""
        shown = self._shown.setdefault(home, [])
        for copy in copies:
            add_copy(shown, copy)
        aside = self._aside(q, home)
        if aside is None and len(shown) == 1:
            return False
        if aside is not None and aside.is_released:
            # A person took it out of our hands; of what was known before, the newest copy goes on counting.
            return returns.get(q, self._source.id, home) is None
        if len(shown) > 1:
            logger.warning("two returns were listed under the key %s, with different items", home)
            result.unclear.append(self._held(home, home, shown, _CONTRADICTS_ITSELF))
        else:
            self._contradicted.add(home)
        return True

    def _choose(self, q: Queries, home: ReturnId, copies: list[Return], result: Sorted) -> None:
        """Go on with the newest copy, unless a newer one is kept."""
        copy = newest(copies)
        is_believed = self._is_single and self._capabilities.reads_singly
        if is_believed or not self._is_older_than_kept(q, copy):
            self._not_older.add(home)
            self._older.pop(home, None)
            if home in self._noted_older(q):
                result.as_kept.add(home)
            result.returns.append(copy)
            return
        if home in self._not_older:
            return  # the same listing shows the newer one, too
        digest = content.content_hash(copy)
        noted = self._noted_older(q).get(home)
        if noted is None or noted.digest != digest or noted.began > self._began:
            logger.info("return %s was shown as it was before; the newer version stays", home)
            result.older[home] = self._noted_older(q)[home] = OlderCopy(digest, self._began)
        elif not self._capabilities.reads_singly and self._began - noted.began >= BELIEVED_AFTER:
            self._older[home] = copy

    def _is_older_than_kept(self, q: Queries, copy: Return) -> bool:
        """Whether a copy shows an older version than the one that is kept, and says something else."""
        part = parts.get(q, copy.source, copy.id) if copy.group else None
        if part is None and not returns.may_be_older(q, copy, by_history=self._capabilities.gives_history):
            return False
        kept = part.ret if part else returns.get(q, copy.source, copy.id)
        is_older = kept is not None and copy.is_older_than(kept)
        return is_older and returns.is_news(q, copy, self._digest_of(copy))

    def _noted_older(self, q: Queries) -> dict[ReturnId, OlderCopy]:
        if self._noted is None:
            self._noted = identity.older_copies(q, self._source.id)
        return self._noted

    def _aside(self, q: Queries, key: ReturnId) -> SetAside | None:
        aside = set_aside.get(q, self._source.id, key, self._began)
        return aside if aside is not None and aside.record.cause is Cause.IDENTITY_UNCLEAR else None

    def _held(self, key: ReturnId, home: ReturnId, records: list[Return], problem: str) -> ReadRecord:
        record = UnreadableRecord(key, content.dumped_all(records), problem, Cause.IDENTITY_UNCLEAR)
        return ReadRecord(record, was_tried=self._is_single, home=home)
