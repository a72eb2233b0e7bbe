"""The lock and the state file: one command at a time by whatever path, and each way to fail in words of its own."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from returnsync.engine.lock import locked
from returnsync.errors import ExitCode, LockedError, StateError
from returnsync.sandbox.world import monta_order
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


def test_a_lock_file_that_was_removed_is_made_anew_and_holds(state):
    with locked(state):
        pass
    state.with_name(state.name + ".lock").unlink()
    with locked(state), pytest.raises(LockedError), locked(state):
        pass


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


@as_root
@pytest.mark.parametrize("command", ["run", "check", "status", "held"])
def test_a_command_of_root_leaves_nothing_that_the_owner_of_the_state_cannot_use(shop, state, command):
    shop.sandbox.monta.add(monta_order("1001"))
    shop.platform().give_back("1001")
    os.chown(state.parent, NOBODY, NOBODY)
    os.chown(state, NOBODY, NOBODY)
    shop(command)
    beside = [file for file in state.parent.iterdir() if file.name.startswith(state.name)]
    assert {file.stat().st_uid for file in beside} == {NOBODY}
