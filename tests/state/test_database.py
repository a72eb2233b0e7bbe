"""The state file: migrations, rights, transactions, and files that cannot be used."""

import contextlib
import hashlib
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from importlib.resources import files
from pathlib import Path

import pytest
from kept import keep, known

from returnsync import clock
from returnsync.errors import ExitCode, StateError
from returnsync.model import SourceId
from returnsync.state import migrations, parts, set_aside
from returnsync.state.migrations import FILLS, Migration, migrate, shipped, version_of
from returnsync.state.opening import copy_aside, open_file, open_reading

# A shipped migration never changes: files in use were made with it. Add a new migration after the last one instead.
SHIPPED = {
    "0001_initial.sql": "518a3ba559c58f4283ae70682ff189d879b6fbf708e7c8783a0dcee6e2b0cd47",
    "0002_platforms.sql": "05af0d2b4e87796c6ac635ff742c83da287af548e9befa0bc00542d0df70c894",
    "0003_mappings.sql": "89cad0b20417458f8cdc0c791fe7d39ea5737ba3e3bd4da966de81958a74ade8",
    "0004_retries.sql": "abce1c1887fc4ccee1a2f83abfdeeeb74ecb14599d46525a7e66daa6fbae3db4",
    "0005_unanswered.sql": "8defeca4b2b341460517d789204d25d049591efaba1cf07807b348f9bb4feff2",
    "0006_steps.sql": "6086bc9adb13a8787fdfca5101c8b393f7dadde78d9229e45cce51b22ac135ea",
    "0007_certainty.sql": "a75e980985670f764d7b0da159b1a41d98ebdbdf941229d42c09374d009ab623",
    "0008_identity.sql": "16aba3dacd6ab689dcb3c188fc3ef18d0bd0b4331b483ea2745ace82302b7056",
    "0009_accounts.sql": "b2bc9e2b9b58279c441778eff0e3cc065fff44d43c669b5d01e2463bac7a714f",
    "0010_known_accounts.sql": "ba24c458589f5c5e9592938674958facba42a81c31a4a17be95808d4c97e4400",
    "0011_told.sql": "3991006f2a4c53687dcfacef4c5f1f199cb80450083c836704f8e280aef791ee",
    "0012_unread.sql": "dc4fd7d729741ed9a078db81e32a6bfde82319ed8fdf56fb7099f45ef7b4b4e5",
    "0013_receivers.sql": "97a3175cdf821373e1ecbaa6613cf0477c3297f176c5a9ebf10f1d1e386f0e23",
    "0014_commands.sql": "629bcaf66dd109ca740a4ba275f3b94f2d185d48b4b6d315cbbc8ed4184efcc3",
    "0015_erased.sql": "0dbd1836b184c47c7d1b9e63bae3fc6dec581de21a3b5f7ec8ec7102ec8e4efb",
    "0016_less_room.sql": "e0a9101d415d30b8ccd80f623b12efa2a2744804475aa2a5a3691796a4a48fc6",
    "0017_only.sql": "f520d3dc0a06f17cd61cae9552c6b8aa2bfa810168f5a707b49f3a8c04531a08",
    "0018_hand_over.sql": "2369ced89d513b556e2f05f5ea9890c65ad586e0c0aaa02215ae0baa146c1b72",
}
# The same is true for the named queries of the fills in Python.
SHIPPED_FILLS = {"0006_steps.sql": "8cd83f5f7dcf130757f2881d537442309dafc87d9d6099cbbc60b13c66b8fd7f"}
MIGRATIONS = files("returnsync.state") / "sql" / "migrations"
FILLED = Path(str(files("returnsync.state"))) / "sql" / "fills"


def bare(path=":memory:"):
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


_OPENING = """
import sys
from pathlib import Path
from returnsync.state.opening import open_file

open_file(Path(sys.argv[1])).close()
"""


def schema(connection):
    """The schema of a database, without blanks and comments."""
    rows = connection.execute("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master ORDER BY 1, 2")
    parts = {(*row[:3], " ".join(line.split("--")[0] for line in row[3].splitlines())) for row in rows}
    return {(*part[:3], " ".join(part[3].split())) for part in parts}


def keep_and_raise(db, error):
    with db.transaction() as q:
        keep(q, "shop-nl")
        raise error


