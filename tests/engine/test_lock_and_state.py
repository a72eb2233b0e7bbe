"""The lock and the state file: one command at a time whatever path it uses, and a message for each kind of failure."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import filelock
import pytest
from filelock import lock_descriptor

from returnsync.engine.lock import locked
from returnsync.errors import ExitCode, LockedError, RunError, StateError
from returnsync.sandbox.world import monta_order
from returnsync.state.failures import translated, unusable
from returnsync.state.opening import open_file

NOBODY = 65_534
as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may become another user"
)


@pytest.fixture
def state(tmp_path) -> Path:
    path = tmp_path / "returnsync.db"
    open_file(path).close()
    return path


def test_two_links_to_one_state_have_one_lock(state, tmp_path):
    link = tmp_path / "elsewhere" / "other.db"
    link.parent.mkdir()
    link.symlink_to(state)
    with locked(link), pytest.raises(LockedError), locked(state):
        pass
    assert [file.name for file in link.parent.iterdir()] == ["other.db"]


def test_a_state_with_several_names_is_refused(state, tmp_path):
    os.link(state, tmp_path / "second.db")
    with pytest.raises(StateError, match="hard links") as told, locked(state):
        pass
    assert told.value.exit_code == ExitCode.CONFIG
    assert str(state) in told.value.next_step


@pytest.mark.parametrize("becomes", ["gone", "another"])
def test_a_lock_file_that_is_replaced_while_it_is_taken_is_no_lock(state, monkeypatch, becomes):
    lock = state.with_name(state.name + ".lock")

    def taken_meanwhile(handle, **_more):
        lock.rename(lock.with_name("moved"))
        if becomes == "another":
            lock.touch()
        return lock_descriptor(handle, blocking=False)

    monkeypatch.setattr(filelock, "lock_descriptor", taken_meanwhile)
    with pytest.raises(LockedError, match="replaced"), locked(state):
        pass


def test_a_name_that_a_state_gets_while_the_lock_is_taken_is_refused_too(state, tmp_path, monkeypatch):
    def linked_meanwhile(handle, **_more):
        os.link(state, tmp_path / "second.db")
        return lock_descriptor(handle, blocking=False)

    monkeypatch.setattr(filelock, "lock_descriptor", linked_meanwhile)
    with pytest.raises(StateError, match="hard links"), locked(state):
        pass


def test_links_to_a_folder_and_to_a_state_that_is_not_there_yet_lead_to_one_lock(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "folder").symlink_to(tmp_path / "real")
    (tmp_path / "file.db").symlink_to(tmp_path / "real" / "state.db")
    with locked(tmp_path / "file.db"), pytest.raises(LockedError), locked(tmp_path / "folder" / "state.db"):
        pass


def test_links_in_a_circle_and_what_is_no_file_are_reported_and_stay_as_they_are(shop):
    shop.more["state"] = "circle.db"
    (shop.folder / "circle.db").symlink_to("circle.db")
    shop.write_config()
    assert [shop(command).code for command in ("run", "status")] == [78, 78]
    shop.more["state"] = "folder"
    (shop.folder / "folder").mkdir(mode=0o755)
    assert [shop(command).code for command in ("run", "status")] == [78, 78]
    assert (shop.folder / "folder").stat().st_mode & 0o777 == 0o755


def test_a_lock_is_left_to_a_link_that_leads_nowhere(state, tmp_path):
    state.with_name(state.name + ".lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StateError, match="lock file"), locked(state):
        pass
    assert not (tmp_path / "elsewhere").exists()


_OPENED_ONCE_MORE = """
import pathlib, sys
from returnsync.state.opening import open_file

