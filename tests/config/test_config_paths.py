"""Paths in the settings of an account: they start from the folder of the configuration file."""

import sys
import tomllib
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import pytest
from pydantic import BaseModel, Field, ValidationError

from returnsync.config.load import load
from returnsync.config.settings import compose
from returnsync.platforms.interface import ConfigPath, Platform, SourceSettings


class FilesSettings(SourceSettings):
    base_url: str = Field(default="https://files.example.test", description="Where the API lives.")
    export: ConfigPath = Field(default="", description="The files.", examples=["files/*.json"])


class Files(Platform):
    kind: ClassVar[str] = "files"
    title: ClassVar[str] = "Files"
    settings: ClassVar[type[SourceSettings]] = FilesSettings
    account_key: ClassVar[str] = "export"


class Inner(BaseModel):
    table: ConfigPath = ""


class Outer(BaseModel):
    inner: Inner
    several: tuple[ConfigPath, ...] = ()
    nowhere: ConfigPath | None = None


TEXT = """\
[warehouses.monta]
kind = "monta"
username = "env:MONTA_USERNAME"
password = "env:MONTA_PASSWORD"
carrier = "PostNL"

[sources.recorded]
platform = "files"
warehouse = "monta"
start_from = 2026-11-01
"""


@pytest.fixture(autouse=True)
def files(monkeypatch):
    """The platform, as if another package had brought it."""
    module = ModuleType("files_package")
    vars(module)["Files"] = Files
    monkeypatch.setitem(sys.modules, "files_package", module)
    entries = EntryPoints([EntryPoint("files", "files_package:Files", "returnsync.platforms")])
    monkeypatch.setattr("importlib.metadata.entry_points", entries.select)


def export_of(loaded) -> str:
    return loaded.settings.sources["recorded"].export


def test_a_relative_path_starts_from_the_folder_of_the_file(config_file, tmp_path):
    loaded = config_file.load(f'{TEXT}export = "exports/page.json"\n')
    assert export_of(loaded) == str(tmp_path / "exports" / "page.json")


def test_it_does_not_matter_where_the_program_is_started(config_file, tmp_path, monkeypatch):
    config_file.path.write_text(f'{TEXT}export = "exports"\n')
    monkeypatch.chdir(tmp_path)
    from_beside = export_of(load(Path("returnsync.toml")))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    from_elsewhere = export_of(load(Path("../returnsync.toml")))
    assert from_beside == str(tmp_path / "exports")
    assert Path(from_elsewhere).resolve() == (tmp_path / "exports").resolve()
    assert Path(from_elsewhere).is_absolute()


def test_a_pattern_of_paths_stays_a_pattern(config_file, tmp_path):
    loaded = config_file.load(f'{TEXT}export = "exports/**/page-[0-9]?.json"\n')
    assert export_of(loaded) == f"{tmp_path}/exports/**/page-[0-9]?.json"


def test_an_absolute_path_is_taken_as_it_is(config_file):
    assert export_of(config_file.load(f'{TEXT}export = "/srv/exports/*.json"\n')) == "/srv/exports/*.json"


def test_a_path_in_the_home_folder_is_found_there_as_that_of_the_state_is(config_file, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    loaded = config_file.load(f'{TEXT}export = "~/exports/*.json"\n')
    assert export_of(loaded) == str(tmp_path / "home" / "exports" / "*.json")


def test_a_home_folder_that_is_not_there_is_a_problem_with_its_line(config_file):
    problem = config_file.problem(f'{TEXT}export = "~no-such-user-here/exports"\n')
    assert problem.startswith("returnsync.toml:11: sources.recorded.export: ")
    assert "home folder" in problem


@pytest.mark.parametrize("line", ["", 'export = ""\n'])
def test_no_path_is_not_taken_for_the_folder(config_file, line):
    assert export_of(config_file.load(TEXT + line)) == ""


def test_a_value_that_is_no_text_is_a_problem_with_its_line(config_file):
    assert config_file.problem(f"{TEXT}export = 5\n").startswith("returnsync.toml:11: sources.recorded.export: ")


def test_two_sources_of_the_same_path_are_two_of_one_account(config_file):
    again = TEXT[TEXT.index("[sources") :].replace("recorded", "again")
    problem = config_file.problem(f'{TEXT}export = "a.json"\n\n{again}export = "a.json"\n')
    assert "same" in problem


def test_what_was_read_from_no_file_keeps_its_paths():
    raw = tomllib.loads(f'{TEXT}export = "a.json"\n')
    for folder, export in ((None, "a.json"), (Path("/srv/shop"), "/srv/shop/a.json")):
        settings, problems = compose(raw, folder)
        assert problems == []
        assert settings is not None
        assert settings.sources["recorded"].export == export


def test_paths_inside_tables_and_lists_start_there_too():
    raw = {"inner": {"table": "orders.csv"}, "several": ["a", "/b", ""], "nowhere": None}
    outer = Outer.model_validate(raw, context={"folder": Path("/srv/shop")})
    assert outer.inner.table == "/srv/shop/orders.csv"
    assert outer.several == ("/srv/shop/a", "/b", "")
    assert outer.nowhere is None


@pytest.mark.parametrize("context", [None, {}, {"folder": None}, {"other": "/srv"}])
def test_without_a_folder_a_path_stays_as_it_was_written(context):
    assert Outer.model_validate({"inner": {"table": "~/orders.csv"}}, context=context).inner.table == "~/orders.csv"


def test_a_path_is_a_text():
    with pytest.raises(ValidationError):
        Outer.model_validate({"inner": {"table": ["a"]}}, context={"folder": "/srv"})


TOP = TEXT.replace("[sources.recorded]", "[sources.recorded]\nexport = 'a.json'")
UNUSABLE = [
    ("a\\u0000b", "contains a character that no path can have"),
    ("~no-such-user-here/x", "begins with a home folder that does not exist"),
    ("a/" + "x" * 256, "has a name in it that is longer than the 255 bytes that a file's name may have"),
    ("x/" * 3000, "is longer than the 4095 bytes that a path may have"),
]


@pytest.mark.parametrize("key", ["state", "labels", "reasons"])
@pytest.mark.parametrize(("path", "why"), UNUSABLE)
def test_an_impossible_path_is_a_problem_with_its_line(config_file, key, path, why):
    assert config_file.problem(f'{key} = "{path}"\n{TOP}') == f"returnsync.toml:1: {key}: {why}"


@pytest.mark.parametrize("table", ['[log]\nfile = "{}"', '[notify]\nmetrics = "{}.prom"'])
@pytest.mark.parametrize(("path", "why"), UNUSABLE)
def test_an_impossible_path_is_a_problem_inside_a_table_too(config_file, table, path, why):
    assert config_file.problem(f"{TOP}{table.format(path)}\n").endswith(f": {why}")


@pytest.mark.parametrize(("path", "why"), UNUSABLE)
def test_an_impossible_path_is_a_problem_of_a_rule_and_of_an_account_too(config_file, path, why):
    assert config_file.problem(f'{TEXT}export = "{path}"\n') == f"returnsync.toml:11: sources.recorded.export: {why}"
    rules = f'{TOP}order_number = [{{ table = "{path}" }}]\n'
    assert config_file.problem(rules).endswith(f"order_number[0].table: {why}")


def test_a_path_that_the_locale_cannot_write_is_reported(monkeypatch):
    monkeypatch.setattr("os.fsencode", lambda name: name.encode("iso-8859-1"))
    with pytest.raises(ValidationError, match=r"LC_ALL=C\.UTF-8"):
        Outer.model_validate({"inner": {"table": "日.csv"}})
