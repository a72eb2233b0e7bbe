"""Sorting what a listing shows, before it is completed and saved: which return each record is, and which copy counts.

A platform may show one return twice, as an older copy, or under a key that was rewritten. An older copy does not
replace a newer one, and a record that may be a known return or another one is held.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from returnsync.engine.context import Context
from returnsync.engine.pull.completing import ReadRecord
from returnsync.engine.pull.homes import Homes, find_homes
from returnsync.engine.sources import Source
from returnsync.mapping.copies import CONTRADICTS_ITSELF, by_items, contradict, newest
from returnsync.model import Cause, Return, ReturnId, UnreadableRecord
from returnsync.redact import knowing
from returnsync.state import content, erasing, identity, parts, returns, set_aside
from returnsync.state.database import Queries
from returnsync.state.identity import OlderCopy
from returnsync.state.set_aside import SetAside

logger = logging.getLogger("returnsync.pull")

# An older copy counts when a later listing shows it again that began at least this long after the first one.
BELIEVED_AFTER = timedelta(hours=1)
# How many known returns are named to a person.
_MOST_SHOWN = 5

_MAY_BE_KNOWN = (
    "It was made in the same instant as return {}, with another order number or postal code: it may be that return, "
    "rewritten, or another one."
)


@dataclass
class Sorted:
    """What to do with some records."""

    returns: list[Return] = field(default_factory=list)
    """Those to process further, each return once, under its id."""
    unclear: list[ReadRecord] = field(default_factory=list)
    """Those to hold."""
    homes: Homes = field(default_factory=Homes)
    """Which return each record is."""
    older: dict[ReturnId, OlderCopy] = field(default_factory=dict)
    """Older copies that were shown, and are left out for now."""
    as_kept: set[ReturnId] = field(default_factory=set)
    """Returns of which an older copy was shown before, and now one that counts."""
    stay_aside: set[ReturnId] = field(default_factory=set)
    """Ids under which a listing shows two returns that a person released: they are not held again."""

    def note(self, ctx: Context, q: Queries, source: Source, saved: Collection[ReturnId]) -> None:
        """Save the results, in the transaction that saves the returns: `saved` are their ids."""
        for key, home in self.homes.matched.items():
            identity.match(q, source.id, key, home)
            ctx.story.tell(q, source.id, home, "rewritten at its platform", key=key)
        for key, home in self.homes.other_keys.items():
            if home in saved:
                set_aside.take_back(q, source.id, key)
        for key in self.homes.not_shown:
            logger.info("record %s is held no longer: its instant is shown without it", key)
            set_aside.take_back(q, source.id, key)
        for key, (_, unclear) in self.homes.unclear.items():
            identity.note_candidates(q, source.id, key, unclear.may_be)
        for record in self.as_kept.intersection(saved):
            identity.forget_older_copy(q, source.id, record)
        for record, copy in self.older.items():
            identity.note_older_copy(q, source.id, record, copy)


class Sorting:
    """Sorts the records of one source: those of a listing, or one that was read by its id."""

    def __init__(
        self, source: Source, digest_of: Callable[[Return], str], began: datetime, *, is_single: bool = False
    ) -> None:
        """Sort what was listed since it `began`, or with `is_single` what was read by its id, which always counts.

        `digest_of` gives the hash by which the state knows whether a record is new or changed.
        """
        self._source = source
        self._capabilities = source.kind.capabilities
        self._same_skus = source.policy.same_skus
        self._digest_of = digest_of
        self._began = began
        self._is_single = is_single

    def sort(
        self, q: Queries, records: Sequence[Return], unreadable: Collection[str] = (), *, is_whole: bool = False
    ) -> Sorted:
        """Sort records that are decided together; `unreadable` are the keys of records beside them that cannot be read.

        Where ids are made of contents, these should be a whole window of a listing (`is_whole`): only that shows what
        is not there. For other platforms a page at a time is enough. It only reads.
        """
        result = Sorted(homes=find_homes(q, self._source, records, unreadable, is_whole=is_whole))
        for key, (record, unclear) in result.homes.unclear.items():
            named = ", ".join(unclear.may_be[:_MOST_SHOWN])
            result.unclear.append(self._held(key, unclear.may_be[0], [record], _MAY_BE_KNOWN.format(named)))
        noted = identity.older_copies(q, self._source.id)
        for home, shown in result.homes.copies.items():
            copies: Sequence[Return] = shown
            if self._capabilities.keys_of_contents:
                copies = self._of_one_return(q, home, shown, result, is_whole=is_whole)
            if copies:
                self._choose(q, home, copies, noted.get(home), result)
        return result

    # --- two returns under one key

    def _of_one_return(
        self, q: Queries, home: ReturnId, shown: Sequence[Return], result: Sorted, *, is_whole: bool
    ) -> Sequence[Return]:
        """The copies to process further: none where they are, or may still be, two returns."""
        aside = self._aside(q, home)
        if aside is not None and aside.is_released and not self._has_new_items(aside, shown):
            # A person released it; a known return is still read.
            result.stay_aside.add(home)
            known = returns.get(q, self._source.id, home)
            return [copy for copy in shown if known and not contradict(known, copy, self._same_skus)]
        if len(groups := by_items(shown, self._same_skus)) > 1:
            one_each = [newest(group)[-1] for group in groups]
            result.unclear.append(self._held(home, home, one_each, CONTRADICTS_ITSELF))
            return ()
        if aside is not None and not (is_whole or self._is_single):
            return ()  # the rest of the listing may show the other one again
        return shown

    def _has_new_items(self, aside: SetAside, shown: Sequence[Return]) -> bool:
        """Whether a record shows other items than those that a person released."""
        released = content.parsed_all(aside.record.raw)
        return any(all(contradict(copy, one, self._same_skus) for one in released) for copy in shown)

    def _aside(self, q: Queries, key: ReturnId) -> SetAside | None:
        aside = set_aside.get(q, self._source.id, key, self._began)
        return aside if aside is not None and aside.record.cause is Cause.IDENTITY_UNCLEAR else None

    def _held(self, key: ReturnId, home: ReturnId, records: list[Return], problem: str) -> ReadRecord:
        record = UnreadableRecord(key, content.dumped_all(records), problem, Cause.IDENTITY_UNCLEAR)
        return ReadRecord(record, was_tried=self._is_single, home=home)

    # --- which copy counts

    def _choose(
        self, q: Queries, home: ReturnId, copies: Sequence[Return], noted: OlderCopy | None, result: Sorted
    ) -> None:
        """Go on with the newest copy, unless a newer one is kept."""
        equal = newest(copies)
        # Of several equally new copies, take the one that is kept already, so that they do not alternate.
        copy = next((one for one in equal if not returns.is_news(q, one, self._digest_of(one))), equal[-1])
        if not self._is_older_than_kept(q, copy) or self._is_believed(copy, noted):
            if noted is not None:
                result.as_kept.add(home)
            result.returns.append(copy)
            return
        digest = content.content_hash(copy)
        if noted is None or noted.digest != digest or noted.began > self._began:
            with knowing(copy):
                logger.info("return %s was shown as it was before; the newer version stays", home)
            result.older[home] = OlderCopy(digest, self._began)

    def _is_older_than_kept(self, q: Queries, copy: Return) -> bool:
        """Whether a copy shows an older version than the one that is kept, with other content."""
        part = parts.get(q, copy.source, copy.id) if copy.group else None
        if part is None and not returns.may_be_older(q, copy, by_history=self._capabilities.gives_history):
            return False
        kept = part.ret if part else returns.get(q, copy.source, copy.id)
        is_older = kept is not None and (copy.is_older_than(kept) or self._may_be_older_than_erased(q, copy, kept))
        return is_older and returns.is_news(q, copy, self._digest_of(copy))

    def _may_be_older_than_erased(self, q: Queries, copy: Return, kept: Return) -> bool:
        """Whether only the history could show which is older, and the history of the kept one was erased."""
        if not self._capabilities.gives_history or copy.updated != kept.updated:
            return False
        return erasing.erased_at(q, kept.source, kept.id) is not None

    def _is_believed(self, copy: Return, noted: OlderCopy | None) -> bool:
        """Whether an older copy counts all the same."""
        if self._capabilities.reads_singly:
            return self._is_single  # a single read always counts; what a list shows is read singly first
        if noted is None or noted.digest != content.content_hash(copy):
            return False
        return self._began - noted.began >= BELIEVED_AFTER
