"""Commands on a day of returns: JSON is as docs/reference.md describes it, and every example of the help runs.

In addition, the output of every command that any test runs with `--json` is checked against its schema (tests/shop.py).
"""

import json
import re
import shlex
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
import typer.main
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from shop import Shop

from returnsync.cli import schemas
from returnsync.cli.app import app
from returnsync.engine.summary import Summary, Tally
from returnsync.errors import ExitCode
from returnsync.sandbox import Sandbox, World
from returnsync.sandbox.world import request, return_order

PAGE = Path(__file__).parents[2] / "docs" / "reference.md"
PARTS = re.compile(r"^### (?:`([a-z -]+) --json`|A line of `(export)`)$(.*?)(?=^###|\Z)", re.MULTILINE | re.DOTALL)
SCHEMA = re.compile(r"^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Stand-ins have tests of their own; a terminal is asked, or a name is the reader's own.
NOT_HERE = re.compile(r"(demo|sandbox|completion|init|config)\b|map-reasons$|held resolve identity-unclear KEY")
# Of the demo's day those that examples name, and some more of each kind: enough, and quick.
SOME = {f"#{number}" for number in (20417, 20420, 20422, 20424, 20466, 20469, 20472, 20482, 20485, 20486, 20487, 20507)}

# Each command with --json, in turn, on a day of returns of which some are held, some wait and most are labelled.
CALLS = """
run --dry-run
run
status
held
held --waiting
held retry --cause order-deleted
held release --all --source shop-nl --yes
held take-back --all
held resolve label-in-doubt --none-made --yes
held resolve identity-unclear nothing --another
returns
returns --private
returns --count
labels
labels --unused 1h
labels copy '#20417' copy.pdf
labels verify
labels --not-handed-over
labels send '#20417' --yes
labels send nobody
mail --preview '#20417'
show '#20417'
show '#20466'
show '#20466' --raw
show '#20599'
show nobody
replay '#20417'
replay '#20417' --dry-run
replay nobody
replay --from orders.txt
map-reasons --list
map-reasons --check
map-reasons --auto 90
map-reasons --import nothing.csv
check
check --order '#20417'
accept-account shop-nl
accept-account nobody
purge '#20420' --dry-run
purge '#20420' --yes
export
export --private
reconcile
reconcile --days 30 --adopt --yes
report
report --html report.html
"""


def with_json(command, path=()):
    """Every command that takes `--json`, by its whole name."""
    if any("--json" in one.opts for one in command.params):
        yield " ".join(path)
    for name, inner in getattr(command, "commands", {}).items():
        yield from with_json(inner, (*path, name))


def calls():
    """Each call with the whole name of its command."""
    for line in CALLS.strip().splitlines():
        yield line, schemas.command_of(shlex.split(line))


def examples(command):
    """Every example of the help that needs no terminal and nothing that only its reader has; `purge` comes last."""
    lines = re.findall(r"^ {6}returnsync (.+)$", command.epilog or "", re.MULTILINE)
    yield from (line for line in lines if not NOT_HERE.match(line))
    inner = getattr(command, "commands", {})
    for each in sorted(inner, key=lambda each: each == "purge"):
        yield from examples(inner[each])


def answered(line):
    """The words of an example, with the answer to the question that its command asks."""
    words = shlex.split(line)
    command = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    asks = any("--yes" in one.opts for one in command.params) and "--yes" not in line and "--dry-run" not in line
    return [*shlex.split(line), *(["--yes"] if asks else [])]


class Day(NamedTuple):
    """The results of the calls, and of the examples."""

    printed: list
    """The name of a command, the call, and one of the objects or lists that it printed."""
    ended: dict
    """How each example ended."""


@cache
def _of_the_day(folder):
    printed, world = [], World.day(1)
    world.return_orders = [row for row in world.return_orders if SOME.intersection(row["purchaseOrderNumbers"])]
    with Sandbox(world, with_mail=True) as sandbox:
        shop = Shop(folder, sandbox)
        shop.source = {"hand_over": ["email"]}
        address = {"host": "127.0.0.1", "port": sandbox.mail.port, "security": "plain"}
        shop.more = {"mail": {**address, "from": "Example Shop <returns@shop.example>"}}
        # a record that cannot be read
        sandbox.returnista.add({**return_order(request(order="#20599")), "status": 7, "createdAt": None})
        (folder / "orders.txt").write_text("#20417\nnobody\n")
        for line, name in calls():
            ran = shop(*shlex.split(line), *(["--json"] if name != "export" else []))
            printed += [(name, line, json.loads(each)) for each in ran.out.splitlines()]
        (folder / "orders.txt").write_text("#20417\n#20420\n")
        ended = {line: shop(*answered(line)) for line in dict.fromkeys(examples(typer.main.get_command(app)))}
    return Day(printed, ended)


@pytest.fixture
def day(tmp_path_factory, monkeypatch):
    """A day of returns on which the commands are run once, for all tests."""
    folder = tmp_path_factory.getbasetemp() / "day"
    folder.mkdir(exist_ok=True)
    monkeypatch.chdir(folder)
    return _of_the_day(folder)


@pytest.fixture
def printed(day):
    return day.printed


@cache
def documented():
    """Each schema as the page shows it."""
    parts = {name or export: text for name, export, text in PARTS.findall(PAGE.read_text(encoding="utf-8"))}
    return {name: json.loads(found[1]) for name, text in parts.items() if (found := SCHEMA.search(text))}


def test_every_command_with_json_is_described_and_looked_at():
    known = {*with_json(typer.main.get_command(app)), "export"}
    assert known == set(schemas.PRINTED), "describe what it prints in cli/schemas/__init__.py"
    assert known == {name for _, name in calls()}


def test_the_page_shows_a_schema_for_each_that_is_one():
    shown = documented()
    assert shown.keys() | {"held release", "held take-back"} == schemas.PRINTED.keys()
    for schema in shown.values():
        Draft202012Validator.check_schema(schema)
        assert schema["$schema"] == schemas.DIALECT


def test_every_object_has_the_keys_that_are_named_and_no_others():
    def objects(schema):
        inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
        yield from (one for value in inner for one in objects(value))
        if isinstance(schema, dict) and "properties" in schema:
            yield schema

    for name, shown in documented().items():
        found = list(objects(shown))
        assert found
        assert all(one["additionalProperties"] is False for one in found), name


def test_what_is_printed_is_what_the_page_says(printed):
    shown = documented()
    for name, line, content in printed:
        schema = shown.get(name) or shown["held retry"]
        reader = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        assert [f"{one.json_path}: {one.message[:200]}" for one in reader.iter_errors(content)] == [], line


def test_the_day_has_what_there_is_to_describe(printed):
    """Otherwise a key that is never there would not be noticed."""
    by_line = {line: content for _, line, content in printed}
    assert {"unreadable", "label-refused", "order-deleted"} <= {one["cause"] for one in by_line["held"]}
    assert {"order-unknown"} <= {one["cause"] for one in by_line["held --waiting"]}
    assert by_line["labels"]
    assert by_line["status"]["runs"]
    (story,) = by_line["show '#20417'"]
    assert story["announcements"][0]["labels"]
    assert story["announcements"][0]["sent"]["lines"]
    assert {"announce", "hold", "wait"} <= {one["would"] for one in by_line["run --dry-run"]["decisions"]}
    assert by_line["purge '#20420' --yes"]["gone"] is True
    assert by_line["replay --from orders.txt"]["not_done"]


def test_a_key_that_is_not_described_or_is_missing_is_noticed(printed):
    content = next(content for name, _, content in printed if name == "status")
    reader = Draft202012Validator(schemas.schema_of("status"))
    without = {key: content[key] for key in content if key != "held"}
    for odd in (without, {**without, "held": "1"}, {**content, "more": 1}):
        with pytest.raises(ValidationError):
            reader.validate(odd)
        with pytest.raises(ValueError, match="Status"):
            schemas.adapter("status").validate_json(json.dumps(odd))


def test_a_moment_of_another_shape_and_figures_of_what_does_not_exist_are_noticed(printed):
    content = next(content for name, _, content in printed if name == "report")
    reader = Draft202012Validator(schemas.schema_of("report"))
    reader.validate(content)
    day = {**content["states"], "day": "2026-11-22"}
    assert content["days"][0].keys() == day.keys()
    for odd in (
        {"made": "2026-11-22T09:30:00Z"},
        {"until": "2026-11-22"},
        {"states": {**content["states"], "due": 1}},
        {"days": [{**day, "day": "22-11-2026"}]},
        {"days": [{**day, "held": "1"}]},
        {"days": [content["states"]]},
    ):
        with pytest.raises(ValidationError):
            reader.validate({**content, **odd})
        with pytest.raises(ValueError, match="Report"):
            schemas.adapter("report").validate_json(json.dumps({**content, **odd}))


def test_a_summary_with_everything_in_it_has_every_key_of_run():
    tally, moment = Tally(), datetime(2026, 1, 1, tzinfo=UTC)
    tally.refused["shop-nl"] = "refused"
    tally.warnings.append("a warning")
    tally.unpaired("shop-nl", "", "small", "Too small", 1)
    tally.count("erased")
    tally.source("shop-nl")
    full = Summary("a", moment, moment, ExitCode.TEMPORARY, tally, waiting=0, held=0, requests={}, dry_run=True)
    assert full.as_json().keys() == schemas.schema_of("run")["properties"].keys()
    Draft202012Validator(schemas.schema_of("run")).validate(full.as_json())


def test_every_example_of_the_help_runs_on_a_day_of_the_demo(day):
    assert len(day.ended) > 40
    wrong = {line: (ran.code, ran.err) for line, ran in day.ended.items() if ran.code not in {0, 1}}
    assert wrong == {}
