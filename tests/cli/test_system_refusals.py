"""A refusal by the system is no fault of returnsync: it is reported with what to do, and no partial file is left."""

import errno
import os
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from returnsync.cli.app import app
from returnsync.errors import ConfigError, ExitCode
from returnsync.system_errors import in_words

TOO_LONG = "x" * 300


def call(*arguments: str, env: dict[str, str] | None = None):
    return CliRunner().invoke(app, list(arguments), env=env, catch_exceptions=False)


def assert_told(done, code=ExitCode.CONFIG):
    assert done.exit_code == code
    assert "fault" not in done.stderr
    assert len(done.stderr.strip().splitlines()) > 1  # what happened, and what to do


@pytest.mark.parametrize("place", ["file/x.toml", "nowhere/x.toml", TOO_LONG, "folder/" * 1000])
def test_init_tells_why_it_cannot_write_there(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    assert_told(call("init", "--platform", "loop", "--carrier", "PostNL", "--no-try", "--config", place))


@pytest.mark.parametrize("place", ["file/x.toml", "folder", TOO_LONG, "/dev/full", "~no-such-user-here/x"])
@pytest.mark.parametrize("how", ["--config", "RETURNSYNC_CONFIG"])
def test_a_configuration_that_cannot_be_is_reported(tmp_path, monkeypatch, place, how):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    done = call("run", "--config", place) if how == "--config" else call("run", env={how: place})
    assert_told(done)
    assert any(word in done.stderr for word in (place[:100], "home folder", f"The path in ${how}"))


def test_a_file_that_cannot_be_written_whole_is_not_left_half(tmp_path):
    place = tmp_path / "returnsync.toml"
    limited = ["sh", "-c", 'ulimit -f 1; exec "$@"', "sh", sys.executable, "-m", "returnsync"]
    chosen = ["--platform", "loop", "--carrier", "PostNL", "--no-try"]
    done = subprocess.run(
        [*limited, "init", *chosen, "--config", str(place)], capture_output=True, text=True, check=False
    )
    assert done.returncode == ExitCode.CONFIG
    assert f"{place} cannot be used (File too large)." in done.stderr
    assert not place.exists()


@pytest.mark.parametrize("place", ["file/x.csv", "nowhere/x.csv", TOO_LONG])
def test_a_sheet_that_cannot_be_written_is_reported(shop, tmp_path, place):
    (tmp_path / "file").touch()
    done = shop("map-reasons", "--export", str(tmp_path / place))
    assert done.code == ExitCode.CONFIG
    assert "cannot be used" in done.err
    assert "fault" not in done.err


def test_a_sheet_without_an_end_is_not_read_for_ever(shop):
    done = shop("map-reasons", "--import", "/dev/zero")
    assert done.code == ExitCode.CONFIG
    assert "larger than 100 MB" in done.err


def test_every_command_takes_verbose_which_the_message_of_a_fault_advises():
    def commands(group, *words):
        for name, command in group.commands.items():
            if getattr(command, "invoke_without_command", True):  # else it only has commands
                yield (*words, name), command
            if hasattr(command, "commands"):
                yield from commands(command, *words, name)

    without = [
        words
        for words, command in commands(typer.main.get_command(app))
        if "--verbose" not in {option for parameter in command.params for option in parameter.opts}
    ]
    assert without == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EMFILE])
def test_what_runs_out_is_temporary(number):
    told = in_words(OSError(number, os.strerror(number)))
    assert told is not None
    assert told.exit_code == ExitCode.TEMPORARY
    assert told.next_step


@pytest.mark.parametrize(
    "number", [errno.EACCES, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP]
)
def test_what_is_refused_is_a_matter_of_settings_and_names_the_file(number):
    told = in_words(OSError(number, os.strerror(number), "/srv/x"))
    assert isinstance(told, ConfigError)
    assert told.what == f"/srv/x cannot be used ({os.strerror(number)})."
    assert told.next_step


@pytest.mark.parametrize(
    "error", [ValueError("x"), OSError("no number"), ConnectionResetError(errno.ECONNRESET, "x"), KeyError("x"),
              FileNotFoundError(errno.ENOENT, "of no file")]
)  # fmt: skip
def test_what_is_nothing_of_the_kind_stays_a_fault(error):
    assert in_words(error) is None
