"""Listing: read what changed at one source, page by page, and save each page together with the mark."""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from returnsync.engine import glimpsed
from returnsync.engine.pull import saving
from returnsync.engine.pull.completing import Completing, ReadRecord, over_time
from returnsync.engine.pull.pulling import Pulling
from returnsync.engine.pull.sorting import Sorting
from returnsync.model import ReturnId, UnreadableRecord
from returnsync.platforms.interface import Page
from returnsync.redact import masking_for
from returnsync.state import moments, parts, sources
from returnsync.state.database import Queries
from returnsync.state.sources import Look, Mark

logger = logging.getLogger("returnsync.pull")
# Named points for tests that kill the process there.
steps = logging.getLogger("returnsync.steps")

# A record may become visible a little after its own time of change; once an hour we look back much further.
DEEP_EVERY = timedelta(hours=1)


def read_changes(pulling: Pulling) -> None:
    """List what changed since the mark, and save each page together with the mark that it allows.

    After a signal it ends with the page in hand.

    Raises:
        CallError, AccountError: the source cannot be read any further, or took too long. What was saved stays.
    """
    _Listing(pulling).read()


class _Listing:
    """The changes of one source, while they are listed and saved."""

    def __init__(self, pulling: Pulling) -> None:
        self._ctx = pulling.ctx
        self._source = pulling.source
        self._pulling = pulling
        self._is_by_creation = pulling.source.kind.capabilities.lists_by == "creation"
        self._completing = Completing(pulling.ctx, pulling.source, pulling.platform, pulling.budget)
        began = pulling.budget.began
        self._sorting = Sorting(self._source, self._completing.digest_of, began)
        with self._ctx.db.reading() as q:
            self._known = sources.mark_of(q, self._source.id)
        self._is_deep = self._known is None or began - self._known.deep_from >= DEEP_EVERY
        # Until all of it is read, a long look back does not count as done.
        self._deep_from = self._known.deep_from if self._known else began - DEEP_EVERY
        self._look_began = self._known.look.began if self._known and self._known.look else began
        self._unjoined: dict[ReturnId, None] = {}
        """Returns of which parts were read since everything up to some moment was last read. Until that is so again,
        another part may be on the next page."""

    def read(self) -> None:
        for page, is_look_back, is_whole in self._windows():
            steps.debug("page read")
            self._save(page, is_look_back=is_look_back, is_whole=is_whole)
            steps.debug("page saved")
            self._ctx.observer.listed(self._source.name, len(page.returns) + len(page.unreadable) + page.skipped)
            if self._ctx.stop.is_set():
                return
            if self._completing.error is not None:
                raise self._completing.error
            if self._pulling.budget.is_time_up:
                raise over_time(self._source)
        self._finish()

    def _windows(self) -> Iterator[tuple[Page, bool, bool]]:
        """The pages that are decided together, each with whether it looks back, and whether it is whole.

        Usually that is one page. Where ids are made of contents, it is all pages of one window, which show every record
        of an instant. What was read of a window that cannot be read to its end is saved all the same.
        """
        if not self._source.kind.capabilities.keys_of_contents:
            yield from ((page, is_look_back, True) for page, is_look_back in self._pages())
            return
        read: list[tuple[Page, bool]] = []
        try:
            for page, is_look_back in self._pages():
                read.append((page, is_look_back))
                is_whole = page.mark is not None
                if is_whole or self._ctx.stop.is_set() or self._pulling.budget.is_time_up:
                    yield _joined(read), is_look_back, is_whole
                    read.clear()
        except Exception:
            if read:
                yield _joined(read), read[-1][1], False
            raise
        if read:
            yield _joined(read), read[-1][1], False

    def _pages(self) -> Iterator[tuple[Page, bool]]:
        """The pages to read now, each with whether it belongs to a look back at earlier creations.

        Reading starts a little before the mark, and once an hour long before it. The long look back starts from the
        last one: what that one read may have changed since, however long ago it was. A look back that was broken off
        continues where it stopped.
        """
        source, platform, known = self._source, self._pulling.platform, self._known
        if known is None:
            # It was never read before.
            yield from ((page, False) for page in platform.changes(source.settings.start_from))
            return
        back = source.kind.look_back(source.settings)
        usual, far = known.mark - back.usual, min(known.mark, known.deep_from) - back.deep
        if not self._is_by_creation:
            # One listing, which begins earlier once an hour.
            yield from ((page, False) for page in platform.changes(far if self._is_deep else usual))
            return
        # By creation: once an hour, earlier records are listed too, to see how they changed.
        yield from ((page, False) for page in platform.changes(usual))
        far = known.look.to if known.look else far
        if self._is_deep and far < usual:
            yield from ((page, True) for page in platform.earlier(far, usual))

    def _save(self, page: Page, *, is_look_back: bool, is_whole: bool) -> None:
        """Save the records of a page, and with them how far the page says that everything was read.

        Where some could not be completed now, the others are saved, and the mark stays. The next run reads the page
        again, and the records that were saved have not changed then.
        """
        ctx, source, tally = self._ctx, self._source, self._pulling.tally
        with ctx.db.reading() as q:
            sorted_out = self._sorting.sort(
                q, page.returns, [record.key for record in page.unreadable], is_whole=is_whole
            )
        completed = self._completing.complete_all(sorted_out.returns)
        read = [*completed.read, *sorted_out.unclear, *map(ReadRecord, page.unreadable)]
        tally.listed += len(page.returns) + len(page.unreadable) + page.skipped - len(completed.postponed)
        for record in read:
            if isinstance(record.found, UnreadableRecord):
                tally.set_aside += 1
                with masking_for(glimpsed.mask_of(record.found)):
                    logger.warning("record %s is set aside: %s", record.found.key, record.found.problem)
        with ctx.db.transaction() as q:
            homes = saving.save(ctx, q, source.id, read, tally, sorted_out.stay_aside)
            sorted_out.note(ctx, q, source, saving.ids_in(read))
            self._unjoined.update(dict.fromkeys(homes))
            saving.await_parts(q, completed.postponed)
            if page.mark is not None and self._completing.error is None:
                # Everything up to the mark is read, so no other part made before it is still to come.
                saving.join_parts(ctx, q, source.id, self._unjoined, tally)
                self._unjoined.clear()
                self._save_mark(q, page.mark, is_look_back=is_look_back)

    def _save_mark(self, q: Queries, mark: datetime, *, is_look_back: bool) -> None:
        """Save how far everything was read."""
        if is_look_back:
            sources.looked_so_far(q, self._source.id, Look(self._look_began, mark))
            return
        if not self._ctx.accounts.tells_time(self._source):
            # Only our own clock is known, and it may be ahead.
            newest = moments.newest_known(q, self._source.id, mark, by_creation=self._is_by_creation)
            if newest is None:
                return
            mark = newest
        if self._is_deep and not self._is_by_creation:
            # A long look back is saved as far as it came: if it began again each time, a long backlog would never end.
            self._deep_from = max(self._deep_from, min(mark, self._pulling.budget.began))
        sources.set_mark(q, self._source.id, Mark(mark, self._deep_from))

    def _finish(self) -> None:
        """Everything is read, so no other part is still to come, and a long look back is done."""
        with self._ctx.db.reading() as q:
            unjoined = parts.unjoined(q, self._source.id)
        if not (self._is_deep or unjoined):
            return
        with self._ctx.db.transaction() as q:
            saving.join_parts(self._ctx, q, self._source.id, unjoined, self._pulling.tally)
            if self._is_deep:
                sources.looked_back(q, self._source.id, self._look_began)


def _joined(pages: Sequence[tuple[Page, bool]]) -> Page:
    """The pages of one window as one page; the last one says up to where everything was read."""
    return Page(
        tuple(ret for page, _ in pages for ret in page.returns),
        tuple(record for page, _ in pages for record in page.unreadable),
        pages[-1][0].mark,
        sum(page.skipped for page, _ in pages),
    )
