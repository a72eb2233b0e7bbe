"""Migrations with a part in Python: it fills in a new column for every row, in the transaction of its SQL."""

import signal
import sqlite3
import subprocess
import sys

import pytest
from kept import keep, known

from returnsync.errors import ExitCode, StateError
from returnsync.state import migrations
from returnsync.state.batches import in_batches
from returnsync.state.migrations import Migration, shipped
from returnsync.state.opening import copy_aside, open_file, open_reading

ROWS = 2500
# The real migrations, before tests replace them.
WHOLE = shipped()
NUMBER = WHOLE[-1].number + 1
SCRIPT = "ALTER TABLE sources ADD COLUMN length INTEGER NOT NULL DEFAULT 0;\n"
QUERIES = """
-- name: some_sources(after, most)
SELECT id FROM sources WHERE id > :after ORDER BY id LIMIT :most;

-- name: set_length(id, length)!
UPDATE sources SET length = :length WHERE id = :id;
"""


def fill(q):
    for batch in in_batches(q.some_sources, "id"):
        for row in batch:
            q.set_length(id=row["id"], length=len(row["id"]))


@pytest.fixture
def filled(path):
    """Make a state file of the version before, with many rows."""
    db = open_file(path)
    with db.transaction() as q:
        for index in range(ROWS):
            keep(q, f"source-{index}")
    db.close()
    return path


def follow(monkeypatch, filling=fill, queries=QUERIES):
    """Go on to the next version, with one more migration."""
    monkeypatch.setattr(migrations, "shipped", lambda: [*WHOLE, Migration(NUMBER, SCRIPT, filling, queries)])


def stands(path):
    """The version of a file, its number of rows, and the lengths in them; `None` if it does not have that column."""
    connection = sqlite3.connect(path)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    columns = {row[1] for row in connection.execute("PRAGMA table_info(sources)")}
    lengths = None
    if "length" in columns:
        lengths = {row[0] for row in connection.execute("SELECT length - length(id) FROM sources")}
    (rows,) = connection.execute("SELECT count(*) FROM sources").fetchone()
    connection.close()
    return version, rows, lengths


UNTOUCHED = (NUMBER - 1, ROWS, None)
DONE = (NUMBER, ROWS, {0})


def test_every_row_is_filled_in_together_with_the_new_column(filled, monkeypatch):
    follow(monkeypatch)
    open_file(filled).close()
    assert stands(filled) == DONE


def test_filled_columns_are_not_filled_again(filled, monkeypatch):
    follow(monkeypatch)
    open_file(filled).close()

    def again(_q):
        raise AssertionError

    follow(monkeypatch, again)
    open_file(filled).close()
    assert stands(filled) == DONE


def test_rows_are_read_a_batch_at_a_time(filled, monkeypatch):
    sizes = []

    def counted(q):
        for batch in in_batches(q.some_sources, "id", most=1000):
            sizes.append(len(batch))
            q.set_length(id=batch[0]["id"], length=1)

    follow(monkeypatch, counted)
    open_file(filled).close()
    assert sizes == [1000, 1000, 500]


@pytest.mark.parametrize(("error", "raised"), [(ValueError, ValueError), (sqlite3.OperationalError, StateError)])
def test_one_that_fails_in_the_middle_leaves_rows_and_version_as_they_were(filled, monkeypatch, error, raised):
    def failing(q):
        for batch in in_batches(q.some_sources, "id"):
            q.set_length(id=batch[0]["id"], length=1)
            if len(batch) < 1000:
                raise error

    follow(monkeypatch, failing)
    with pytest.raises(raised):
        open_file(filled)
    assert stands(filled) == UNTOUCHED
    follow(monkeypatch)
    open_file(filled).close()
    assert stands(filled) == DONE


_KILLED = """
import os, pathlib, signal, sys
from returnsync.state import migrations, opening

before = migrations.shipped()

def die(q):
    q.set_length(length=1)
    os.kill(os.getpid(), signal.SIGKILL)

queries = "-- name: set_length(length)!\\nUPDATE sources SET length = :length;"
last = migrations.Migration(before[-1].number + 1, sys.argv[2], die, queries)
migrations.shipped = lambda: [*before, last]
opening.open_file(pathlib.Path(sys.argv[1]))
"""


def test_one_that_is_killed_in_the_middle_leaves_rows_and_version_as_they_were(filled, monkeypatch):
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(filled), SCRIPT], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert stands(filled) == UNTOUCHED
    follow(monkeypatch)
    open_file(filled).close()
    assert stands(filled) == DONE


def test_where_the_disk_is_full_it_says_so_and_leaves_rows_and_version_as_they_were(filled):
    program = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n" + _KILLED.replace(
        "os.kill(os.getpid(), signal.SIGKILL)", "pass"
    ).replace("opening.open_file", "opened = ")
    program += (
        "from returnsync.errors import StateError\n"
        "try: opening.open_file(opened)\n"
        "except StateError as error: print(error.what, error.next_step)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(filled), SCRIPT], capture_output=True, text=True, check=True
    )
    assert "no room" in ran.stdout
    assert "stays as it was" in ran.stdout
    assert stands(filled) == UNTOUCHED


@pytest.mark.parametrize("opened", [open_reading, copy_aside])
def test_commands_that_only_tell_work_on_a_copy_that_is_filled_in_and_leave_the_file_as_it_is(
    filled, monkeypatch, opened
):
    before = filled.read_bytes()
    follow(monkeypatch)
    db = opened(filled)
    assert {row[0] for row in db.connection.execute("SELECT length - length(id) FROM sources")} == {0}
    assert len(known(db)) == ROWS
    db.close()
    assert filled.read_bytes() == before
    assert stands(filled) == UNTOUCHED


def test_an_older_program_refuses_what_a_newer_one_filled_in_and_leaves_it_as_it_is(filled, monkeypatch):
    with monkeypatch.context() as newer:
        follow(newer)
        open_file(filled).close()
    for opened in (open_file, open_reading, copy_aside):
        with pytest.raises(StateError) as told:
            opened(filled)
        assert told.value.exit_code == ExitCode.CONFIG
    assert stands(filled) == DONE