open_file(pathlib.Path(sys.argv[1])).close()
"""


def test_a_state_that_is_opened_once_more_keeps_the_locks_that_sqlite_has_on_it(state):
    first = open_file(state)
    open_file(state).close()
    subprocess.run([sys.executable, "-c", _OPENED_ONCE_MORE, str(state)], check=True)
    # A process that wrongly thought that it was the last one would have removed it.
    assert state.with_name(state.name + "-wal").exists()
    first.close()


def test_a_lock_file_that_was_removed_is_made_again_and_holds(state):
    with locked(state):
        pass
    state.with_name(state.name + ".lock").unlink()
    with locked(state), pytest.raises(LockedError), locked(state):
        pass


@pytest.mark.parametrize(
    ("signature", "zone"),
    [
        ("what is this", "UTC"),
        ("7 0001-01-01T00:00:00.000000Z", "America/New_York"),
        ("7 9999-12-31T23:59:59.999999Z", "Asia/Tokyo"),
    ],
)
def test_a_lock_with_an_odd_signature_is_told_as_one_without(shop, state, signature, zone):
    with locked(state):
        state.with_name(state.name + ".lock").write_text(signature)
        ran = shop.process("run", TZ=zone)
    assert ran.code == 75
    assert f"Another returnsync is working on {state}.\n" in ran.err


def test_a_state_that_a_backup_has_locked_is_for_the_next_run(shop, state, monkeypatch):
    monkeypatch.setattr("returnsync.state.connections._BUSY_SECONDS", 0.05)
    shop.run()
    holder = sqlite3.connect(state, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        ran = shop("run", "--json")
    finally:
        holder.close()
    assert (ran.code, "locked" in ran.json["error"]["what"]) == (75, True)


def test_a_damaged_state_is_never_to_be_moved_away(shop, state):
    state.write_bytes(b"no database " * 1000)
    ran = shop("run", "--json")
    assert ran.code == 78
    assert "damaged" in ran.json["error"]["what"]
    assert "Leave it where it is" in ran.json["error"]["next_step"]
    assert "docs/how-to/move.md" in ran.json["error"]["next_step"]


@pytest.mark.parametrize(
    ("code", "exit_code", "words"),
    [
        (sqlite3.SQLITE_BUSY_SNAPSHOT, 75, "locked"),
        (sqlite3.SQLITE_BUSY_RECOVERY, 75, "locked"),
        (sqlite3.SQLITE_PROTOCOL, 75, "locked"),
        (sqlite3.SQLITE_FULL, 75, "no room"),
        (sqlite3.SQLITE_IOERR_SHMSIZE, 75, "no room"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, 78, "cannot be opened and written"),
        (sqlite3.SQLITE_CANTOPEN_ISDIR, 78, "cannot be opened and written"),
        (sqlite3.SQLITE_CORRUPT_INDEX, 78, "damaged"),
        (sqlite3.SQLITE_NOTADB, 78, "damaged"),
        (sqlite3.SQLITE_ERROR, 78, "not made by returnsync"),
        (sqlite3.SQLITE_IOERR_READ, 78, "cannot be read or written"),
    ],
)
def test_each_failure_is_reported_by_its_kind_also_by_an_extended_code(state, code, exit_code, words):
    error = sqlite3.OperationalError("as SQLite says")
    error.sqlite_errorcode = code
    told = [unusable(state, error)]
    if words not in ("cannot be opened and written", "not made by returnsync"):  # once it is open, the disk causes both
        with pytest.raises(RunError) as raised, translated(is_copy=False):
            raise error
        told.append(raised.value)
    for one in told:
        assert (one.exit_code, words in one.what) == (exit_code, True)
        assert "move" not in one.next_step.replace("move.md", "")


def test_an_unfinished_transaction_of_a_dead_program_is_rolled_back(shop, state):
    shop.run()
    journal = state.with_name(state.name + "-journal")
    with contextlib.closing(sqlite3.connect(state, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("PRAGMA cache_size = 1")
        other.execute("BEGIN IMMEDIATE")
        other.execute("CREATE TABLE half (x)")
        other.executemany("INSERT INTO half VALUES (?)", [("x" * 1000,)] * 200)
        kept = {file: file.read_bytes() for file in (state, journal)}
    for file, content in kept.items():
        file.write_bytes(content)
    assert shop("status").code == 0
    assert not journal.exists()
    assert shop.run()["exit_code"] == 0


_AS_NOBODY = f"""
import os, pathlib, pwd, sqlite3, sys
from returnsync.errors import StateError
from returnsync.state import migrations
from returnsync.state.opening import open_file, open_reading
migrations.shipped()
os.setgid({NOBODY}); os.setuid({NOBODY})
for opened in (open_file, open_reading):
    try: opened(pathlib.Path(sys.argv[1]))
    except StateError as error: print(int(error.exit_code), error.what, error.next_step)
