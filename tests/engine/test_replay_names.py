"""`replay` takes any name that people have, one or several, asks if several sources match, and does nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from shop import later
from terminal import on_terminal
from typer.testing import CliRunner

from returnsync.cli.app import app
from returnsync.redact import MASK
from returnsync.sandbox import Fault
from returnsync.sandbox.world import monta_line, monta_order, request, return_order
from returnsync.state.history import ByPerson

if TYPE_CHECKING:
    from shop import Shop

FIRST = 1001
AN_HOUR_AGO = timedelta(hours=1)


def give_back(shop: Shop, *numbers: int, platform: str = "returnista", created: datetime | None = None) -> None:
    for number in numbers:
        if str(number) not in shop.sandbox.monta.orders:
            shop.sandbox.monta.add(monta_order(str(number)))
        shop.platform(platform).give_back(str(number), created=created or datetime.now(UTC) - AN_HOUR_AGO)


@pytest.fixture
def two(shop) -> Shop:
    """A shop with the same order number at two sources."""
    shop = replace(shop, platforms=("returnista", "loop"))
    give_back(shop, FIRST)
    give_back(shop, FIRST, platform="loop")
    return shop


def of_file(shop: Shop, *names: str) -> str:
    file: Path = shop.folder / "orders.txt"
    file.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    return str(file)


def test_where_several_sources_fit_nothing_is_done_without_a_word(two):
    ran = two("replay", str(FIRST))
    assert (ran.code, "is known at several sources: " in ran.err, "--source SOURCE" in ran.err) == (2, True, True)
    assert two.forecasts == []


@pytest.mark.parametrize("source", ["shop-nl", "shop-us"])
def test_the_source_that_is_named_is_done_alone(two, source):
    ran = two("replay", str(FIRST), "--source", source, "--json")
    assert [story["source"] for story in ran.json["returns"]] == [source]
    assert (ran.json["announced"], len(two.forecasts)) == (1, 1)


def test_no_other_source_is_asked_than_the_one_that_is_named(two):
    two.run()
    before = two.sandbox.counts.as_dict()["systems"]["returnista"]
    two("replay", str(FIRST), "--source", "shop-us")
    assert two.sandbox.counts.as_dict()["systems"]["returnista"] == before


def test_a_code_names_its_source(two):
    two("replay", str(FIRST), "--source", "shop-us")
    code = two.forecasts[0].code
    assert two("replay", code).code == 0


def test_a_list_is_done_name_by_name_and_a_name_twice_is_done_once(shop):
    give_back(shop, *range(FIRST, FIRST + 4))
    ran = shop("replay", "--from", of_file(shop, "1001", " #1002", "", "1001", "1003"), "--json")
    assert (ran.code, ran.json["announced"], ran.json["labelled"]) == (0, 3, 3)
    assert sorted(told["lines"][0]["order_number"] for told in ran.json["returns"]) == ["#1001", "#1002", "#1003"]
    shop("replay", "--from", of_file(shop, "1001", "1002"))
    shop.assert_nothing_twice()


def test_a_name_that_means_nothing_is_reported_and_the_others_are_done(shop):
    give_back(shop, FIRST)
    ran = shop("replay", "--from", of_file(shop, "9999", "1001", "8888"), "--json")
    assert (ran.code, ran.json["announced"]) == (2, 1)
    assert all(f"No return was found by '{name}'" in ran.err for name in ("9999", "8888"))


def test_the_guard_counts_a_list(shop):
    shop.source["guard_first"] = 2
    give_back(shop, *range(FIRST, FIRST + 3))
    names = of_file(shop, *map(str, range(FIRST, FIRST + 3)))
    ran = shop("replay", "--from", names)
    assert (ran.code, "its first run would announce 3 returns" in ran.err, "add --yes" in ran.err) == (1, True, True)
    assert shop.forecasts == []
    assert shop("replay", "--from", names, "--yes").code == 0
    assert len(shop.forecasts) == 3


def test_a_list_leaves_what_the_guard_measures_by_as_it_is(shop):
    """A source that has only been replayed has not been through its first run."""
    shop.source |= {"guard_first": 5, "guard_new": 1, "guard_factor": 1}
    give_back(shop, FIRST, FIRST + 1)
    assert shop("replay", "--from", of_file(shop, "1001", "1002")).code == 0
    give_back(shop, *range(FIRST + 2, FIRST + 6))
    assert shop.run()["announced"] == 4


def test_what_the_guard_refuses_of_a_source_leaves_the_others_alone(two):
    give_back(two, FIRST + 1, FIRST + 2)
    two.source["guard_first"] = 1  # set for the first source
    give_back(two, FIRST + 3, platform="loop")
    ran = two("replay", "--from", of_file(two, "1002", "1003", "1004"), "--json")
    assert (ran.code, ran.json["announced"], len(two.forecasts)) == (1, 1, 1)


def test_a_label_is_never_made_for_a_list(shop):
    give_back(shop, FIRST)
    shop.run()
    assert shop("replay", "--from", of_file(shop, "1001"), "--new-label", "--yes").code == 2
    assert len(shop.sandbox.monta.labels) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Name one order, or a list"),
        (("1001", "--from", "orders.txt"), "Name one order, or a list"),
        (("--from", "nowhere.txt"), "nowhere.txt cannot be read: No such file"),
        (("--from", "empty.txt"), "empty.txt has no names in it."),
        (("--from", "latin.txt"), "latin.txt cannot be read: it is not UTF-8"),
    ],
)
def test_a_list_that_cannot_be_read_is_reported_and_nothing_is_done(shop, monkeypatch, arguments, said):
    give_back(shop, FIRST)
    monkeypatch.chdir(shop.folder)
    (shop.folder / "orders.txt").write_text("1001\n")
    (shop.folder / "empty.txt").write_text("\n \n")
    (shop.folder / "latin.txt").write_bytes(b"\xe9t\xe9\n")
    ran = shop("replay", *arguments)
    assert (ran.code, said in ran.err) == (2, True), ran.err
    assert shop.forecasts == []


def test_a_list_comes_from_stdin_too(shop):
    give_back(shop, FIRST)
    arguments = ["replay", "--from", "-", "--config", str(shop.write_config())]
    assert CliRunner().invoke(app, arguments, input="\ufeff1001\n", env=shop.environment).exit_code == 0
    assert len(shop.forecasts) == 1


def test_what_was_made_before_start_from_is_shown_and_not_announced(shop):
    shop.source["start_from"] = datetime.now(UTC) - timedelta(hours=2)
    give_back(shop, FIRST, created=datetime.now(UTC) - timedelta(days=3))
    ran = shop("replay", str(FIRST), "--json")
    (story,) = ran.json["returns"]
    assert story["announcements"][0]["cause"] == "before-start"
    assert (ran.code, shop.forecasts) == (0, [])


def test_what_the_mark_has_passed_is_found(shop):
    shop.run()  # the mark is now
    give_back(shop, FIRST, created=datetime.now(UTC) - timedelta(days=2))
    assert shop("replay", str(FIRST)).code == 0
    assert len(shop.forecasts) == 1


def test_of_one_return_four_calls_go_to_the_warehouse_beside_the_reasons_and_the_first_creates(shop):
    give_back(shop, FIRST)
    shop.run()
    give_back(shop, FIRST + 1)
    before = dict(shop.sandbox.counts.as_dict()["routes"])
    shop("replay", str(FIRST + 1))
    after = shop.sandbox.counts.as_dict()["routes"]
    made = {route: number - before.get(route, 0) for route, number in after.items() if number != before.get(route, 0)}
    monta = {route: number for route, number in made.items() if route.startswith("monta.")}
    assert sum(monta.values()) - monta.get("monta.reasons", 0) - monta.get("monta.forecast", 0) == 4, made


@pytest.mark.parametrize("answer", ["2", "shop-us"])
def test_on_a_terminal_it_asks_which_source_is_meant(two, answer):
    code, _ = on_terminal(two, "replay", str(FIRST), question="1 shop-nl, 2 shop-us", answer=answer)
    assert code == 0
    (story,) = two("show", two.forecasts[0].code, "--json").json
    assert (len(two.forecasts), story["source"]) == (1, "shop-us")


def test_on_a_terminal_each_step_is_reported_as_it_happens(shop):
    give_back(shop, FIRST)
    code, shown = on_terminal(shop, "replay", str(FIRST))
    assert code == 0
    steps = [
        "Began to announce it at the warehouse.",
        "The warehouse has it.",
        "Began to ask the warehouse for a label",
        "The label came.",
    ]
    places = [shown.index(step) for step in steps]
    assert places == sorted(places)
    assert places[-1] < shown.index("Return ") < shown.index(": labelled")
    assert shown.count("The warehouse has it.") == 1


@pytest.fixture
def changed(shop) -> Shop:
    """Announce and label a return of two units, of which only one then comes back."""
    shop.sandbox.monta.add(monta_order("1001", monta_line("SHIRT-BL-M", 2)))
    record = return_order(request(order="#1001", quantity=2), created=datetime.now(UTC) - AN_HOUR_AGO)
    shop.sandbox.returnista.return_orders[record["id"]] = record
    assert shop.run()["labelled"] == 1
    (item,) = record["returnRequests"]
    item["quantity"] = 1
    shop.sandbox.returnista.touch(record["id"])
    shop.run()
    assert shop.causes() == {"#1001": "changed-after-announcement"}
    return shop


def updates(shop: Shop) -> int:
    return int(shop.sandbox.counts.as_dict()["routes"].get("monta.update", 0))


def test_what_was_sent_is_beside_what_the_platform_shows_now(changed):
    (story,) = changed("show", "1001", "--json").json
    sent = story["announcements"][0]["sent"]
    assert ([line["quantity"] for line in sent["lines"]], sent["now"]) == ([2], [{"quantity": 1, "sku": "SHIRT-BL-M"}])
    assert "the platform shows now: 1 × SHIRT-BL-M" in changed("show", "1001").out


def test_a_change_is_only_sent_if_a_person_asks_and_only_once(changed):
    assert (changed("replay", "1001").code, updates(changed)) == (1, 0)
    assert "update 1." in changed("replay", "1001", "--update", "--dry-run").out
    assert updates(changed) == 0
    assert changed("replay", "1001", "--update").code == 0
    assert updates(changed) == 1
    assert changed("replay", "1001", "--update").code == 0
    changed.run()
    assert (updates(changed), len(changed.sandbox.monta.labels), changed.held()) == (1, 1, [])
    (story,) = changed("show", "1001", "--json").json
    sent = story["announcements"][0]["sent"]
    assert ([line["quantity"] for line in sent["lines"]], sent["now"]) == ([1], [])
    assert "A person asked for its change to be sent to the warehouse." in [entry["text"] for entry in story["history"]]


def test_the_word_for_one_order_lets_no_other_change_be_sent(changed):
    give_back(changed, FIRST + 1)
    changed.run()
    assert changed("replay", "1002", "--update").code == 0
    changed.run()
    assert (updates(changed), list(changed.causes())) == (0, ["#1001"])


def test_an_update_and_a_new_label_are_two_errands(changed):
    assert changed("replay", "1001", "--update", "--new-label", "--yes").code == 2
    assert updates(changed) == 0


@pytest.mark.parametrize("kind", ["reset-after", "reset"])
def test_a_change_that_a_person_had_sent_is_finished_by_the_next_run(changed, kind):
    """This is also true if `send_updates` is off, since a person asked for it."""
    changed.sandbox.faults.add(Fault("monta.update", kind, times=1))
    changed("replay", "1001", "--update")
    for minutes in (1, 5, 20, 60):
        with later(minutes=minutes):
            changed.run()
    (forecast,) = changed.forecasts
    assert [line["ReturnQuantity"] for line in forecast.lines] == [1]
    assert changed.held() == []


def test_a_text_without_letters_and_digits_is_no_name(shop):
    give_back(shop, FIRST)
    shop.run()
    for name in (MASK, "#", "\u2014"):
        assert shop("replay", name).code == 2, name
    assert shop("replay", "--from", of_file(shop, "1001", "x" * 60_000)).code == 2


def test_what_waits_for_its_order_was_let_pass_before(shop):
    shop.source["guard_first"] = 2
    for number in (1001, 1002):
        shop.platform().give_back(str(number), created=datetime.now(UTC) - AN_HOUR_AGO)
    assert shop.run()["waiting"] == 2
    shop.source["guard_first"] = 1
    for number in (1001, 1002):
        shop.sandbox.monta.add(monta_order(str(number)))
    assert shop("replay", "--from", of_file(shop, "1001", "1002"), "--json").json["announced"] == 2


def test_a_name_that_could_not_be_looked_for_is_reported(two):
    two.sandbox.faults.add(Fault("loop.one", "status", status=401, times=100))
    two.sandbox.returnista.return_orders.clear()
    give_back(two, FIRST + 1)
    ran = two("replay", "--from", of_file(two, "1002", "1001"), "--json")
    assert (ran.code, ran.json["announced"]) == (75, 1)
    assert "'1001' was not found, and not everything could be asked in this command." in ran.err
    assert any("'1001'" in one["what"] for one in ran.json["not_done"])


def test_a_name_of_a_source_that_is_no_longer_configured_is_reported_as_such(two):
    two("replay", str(FIRST), "--source", "shop-us")
    alone = replace(two, platforms=("returnista",))
    code = alone.forecasts[0].code
    ran = alone("replay", code)
    assert (ran.code, "belongs to a source that is not configured: shop-us" in ran.err) == (2, True)


def test_a_persons_request_to_send_a_change_stays_until_the_warehouse_can_be_reached(changed):
    changed.sandbox.faults.add(Fault("monta.order", "status", status=500, times=20))
    assert changed("replay", "1001", "--update").code == 75
    assert updates(changed) == 0
    changed.sandbox.faults.clear()
    with later(hours=2):
        changed.run()
    assert (updates(changed), changed.held()) == (1, [])


def test_a_persons_request_is_for_one_change_only(changed):
    assert changed("replay", "1001", "--update").code == 0
    (record,) = changed.sandbox.returnista.return_orders.values()
    record["returnRequests"][0]["quantity"] = 2
    changed.sandbox.returnista.touch(record["id"])
    changed.run()
    assert (updates(changed), changed.causes()) == (1, {"#1001": "changed-after-announcement"})
    assert changed("held", "retry", "--all").code == 0
    changed.run()
    assert (updates(changed), changed.causes()) == (1, {"#1001": "forecast-differs"})


def test_a_change_that_the_warehouse_refused_is_not_sent_again_by_itself(changed):
    changed.sandbox.faults.add(Fault("monta.update", "status", status=400, times=1))
    assert changed("replay", "1001", "--update").code == 1
    before = updates(changed)
    with later(hours=2):
        changed.run()
    assert (updates(changed), changed.causes()) == (before, {"#1001": "update-refused"})
    assert changed("held", "retry", "--all").code == 0
    changed.run()
    assert (updates(changed), changed.causes()) == (before, {"#1001": "forecast-differs"})


def test_no_label_is_bought_by_a_number_that_is_in_the_address_of_a_label_alone(shop):
    give_back(shop, FIRST)
    shop.run()
    number = "05210000000001"
    assert shop("replay", number).code == 0
    assert shop("replay", number, "--new-label", "--yes").code == 2
    assert len(shop.sandbox.monta.labels) == 1


def test_the_whole_story_is_printed_where_only_the_steps_go_to_a_terminal(shop):
    """As in `returnsync replay 1001 > story.txt`."""
    give_back(shop, FIRST)
    with (shop.folder / "out.txt").open("w+b") as file:
        code, shown = on_terminal(shop, "replay", str(FIRST), stdout=file)
        file.seek(0)
        told = file.read().decode()
    assert (code, "The warehouse has it." in shown, "The warehouse has it." in told) == (0, True, True)


# Before the request is kept, after that and before the call, and after the call.
SLICE = (18, 24, 36)


@pytest.mark.parametrize(
    "number", [pytest.param(number, marks=() if number in SLICE else pytest.mark.prove) for number in range(1, 49)]
)
def test_rule_4_a_replayed_change_that_is_killed_at_any_step_is_finished_by_the_next_runs(changed, number):
    """This is true once the request is kept; before that, the command has done nothing."""
    steps = changed.folder / "steps"
    harness = str(Path(__file__).with_name("kill_run.py"))
    command = [sys.executable, harness, str(number), "--steps", str(steps), "replay", "1001", "--update"]
    environment = {**os.environ, **changed.environment}
    ended = subprocess.run(
        [*command, "--config", str(changed.write_config())], env=environment, capture_output=True, check=False
    )
    passed = steps.read_text().splitlines()
    assert ended.returncode == (-signal.SIGKILL if len(passed) == number else 0), ended.stderr
    (story,) = changed("show", "1001", "--json").json
    is_kept = ByPerson.CHANGE_TO_SEND in [entry["event"] for entry in story["history"]]
    for minutes in (1, 5, 20, 60):
        with later(minutes=minutes):
            changed.run()
    (forecast,) = changed.forecasts
    units = [line["ReturnQuantity"] for line in forecast.lines]
    stands = (units, updates(changed), len(changed.held()))
    assert stands == (([1], 1, 0) if is_kept else ([2], 0, 1)), passed
