"""Help: each command is one line in its list, each value has a name of its own, and commands accept their examples."""

import re
import shlex
from functools import cache
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from returnsync.cli.app import app
from returnsync.errors import ExitCode

ROOT = Path(__file__).parents[2]
NARROW = {"COLUMNS": "80", "TERMINAL_WIDTH": "80"}
# Names that only say which type a value has in the program, not what it is.
OF_PROGRAMS = {"TEXT", "STRING", "STR", "VALUE", "INTEGER", "INT", "FLOAT", "PATH", "FILENAME", "LIST", "BOOL"}


def inside(command, path=()):
    """Every command below this one, by its words, and itself."""
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from inside(inner, (*path, name))


TREE = dict(inside(typer.main.get_command(app)))
GROUPS = [path for path, command in TREE.items() if getattr(command, "commands", {})]
COMMANDS = [path for path in TREE if path]


def named(path):
    return " ".join(path) or "returnsync"


@cache
def help_of(path):
    ran = CliRunner().invoke(app, [*path, "--help"], env=NARROW)
    assert ran.exit_code == 0
    return ran.stdout


def below(path):
    """The examples below the help of a command."""
    return re.findall(r"^ {6}(.*\breturnsync .+)$", TREE[path].epilog or "", re.MULTILINE)


def test_all_commands_are_looked_at():
    assert {("run",), ("held", "take-back"), ("labels",), ("labels", "copy")} <= TREE.keys()
    assert {(), ("held",), ("labels",)} <= set(GROUPS)


@pytest.mark.parametrize("path", GROUPS, ids=named)
def test_the_list_has_a_whole_sentence_for_each_command_on_one_line_of_80_columns(path):
    listed = help_of(path).partition("\nCommands:\n")[2].partition("\n\n")[0].splitlines()
    sentences = {name: TREE[*path, name].help.split(". ")[0].split(".\n")[0] for name in TREE[path].commands}
    assert [line.split(maxsplit=1) for line in listed] == [
        [name, f"{sentence.removesuffix('.')}."] for name, sentence in sentences.items()
    ]


@pytest.mark.parametrize("path", TREE, ids=named)
def test_no_line_of_help_is_wider_than_80_columns(path):
    assert [line for line in help_of(path).splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("path", TREE, ids=named)
def test_every_value_is_called_by_a_word_of_its_own(path):
    takes_one = [one for one in TREE[path].params if not getattr(one, "is_flag", False)]
    words = {one.name: one.metavar for one in takes_one}
    assert {name: word for name, word in words.items() if not re.fullmatch(r"[A-Z]+([:=][A-Z]+)*", word or "")} == {}
    assert OF_PROGRAMS.isdisjoint(words.values())
    assert re.findall(r"<[a-z][^>]*>|\{\w+\}", help_of(path)) == []


@pytest.mark.parametrize("path", COMMANDS, ids=named)
def test_every_command_shows_examples_and_names_the_page_that_tells_more(path):
    assert below(path), "write EXAMPLES = examples(…) and give it as `epilog` (cli/app.py)"
    shown = help_of(path)
    assert all(f"      {line}\n" in shown for line in below(path))
    (page,) = re.findall(r"^  Docs: (docs/[a-z/-]+\.md)(?:#[a-z-]+)?$", shown, re.MULTILINE)
    assert (ROOT / page).exists()


@pytest.mark.parametrize("path", COMMANDS, ids=named)
def test_every_example_is_one_that_its_command_takes(path):
    for line in below(path):
        words = shlex.split(re.search(r"returnsync ([^>()]+)", line)[1])
        place = max((tuple(words[:length]) for length in (1, 2) if tuple(words[:length]) in TREE), key=len)
        TREE[place].make_context(named(place), words[len(place) :])  # raises if an option or a value is invalid


def test_an_example_of_a_command_line_that_makes_no_sense_would_be_noticed():
    for words in (["--no-such"], ["--limit", "none"], ["#1001", "#1002"]):
        with pytest.raises(Exception, match=r"(?i)no such option|valid integer|unexpected extra"):
            TREE["returns",].make_context("returns", words)


def test_the_help_of_all_names_every_exit_code_and_the_docs():
    shown = help_of(())
    assert [int(code) for code in ExitCode if not re.search(rf"^    {int(code)} +[a-z]", shown, re.MULTILINE)] == []
    pages = re.findall(r"docs/\S+\.md", shown)
    assert pages
    assert all((ROOT / page).exists() for page in pages)


@pytest.mark.parametrize("path", COMMANDS, ids=named)
def test_exit_codes_in_the_help_of_a_command_exist(path):
    codes = re.findall(r"^    (\d+) +\S", help_of(path).partition("Exit codes")[2], re.MULTILINE)
    assert set(map(int, codes)) <= set(ExitCode)