def keep_many(db, count):
    with db.transaction() as q:
        for index in range(count):
            keep(q, f"{index}-{'x' * 500}")


# ---- migrations


@pytest.mark.parametrize("version", range(len(SHIPPED) + 1))
def test_a_migrated_database_equals_a_fresh_one(path, version, monkeypatch):
    whole = shipped()
    old = bare(path)
    if version:
        monkeypatch.setattr(migrations, "shipped", lambda: whole[:version])
        migrate(old, path)
    assert version_of(old) == version
    monkeypatch.setattr(migrations, "shipped", lambda: whole)
    migrate(old, path)
    fresh = bare()
    migrate(fresh, path)
    assert schema(old) == schema(fresh)
    assert schema(fresh)
    old.close()
    fresh.close()


def test_a_migration_that_was_shipped_is_never_edited():
    shipped = {entry.name: hashlib.sha256(entry.read_bytes()).hexdigest() for entry in MIGRATIONS.iterdir()}
    assert {name: shipped.get(name) for name in SHIPPED} == SHIPPED
    assert set(shipped) == set(SHIPPED), "a new migration: pin it here when it is shipped"


def test_what_a_migration_fills_in_is_beside_it_and_is_never_edited_either():
    fills = {entry.name: hashlib.sha256(entry.read_bytes()).hexdigest() for entry in FILLED.glob("*.sql")}
    assert fills == SHIPPED_FILLS, "a new one: pin it here when it is shipped"
    assert {int(name[:4]) for name in fills} == set(FILLS)
    assert fills.keys() <= SHIPPED.keys()


def test_migrations_are_numbered_without_a_gap():
    assert [number for number, *_ in shipped()] == list(range(1, len(SHIPPED) + 1))


def test_a_migration_that_fails_leaves_the_version_before_it(path, monkeypatch):
    whole = shipped()
    bad = "CREATE TABLE half (x TEXT NOT NULL);\nCREATE TABLE half (x TEXT NOT NULL);\n"
    monkeypatch.setattr(migrations, "shipped", lambda: [*whole, Migration(whole[-1].number + 1, bad)])
    with pytest.raises(StateError):
        open_file(path)
    monkeypatch.setattr(migrations, "shipped", lambda: whole)
    opened = open_file(path)
    assert opened.connection.execute("PRAGMA user_version").fetchone()[0] == whole[-1].number
    assert "half" not in {part[1] for part in schema(opened.connection)}
    opened.close()


def test_migrating_twice_changes_nothing(db, path):
    before = schema(db.connection)
    migrate(db.connection, path)
    assert schema(db.connection) == before


def test_two_processes_that_migrate_at_once_both_succeed(path):
    started = [subprocess.Popen([sys.executable, "-c", _OPENING, str(path)], stderr=subprocess.PIPE) for _ in range(4)]
    assert [(process.communicate(timeout=60)[1], process.returncode) for process in started] == [(b"", 0)] * 4


# ---- files that cannot be used


def test_a_newer_file_is_refused_in_words_and_stays_untouched(path):
    open_file(path).close()
    newer = bare(path)
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    before = path.read_bytes()
    for opened in (open_file, open_reading, copy_aside):
        with pytest.raises(StateError) as told:
            opened(path)
        assert "newer returnsync" in told.value.what
        assert "99" in told.value.what
        assert "Update returnsync" in told.value.next_step
        assert told.value.exit_code == ExitCode.CONFIG
    assert path.read_bytes() == before


@pytest.mark.parametrize("opened", [open_file, open_reading, copy_aside])
def test_a_file_that_is_no_database_is_reported_as_damaged_and_stays_untouched(path, opened):
    content = b"this is no database at all, it only looks like a file " * 100
    path.write_bytes(content)
    with pytest.raises(StateError) as told:
        opened(path)
    assert str(path) in told.value.what
    assert "backup" in told.value.next_step
    assert path.read_bytes() == content


def test_a_damaged_page_is_reported_and_no_fault_of_ours(path):
    opened = open_file(path)
    keep_many(opened, 500)
    opened.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xee" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StateError):
        known(open_file(path))


