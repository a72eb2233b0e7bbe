"""Reading a listing by key, against a simulated server whose rows move during the reading."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from returnsync.http.paging import KeyPager, ListingError, PageRequest, Row

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


class Server:
    """Rows by id with their time of change; each answer is a snapshot, with equal keys in random order."""

    def __init__(self, rows: dict[str, datetime], size: int, dice: random.Random, unreadable: float = 0) -> None:
        self.rows = rows
        self.unreadable = {id_ for id_ in rows if dice.random() < unreadable}
        self.size = size
        self.dice = dice
        self.requests = 0

    def answer(self, request: PageRequest) -> tuple[list[Row], bool]:
        self.requests += 1
        found = [Row(id_, key) for id_, key in self.rows.items() if key >= request.since]
        self.dice.shuffle(found)
        found.sort(key=lambda row: row.key)
        first = (request.page - 1) * self.size
        return found[first : first + self.size], len(found) > first + self.size


def read(server: Server, pager: KeyPager, between: Callable[[], None] = lambda: None) -> dict[str, set[datetime]]:
    """Read to the end; give the rows that were seen, by id, each with the keys that it was seen with."""
    seen: dict[str, set[datetime]] = {}
    while (request := pager.next_request()) is not None:
        rows, more = server.answer(request)
        pager.learn([Row(row.id, None) if row.id in server.unreadable else row for row in rows], more)
        for row in rows:
            seen.setdefault(row.id, set()).add(row.key)
        between()
    return seen


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    minutes=st.lists(st.integers(0, 6), max_size=40),
    size=st.integers(1, 7),
    moves=st.lists(st.sampled_from(["move", "add", "none", "none", "none"]), max_size=25),
    unreadable=st.sampled_from([0, 0, 0.3, 1]),
    seed=st.integers(0, 2**32),
)
def test_no_row_is_lost_whatever_moves_while_reading(minutes, size, moves, unreadable, seed):
    dice = random.Random(seed)
    server = Server({str(number): at(minute) for number, minute in enumerate(minutes)}, size, dice, unreadable)
    existed = dict(server.rows)
    plan = iter(moves)
    clock = 100.0
    moved: dict[str, datetime] = {}

    def between() -> None:
        nonlocal clock
        match next(plan, "none"):
            case "move" if server.rows:
                clock += dice.choice([0, 1])
                changed = dice.choice(sorted(server.rows))
                server.rows[changed] = moved[changed] = at(clock)
            case "add":
                clock += dice.choice([0, 1])
                new = f"new {len(server.rows)}"
                server.rows[new] = moved[new] = at(clock)

    pager = KeyPager(START, size)
    seen = read(server, pager, between)

    for id_, key in existed.items():
        if id_ not in moved:
            assert key in seen.get(id_, ()), "a row that stayed was not seen"
    for id_, key in moved.items():
        assert key in seen.get(id_, ()) or pager.safe_mark is None or key >= pager.safe_mark
    # The next listing, which starts at the mark, gives the rows that this one did not.
    later = read(server, KeyPager(pager.safe_mark or START, size))
    for id_, key in server.rows.items():
        assert key in seen.get(id_, set()) | later.get(id_, set())


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    keys=st.lists(st.one_of(st.none(), st.integers(0, 5)), max_size=12),
    size=st.integers(1, 5),
    pages=st.lists(st.booleans(), max_size=200),
)
def test_every_answer_leads_to_an_end(keys, size, pages):
    """Whatever a server answers: the pager stops, or says that it cannot be trusted."""
    pager = KeyPager(START, size, max_pages=500)
    flags = iter(pages)
    asked = 0
    try:
        while pager.next_request() is not None:
            pager.learn(
                [Row(str(n), None if key is None else at(key)) for n, key in enumerate(keys)], next(flags, True)
            )
            asked += 1
            assert asked <= 500
    except ListingError:
        pass


def test_a_backlog_is_read_by_key_and_the_mark_moves_with_each_page():
    pager = KeyPager(START, 2)
    assert pager.next_request() == PageRequest(START, 1)
    assert pager.safe_mark is None
    pager.learn([Row("a", at(1)), Row("b", at(2))], more=True)
    assert pager.next_request() == PageRequest(at(2), 1)
    assert pager.safe_mark == at(2)
    pager.learn([Row("b", at(2)), Row("c", at(3))], more=False)
    assert pager.next_request() is None
    assert pager.finished
    assert pager.safe_mark == at(3)


def test_nothing_new_is_one_request_and_says_nothing_of_the_mark():
    pager = KeyPager(START, 50)
    pager.learn([], more=False)
    assert pager.finished
    assert pager.safe_mark is None


def test_a_backlog_costs_little_more_than_its_pages():
    server = Server({str(n): at(n) for n in range(1000)}, 50, random.Random(1))
    read(server, KeyPager(START, 50))
    assert server.requests <= 21


def test_a_timestamp_larger_than_a_page_is_read_in_passes_and_marks_itself_meanwhile():
    pager = KeyPager(START, 2)
    pager.learn([Row("a", at(1)), Row("b", at(1))], more=True)
    assert pager.next_request() == PageRequest(at(1), 1)
    pager.learn([Row("a", at(1)), Row("b", at(1))], more=True)
    assert pager.next_request() == PageRequest(at(1), 2)
    assert pager.safe_mark == at(1)
    pager.learn([Row("c", at(1)), Row("d", at(2))], more=True)
    assert pager.next_request() == PageRequest(at(1), 1), "rows may have slipped: once more"
    assert pager.safe_mark == at(1)
    pager.learn([Row("a", at(1)), Row("b", at(1))], more=True)
    pager.learn([Row("c", at(1)), Row("d", at(2))], more=True)
    assert pager.next_request() == PageRequest(at(2), 1)
    assert pager.safe_mark == at(2)


def test_a_row_that_slips_to_an_earlier_page_is_found_by_the_next_pass():
    rows = {"a": at(1), "b": at(1), "c": at(1)}
    pager = KeyPager(at(1), 2)
    pager.learn([Row("a", rows["a"]), Row("b", rows["b"])], more=True)
    # "a" changes now, "c" moves to page 1, and page 2 begins with the row after it.
    pager.learn([Row("a", at(9))], more=False)
    assert pager.next_request() == PageRequest(at(1), 1)


def test_rows_from_before_the_moment_asked_for_are_not_trusted():
    with pytest.raises(ListingError, match="before"):
        KeyPager(at(5), 10).learn([Row("a", at(4))], more=False)


def test_rows_out_of_order_are_not_trusted():
    with pytest.raises(ListingError, match="ascending"):
        KeyPager(START, 10).learn([Row("a", at(4)), Row("x", None), Row("b", at(3))], more=False)


def test_a_server_that_ignores_the_page_number_is_not_read_for_ever():
    pager = KeyPager(at(1), 50)
    page = [Row(str(n), at(1)) for n in range(50)]

    def read_on():
        for _ in range(100):
            pager.learn(page, more=True)

    with pytest.raises(ListingError, match="same rows"):
        read_on()


def test_a_row_listed_twice_does_not_keep_a_timestamp_open_for_ever():
    pager = KeyPager(at(1), 2)
    pages = [([Row("a", at(1)), Row("b", at(1))], True), ([Row("a", at(1)), Row("c", at(1))], False)]
    asked = 0
    while (request := pager.next_request()) is not None:
        pager.learn(*pages[request.page - 1])
        asked += 1
    assert asked < 40


def test_unreadable_rows_do_not_disturb_the_order():
    pager = KeyPager(START, 3)
    pager.learn([Row("x", None), Row("a", at(1)), Row("y", None)], more=True)
    assert pager.next_request() == PageRequest(at(1), 1)


def test_a_page_of_unreadable_rows_falls_back_on_the_next_page():
    pager = KeyPager(START, 2)
    pager.learn([Row("x", None), Row("y", None)], more=True)
    assert pager.next_request() == PageRequest(START, 2)
    assert pager.safe_mark is None


def test_reading_stops_past_the_upper_bound_and_the_mark_never_passes_it():
    pager = KeyPager(START, 2, until=at(5))
    pager.learn([Row("a", at(1)), Row("b", at(7))], more=True)
    assert pager.finished
    assert pager.safe_mark == at(5)


def test_keys_finer_than_the_filter_are_no_fault_of_the_server():
    fine = at(1) + timedelta(microseconds=123_456)
    pager = KeyPager(START, 1)
    pager.learn([Row("a", fine)], more=True)
    assert pager.next_request() == PageRequest(at(1) + timedelta(milliseconds=123), 1)
    pager.learn([Row("b", fine - timedelta(microseconds=300))], more=True)
