"""Completion: what is offered, from where, and that a shell never runs a text that somebody wrote at a platform."""

import os
import shlex
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing

import pexpect
import pytest
import typer.main
from filelock import FileLock
from typer.testing import CliRunner

from returnsync.cli.app import app
from returnsync.cli.completing import SHELLS
from returnsync.cli.completing.answer import lines
from returnsync.cli.completing.line import split
from returnsync.cli.completing.values import BY_WORD, FREE
from returnsync.sandbox import World
from returnsync.sandbox.world import monta_order, request, return_order
from returnsync.state import connections

# Texts that a shell would not read as exactly one word.
HOSTILE = ("$(touch pwned)", "`touch pwned`", ";touch pwned", "a'b", 'a"b', "!!", "*", "a b")
ODD = (
    *HOSTILE,
    "a\\b",
    "a&b",
    "~root",
    "$HOME",
    "a=b",
    "(a)",
    "{a,b}",
    "%1",
    "-rf",
    "a\nb",
    "a\x1bb",
    "a\u202eb",
    "a\tb",
)


@pytest.fixture
def world() -> World:
    """One return comes through, one waits for its order, one needs a person."""
    world = World.empty()
    world.orders += [monta_order("1001"), monta_order("1003", Deleted=True)]
    world.return_orders += [return_order(request(order=f"#{number}")) for number in (1001, 1002, 1003)]
    return world


@pytest.fixture
def shop(shop, monkeypatch):
    """A shop whose configuration is the one that commands find."""
    monkeypatch.setenv("RETURNSYNC_CONFIG", str(shop.write_config()))
    return shop


def answered(typed):
    """The kind of values that may come at the end of a line, and these values without their descriptions."""
    kind, *values = lines(app, f"returnsync {typed}")
    return kind, [value.partition("\t")[0] for value in values]


def offered(typed):
    kind, values = answered(typed)
    assert kind == "values"
    return values


def parameters(command):
    yield from command.params
    for inner in getattr(command, "commands", {}).values():
        yield from parameters(inner)


# -- what is offered ---------------------------------------------------------------------------------------------------


def test_commands_and_options_are_offered_with_what_they_do():
    assert {"run", "held", "show"} <= set(offered(""))
    assert offered("held re") == ["retry", "release", "resolve"]
    assert offered("run --dr") == ["--dry-run"]
    assert "--quiet" not in offered("run -q --")
    assert offered("held --source a --source b --so") == ["--source"]
    assert "retry\tLet the next run try what is held again." in list(lines(app, "returnsync held ret"))


def test_every_word_for_a_value_says_what_it_is_completed_with_or_that_nobody_can_know():
    words = {one.metavar for one in parameters(typer.main.get_command(app)) if not getattr(one, "is_flag", False)}
    assert words <= BY_WORD.keys() | FREE, "add it to BY_WORD or to FREE in cli/completing/values.py"
    assert FREE.isdisjoint(BY_WORD)


def test_names_come_from_the_configuration_without_a_secret_or_a_request(shop, monkeypatch):
    shop.source |= {"carriers": {"slow": "DPD", "odd": "$(touch pwned)"}, "token": "command:touch pwned"}
    shop.write_config()
    monkeypatch.chdir(shop.folder)
    assert offered("run --source ") == ["shop-nl"]
    assert offered("run --source=sh") == ["--source=shop-nl"]
    assert offered("accept-account ") == ["shop-nl", "monta"]
    assert offered("returns --carrier ") == ["DPD", "PostNL"]
    assert shop.sandbox.counts.requests == 0
    assert not (shop.folder / "pwned").exists()


@pytest.mark.usefixtures("shop")
def test_the_configuration_that_the_line_names_is_the_one_that_counts(tmp_path):
    other = tmp_path / "other file.toml"
    other.write_text('[sources.elsewhere]\nplatform = "nowhere"\n')
    assert offered(f"run --config '{other}' --source ") == ["elsewhere"]
    assert offered(f"run --config={shlex.quote(str(other))} --source ") == ["elsewhere"]


@pytest.mark.parametrize(
    "content", [None, "sources = [", "sources = 1\nstate = 2", "\x00", 'state = "~nobody-at-all/x"']
)
def test_a_configuration_that_is_absent_or_broken_offers_nothing_and_says_nothing(shop, content, capsys):
    shop.config.unlink()
    if content is not None:
        shop.config.write_text(content)
    for typed in ("run --source ", "show ", "held retry ", "returns --carrier "):
        assert offered(typed) == []
    assert capsys.readouterr() == ("", "")


