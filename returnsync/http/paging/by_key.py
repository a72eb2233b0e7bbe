"""Reading a listing by key: which page to ask for next, and up to where everything has surely been read. No I/O.

For listings in ascending order of change that take "changed at or after". Reading them by page number loses rows: a row
that changes during the reading moves to the end, and every row behind it slips to an earlier page. By key, nothing can
slip: each request asks for the first page at or after the last key seen, and that page is one snapshot. A row that
moves gets a later key, so it comes again further on, or stays behind the final mark for the next listing.

Page numbers are still needed inside one timestamp that fills more than a page (an import, a bulk edit). There, rows
slip as described, and a server may order equal keys differently on every request. So such a timestamp is read in
passes, each from its first page to the first row beyond it. A pass that ends after n rows shows that the timestamp had
at most n rows at that moment, since all of them come before its end. Rows only ever leave a timestamp. So once n
different rows of it have been seen *after* that moment, they were all of its rows and none had slipped. The rows behind
them on the last page of that pass follow them without a gap, and the reading goes on from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from returnsync.http.paging.bounds import MOST_PAGES, ListingError

_PRECISION = timedelta(milliseconds=1)
# After this many passes in a row without a new row, a timestamp counts as read although the numbers do not agree (a
# server that lists a row twice, or unreadable rows). With equal keys in random order, a row stays hidden that long once
# in 160,000 times.
_QUIET_PASSES = 12
# After at least this many pages in a row, with room for at least this many rows, that only repeat what the same pass
# has shown, the server certainly ignores the page number.
_REPEATED_PAGES = 12
_REPEATED_ROWS = 60


@dataclass(frozen=True, slots=True)
class Row:
    """What paging needs of one record: its id and its time of change, `None` when that is unreadable."""

    id: str
    key: datetime | None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Ask for page `page`, counted from 1, of the rows changed at or after `since`, in ascending order of change."""

    since: datetime
    page: int