def test_a_folder_that_cannot_be_written_is_reported(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(StateError) as told:
        open_file(blocked / "returnsync.db")
    assert "`state`" in told.value.next_step


# ---- rights


@pytest.mark.usefixtures("umask_of_everybody")
def test_the_state_and_its_companions_are_readable_by_their_owner_only(path):
    opened = open_file(path)
    with opened.transaction() as q:
        keep(q, "shop-nl")
    found = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    opened.close()
    assert found == dict.fromkeys((path.name, path.name + "-wal", path.name + "-shm"), 0o600)


@pytest.mark.usefixtures("umask_of_everybody")
def test_a_folder_made_for_the_state_is_its_owners_only(tmp_path):
    open_file(tmp_path / "new" / "deep" / "returnsync.db").close()
    for folder in (tmp_path / "new", tmp_path / "new" / "deep"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.fixture
def umask_of_everybody():
    import os

    before = os.umask(0)
    yield
    os.umask(before)


def test_commits_are_on_disk_when_the_call_returns(db):
    found = {name: db.connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    assert found == {"journal_mode": "wal", "synchronous": 2}


# ---- transactions


def test_a_transaction_that_raises_leaves_nothing(db):
    with pytest.raises(ZeroDivisionError):
        keep_and_raise(db, ZeroDivisionError())
    assert known(db) == []
    with db.transaction() as q:
        keep(q, "shop-nl")
    assert known(db) == ["shop-nl"]


def test_a_transaction_that_is_interrupted_leaves_nothing(db):
    with pytest.raises(KeyboardInterrupt):
        keep_and_raise(db, KeyboardInterrupt())
    assert known(db) == []


def test_a_transaction_that_reads_before_it_writes_holds_the_right_from_the_start(db, path):
    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    with db.transaction(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")
    other.close()


def test_uncommitted_changes_are_not_visible_to_others(db, path):
    other = open_file(path)
    with db.transaction() as q:
        keep(q, "shop-nl")
        assert known(other) == []
    assert known(other) == ["shop-nl"]
    other.close()


def test_a_full_disk_is_reported_as_such_and_leaves_nothing(db):
    with db.transaction() as q:
        keep(q, "before")
    full = db.connection.execute("PRAGMA page_count").fetchone()[0] + 2
    db.connection.execute(f"PRAGMA max_page_count = {full}")
    with pytest.raises(StateError) as told:
        keep_many(db, 1000)
    assert "full" in told.value.what
    assert known(db) == ["before"]
    with db.transaction() as q:
        keep(q, "after")
    assert known(db) == ["after", "before"]


def test_a_commit_that_fails_leaves_the_connection_usable(db):
    db.connection.execute("PRAGMA foreign_keys = ON")
    db.connection.executescript(
        "CREATE TABLE one (id TEXT PRIMARY KEY);"
        "CREATE TABLE two (id TEXT REFERENCES one (id) DEFERRABLE INITIALLY DEFERRED);"
    )
    with pytest.raises(sqlite3.IntegrityError), db.transaction():
        db.connection.execute("INSERT INTO two VALUES ('nobody')")
    with db.transaction() as q:
        keep(q, "shop-nl")
    assert known(db) == ["shop-nl"]


def test_threads_take_turns_with_one_connection(db):
    def work(name):
        for index in range(50):
            with db.transaction() as q:
                keep(q, f"{name}-{index}")

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(known(db)) == 200


# ---- copies


def test_a_copy_has_everything_and_changes_nothing(db, path):
    with db.transaction() as q:
        keep(q, "shop-nl")
    copy = copy_aside(path)
    with copy.transaction() as q:
        keep(q, "shop-be")
    assert known(copy) == ["shop-be", "shop-nl"]
    assert known(db) == ["shop-nl"]
    copy.close()


def large(db):
    """Write more than SQLite keeps of a file in memory."""
    with db.transaction() as q:
        q.save_part(source="shop-nl", record="r-1", home="r-1", hash="", body="x" * 6_000_000)


def nameless():
    """The open files of this process that no longer have a name, by inode."""
    found = {}
    for descriptor in range(256):
        with contextlib.suppress(OSError):
            status = os.fstat(descriptor)
            if status.st_nlink == 0 and stat.S_ISREG(status.st_mode):
                found[status.st_ino] = status
    return found


def test_a_copy_is_on_disk_without_a_name_and_is_the_owners_alone(db, path):
    large(db)
    before = nameless()
    copy = copy_aside(path)
    (held,) = [status for inode, status in nameless().items() if inode not in before]
    assert held.st_size > 5_000_000
    assert stat.S_IMODE(held.st_mode) == 0o600
    copy.close()
    assert nameless().keys() <= before.keys()


def test_where_there_is_no_room_for_a_copy_it_says_so(db, path):
    large(db)
    program = (
        "import pathlib, resource, sys\n"
        "from returnsync.errors import StateError\n"
        "from returnsync.state import opening\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))\n"
        "try: opening.copy_aside(pathlib.Path(sys.argv[1]))\n"
        "except StateError as error: print(error.what, error.next_step)"
    )
    ran = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    assert "no room for the copy of the state" in ran.stdout
    assert "SQLITE_TMPDIR" in ran.stdout


def test_without_a_file_telling_starts_empty_and_makes_none(path):
    opened = open_reading(path)
    assert known(opened) == []
    opened.close()
    assert not path.exists()


def test_what_an_older_version_set_aside_has_its_turn_in_the_next_run_and_its_parts_are_joined(path, monkeypatch):
    whole = shipped()
    monkeypatch.setattr(migrations, "shipped", lambda: whole[:3])
    old = bare(path)
    migrate(old, path)
    tried = "2026-11-01T09:30:00.000000Z"
    old.execute("INSERT INTO set_aside VALUES ('shop-nl', 'r-9', '{}', 'status: missing', ?, ?, 0)", (tried, tried))
    old.execute("INSERT INTO parts VALUES ('shop-nl', 'p-1', 'home', '', '{}')")
    monkeypatch.setattr(migrations, "shipped", lambda: whole)
    migrate(old, path)
    old.close()
    db = open_file(path)
    with db.reading() as q:
        assert [record.key for record in set_aside.due(q, SourceId("shop-nl"), clock.now(), "sha256:", 9)] == ["r-9"]
        assert (parts.unjoined(q, SourceId("shop-nl")), set_aside.count(q)) == ([], 1)
    db.close()


# ---- what the guard knows about a state of an earlier version


@pytest.mark.parametrize(
    ("ended", "delivered_at"),
    [
        ([("2026-11-20", 0)], "2026-11-20"),
        ([("2026-11-20", 1), ("2026-11-23", 75)], "2026-11-20"),  # an outage since then
        ([("2026-11-10", 0), ("2026-11-23", 75)], "2026-11-15"),  # one return failed in each run; others were announced
        ([], "2026-11-15"),
    ],
)
def test_the_guard_counts_the_days_of_an_earlier_version_from_when_it_could_deliver(
    path, monkeypatch, ended, delivered_at
):
    whole = shipped()
    old = bare(path)
    monkeypatch.setattr(migrations, "shipped", lambda: whole[:8])
    migrate(old, path)
    for name, runs in (("shop-nl", 3), ("new", 0)):
        old.execute("INSERT INTO sources VALUES (?, ?, 'loop', 'a', '2026', '', 2, ?)", (name, name, runs))
    for code, day in (("C-1", "2026-11-14"), ("C-2", "2026-11-15"), ("C-3", "2026-11-15"), ("C-4", None)):
        old.execute(
            "INSERT INTO announcements (code, warehouse, source, return_id, order_number, progress, announced_at, "
            "created, updated) VALUES (?, 'monta', 'shop-nl', 'r', '1', 'settled', ?, '', '')",
            (code, day and f"{day}T23:59:59.000000Z"),
        )
    for finished, code in [*ended, ("2026-11-24", None)]:
        old.execute("INSERT INTO runs (id, started, finished, exit_code) VALUES (?, ?, ?, ?)", (*[finished] * 3, code))
    monkeypatch.setattr(migrations, "shipped", lambda: whole)
    migrate(old, path)
    rows = old.execute("SELECT id, past_first, substr(delivered_at, 1, 10), refused_at FROM sources ORDER BY id DESC")
    assert [tuple(row) for row in rows] == [("shop-nl", 1, delivered_at, None), ("new", 0, None, None)]
    days = old.execute("SELECT source, day, announced FROM delivered_days ORDER BY day")
    assert [tuple(row) for row in days] == [("shop-nl", "2026-11-14", 1), ("shop-nl", "2026-11-15", 2)]
    old.close()
