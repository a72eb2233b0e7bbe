"""Handles on one state: each thread has its own, writers take turns in order, and reading never waits."""

import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import ExitStack

import pytest
from kept import START, keep, known

from returnsync.errors import LockedError, StateError
from returnsync.state import sources
from returnsync.state.opening import copy_aside, open_file
from returnsync.state.sources import KnownSource
from returnsync.state.turns import Turns

LARGE = "x" * 100_000


def pragma(db, name):
    return db.connection.execute(f"PRAGMA {name}").fetchone()[0]


def in_thread(work, *arguments):
    """Do something in a thread of its own, and wait for it; its exceptions are raised here."""
    raised = []

    def run():
        try:
            work(*arguments)
        except BaseException as error:  # noqa: BLE001 - raised again below
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


def keep_each(db, name, count):
    for index in range(count):
        with db.transaction() as q:
            keep(q, f"{name}-{index:03}")


# ---- what another handle sees


def test_commits_of_one_handle_are_visible_to_the_others(db):
    with db.handle() as mine, mine.handle() as other:
        keep_each(mine, "a", 1)
        assert known(db) == known(other) == ["a-000"]


def test_a_handle_reads_without_waiting_for_one_that_writes_and_sees_nothing_of_it_before_it_is_committed(db):
    with db.handle() as mine:
        with db.transaction() as q:
            keep(q, "shop-nl")
            in_thread(see_nothing, mine)
        assert known(mine) == ["shop-nl"]


def see_nothing(db):
    assert known(db) == []


def test_one_reading_shows_one_moment(db):
    with db.handle() as mine:
        with mine.reading() as q:
            assert list(sources.all_known(q)) == []
            in_thread(keep_each, db, "a", 1)
            assert list(sources.all_known(q)) == []
        assert known(mine) == ["a-000"]


def test_a_reading_within_a_transaction_shows_what_it_wrote_and_does_not_end_it(db):
    with db.handle() as mine:
        with mine.transaction() as q:
            keep(q, "shop-nl")
            assert known(mine) == ["shop-nl"]
            assert known(db) == []
            keep(q, "shop-be")
        assert known(db) == ["shop-be", "shop-nl"]


def test_changes_within_a_reading_are_not_kept(db):
    with db.reading() as q:
        keep(q, "shop-nl")
    assert known(db) == []


# ---- who writes


def test_threads_with_handles_of_their_own_lose_nothing_of_each_other(db):
    def work(name):
        with db.handle() as mine:
            keep_each(mine, name, 20)
            assert [item for item in known(mine) if item.startswith(name)] == [f"{name}-{i:03}" for i in range(20)]

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(known(db)) == 160


def test_writers_come_in_the_order_in_which_they_asked():
    turns, came = Turns(), []

    def work(number):
        with turns.writing():
            came.append(number)

    with turns.writing():
        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for number, thread in enumerate(threads):
            thread.start()
            until_waiting(turns, number + 1)
    for thread in threads:
        thread.join()
    assert came == list(range(8))


def test_one_that_writes_again_at_once_comes_after_those_who_wait():
    turns, came = Turns(), []

    def work():
        with turns.writing():
            came.append("other")

    with turns.writing():
        thread = threading.Thread(target=work)
        thread.start()
        until_waiting(turns, 1)
    with turns.writing():
        came.append("again")
    thread.join()
    assert came == ["other", "again"]


def test_one_that_is_interrupted_while_it_waits_keeps_nobody_from_writing():
    turns, holding = Turns(), threading.Event()

    def work():
        with turns.writing():
            holding.set()
            until_waiting(turns, 1)
            # An interrupt just before the wait begins is only noticed at the next wait.
            while turns._waiting:  # noqa: SLF001 - as below
                signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
                for _ in range(1_000_000):
                    if not turns._waiting:  # noqa: SLF001 - as below
                        break

    thread = threading.Thread(target=work)
    thread.start()
    holding.wait()
    with pytest.raises(KeyboardInterrupt), turns.writing():
        pass
    thread.join()
    with turns.writing():
        pass


def until_waiting(turns, number):
    while len(turns._waiting) != number:  # noqa: SLF001 - nothing else shows that a thread is waiting
        pass


@pytest.mark.parametrize("outer", ["transaction", "reading"])
@pytest.mark.parametrize("on_another", [True, False])
def test_a_transaction_within_another_or_within_a_reading_is_refused_instead_of_waiting_for_itself(
    db, outer, on_another
):
    with db.handle() as mine:
        inner = mine if on_another else db
        with pytest.raises(RuntimeError, match="within"), getattr(db, outer)(), inner.transaction():
            pass
        keep_each(mine, "a", 1)
        keep_each(db, "b", 1)
        assert known(db) == ["a-000", "b-000"]