def test_causes_and_states_are_those_that_there_can_be():
    assert offered("held --cause order-del") == ["order-deleted"]
    assert offered("held retry --cause order-unkn") == []
    assert offered("held --waiting --cause order-unkn") == ["order-unknown"]
    assert offered("returns --cause order-unkn") == ["order-unknown"]
    assert offered("held resolve ") == ["label-in-doubt", "identity-unclear"]
    assert offered("returns --state la") == ["labelled"]


def test_files_and_folders_are_left_to_the_shell():
    assert answered("run --config ")[0] == "files"
    assert answered("replay --from=")[0] == "files"
    assert answered("demo --folder ")[0] == "folders"


def test_what_makes_no_sense_or_is_free_offers_nothing():
    for typed in ("nonsense ", "returns --limit ", "returns --search ", "show a b "):
        assert all(value.startswith("--") for value in offered(typed))


# -- names out of the state --------------------------------------------------------------------------------------------


def test_orders_and_codes_are_offered_where_they_can_be_meant(shop):
    shop.run()
    code = shop.held()[0]["code"]
    assert sorted(offered("show ")) == ["1001", "1002", "1003"]
    assert sorted(offered("show '#1")) == ["#1001", "#1002", "#1003"]
    assert offered("held retry ") == ["1003"]
    assert offered(f"held release {code[:15]}") == [code]
    assert offered("held take-back ") == []
    assert len(offered("purge shop-nl-100")) == 3
    shop("held", "release", "--all", "--yes")
    assert offered("held take-back ") == ["1003"]
    assert offered("held retry 10") == []
    assert "1001\tsettled" in list(lines(app, "returnsync labels copy 1001"))


def test_completion_changes_nothing_makes_no_file_and_waits_for_nobody(shop):
    assert offered("show ") == []
    assert not shop.state.exists()
    shop.run()
    before = {file: file.read_bytes() for file in shop.folder.iterdir() if file.is_file()}
    with FileLock(shop.state.with_name("returnsync.db.lock")):
        assert "1001" in offered("show ")
    assert {file: file.read_bytes() for file in shop.folder.iterdir() if file.is_file()} == before
    with closing(connections.connect(shop.state)) as at_work:
        at_work.execute("BEGIN IMMEDIATE")
        at_work.execute("UPDATE announcements SET order_number = '#9999'")
        assert "1001" in offered("show ")
        at_work.execute("COMMIT")
        assert offered("show ") == ["9999"]


def test_a_state_that_is_damaged_or_of_another_version_offers_nothing(shop):
    shop.run()
    with closing(sqlite3.connect(shop.state)) as state:
        state.execute("ALTER TABLE announcements RENAME TO earlier")
    assert offered("show ") == []
    shop.state.write_bytes(b"not a database, and long enough to be looked at " * 50)
    assert offered("show ") == []


def test_only_so_many_are_offered(shop):
    for number in range(5000, 5055):
        shop.sandbox.returnista.add(return_order(request(order=f"#{number}"), status="AwaitingMoonrise"))
    assert shop.run()["held"] > 55
    assert 20 <= len(offered("held retry ")) <= 50
    assert {"5000", "5054"} <= {*offered("held retry 5000"), *offered("held retry 5054")}


def test_no_order_number_is_offered_that_names_a_consumer_or_is_more_than_a_word(shop):
    for row in shop.sandbox.returnista.return_orders.values():
        row["consumer"] |= {"firstName": "Jo", "lastName": "Jansen", "email": "jo@example.com"}
    shop.run()
    plain = {"EXC-77": "EXC-77", "EXCHANGE-77": "EXCHANGE-77", "#77": "77", "A:77": "A:77"}
    for number in (*plain, "JANSEN-1984", "exc-jansen", "jo@example.com", *ODD):
        with closing(sqlite3.connect(shop.state)) as state:
            state.execute("UPDATE announcements SET order_number = ? WHERE progress = 'held'", (number,))
            state.commit()
        assert offered("held retry ") == ([plain[number]] if number in plain else []), number


def test_of_a_return_whose_consumer_is_forgotten_no_number_with_letters_is_offered(shop):
    shop.run()
    assert shop("purge", "1001", "--yes").code == 0
    for number, values in {"JANSEN-1984": [], "Jo-19": [], "#19-84": ["19-84"]}.items():
        with closing(sqlite3.connect(shop.state)) as state:
            state.execute("UPDATE announcements SET order_number = ? WHERE progress = 'settled'", (number,))
            state.commit()
        assert offered("show ")[2:] == values
    with closing(sqlite3.connect(shop.state)) as state:
        state.execute("PRAGMA foreign_keys = OFF")
        state.execute("UPDATE announcements SET order_number = 'JANSEN-1984'")
        state.execute("DELETE FROM returns")
        state.commit()
    assert offered("show ") == []


