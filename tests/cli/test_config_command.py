"""`returnsync config schema`: a whole file on stdout, whatever the locale, and what it lacks on stderr."""

import json
import os
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint, EntryPoints

import pytest
from jsonschema import Draft202012Validator
from toml_schema import mistakes, validator
from typer.testing import CliRunner

from returnsync.cli.app import app


def in_a_process(*arguments, stdout=subprocess.PIPE, **environment):
    return subprocess.run(
        [sys.executable, "-m", "returnsync", *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
        env={**os.environ, **environment},
        timeout=60,
    )


@pytest.mark.parametrize("locale", ["C.UTF-8", "C"])
def test_what_it_prints_is_a_schema_by_which_the_sample_is_right(locale):
    ran = in_a_process("config", "schema", LC_ALL=locale, PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert (ran.returncode, ran.stderr) == (0, b"")
    schema = json.loads(ran.stdout.decode("utf-8"))
    Draft202012Validator.check_schema(schema)
    sample = in_a_process("init", "--example", LC_ALL=locale).stdout.decode("utf-8")
    assert mistakes(tomllib.loads(sample), validator(schema)) == []
    assert "→" in schema["properties"]["sources"]["additionalProperties"]["properties"]["carriers"]["description"]


def test_it_reads_no_configuration(tmp_path):
    broken = tmp_path / "returnsync.toml"
    broken.write_text("state = [")
    assert in_a_process("config", "schema", RETURNSYNC_CONFIG=str(broken)).returncode == 0


def test_it_ends_with_75_where_there_is_no_room_for_it():
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        ran = in_a_process("config", "schema", stdout=full)
    assert ran.returncode == 75
    assert b"schema could not be written" in ran.stderr


def test_without_a_command_it_shows_those_there_are():
    ran = CliRunner().invoke(app, ["config"])
    assert ran.exit_code == 2
    assert "schema  Print the JSON Schema of the configuration" in ran.output


def test_a_package_that_cannot_be_loaded_is_told_and_the_schema_printed_all_the_same(monkeypatch):
    entries = EntryPoints([EntryPoint("odd", "no_such_package:Odd", "returnsync.platforms")])
    monkeypatch.setattr("importlib.metadata.entry_points", entries.select)
    ran = CliRunner().invoke(app, ["config", "schema"])
    assert ran.exit_code == 0
    assert "The platform 'odd' (no_such_package:Odd) cannot be loaded: ModuleNotFoundError." in ran.stderr
    assert "It is left out of the schema." in ran.stderr
    assert "Install the package that provides it again" in ran.stderr
    account = json.loads(ran.stdout)["properties"]["sources"]["additionalProperties"]
    assert account["properties"]["platform"]["enum"][-1] == "loop"