def test_another_program_that_holds_the_file_is_reported_and_keeps_the_turn_from_nobody(db, path):
    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with db.handle() as mine:
        mine.connection.execute("PRAGMA busy_timeout = 0")
        with pytest.raises(LockedError), mine.transaction():
            pass
        other.execute("ROLLBACK")
        other.close()
        keep_each(db, "a", 1)
        assert known(mine) == ["a-000"]


def test_a_full_disk_met_by_one_handle_leaves_the_others_working(db):
    with db.handle() as mine:
        mine.connection.execute(f"PRAGMA max_page_count = {pragma(mine, 'page_count') + 2}")
        with pytest.raises(StateError, match="full"), mine.transaction() as q:
            keep(q, LARGE)
        keep_each(db, "a", 1)
        assert known(mine) == ["a-000"]


# ---- opening and closing


def test_a_handle_is_as_durable_as_the_first(db):
    with db.handle() as mine:
        for name in ("journal_mode", "synchronous", "busy_timeout"):
            assert pragma(mine, name) == pragma(db, name)
        assert mine.queries is db.queries


def test_a_handle_is_closed_on_leaving_and_the_others_go_on(db):
    handles = []

    def fail():
        with db.handle() as mine:
            handles.append(mine)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        known(handles[0])
    keep_each(db, "a", 1)
    assert known(db) == ["a-000"]


def test_a_handle_outlives_the_one_that_it_came_from(path):
    first = open_file(path)
    with first.handle() as mine:
        first.close()
        keep_each(mine, "a", 1)
        assert known(mine) == ["a-000"]


def test_with_the_last_handle_the_files_beside_the_state_go(path):
    first = open_file(path)
    with ExitStack() as stack:
        for name in "abc":
            keep_each(stack.enter_context(first.handle()), name, 1)
        first.close()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("another", [True, False], ids=["another lies there", "nothing lies there"])
def test_no_handle_is_given_on_another_file_than_the_one_that_was_opened(db, path, another):
    path.rename(path.with_name("moved.db"))
    if another:
        open_file(path).close()
    with pytest.raises(StateError) as told, db.handle():
        pass
    assert str(path) in told.value.what
    assert path.exists() == another


# ---- a copy for a dry run


def test_on_a_copy_all_handles_are_one_and_the_file_stays_as_it_is(db, path):
    keep_each(db, "a", 1)
    copy = copy_aside(path)

    def work(name):
        with copy.handle() as mine:
            keep_each(mine, name, 5)

    threads = [threading.Thread(target=work, args=(name,)) for name in "bcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(known(copy)) == 16
    assert known(db) == ["a-000"]
    copy.close()


# ---- what lasts, and what dies


def test_a_reader_that_lasts_stops_no_writer_and_what_was_written_meanwhile_is_used_again(db, path):
    written_ahead = path.with_name(path.name + "-wal")

    def write(name):
        with db.transaction() as q:
            for index in range(60):
                q.save_part(source="shop-nl", record=f"{name}-{index}", home="r", hash="", body=LARGE)

    with db.handle() as mine:
        with mine.reading() as q:
            assert list(sources.all_known(q)) == []
            in_thread(write, "a")
            in_thread(write, "b")
        write("c")
        grown = written_ahead.stat().st_size
        for name in "defg":
            write(name)
        assert written_ahead.stat().st_size == pytest.approx(grown, rel=0.5)


_KILLED = """
import os, pathlib, signal, sys, threading
from returnsync.state.opening import open_file

db = open_file(pathlib.Path(sys.argv[1]))
begun = threading.Event()

def committed():
    with db.handle() as mine, mine.transaction() as q:
        q.count_delivery(source="shop-nl")
        q.delivered_unhindered(source="shop-nl", at="2026-11-28")

def under_way():
    with db.handle() as mine, mine.transaction() as q:
        q.count_delivery(source="shop-be")
        q.delivered_unhindered(source="shop-be", at="2026-11-28")
        begun.set()
        threading.Event().wait()

first = threading.Thread(target=committed)
first.start()
first.join()
threading.Thread(target=under_way, daemon=True).start()
begun.wait()
with db.handle() as mine, mine.reading() as q:
    print([row["past_first"] for row in q.all_sources()], flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_killed_in_the_middle_leaves_what_its_handles_committed_and_nothing_else(db, path):
    with db.transaction() as q:
        for name in ("shop-be", "shop-nl"):
            sources.save(q, KnownSource(name, name, "returnista", "account", START, ""))
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(path)], capture_output=True, text=True, check=False)
    assert (killed.stdout, killed.returncode) == ("[0, 1]\n", -signal.SIGKILL)
    with db.reading() as q:
        assert {source.id: int(source.is_past_first) for source in sources.all_known(q)} == {"shop-be": 0, "shop-nl": 1}
    keep_each(db, "a", 1)