def test_a_pipe_in_place_of_a_file_is_not_waited_for(shop, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert offered(f"show --config {tmp_path}/pipe ") == []
    os.mkfifo(shop.state)
    assert offered("show ") == []


def test_a_line_is_taken_apart_as_a_shell_does_it_also_while_a_quote_is_open():
    assert split("returnsync show '#10") == ["show", "#10"]
    assert split('returnsync  show "a b" ') == ["show", "a b", ""]
    assert split("A=1 returnsync show a\\ b\\") == ["show", "a b"]
    assert split("returnsync") == []
    assert split("") == []


# -- the scripts -------------------------------------------------------------------------------------------------------

START = {
    "bash": ("--norc", "--noprofile", "-i"),
    "zsh": ("-f", "-i"),
    "fish": ("--no-config", "-i"),
}
READ = {
    "bash": 'eval "$(cat script)"',
    "zsh": 'autoload -Uz compinit; compinit -u -D; eval "$(cat script)"',
    "fish": "source script",
}


def script(shell):
    return CliRunner().invoke(app, ["completion", shell]).stdout


def test_a_shell_without_a_script_gets_a_list_of_those_that_have_one():
    ran = CliRunner().invoke(app, ["completion", "tcsh"])
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "bash, zsh, fish" in ran.stderr


@pytest.mark.parametrize("shell", SHELLS)
def test_what_a_shell_is_offered_ends_as_one_word_and_none_of_it_is_run(tmp_path, monkeypatch, shell):
    """This is also true for offers that the program never makes: a program in its place makes the worst ones."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "script").write_text(script(shell))
    program = tmp_path / "bin" / "returnsync"
    program.parent.mkdir()
    program.write_text(
        '#!/bin/sh\nif [ -n "$_RETURNSYNC_COMPLETE" ]; then printf "values\\n"; cat offered; '
        'else printf "%s\\n" "$#" "$@" > got; echo "DO""NE"; fi\n'
    )
    program.chmod(stat.S_IRWXU)
    environment = {
        **os.environ,
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "TERM": "dumb",
    }
    with closing(pexpect.spawn(shell, list(START[shell]), env=environment, encoding="utf-8", timeout=20)) as at:
        at.send(f"{READ[shell]}; echo RE''ADY\r")
        at.expect("READY")
        for value in (*HOSTILE, "#1001", "a:b"):
            (tmp_path / "offered").write_text(f"{value}\n")
            at.send("returnsync show \t\r")
            at.expect("DONE")
            assert (tmp_path / "got").read_text() == f"2\nshow\n{value}\n"
    assert not (tmp_path / "pwned").exists()


BASH = """source script
COMP_LINE=$1 COMP_POINT=${#1}
_returnsync returnsync
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize(
    ("typed", "value", "expected"),
    [
        ("show 'a", "a'; touch pwned", ""),
        ('show "$', "$(touch pwned)", ""),
        ("show 'ab", "ab1", "ab1"),
        ("show EX:1", "EX:1001", "1001"),
        ("held --source=sh", "--source=shop-nl", "shop-nl"),
        ("show #1", "#1001", ""),
        ("show \\#1", "#1001", "\\#1001"),
    ],
)
def test_bash_gets_what_it_puts_behind_its_last_break_and_within_quotes(tmp_path, typed, value, expected):
    (tmp_path / "script").write_text(script("bash"))
    program = tmp_path / "returnsync"
    program.write_text(f"#!/bin/sh\nprintf '%s\\n' values {shlex.quote(value)}\n")
    program.chmod(stat.S_IRWXU)
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run([bash, "-c", BASH, "bash", f"returnsync {typed}"], cwd=tmp_path, env=environment,
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert (done.stdout.strip(), done.stderr) == (expected, "")
    assert not (tmp_path / "pwned").exists()


def test_the_program_answers_a_script(shop):
    shop.run()
    asked = {"_RETURNSYNC_COMPLETE": "bash", "_RETURNSYNC_LINE": "returnsync show 100"}
    done = subprocess.run([sys.executable, "-m", "returnsync"], env={**os.environ, **asked}, capture_output=True,
                          text=True, check=True)  # fmt: skip
    assert (done.stdout.splitlines()[:2], done.stderr) == (["values", "1001\tsettled"], "")
