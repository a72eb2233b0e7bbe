"""`run --heartbeat FILE`: which runs replace the file, what is in it, and that it never changes a run."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from receiver import receiving
from rights import without_override
from shop import Ran, Shop, later

from returnsync.engine.lock import locked
from returnsync.errors import ExitCode
from returnsync.sandbox import Fault

NAME = "heartbeat.json"
LONG_AGO = 1_000_000_000


def beat(shop: Shop, *options: str) -> Ran:
    return shop("run", *options, "--heartbeat", str(shop.folder / NAME))


def content(shop: Shop) -> dict[str, object]:
    return json.loads((shop.folder / NAME).read_text("utf-8"))


@pytest.fixture
def aged(shop: Shop) -> Path:
    """The heartbeat of a run that was long ago."""
    assert beat(shop).code == 0
    os.utime(shop.folder / NAME, (LONG_AGO, LONG_AGO))
    return shop.folder / NAME


def is_old(file: Path) -> bool:
    return file.stat().st_mtime == LONG_AGO


def test_a_run_that_did_its_work_writes_when_it_ended_and_how(shop):
    before = datetime.now(UTC)
    assert beat(shop).code == 0
    told = content(shop)
    assert set(told) == {"command", "at", "exit_code"}
    assert (told["command"], told["exit_code"]) == ("returnsync run", 0)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", str(told["at"]))
    assert before <= datetime.fromisoformat(str(told["at"])) <= datetime.now(UTC)
    assert [file.name for file in shop.folder.iterdir() if NAME in file.name] == [NAME]
    assert stat.S_IMODE((shop.folder / NAME).stat().st_mode) == 0o600


def test_each_such_run_replaces_the_file_as_a_whole(shop, aged):
    with aged.open("rb") as reader:
        first = reader.read()
        with later(minutes=5):
            assert beat(shop).code == 0
        reader.seek(0)
        assert reader.read() == first, "it was written into the file that a health check may be reading"
    assert aged.read_bytes() != first
    assert not is_old(aged)


def test_a_file_that_is_replaced_keeps_its_rights_and_an_empty_one_is_filled(shop, aged):
    aged.chmod(0o644)
    assert beat(shop).code == 0
    assert stat.S_IMODE(aged.stat().st_mode) == 0o644
    aged.write_text("")
    assert beat(shop).code == 0
    assert content(shop)["exit_code"] == 0


def test_a_run_after_which_something_is_held_replaces_it(shop, aged):
    now = datetime.now(UTC)
    shop.sandbox.returnista.give_back("1001", word="Unheard-of", created=now, updated=now)
    assert beat(shop).code == 1
    assert content(shop)["exit_code"] == 1
    assert not is_old(aged)


def test_a_run_that_the_next_one_goes_on_with_replaces_it(shop, aged):
    shop.sandbox.faults.add(Fault("returnista.list", "status", status=503))
    assert beat(shop).code == 75
    assert content(shop)["exit_code"] == 75
    assert not is_old(aged)


def test_a_run_whose_credentials_are_refused_leaves_it(shop, aged):
    shop.sandbox.faults.add(Fault("returnista.list", "status", status=401))
    assert beat(shop).code == 78
    assert is_old(aged)


def test_a_run_with_a_fault_of_ours_leaves_it(shop, aged, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise ValueError

    monkeypatch.setattr("returnsync.engine.run.finish", broken)
    assert beat(shop).code == 70
    assert is_old(aged)


def test_what_breaks_off_after_the_work_leaves_it_too(shop, aged, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise ValueError

    monkeypatch.setattr("returnsync.cli.run.print_troubles", broken)
    assert beat(shop).code == 70
    assert is_old(aged)


@pytest.mark.parametrize("wrong", ["state", "reasons", "configuration"])
def test_a_run_that_cannot_begin_leaves_it(shop, aged, wrong):
    if wrong == "state":
        shop.state.write_text("no database" * 100)
    elif wrong == "reasons":
        (shop.folder / "reasons.toml").write_text("[[")
    else:
        shop.more["unheard_of"] = True
    assert beat(shop).code == 78
    assert is_old(aged)


def test_a_source_that_is_not_there_leaves_it(shop, aged):
    assert beat(shop, "--source", "elsewhere").code == 2
    assert is_old(aged)


def test_a_run_that_finds_another_one_at_work_leaves_it(shop, aged):
    with locked(shop.state):
        assert beat(shop).code == 75
    assert is_old(aged)


def test_a_run_whose_state_another_program_holds_leaves_it(shop, aged, monkeypatch):
    from returnsync.errors import BusyError

    def busy(*_: object, **__: object) -> None:
        raise BusyError("Another program holds the state file.")

    monkeypatch.setattr("returnsync.engine.run.finish", busy)
    assert beat(shop).code == 75
    assert is_old(aged)


def test_a_run_that_a_signal_stops_leaves_it(shop, aged):
    shop.sandbox.faults.add(Fault("returnista.list", "delay", delay=30))
    with receiving() as receiver:
        shop.more["notify"] = {"ping_url": f"{receiver.url}/key"}
        shop.write_config()
        process = subprocess.Popen(
            [sys.executable, "-m", "returnsync", "run", "--config", str(shop.config), "--heartbeat", str(aged)],
            env={**os.environ, **shop.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert receiver.has_one.wait(60), "the run has begun"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 143
    assert is_old(aged)


def test_a_dry_run_neither_writes_nor_replaces_it(shop):
    assert beat(shop, "--dry-run").code == 0
    assert not (shop.folder / NAME).exists()
    assert beat(shop).code == 0
    os.utime(shop.folder / NAME, (LONG_AGO, LONG_AGO))
    assert beat(shop, "--dry-run").code == 0
    assert is_old(shop.folder / NAME)


def test_no_run_writes_one_unasked(shop):
    assert shop("run").code == 0
    assert not (shop.folder / NAME).exists()


def block(shop: Shop, wrong: str) -> Path:
    """Put something in the way of the heartbeat, and give its path."""
    file = shop.folder / NAME
    if wrong == "no folder":
        return shop.folder / "gone" / NAME
    if wrong == "a folder":
        file.mkdir()
    elif wrong == "a link":
        (shop.folder / "elsewhere").write_text("")
        file.symlink_to(shop.folder / "elsewhere")
    elif wrong == "a pipe":
        os.mkfifo(file)
    elif wrong == "another's file":
        file.write_text("notes of somebody else")
    else:
        (shop.folder / "closed").mkdir(mode=0o500)
        return shop.folder / "closed" / NAME
    return file


@pytest.mark.parametrize("wrong", ["no folder", "a folder", "a link", "a pipe", "another's file", "a closed folder"])
def test_one_that_cannot_be_written_is_one_warning_and_changes_nothing_else(shop, wrong):
    file = block(shop, wrong)
    before = file.lstat() if file.exists() else None
    ran = without_override(lambda: shop("run", "--heartbeat", str(file)))
    assert (ran.code, ran.out) == (0, "")
    (line,) = ran.err.splitlines()
    assert "warning The heartbeat was not written. " in line
    assert str(file) in line
    assert before is None or file.lstat().st_ino == before.st_ino
    assert wrong != "another's file" or file.read_text() == "notes of somebody else"


def test_one_that_fails_by_a_fault_of_ours_is_a_warning(shop, monkeypatch):
    def broken(*_: object) -> None:
        raise KeyError

    monkeypatch.setattr("returnsync.notify.heartbeat.text", broken)
    ran = beat(shop)
    assert (ran.code, ran.err.count("--heartbeat")) == (0, 1)


@pytest.mark.parametrize("own", ["returnsync.db", "returnsync.db.lock", "returnsync.toml", "reasons.toml"])
def test_a_file_of_the_state_or_the_configuration_is_refused_before_anything_is_done(shop, own):
    assert shop("run").code == 0
    place = shop.folder / own
    before = place.stat().st_ino if place.exists() else None
    asked = shop.sandbox.counts.requests
    ran = shop("run", "--heartbeat", str(place))
    assert ran.code == 78
    assert "It was not changed." in ran.err
    assert (place.stat().st_ino if place.exists() else None) == before
    assert shop.sandbox.counts.requests == asked


def test_under_cron_one_that_keeps_failing_is_told_once_and_once_when_it_works_again(shop):
    folder = shop.folder / "later"
    file = folder / NAME
    told: list[str] = []
    for number in range(8):
        with later(minutes=10 * number):
            told += shop("run", "--quiet", "--heartbeat", str(file)).err.splitlines()
    (line,) = told
    assert line.startswith("The heartbeat was not written. ")
    folder.mkdir()
    after: list[str] = []
    for number in range(8, 13):
        with later(minutes=10 * number):
            after += shop("run", "--quiet", "--heartbeat", str(file)).err.splitlines()
    assert after == [f"--heartbeat {file} works again."]


def test_a_run_without_it_or_with_another_one_says_nothing_of_it_and_forgets_nothing(shop):
    file = shop.folder / "gone" / NAME
    told: list[str] = []
    for number in range(8):
        with later(minutes=10 * number):
            told += shop("run", "--quiet", "--heartbeat", str(file)).err.splitlines()
            for options in ((), ("--heartbeat", str(shop.folder / NAME)), ()):
                assert shop("run", "--quiet", *options).err == ""
    assert len(told) == 1
    assert file.name in told[0]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can work for another user")
def test_the_file_that_root_writes_belongs_to_the_owner_of_the_state(shop):
    os.chown(shop.folder, 65534, 65534)
    assert beat(shop).code == 0
    assert (shop.folder / NAME).stat().st_uid == shop.state.stat().st_uid == 65534


def test_a_relative_path_starts_where_the_command_does_not_where_the_configuration_is(shop, monkeypatch):
    elsewhere = shop.folder / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert shop("run", "--heartbeat", NAME).code == 0
    assert (elsewhere / NAME).exists()


@pytest.mark.parametrize("code", ExitCode)
def test_every_exit_code_is_decided_on(code):
    from returnsync.notify import heartbeat

    assert heartbeat.is_due(code, came_to_end=True) == (int(code) in (0, 1, 75))
    assert not heartbeat.is_due(code, came_to_end=False)


def test_its_age_is_that_of_the_run(shop):
    assert beat(shop).code == 0
    age = datetime.now(UTC) - datetime.fromtimestamp((shop.folder / NAME).stat().st_mtime, UTC)
    assert abs(age) < timedelta(minutes=1)
