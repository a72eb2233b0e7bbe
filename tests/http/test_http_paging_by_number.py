"""Reading by page number: every row is seen whichever number the first page has, and every list ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returnsync.http.paging import ListingError, NumberPager


def read(pager: NumberPager, rows: list[str], size: int, first_page: int) -> tuple[set[str], int]:
    """The rows that were seen, and the number of requests."""
    seen: set[str] = set()
    asked = 0
    while not pager.finished:
        page = (first_page if pager.page is None else pager.page) - first_page
        shown = rows[page * size : (page + 1) * size] if page >= 0 else []
        asked += 1
        pager.learn(shown)
        seen.update(shown)
    return seen, asked


@given(count=st.integers(0, 30), size=st.integers(1, 7), first_page=st.sampled_from([0, 1]))
def test_every_row_is_seen_whether_pages_begin_at_0_or_1(count, size, first_page):
    rows = [str(number) for number in range(count)]
    seen, asked = read(NumberPager(), rows, size, first_page)
    assert seen == set(rows)
    assert asked <= -(-count // size) + 3


def test_an_empty_list_takes_one_request():
    assert read(NumberPager(), [], 5, 1) == (set(), 1)


def test_a_list_without_end_is_left():
    pager = NumberPager(max_pages=3)
    pager.learn(["1"])
    pager.learn(["2"])
    with pytest.raises(ListingError):
        pager.learn(["3"])
