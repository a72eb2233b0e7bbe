"""Tests of pages, edges and marks."""

import copy
from datetime import timedelta
from itertools import pairwise

from returnsync import clock
from returnsync.errors import ExitCode
from returnsync.platforms.contract.base import MOST_PAGES, Base
from returnsync.platforms.contract.between import Canned
from returnsync.platforms.contract.expect import expect, failure_of, same, whole


class Listing(Base, abstract=True):
    """Nothing that a platform showed is lost, and no mark passes anything unread."""

    def test_an_empty_account_is_read_whole(self) -> None:
        """There is nothing, and the mark shows that this is certain."""
        began = clock.now()
        listed = self.listed()
        same((listed.returns, listed.unreadable), ({}, []), "records")
        expect(bool(listed.marks) and listed.marks[-1] <= clock.now(), "no mark, or one in the future")
        expect(listed.marks[-1] > began - timedelta(minutes=1), "the mark stays behind although all is read")

    def test_many_pages_come_whole_and_no_mark_passes_what_is_unread(self) -> None:
        """This is checked page by page."""
        moments = self.add_many(2 * self.page_size + 1)
        listed = self.listed()
        same(len(listed.returns), len(moments), "returns")
        expect(len(listed.pages) > 2, "all came in less than three pages")  # noqa: PLR2004 - the text says what is expected
        expect(all(one <= two for one, two in pairwise(listed.marks)), "a mark moves back")
        read: set[str] = set()
        for page in listed.pages:
            read |= {ret.id for ret in page.returns}
            late = [key for key, at in moments.items() if page.mark is not None and at < page.mark and key not in read]
            same(late, [], "unread returns behind the mark")

    def test_a_page_that_shifts_loses_nothing(self) -> None:
        """A row that changes during the reading moves to the end, and all rows behind it slip to an earlier page."""
        ids = list(self.add_many(2 * self.page_size + 1))
        seen: set[str] = set()
        for number, page in enumerate(self.open().changes(clock.now() - timedelta(days=1))):
            seen |= {ret.id for ret in page.returns}
            expect(number < MOST_PAGES, "the listing does not end")
            if number < 3:  # noqa: PLR2004 - often enough to shift every later page
                self.touch(ids[number], self.ago(minutes=1))
        same(sorted(set(ids) - seen), [], "returns that were never listed")

    def test_a_record_that_comes_twice_is_one_return(self) -> None:
        """Pages overlap, and servers repeat themselves."""
        ids = list(self.add_many(3))
        with self.edited(lambda records: records.insert(1, copy.deepcopy(records[0])) if records else None):
            listed = self.listed()
        same(sorted(listed.returns), sorted(ids), "returns")
        twins = [ret for page in listed.pages for ret in page.returns if ret.id == ids[0]]
        expect(all(ret == twins[0] for ret in twins), "the two differ")

    def test_a_change_exactly_at_the_edge_is_listed(self) -> None:
        """A listing includes what changed at the exact moment that it starts from."""
        edge = self.ago(hours=1)
        identity = self.add(self.wish(created=edge, updated=edge))
        same(list(self.listed(edge).returns), [identity], "returns")

    def test_what_changes_at_the_mark_comes_with_the_next_listing(self) -> None:
        """Nothing falls between two listings."""
        self.add(self.wish())
        mark = self.listed().marks[-1]
        after = self.ago() + self.precision
        identity = self.add(self.wish("1002", created=after, updated=after))
        expect(identity in self.listed(mark).returns, "a change just after the mark was missed")

    def test_the_mark_is_never_later_than_the_listing_began(self) -> None:
        """This is by our own clock: what changes during the reading may be unread."""
        self.add(self.wish())
        began = clock.now()
        pages = iter(self.open().changes(began - timedelta(days=1)))
        first = next(pages)
        marks = [page.mark for page in (first, *pages) if page.mark is not None]
        expect(all(mark <= clock.now() for mark in marks), "a mark in the future")
        expect(all(mark - began < timedelta(seconds=5) for mark in marks), "a mark later than the first request")

    def test_the_mark_is_never_later_than_the_servers_clock(self) -> None:
        """If our clock is ahead, a mark by it would skip what changes until the server's clock has caught up."""
        self.add(self.wish(created=self.ago(hours=6), updated=self.ago(hours=5)))
        self.between.date = whole(clock.now() - timedelta(hours=3)).replace(microsecond=0)
        marks = self.listed().marks
        expect(bool(marks), "no mark")
        expect(all(mark <= self.between.date for mark in marks), "a mark later than the server's Date")

    def test_a_listing_that_fails_midway_keeps_what_came(self) -> None:
        """The pages before the failure stay valid, and the next reading continues from the last mark."""
        moments = self.add_many(2 * self.page_size + 1)
        pages = self.open().changes(clock.now() - timedelta(days=1))
        first = next(iter(pages))
        self.between.always = Canned(503, b"down", content_type="text/plain")
        failure = failure_of(lambda: list(pages))
        same(failure.exit_code, ExitCode.TEMPORARY, "exit code")
        self.between.always = None
        rest = self.listed(first.mark)
        same(sorted({ret.id for ret in first.returns} | set(rest.returns)), sorted(moments), "returns")

    def test_a_list_that_goes_in_circles_ends_and_moves_no_mark_past_what_is_unread(self) -> None:
        """A cursor repeats, or a page number is ignored: what was read is kept, and the rest is left for later."""
        moments = self.add_many(2 * self.page_size + 1)
        next(iter(self.open().changes(clock.now() - timedelta(days=1))))
        self.between.always = self.between.passed[-1]
        seen: set[str] = set()
        marks = []

        def read() -> None:
            for number, page in enumerate(self.open().changes(clock.now() - timedelta(days=1))):
                seen.update(ret.id for ret in page.returns)
                marks.extend([page.mark] if page.mark else [])
                expect(number < MOST_PAGES, "the listing does not end")

        same(failure_of(read).exit_code, ExitCode.TEMPORARY, "exit code")
        late = [key for key, at in moments.items() if key not in seen and any(at < mark for mark in marks)]
        same(late, [], "unread returns behind the mark")
