"""What each source shows that the state does not have, found by listing it again on a copy of the state."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from returnsync import clock
from returnsync.engine import glimpsed
from returnsync.engine.context import Context
from returnsync.engine.plan import save_changes
from returnsync.engine.pull import list_again, records_of
from returnsync.engine.reconcile.describing import name_of, of_announcement, of_nobody, of_return, readable
from returnsync.engine.reconcile.differences import COMPARE_LATER, Difference, Kind, ToAdopt
from returnsync.engine.sources import Source
from returnsync.errors import AccountError, CallError
from returnsync.model import OVER, Announcement, Progress, Return, ReturnId, ReturnStatus, SourceId
from returnsync.platforms.records import HASHED
from returnsync.state import announcements, reconciling, set_aside, sources
from returnsync.state.database import Queries
from returnsync.state.reconciling import AsKept

# Where listings do not show every change, runs read an open return again once a day; runs get an hour to begin it.
_READ_AGAIN = timedelta(days=1, hours=1)

_TAKEN_BACK = frozenset({ReturnStatus.REJECTED, ReturnStatus.CANCELLED})
_ADOPT = "Add it to the state: returnsync reconcile --adopt. The next run goes on with it."
_NOT_ALONE = "It cannot be read on its own. Correct it at its platform; it is read again once it changes there."


@dataclass
class Shown:
    """What was found at the sources."""

    differences: list[Difference] = field(default_factory=list)
    unread: set[tuple[SourceId, ReturnId]] = field(default_factory=set)
    """Returns that are newer than what was last read: the next run reads them by itself."""
    not_read_yet: Counter[str] = field(default_factory=Counter)
    """How many such returns each source has, including records that cannot be read."""


def compare_sources(ctx: Context, since: datetime) -> Shown:
    """List every chosen source again, on the copy of the state that this command works on, and plan the result.

    What cannot be listed is reported.
    """
    shown = Shown()
    for source in ctx.chosen:
        if ctx.stop.is_set():
            break
        refusal = ctx.accounts.known.refusal_of(source)
        if refusal is not None:
            ctx.tally.trouble(refusal)
            continue
        ctx.observer.phase(f"listing {source.name}")
        _Comparing(ctx, source, shown).compare(since)
    return shown


class _Comparing:
    """One source, while what it shows is compared with what the state has."""

    def __init__(self, ctx: Context, source: Source, shown: Shown) -> None:
        self._ctx = ctx
        self._source = source
        self._shown = shown
        self._taken_back: dict[ReturnId, Sequence[ReturnId]] = {}
        """Announced returns that were rejected or cancelled since the state read them, each with its records."""
        with ctx.db.reading() as q:
            self._mark = sources.mark_of(q, source.id)
            self._kept = reconciling.returns_of(q, source.id)
            self._aside = reconciling.records_of(q, source.id)

    def compare(self, since: datetime) -> None:
        ctx, source = self._ctx, self._source
        try:
            list_again(ctx, source, since)
        except (CallError, AccountError) as error:
            told = error.at(source.name)
            told.what += " What it shows was compared as far as it was read."
            told.next_step = told.next_step or COMPARE_LATER
            ctx.tally.trouble(told)
        save_changes(ctx, source)
        with ctx.db.reading() as q:
            for key, now in reconciling.returns_of(q, source.id).items():
                before = self._kept.get(key)
                if before is None or before.digest != now.digest:
                    self._compare_return(q, key, before)
            found = [*self._records(q), *self._cancelled(q, since)]
        self._shown.differences += found

    def _compare_return(self, q: Queries, key: ReturnId, before: AsKept | None) -> None:
        ret = readable(q, self._source.id, key)
        if ret is None:
            return
        known = announcements.of_return(q, self._source.id, key)
        if known and all(map(_is_none_of_ours, known)):
            return  # it is from before `start_from`, over, or not coming: a run would leave it alone as well
        if before is not None and not before.is_open and ret.status in OVER:
            return  # it was over when it was read, and still is: no run reads it any more
        if self._is_for_next_run(ret, before):
            self._shown.unread.add((self._source.id, key))
            self._shown.not_read_yet[self._source.name] += 1
            return
        records = records_of(q, self._source.id, key)
        status = (ret.raw_status or ret.status).replace("_", " ")
        code = known[0].code if len(known) == 1 else None
        if before is None:
            what = f"Its platform shows it as {status}, and the state does not have it."
            self._shown.differences.append(of_return(self._ctx, Kind.NOT_HERE, ret, code, what, _ADOPT, records))
        elif ret.status in _TAKEN_BACK and any(item.announced_at is not None for item in known):
            self._taken_back[key] = records  # it is reported as cancelled
        else:
            what = f"Its platform shows it as {status}, changed since the state read it."
            self._shown.differences.append(of_return(self._ctx, Kind.CHANGED, ret, code, what, _ADOPT, records))

    def _is_for_next_run(self, ret: Return, before: AsKept | None) -> bool:
        """Whether the next run reads it by itself, since it is newer than what was read, or due to be read again."""
        can = self._source.kind.capabilities
        is_by_creation = can.lists_by == "creation"
        if self._is_past_mark(ret.created if is_by_creation else ret.updated):
            return True
        if before is None or self._mark is None or (can.lists_changes and not is_by_creation):
            return False
        return before.read_at is None or before.read_at > self._mark.mark - _READ_AGAIN

    def _is_past_mark(self, moment: datetime) -> bool:
        if self._mark is None:
            return True
        return moment > self._mark.mark - self._source.kind.look_back(self._source.settings).usual

    def _records(self, q: Queries) -> Iterator[Difference]:
        """Records that cannot be read, or identified, and that the state does not have."""
        source = self._source
        for key in sorted(reconciling.records_of(q, source.id) - self._aside):
            aside = set_aside.get(q, source.id, key, clock.now())
            if aside is None or aside.is_released:
                continue
            seen = glimpsed.seen(self._ctx, source.id, aside.record)
            if seen.created is not None and self._is_past_mark(seen.created):
                self._shown.not_read_yet[source.name] += 1
                continue
            can_be_asked_for = not key.startswith(HASHED)
            yield of_nobody(
                Kind.NOT_HERE,
                "Its platform shows a record that cannot be read, or not be told from others, and the state does not "
                "have it.",
                _ADOPT if can_be_asked_for else _NOT_ALONE,
                source=name_of(self._ctx, source.id),
                return_id=glimpsed.mask_of(aside.record).values(key),
                to_adopt=ToAdopt(source.name, (key,)) if can_be_asked_for else None,
            )

    def _cancelled(self, q: Queries, since: datetime) -> Iterator[Difference]:
        """Announced returns that have been held since a moment because nothing comes back for them any more."""
        for item in reconciling.taken_back_since(q, self._source.id, since):
            if (item.source, item.return_id) in self._shown.unread:
                continue
            records = self._taken_back.get(item.return_id)
            to_adopt = ToAdopt(self._source.name, tuple(records)) if records is not None else None
            yield of_announcement(self._ctx, q, Kind.CANCELLED, item, item.what, item.next_step, to_adopt)


def _is_none_of_ours(item: Announcement) -> bool:
    return item.progress in (Progress.LEFT_ALONE, Progress.WITHDRAWN) and item.announced_at is None