class KeyPager:
    """Make the request of `next_request` and pass the rows to `learn`, until `next_request` is `None`.

    Rows come more than once: those at the edge of each page, and those of a large timestamp. The caller must recognise
    them by their id.
    """

    def __init__(
        self,
        since: datetime,
        page_size: int,
        *,
        until: datetime | None = None,
        max_pages: int = MOST_PAGES,
        precision: timedelta = _PRECISION,
    ) -> None:
        """Read everything at or after `since`, in pages of at most `page_size` rows.

        Stop once a key is later than `until`, so that a busy server is not read for ever, and after `max_pages` in any
        case. `precision` is that of the server's filter. Keys are compared after they are cut to it, since a filter
        that knows only milliseconds also brings rows from earlier in the same millisecond.
        """
        if page_size < 1:
            raise ValueError("a page has at least one row")
        self._precision = precision
        self._since = self._cut(since)
        self._page = 1
        self._until = until
        self._pages_left = max_pages
        self._repeats = max(_REPEATED_PAGES, _REPEATED_ROWS // page_size)
        self._tie: _Tie | None = None
        self._mark: datetime | None = None
        self.finished = False
        """Whether nothing is left to ask for: everything is read, or a bound was reached."""

    @property
    def safe_mark(self) -> datetime | None:
        """Everything that changed before this moment has been read; `None` while that is not certain.

        Rows changed exactly at this moment may be unread; a later listing that starts here, "at or after", brings them.
        It is never later than `until`.
        """
        if self._mark is None or self._until is None:
            return self._mark
        return min(self._mark, self._until)

    def next_request(self) -> PageRequest | None:
        """The page to ask for, or `None` when finished. Repeated calls change nothing."""
        return None if self.finished else PageRequest(self._since, self._page)

    def learn(self, rows: Sequence[Row], more: bool) -> None:  # noqa: FBT001 - one of two things to learn
        """Take in the rows of the requested page, and whether the server says that more follow.

        Raises:
            ListingError: rows before `since`, in descending order, or the same page again and again.
        """
        keys = self._checked(rows)
        last = max((key for key in keys if key is not None), default=None)
        more = more and bool(rows)
        # Unreadable rows count as part of the timestamp when a row that surely belongs to it follows them, and perhaps
        # even up to the first row that is surely beyond it.
        surely = max((index + 1 for index, key in enumerate(keys) if key == self._since), default=0)
        inside = next((index for index, key in enumerate(keys) if key is not None and key > self._since), len(rows))
        reached_end = inside < len(rows) or not more
        self._pages_left -= 1
        if self._tie is not None and self._tie.once_more and not reached_end:
            # The first page, read once more between two passes over one timestamp.
            self._tie.look([row.id for row in rows[:inside]], surely)
        elif self._page == 1 and reached_end:
            # The rows from `since` to beyond its timestamp, in one snapshot.
            self._advance(last, more=more)
        else:
            # One of several pages of the same timestamp.
            self._tie = self._tie or _Tie()
            repeated = self._tie.add([row.id for row in rows[:inside]], surely)
            if not reached_end:
                # The pass goes on with the next page.
                if repeated >= self._repeats:
                    raise ListingError("the server brings the same rows again, whatever page is asked for")
                self._page += 1
            elif self._tie.end_pass(last, more=more):
                # All rows of the timestamp were seen.
                self._advance(self._tie.last, more=self._tie.more)
            elif self._tie.quiet >= _QUIET_PASSES:
                # Nothing new comes any longer, and still fewer rows than were counted.
                self._give_up_counting()
            else:
                # Some rows may have moved between the pages meanwhile: make another pass.
                self._page = 1
                # A server that alternates between orders would show the same on every pass: one more read of the first
                # page changes which order comes next.
                self._tie.once_more = self._tie.quiet > 0
        if self._pages_left <= 0 and not self.finished:
            raise ListingError("there are more pages than can be")

    def _advance(self, last: datetime | None, *, more: bool) -> None:
        """Go on at `last`: everything before it is read, as the page that it ends was one snapshot from `since` on."""
        self._tie = None
        self._page = 1
        if last is not None:
            self._since = self._mark = last
        self.finished = not more or (self._until is not None and self._since > self._until)

    def _give_up_counting(self) -> None:
        """Go on although the numbers never agreed: with a snapshot that begins just after the timestamp."""
        tie = cast("_Tie", self._tie)
        if tie.seen and tie.last is not None and tie.last > self._since:
            self._tie = None
            self._page = 1
            self._since += self._precision
        else:
            # No row here has a later key, so a step by one unit of time would be followed by many more.
            self._advance(tie.last, more=tie.more)

    def _checked(self, rows: Sequence[Row]) -> list[datetime | None]:
        keys = [None if row.key is None else self._cut(row.key) for row in rows]
        floor = self._since
        for key in keys:
            if key is None:
                continue
            if key < self._since:
                raise ListingError("the server brings rows from before the moment asked for")
            if key < floor:
                raise ListingError("the server does not bring rows in ascending order of change")
            floor = key
        return keys

    def _cut(self, moment: datetime) -> datetime:
        return moment - (moment - moment.replace(hour=0, minute=0, second=0, microsecond=0)) % self._precision


@dataclass(slots=True)
class _Tie:
    """The passes over one timestamp."""

    base: int | None = None
    """The most rows that the timestamp had when an earlier pass ended; `None` during the first."""
    last: datetime | None = None
    """The last key on the page with which that pass ended, …"""
    more: bool = True
    """… and whether more rows followed it."""
    seen: set[str] = field(default_factory=set)
    """The rows seen since then that surely belong to the timestamp."""
    ever: set[str] = field(default_factory=set)
    this_pass: set[str] = field(default_factory=set)
    rows: int = 0
    repeated: int = 0
    news: bool = False
    quiet: int = 0
    """Passes in a row in which every row had been seen in an earlier pass."""
    once_more: bool = False
    """Whether the first page is read once more before the next pass."""

    def look(self, ids: Sequence[str], surely: int) -> None:
        """Take in a page that belongs to no pass."""
        self.once_more = False
        self.news = self.news or not self.ever.issuperset(ids)
        self.ever.update(ids)
        self.seen.update(ids[:surely])

    def add(self, ids: Sequence[str], surely: int) -> int:
        """Take in a page, whose first `surely` rows belong here; return how many pages in a row repeated this pass."""
        self.repeated = self.repeated + 1 if self.this_pass.issuperset(ids) else 0
        self.this_pass.update(ids)
        self.news = self.news or not self.ever.issuperset(ids)
        self.ever.update(ids)
        self.seen.update(ids[:surely])
        self.rows += len(ids)
        return self.repeated

    def end_pass(self, last: datetime | None, *, more: bool) -> bool:
        """Whether the timestamp has surely been read completely, now that a pass reached its end."""
        rows, self.rows = self.rows, 0
        self.quiet = 0 if self.news else self.quiet + 1
        self.news = False
        self.this_pass.clear()
        self.repeated = 0
        if self.base is not None and len(self.seen) >= max(self.base, rows):
            return True
        if rows != self.base and self.quiet < _QUIET_PASSES:
            # The first pass, or rows left during this one: rows seen before may be among those that left.
            self.base, self.last, self.more, self.seen = rows, last, more, set()
        return False
