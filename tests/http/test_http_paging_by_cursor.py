"""Reading by cursor: every list ends, and a link without a cursor is not taken as its end."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returnsync.http.paging import CursorPager, ListingError, cursor_of


def test_cursors_are_followed_until_a_page_gives_none():
    pager = CursorPager()
    assert pager.cursor is None
    pager.learn("one")
    assert pager.cursor == "one"
    pager.learn("two")
    assert (pager.cursor, pager.finished) == ("two", False)
    pager.learn(None)
    assert pager.finished


def test_an_empty_cursor_is_none():
    pager = CursorPager()
    pager.learn("")
    assert pager.finished


@pytest.mark.parametrize("circle", [["a", "a"], ["a", "b", "a"], ["a", "b", "c", "b"]])
def test_a_cursor_that_comes_again_stops(circle):
    pager = CursorPager()
    for cursor in circle[:-1]:
        pager.learn(cursor)
    with pytest.raises(ListingError, match="same page"):
        pager.learn(circle[-1])
    assert not pager.finished


@given(st.lists(st.one_of(st.none(), st.text(max_size=2)), max_size=60), st.integers(1, 20))
def test_reading_by_cursor_ends_after_the_pages_that_there_may_be(cursors, most):
    pager = CursorPager(most)
    asked = 0
    try:
        for cursor in [*cursors, *map(str, range(most))]:
            if pager.finished:
                break
            asked += 1
            pager.learn(cursor)
    except ListingError:
        assert not pager.finished
    else:
        assert pager.finished
    assert asked <= most


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_cursor_comes_out_of_a_link_as_it_went_in(cursor):
    link = "https://elsewhere.example/list?" + urlencode([("page_size", "5"), ("cursor", cursor), ("x", "y")])
    assert cursor_of(link) == cursor


def test_the_parameter_may_have_another_name():
    assert cursor_of("/list?page_info=abc%3D%3D&cursor=no", "page_info") == "abc=="


@pytest.mark.parametrize("link", [None, ""])
def test_without_a_link_there_is_no_cursor(link):
    assert cursor_of(link) is None


@pytest.mark.parametrize(
    "link",
    [
        "https://a.example/list",
        "https://a.example/list?cursor=",
        "https://a.example/list?CURSOR=a",
        "https://a.example/list?x=cursor",
        "https://a.example/list#cursor=a",
        "https://[broken?cursor=a",
        "abc",
        5,
        True,
        False,
        0,
        ["https://a.example/list?cursor=a"],
        {"cursor": "a"},
    ],
)
def test_a_link_that_holds_no_cursor_is_not_taken_for_the_end(link):
    with pytest.raises(ListingError, match="no cursor"):
        cursor_of(link)


def test_a_failure_quotes_nothing_of_the_link():
    with pytest.raises(ListingError) as caught:
        cursor_of("https://a.example/list?email=jo@example.com")
    assert "example" not in str(caught.value)
