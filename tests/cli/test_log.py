"""The log: each effect, request and retry has a line, with the fields that the docs name, and nothing private."""

from __future__ import annotations

import json
import logging
import os
import re
import stat
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from returnsync import events
from returnsync.cli import logs
from returnsync.config.log_settings import LogSettings
from returnsync.sandbox import Fault, World
from returnsync.sandbox.world import consumer, monta_order, request, return_order

if TYPE_CHECKING:
    from shop import Shop

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "log.md"
COMMON = {"at", "level", "event", "logger", "message", "run", "source", "return", "code"}
PERSON = ("Planted4711", "Person4712", "planted.4713@mail4714.example", "Plantedstreet", "4715PL", "Plantedcity")
COMMENT = "Planted4716 says that the zip is broken"


@pytest.fixture
def world() -> World:
    """Three returns of one consumer, whose data are quoted by every answer below."""
    world = World(username="user-4717", password="pass-4718", token="token.4719")
    first, last, email, street, postal, city = PERSON
    person = consumer(first, last, email=email, postalCode=postal)
    person["shippingAddress"] |= {"street": f"{street} 1", "city": city, "postalCode": postal}
    for number in ("1001", "1002", "1003"):
        world.orders.append(monta_order(number, by=person))
        world.return_orders.append(return_order(request(order=f"#{number}", comment=COMMENT), by=person))
    return world


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """A shop that delivers one return after the other, so that the numbers of calls are known, and writes a log."""
    return replace(shop, more={"log": {"file": "logs/returnsync.log"}}, warehouse={"concurrency": 1})


def log_of(shop: Shop) -> Path:
    return shop.folder / "logs" / "returnsync.log"


def lines_in(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("ascii").splitlines()]