"""


@as_root
def test_a_state_of_another_user_names_owner_and_mode():
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to others
        folder = Path(name)
        folder.chmod(0o755)
        state = folder / "returnsync.db"
        open_file(state).close()
        ran = subprocess.run([sys.executable, "-c", _AS_NOBODY, str(state)], capture_output=True, text=True, check=True)
    told = ran.stdout.splitlines()
    assert len(told) == 2
    for line in told:
        assert line.startswith("78 ")
        assert "user root" in line
        assert "0600" in line
        assert "user nobody" in line
        assert "move" not in line


_RUN_AS_NOBODY = f"""
import os, pathlib, sys
from returnsync.engine.lock import locked
from returnsync.errors import StateError
from returnsync.state import migrations
from returnsync.state.opening import copy_aside, open_file, open_reading
import filelock
migrations.shipped()
os.setgid({NOBODY}); os.setuid({NOBODY})
def lock(path):
    with locked(path): pass
for opened in (lock, open_file, open_reading, copy_aside):
    try: opened(pathlib.Path(sys.argv[1]))
    except StateError as error: print(int(error.exit_code), error.what)
"""


@as_root
def test_another_user_who_may_read_a_state_leaves_nothing_beside_it():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        state = folder / "returnsync.db"
        open_file(state).close()
        state.chmod(0o644)
        before = sorted(folder.iterdir())
        ran = subprocess.run(
            [sys.executable, "-c", _RUN_AS_NOBODY, str(state)], capture_output=True, text=True, check=True
        )
        assert sorted(folder.iterdir()) == before
    told = ran.stdout.splitlines()
    assert len(told) == 4
    assert all(line.startswith("78 ") and "user root with mode 0644" in line for line in told)


@as_root
def test_a_lock_file_of_another_user_is_reported_with_its_owner_and_mode():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        state = folder / "returnsync.db"
        with locked(state):
            pass
        ran = subprocess.run(
            [sys.executable, "-c", _RUN_AS_NOBODY, str(state)], capture_output=True, text=True, check=True
        )
    assert ran.stdout.startswith("78 The lock file")
    assert "user root with mode 0600" in ran.stdout.splitlines()[0]


def owners(*places: Path) -> dict[str, int]:
    return {file.name: file.stat().st_uid for place in places for file in (place, *place.rglob("*"))}


@as_root
@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("command", ["run", "check", "status", "held", "run --dry-run", "replay 1001"])
def test_a_command_of_root_leaves_nothing_that_the_owner_of_the_state_cannot_use(shop, command, is_there):
    place = shop.folder / "service"
    shop.more |= {"state": "service/returnsync.db", "labels": "service/labels", "log": {"file": "service/logs/log"}}
    place.mkdir()
    os.chown(place, NOBODY, NOBODY)
    shop.sandbox.monta.add(monta_order("1001"))
    shop.platform().give_back("1001")
    if is_there:
        open_file(place / "returnsync.db").close()
        os.chown(place / "returnsync.db", NOBODY, NOBODY)
        (place / "returnsync.db.lock").touch()  # as earlier versions left it
    assert shop(*command.split()).code == 0
    assert set(owners(place).values()) == {NOBODY}


@as_root
def test_what_somebody_linked_to_is_not_given_away(shop):
    target = shop.folder / "of-root"
    target.touch()
    place = shop.folder / "service"
    shop.more["state"] = "service/returnsync.db"
    place.mkdir()
    os.chown(place, NOBODY, NOBODY)
    (place / "returnsync.db-limits-wal").symlink_to(target)
    shop("status")
    assert target.stat().st_uid == 0


@pytest.mark.parametrize("command", ["check", "status", "run --dry-run"])
def test_before_the_first_run_a_command_that_only_tells_leaves_nothing(shop, command):
    shop.more |= {"state": "service/returnsync.db", "labels": "service/labels", "log": {"file": "service/log"}}
    (shop.folder / "service").mkdir()
    assert shop(*command.split()).code == 0
    assert list((shop.folder / "service").iterdir()) == []
