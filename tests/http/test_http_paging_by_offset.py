"""Reading by offset: rows that stay in the list are seen, and every list ends."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returnsync.http.paging import ListingError, OffsetPager


class Newest:
    """A list with the newest first; each answer is a snapshot of it."""

    def __init__(self, count: int) -> None:
        self.rows = [f"old {number}" for number in range(count)]
        self.stayed = set(self.rows)
        """The rows that were there all the time and never changed their order among each other."""
        self._made = 0

    def page(self, offset: int, size: int) -> list[str]:
        return self.rows[offset : offset + size]

    def change(self, kind: str, place: int, count: int) -> None:
        """Let rows arrive at the top or in the middle, move to the top, or disappear; `place` may be any number."""
        at = place % (len(self.rows) + 1)
        if kind in ("arrive", "enter"):
            new = [f"new {self._made + number}" for number in range(count)]
            self._made += count
            at = 0 if kind == "arrive" else at
            self.rows[at:at] = new
            return
        moved = self.rows[at : at + count]
        del self.rows[at : at + count]
        self.stayed.difference_update(moved)
        if kind == "move":
            self.rows[:0] = moved


def read(pager: OffsetPager, listing: Newest, size: int, changes=()) -> tuple[set[str], int]:
    """Read to the end; give the rows that were seen, and the number of requests."""
    seen: set[str] = set()
    asked = 0
    plan = iter(changes)
    while not pager.finished:
        ids = listing.page(pager.offset, size)
        asked += 1
        pager.learn(ids)
        seen.update(ids)
        for change in next(plan, ()):
            listing.change(*change)
    return seen, asked


change = st.tuples(
    st.sampled_from(["arrive", "enter", "move", "remove"]),
    st.one_of(st.integers(0, 5), st.integers(0, 200)),
    st.one_of(st.just(1), st.integers(1, 12)),
)
quiet = st.just([])


@given(
    count=st.integers(0, 80),
    size=st.integers(2, 9),
    changes=st.lists(st.one_of(quiet, quiet, st.lists(change, max_size=3)), max_size=60),
)
def test_every_row_that_stays_is_seen_whatever_moves_while_reading(count, size, changes):
    listing = Newest(count)
    try:
        seen, asked = read(OffsetPager(size, max_pages=500), listing, size, changes)
    except ListingError:
        return
    assert listing.stayed <= seen
    assert asked <= 500


@given(
    count=st.integers(0, 80),
    size=st.integers(2, 9),
    changes=st.lists(
        st.one_of(quiet, quiet, st.lists(change.filter(lambda one: one[0] != "remove"), max_size=3)), max_size=60
    ),
)
def test_a_list_that_only_grows_and_changes_is_always_read_whole(count, size, changes):
    listing = Newest(count)
    seen, _ = read(OffsetPager(size, max_pages=2000), listing, size, changes)
    assert listing.stayed <= seen


@given(size=st.integers(2, 6), pages=st.integers(4, 60), more=st.integers(0, 100), data=st.data())
def test_twenty_pages_of_read_rows_that_go_away_at_once_are_no_reason_to_give_up(size, pages, more, data):
    remembered = (pages - 3) * (size - 1)
    gone = data.draw(st.integers(1, min(remembered, 20 * (size - 1))))
    place = data.draw(st.integers(0, remembered - gone))
    listing = Newest(pages * (size - 1) + 1 + more)
    seen, _ = read(OffsetPager(size), listing, size, [*[[]] * (pages - 1), [("remove", place, gone)]])
    assert listing.stayed <= seen


@given(
    size=st.integers(2, 6),
    pages=st.lists(st.lists(st.sampled_from("abcdefghijkl"), max_size=8), max_size=60),
)
def test_every_answer_leads_to_an_end(size, pages):
    pager = OffsetPager(size, max_pages=200)
    asked = 0
    answers = iter(pages)
    try:
        while not pager.finished:
            assert pager.offset >= 0
            pager.learn(next(answers, list("abcdefgh")))
            asked += 1
            assert asked <= 200
    except ListingError:
        pass


@pytest.mark.parametrize(
    ("count", "size", "requests"),
    [(0, 2, 1), (1, 2, 1), (2, 2, 2), (3, 2, 3), (9, 10, 1), (10, 10, 2), (19, 10, 3), (20, 10, 3), (100, 100, 2)],
)
def test_a_quiet_list_is_read_until_a_page_is_short_and_no_further(count, size, requests):
    listing = Newest(count)
    seen, asked = read(OffsetPager(size), listing, size)
    assert seen == listing.stayed
    assert asked == requests


def test_each_page_begins_with_the_last_row_of_the_one_before():
    pager = OffsetPager(3)
    assert pager.offset == 0
    pager.learn(["a", "b", "c"])
    assert pager.offset == 2
    pager.learn(["c", "d", "e"])
    assert pager.offset == 4
    assert not pager.finished


def test_after_a_gap_the_page_before_is_read_again():
    pager = OffsetPager(3)
    pager.learn(["a", "b", "c"])
    pager.learn(["c", "d", "e"])
    # "a" disappeared, so "e" moved from this page to the one before.
    pager.learn(["f", "g", "h"])
    assert pager.offset == 2
    pager.learn(["d", "e", "f"])
    pager.learn(["f", "g"])
    assert pager.finished


def test_a_short_page_after_a_gap_is_not_the_end():
    pager = OffsetPager(3)
    pager.learn(["a", "b", "c"])
    pager.learn(["e"])
    assert not pager.finished
    assert pager.offset == 0


def test_a_list_that_became_shorter_than_the_offset_is_read_again_from_where_it_still_is():
    pager = OffsetPager(3)
    pager.learn(["a", "b", "c"])
    pager.learn([])
    assert not pager.finished
    pager.learn(["a", "b"])
    assert pager.finished


def test_a_list_that_empties_is_at_its_end():
    pager = OffsetPager(2)
    pager.learn(["a", "b"])
    pager.learn([])
    pager.learn([])
    assert pager.finished


def test_a_server_that_ignores_the_offset_is_not_trusted():
    pager = OffsetPager(3)
    asked = 0

    def read_on():
        nonlocal asked
        while not pager.finished:
            asked += 1
            pager.learn(["a", "b", "c"])

    with pytest.raises(ListingError, match="same rows"):
        read_on()
    assert asked < 20
    assert not pager.finished


def test_a_server_that_ignores_the_page_size_is_read_whole():
    rows = [str(number) for number in range(50)]
    pager = OffsetPager(5)
    seen: set[str] = set()
    while not pager.finished:
        page = rows[pager.offset : pager.offset + 20]
        pager.learn(page)
        seen.update(page)
    assert seen == set(rows)


def test_more_rows_gone_than_can_be_gone_back_over_are_not_passed_over():
    changes = [*[[]] * 150, [("remove", 0, 300)]]
    with pytest.raises(ListingError, match="faster"):
        read(OffsetPager(5), Newest(2000), 5, changes)


def test_a_list_that_goes_away_while_it_is_read_ends():
    listing = Newest(2000)
    seen, _ = read(OffsetPager(5), listing, 5, [[("remove", 0, 50)]] * 40)
    assert listing.stayed <= seen


def test_there_is_a_last_page_whatever_comes():
    pager = OffsetPager(2, max_pages=3)
    pager.learn(["a", "b"])
    pager.learn(["b", "c"])
    with pytest.raises(ListingError):
        pager.learn(["c", "d"])
    assert not pager.finished


def test_the_last_page_that_is_allowed_may_be_the_end():
    pager = OffsetPager(2, max_pages=2)
    pager.learn(["a", "b"])
    pager.learn(["b"])
    assert pager.finished


def test_only_the_latest_pages_are_remembered_however_long_the_list():
    pager = OffsetPager(100)

    def read_on(pages: int) -> None:
        for _ in range(pages):
            pager.learn([f"a row with a rather long id {pager.offset + number}" for number in range(100)])

    read_on(5)
    tracemalloc.start()
    try:
        read_on(5)
        before = tracemalloc.get_traced_memory()[0]
        read_on(500)
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert after - before < 20_000, "50,000 ids take megabytes"


@pytest.mark.parametrize("size", [1, 0, -5])
def test_a_page_that_could_not_overlap_the_next_is_refused(size):
    with pytest.raises(ValueError, match="two rows"):
        OffsetPager(size)