def of(lines: list[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    return [line for line in lines if line["event"] == event]


def documented(heading: str) -> dict[str, set[str]]:
    """A table of the page: its first column, and the names in its last one."""
    table = PAGE.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| `")][heading == "The events" :]
    return {row[0].strip("| `"): set(re.findall(r"`(\w+)`", row[-1])) for row in rows}


def trouble(shop: Shop, attempts: int = 1) -> None:
    """Add faults: a read that fails at first, a create whose answer is lost, a refused label. Errors quote all data."""
    shop.warehouse["attempts"] = attempts
    said = f"{' '.join(PERSON)} {COMMENT} user-4717 pass-4718 token.4719".encode()
    shop.sandbox.faults.add(
        Fault("monta.order", "status", call=1, status=503, body=said),
        Fault("monta.create", "reset-after", call=2),
        Fault("monta.label", "status", call=3, status=400, body=said),
    )


def fail(file: Path, *, verbose: bool) -> None:
    """Log a fault of ours whose exceptions quote a consumer."""
    logging.getLogger("returnsync").handlers = [logging.NullHandler()]
    with logs.into_file("r1", LogSettings(file=str(file)), verbose=verbose, rotates=True):
        try:
            try:
                int(PERSON[0])
            except ValueError as error:
                raise KeyError(PERSON[0]) from error
        except KeyError:
            logging.getLogger("returnsync.deliver").exception("a fault\nof ours")


def test_each_effect_each_request_and_each_retry_has_one_line(shop):
    trouble(shop, attempts=2)
    summary = shop.run()
    lines = lines_in(log_of(shop))
    requests, effects = of(lines, "request"), of(lines, "effect")
    assert Counter(line["account"] for line in requests) == summary["requests"]
    assert len(requests) == shop.sandbox.counts.requests
    made = Counter((line["action"], line["outcome"]) for line in effects)
    assert made == {
        ("create", "made"): 2, ("create", "unclear"): 1, ("label", "made"): 2, ("label", "refused"): 1
    }  # fmt: skip
    assert [(line["action"], line["outcome"]) for line in of(lines, "resolved")] == [("create", "made")]
    (retry,) = of(lines, "retry")
    assert (retry["account"], retry["attempt"]) == ("monta", 2)
    assert retry["pause"] > 0
    assert "was answered with 503" in retry["reason"]
    assert [line["attempt"] for line in requests if line["route"] == retry["reason"].split()[2]] == [1, 2]
    assert all(line["run"] == summary["run"] for line in lines)
    assert {line["order"] for line in effects} == {"#1001", "#1002", "#1003"}
    assert {line["code"] for line in effects} == {forecast.code for forecast in shop.forecasts}


def test_verbose_tells_the_same_events_in_words(shop):
    trouble(shop)
    told = shop("run", "--verbose").err
    lines = lines_in(log_of(shop))
    assert {line["event"] for line in lines} == {"request", "effect", "resolved", "note"}
    for line in lines:
        assert line["message"] in told


def test_log_json_tells_the_same_events_with_the_same_fields(shop):
    told = shop("run", "--verbose", "--log-json").err
    steps = {"returnsync.steps", "returnsync.moves"}
    assert [line for line in map(json.loads, told.splitlines()) if line["logger"] not in steps] == lines_in(
        log_of(shop)
    )


def test_every_field_that_is_written_is_documented_and_the_other_way_round(shop):
    trouble(shop, attempts=2)
    shop("run", "--verbose")
    fail(log_of(shop), verbose=True)
    lines = lines_in(log_of(shop))
    fields = set(documented("The fields"))
    assert {name for line in lines for name in line} == fields == set(events.FIELDS)
    kinds = documented("The events")
    assert {line["event"] for line in lines} == set(kinds)
    for kind, own in kinds.items():
        assert {name for line in of(lines, kind) for name in line} - COMMON == own, kind


def test_nothing_of_a_consumer_and_no_secret_is_in_the_log(shop):
    trouble(shop)
    shop.sandbox.faults.add(Fault("returnista.list", "odd", call=1))
    shop("run", "-v")
    shop("replay", "#1003")
    shop("check")
    assert shop.sandbox.faults.fired
    text = log_of(shop).read_text("ascii")
    assert "1003" in text  # something was logged
    private = [*PERSON, "Planted4716", "user-4717", "pass-4718", "token.4719"]
    assert [word for word in private if word.casefold() in text.casefold()] == []


def test_a_fault_is_reported_by_its_kind_and_only_verbose_shows_where(tmp_path):
    file = tmp_path / "a.log"
    fail(file, verbose=False)
    fail(file, verbose=True)
    plain, verbosely = lines_in(file)
    assert (plain["error"], plain["message"]) == ("KeyError", "a fault\nof ours")
    assert "traceback" not in plain
    assert "ValueError" in verbosely["traceback"]
    assert __file__ in verbosely["traceback"]
    assert PERSON[0] not in file.read_text("ascii")


def test_without_the_table_no_file_is_made_and_a_dry_run_changes_none(shop):
    bare = replace(shop, more={})
    bare.run()
    assert not (shop.folder / "logs").exists()
    shop.run("--dry-run")
    shop("replay", "#1001", "--dry-run")
    assert not (shop.folder / "logs").exists()
    shop.run()
    before = log_of(shop).read_bytes()
    shop("run", "--dry-run", "--verbose")
    assert log_of(shop).read_bytes() == before


def test_the_file_and_its_folder_are_only_for_their_owner(shop):
    shop.run()
    assert stat.S_IMODE(log_of(shop).stat().st_mode) == 0o600
    assert stat.S_IMODE(log_of(shop).parent.stat().st_mode) == 0o700


def full(file: Path) -> None:
    """Write a log of one megabyte, as an earlier run may have left it."""
    file.parent.mkdir(exist_ok=True)
    file.write_text('{"at": "earlier"}\n' * 60_000)


def test_a_full_file_is_moved_and_the_new_one_may_be_read_by_the_same(shop):
    shop.more["log"] |= {"max_megabytes": 1, "keep": 2}
    for run in range(4):
        full(log_of(shop))
        log_of(shop).chmod(0o640 if run else 0o600)
        shop.run()
        assert lines_in(log_of(shop))[0]["at"] != "earlier"
    files = sorted(log_of(shop).parent.iterdir())
    assert [file.name for file in files] == ["returnsync.log", "returnsync.log.1", "returnsync.log.2"]
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o640] * 3


def test_a_command_that_only_reads_adds_to_the_file_and_never_moves_it(shop):
    shop.more["log"]["max_megabytes"] = 1
    full(log_of(shop))
    before = shop.sandbox.counts.requests
    shop("check")
    assert len(of(lines_in(log_of(shop))[60_000:], "request")) == shop.sandbox.counts.requests - before > 0
    assert [file.name for file in log_of(shop).parent.iterdir()] == ["returnsync.log"]


def test_a_reader_that_has_the_file_open_while_it_is_moved_loses_no_line_and_spoils_none(tmp_path):
    file = tmp_path / "a.log"
    settings = LogSettings(file=str(file), max_megabytes=1)
    ours = logging.getLogger("returnsync.here")
    with logs.into_file("reads", settings, verbose=False, rotates=False):
        ours.warning("one")
        with file.open("a") as later:
            later.write('{"at": "earlier", "run": "earlier"}\n' * 30_000)
        with logs.into_file("runs", settings, verbose=False, rotates=True):
            ours.warning("two")
        ours.warning("three")
    told = [(path.name, line["run"]) for path in (tmp_path / "a.log.1", file) for line in lines_in(path)]
    assert [name for name in told if name[1] != "earlier"] == [
        ("a.log.1", "reads"), ("a.log.1", "reads"), ("a.log.1", "reads"), ("a.log", "runs")
    ]  # fmt: skip


def blocked(shop: Shop, how: str) -> None:
    """Make it impossible to write the log, also for root, who may write anywhere."""
    file = log_of(shop)
    if how == "its folder is a file":
        file.parent.write_text("")
        return
    file.parent.mkdir()
    match how:
        case "it is a folder":
            file.mkdir()
        case "it is a pipe":
            os.mkfifo(file)
        case "the disk is full":
            file.symlink_to("/dev/full")
        case "it is a table of ours":
            file.write_text("from,to\n1,2\n")


@pytest.mark.parametrize(
    "how", ["its folder is a file", "it is a folder", "it is a pipe", "the disk is full", "it is a table of ours"]
)
def test_a_log_that_cannot_be_written_is_reported_once_and_costs_nothing(shop, how):
    blocked(shop, how)
    ran = shop("run", "--json", "--quiet")
    assert (ran.code, ran.json["announced"], ran.json["labelled"]) == (0, 3, 3)
    assert ran.err.count("cannot be written or rotated") == 1
    assert "Traceback" not in ran.err
    if how == "it is a table of ours":
        assert log_of(shop).read_text() == "from,to\n1,2\n"
    found = [line for line in shop("check", "--json").json if line["about"] == "log"]
    assert [line["ok"] for line in found] == [False]
    assert found[0]["next_step"]


def test_a_log_that_cannot_be_moved_is_reported_once_and_costs_nothing(shop):
    shop.more["log"] |= {"max_megabytes": 1, "keep": 1}
    full(log_of(shop))
    (log_of(shop).parent / "returnsync.log.1").mkdir()
    ran = shop("run", "--json")
    assert (ran.code, ran.json["labelled"]) == (0, 3)
    assert ran.err.count("cannot be written or rotated") == 1


def test_a_line_that_a_full_disk_cut_spoils_only_itself(shop):
    log_of(shop).parent.mkdir()
    log_of(shop).write_text('{"at": "2026-11-02T09')
    shop.run()
    cut, *others = log_of(shop).read_text().splitlines()
    assert cut == '{"at": "2026-11-02T09'
    assert all(json.loads(line) for line in others)


def test_check_says_where_the_log_goes_and_makes_nothing_for_it(shop):
    (found,) = [line for line in shop("check", "--json").json if line["about"] == "log"]
    assert (found["ok"], found["text"]) == (True, str(log_of(shop)))
