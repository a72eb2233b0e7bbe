"""`run --quiet` under cron: a new problem is printed once, and a lasting one from time to time."""

from __future__ import annotations

import errno
import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from certainty import give_back, give_back_each, rarely
from time_machine import escape_hatch
from weeks import MONTA
from werkzeug import Response

from returnsync.engine.lock import locked
from returnsync.sandbox import Fault
from returnsync.sandbox.world import monta_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from shop import Shop

MINUTES = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def shop(shop, clock, monkeypatch):
    """A shop at eight in the evening, so that the line that is printed in the morning is far away."""
    monkeypatch.setenv("TZ", "UTC")
    shop.sandbox.returnista.return_orders.clear()
    clock.move_to(datetime.now(UTC).replace(hour=20, minute=0, second=0, microsecond=0))
    return shop


def cron(shop: Shop, *options: str) -> list[str]:
    """The lines that a run under cron prints."""
    ran = shop("run", "--quiet", *options)
    assert ran.out == ""
    return ran.err.splitlines()


def hold(shop: Shop, *numbers: str, word: str = "Unheard-of") -> None:
    """Put in returns with an unknown status: they are held when they are planned, without a call."""
    at = datetime.now(UTC) - MINUTES
    for number in numbers:
        shop.sandbox.returnista.give_back(number, word=word, created=at, updated=at)


def unmatched(shop: Shop, number: str) -> None:
    """Put in a return of an article that was not ordered: it is held when it is delivered."""
    shop.sandbox.monta.add(monta_order(number))
    at = datetime.now(UTC) - MINUTES
    shop.sandbox.returnista.give_back(number, sku="NEVER-ORDERED", created=at, updated=at)


def down(shop: Shop, *routes: str, status: int = 503) -> None:
    shop.sandbox.faults.add(*(Fault(route, "status", status=status) for route in routes))


# -- what is held ------------------------------------------------------------------------------------------------------


def test_a_return_that_is_newly_held_is_reported_once_by_its_order_number_with_where_to_look(shop):
    hold(shop, "4001")
    (line,) = cron(shop)
    assert line.startswith("shop-nl #4001: held (status-unknown): ")
    assert line.endswith(f"See: returnsync show '#4001' --config {shop.config}")
    assert cron(shop) == []


def test_a_run_by_hand_silences_nothing(shop):
    hold(shop, "4001")
    shop("run")
    shop("run", "--json")
    shop("run", "--quiet", "--dry-run")
    assert len(cron(shop)) == 1


def test_a_dry_run_prints_all_that_is_wrong_each_time(shop):
    cron(shop)
    down(shop, "returnista.list")
    assert [len(cron(shop, "--dry-run")) for _ in range(2)] == [1, 1]


def test_ten_of_a_cause_are_named_a_day_and_of_the_others_the_number_is_reported(shop, clock):
    hold(shop, *map(str, range(4001, 4026)))
    lines = cron(shop)
    assert len(lines) == 11
    named = f"--config {shop.config}"
    assert lines[-1] == f"status-unknown: and 15 more: returnsync held --cause status-unknown {named}"
    hold(shop, "4030")
    assert cron(shop) == []
    clock.shift(HOUR)
    unmatched(shop, "4040")
    assert [line.split(":")[0] for line in cron(shop)] == ["shop-nl #4040"]
    clock.shift(5 * HOUR)  # the next day
    hold(shop, "4031", "4032")
    assert [line.split(":")[0] for line in cron(shop)] == ["shop-nl #4031", "shop-nl #4032"]


def test_what_a_person_has_tried_again_is_reported_again_where_it_is_held_again(shop):
    unmatched(shop, "4001")
    assert len(cron(shop)) == 1
    (item,) = shop.held()
    shop("held", "retry", item["code"])
    assert len(cron(shop)) == 1


def test_what_is_released_and_taken_back_is_reported_again_where_it_is_held_again(shop):
    unmatched(shop, "4001")
    assert len(cron(shop)) == 1
    (item,) = shop.held()
    shop("held", "release", item["code"], "--yes")
    shop("held", "take-back", item["code"])
    assert len(cron(shop)) == 1


def test_a_line_feed_from_outside_makes_no_line_of_its_own(shop):
    hold(shop, "4001\nreturnsync: all is well")
    assert [line.split(":")[0] for line in cron(shop)] == ["shop-nl #4001 returnsync"]


def test_a_line_that_could_not_be_written_is_reported_by_the_next_run(shop):
    hold(shop, "4001")
    shop.write_config()
    command = [sys.executable, "-m", "returnsync", "run", "--quiet", "--config", str(shop.config)]
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        subprocess.run(command, stderr=full, env={**os.environ, **shop.environment}, check=False, timeout=60)
    assert len(cron(shop)) == 1


def test_once_a_day_after_seven_the_number_of_what_is_held_is_reported(shop, clock):
    hold(shop, "4001", "4002")
    assert len(cron(shop)) == 2
    since = datetime.now(UTC).date()
    clock.move_to(datetime.now(UTC).replace(hour=6, minute=55) + DAY)
    assert cron(shop) == []
    clock.shift(10 * MINUTES)
    assert cron(shop) == [f"2 returns are held, the oldest since {since}: returnsync held --config {shop.config}"]
    clock.shift(HOUR)
    assert cron(shop) == []


# -- what does not do its work -----------------------------------------------------------------------------------------


def every(shop: Shop, clock: Any, step: timedelta, runs: int) -> list[list[str]]:
    """The lines of `runs` runs, each `step` after the one before."""
    told = []
    for _ in range(runs):
        clock.shift(step)
        told.append(cron(shop))
    return told


def numbers(told: list[list[str]]) -> list[int]:
    return [len(lines) for lines in told]


@pytest.mark.parametrize("what", ["platform", "warehouse", "small shop"])
def test_an_account_that_is_out_is_reported_after_three_runs_and_fifteen_minutes_and_once_when_it_is_well(
    shop, clock, what
):
    cron(shop)
    give_back_each(shop, 2 if what == "small shop" else 8)
    down(shop, *(["returnista.list"] if what == "platform" else MONTA))
    account = "shop-nl" if what == "platform" else "monta"
    during = every(shop, clock, 5 * MINUTES, 8)
    assert numbers(during) == [0, 0, 0, 1, 0, 0, 0, 0]  # the fourth run is fifteen minutes after the first
    assert account in during[3][0]
    shop.sandbox.faults.clear()
    after = every(shop, clock, 20 * MINUTES, 8)
    assert [line for lines in after for line in lines] == [f"{account} can be used again."]


def test_an_outage_of_two_runs_is_not_reported(shop, clock):
    cron(shop)
    give_back_each(shop, 8)
    down(shop, *MONTA)
    assert numbers(every(shop, clock, 10 * MINUTES, 2)) == [0, 0]
    shop.sandbox.faults.clear()
    assert numbers(every(shop, clock, 10 * MINUTES, 6)) == [0] * 6


def test_an_hour_apart_the_third_run_tells_it(shop, clock):
    cron(shop)
    down(shop, "returnista.list")
    assert numbers(every(shop, clock, HOUR, 3)) == [0, 0, 1]


@pytest.mark.parametrize("later", [8 * HOUR, 2 * DAY], ids=str)
def test_an_outage_after_a_state_was_put_back_that_told_of_another_is_reported(shop, clock, later):
    cron(shop)
    down(shop, "returnista.list")
    assert numbers(every(shop, clock, 20 * MINUTES, 3)) == [0, 0, 1]
    whole = shop.state.read_bytes()
    shop.sandbox.faults.clear()
    assert numbers(every(shop, clock, 20 * MINUTES, 3)) == [0, 0, 1]
    clock.shift(later)
    shop.state.write_bytes(whole)
    down(shop, "returnista.list")
    assert sum(numbers(every(shop, clock, 20 * MINUTES, 6))) == 1


@pytest.mark.parametrize("days", [1, 3, 7])
def test_an_outage_is_reported_once_by_runs_that_are_days_apart(shop, clock, days):
    cron(shop)
    down(shop, "returnista.list")
    assert numbers(every(shop, clock, days * DAY, 6)) == [0, 0, 1, 0, 0, 0]


def stopped_while_it_lists(shop: Shop) -> None:
    shop.sandbox.returnista.on_list = lambda: os.kill(os.getpid(), signal.SIGTERM)


def test_runs_that_are_always_stopped_tell_what_is_held_and_that_they_are_stopped(shop, clock):
    hold(shop, "4001")
    shop("run")  # by hand: it is held, and was not reported to cron
    stopped_while_it_lists(shop)
    told = every(shop, clock, 10 * MINUTES, 5)
    assert numbers(told) == [1, 0, 1, 0, 0]
    assert "4001" in told[0][0]
    assert "SIGTERM" in told[2][0]
    shop.sandbox.returnista.on_list = None
    well = every(shop, clock, 10 * MINUTES, 4)
    assert [line for lines in well for line in lines] == ["Runs finish again."]


def test_runs_of_one_source_that_are_always_stopped_are_reported_although_those_of_another_are_well(shop, clock):
    shop = replace(shop, platforms=("returnista", "loop"))
    other = shop.platform("loop").source
    cron(shop)
    stopped_while_it_lists(shop)
    told = []
    for _ in range(4):
        clock.shift(30 * MINUTES)
        told += cron(shop, "--source", "shop-nl")
        for _ in range(3):
            clock.shift(5 * MINUTES)
            told += cron(shop, "--source", other)
    (line,) = told
    assert "SIGTERM" in line


def test_a_run_that_is_stopped_tells_of_nothing_that_it_is_over(shop, clock):
    cron(shop)
    down(shop, "returnista.list")
    assert numbers(every(shop, clock, HOUR, 3)) == [0, 0, 1]
    shop.sandbox.faults.clear()
    stopped_while_it_lists(shop)
    told = every(shop, clock, MINUTES, 5)
    assert "can be used again" not in str(told)


def test_an_account_that_is_refused_is_reported_at_once_then_once_a_day_and_for_another_reason_at_once(shop, clock):
    cron(shop)
    down(shop, "returnista.list", status=401)
    assert numbers(every(shop, clock, 6 * HOUR, 6)) == [1, 0, 0, 0, 1, 0]
    shop.sandbox.faults.clear()
    down(shop, "returnista.list", status=402)
    assert numbers(every(shop, clock, MINUTES, 2)) == [1, 0]


def test_a_fault_of_ours_that_meets_every_return_is_one_line(shop, clock, monkeypatch):
    def fail(*_: object) -> None:
        raise KeyError("a mistake of ours")

    cron(shop)
    give_back_each(shop, 8)
    monkeypatch.setattr("returnsync.engine.deliver.attempting.deliver_one", fail)
    (line,) = cron(shop)
    assert "a fault in returnsync itself (KeyError)" in line
    assert "That happened 8 times in this run." in line
    assert numbers(every(shop, clock, 6 * HOUR, 5)) == [0, 0, 0, 1, 0]


def test_a_fault_of_ours_in_planning_is_one_line_and_no_return_is_named_to_others(shop, clock, monkeypatch, httpserver):
    came = []
    httpserver.expect_request("/hook").respond_with_handler(lambda request: came.append(request.data) or Response(""))
    shop.more["notify"] = {"webhook": httpserver.url_for("/hook")}
    cron(shop)

    def broken(*_: object, **_more: object) -> None:
        raise ValueError

    monkeypatch.setattr("returnsync.engine.plan.changes.plan_return", broken)
    hold(shop, *map(str, range(4001, 4021)))
    clock.shift(5 * MINUTES)
    (line,) = cron(shop)
    assert "20 times" in line
    (message,) = came
    assert all(identity.encode() not in message for identity in shop.sandbox.returnista.return_orders)


def test_what_the_system_refuses_for_every_return_is_one_line_and_no_return_is_named_to_others(
    shop, clock, monkeypatch, httpserver
):
    came = []
    httpserver.expect_request("/hook").respond_with_handler(lambda request: came.append(request.data) or Response(""))
    shop.more["notify"] = {"webhook": httpserver.url_for("/hook")}
    cron(shop)

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "table.csv")

    give_back_each(shop, 8, first=7001)
    monkeypatch.setattr("returnsync.engine.deliver.attempting.deliver_one", refuse)
    clock.shift(5 * MINUTES)
    (line,) = cron(shop)
    assert "That happened 8 times in this run." in line
    (message,) = came
    assert b"table.csv cannot be used" in message
    assert not any(str(number).encode() in message for number in range(7001, 7009))


def test_a_refusal_of_the_guard_is_reported_at_once_and_then_once_a_day(shop, clock):
    shop.source["guard_first"] = 3
    give_back_each(shop, 5)
    first = cron(shop)
    assert [line.startswith("Refused: shop-nl: ") for line in first] == [True]
    assert "returnsync run --yes --source shop-nl" in first[0]
    assert numbers(every(shop, clock, 6 * HOUR, 5)) == [0, 0, 0, 1, 0]


def test_a_clock_that_differs_is_reported_at_once_and_then_once_a_day_whatever_was_run_by_hand(shop, clock):
    shop.sandbox.monta.date = lambda: datetime.now(UTC) - HOUR
    give_back(shop, "7001")
    assert "ahead of that of monta" in shop("run").err
    told = []
    for number in ("7002", "7003"):
        clock.shift(5 * MINUTES)
        give_back(shop, number)
        told += cron(shop)
    (line,) = told
    assert "The clock of this machine" in line


def test_a_source_whose_start_is_in_the_future_is_reported_at_once_and_then_once_a_day(shop, clock):
    shop.source["start_from"] = datetime.now(UTC) + 2 * DAY
    assert "its `start_from` is in the future" in cron(shop)[0]
    assert numbers(every(shop, clock, 6 * HOUR, 5)) == [0, 0, 0, 1, 0]


def test_a_run_of_one_source_says_nothing_of_the_account_of_another(shop, clock):
    shop.platforms = ("returnista", "loop")
    cron(shop)
    down(shop, "returnista.list")
    every(shop, clock, 10 * MINUTES, 3)
    for _ in range(6):
        clock.shift(10 * MINUTES)
        assert cron(shop, "--source", "shop-us") == []
    shop.sandbox.faults.clear()
    assert [line for lines in every(shop, clock, MINUTES, 3) for line in lines] == ["shop-nl can be used again."]


def test_one_order_that_is_refused_alone_is_reported_once_it_is_held(shop, clock):
    cron(shop)
    give_back(shop, "4001")
    shop.sandbox.faults.add(Fault("monta.order", "status", status=402, about="4001"))
    told = []
    for number in range(4):
        give_back(shop, str(4100 + number))
        told += every(shop, clock, HOUR, 1)
    assert [line.split(":")[0] for lines in told for line in lines] == ["shop-nl #4001"]


# -- what keeps a run from beginning -----------------------------------------------------------------------------------


def test_another_run_at_work_is_reported_only_where_it_has_been_for_an_hour_with_its_process(shop, clock):
    cron(shop)
    with locked(shop.state):
        since = datetime.now(UTC)
        assert numbers(every(shop, clock, 20 * MINUTES, 2)) == [0, 0]
        clock.shift(21 * MINUTES)
        (line,) = cron(shop)
        assert f"process {os.getpid()}, since {since:%Y-%m-%d %H:%M}" in line
        assert numbers(every(shop, clock, 6 * HOUR, 5)) == [0, 0, 0, 1, 0]


def test_another_run_that_has_not_signed_the_lock_is_reported_once_it_was_met_for_an_hour(shop, clock):
    cron(shop)
    with locked(shop.state):
        shop.state.with_name(f"{shop.state.name}.lock").write_text("")
        assert numbers(every(shop, clock, 20 * MINUTES, 5)) == [0, 0, 0, 1, 0]
    assert cron(shop) == []
    with locked(shop.state):
        shop.state.with_name(f"{shop.state.name}.lock").write_text("")
        assert numbers(every(shop, clock, 20 * MINUTES, 3)) == [0, 0, 0]


def test_a_state_that_another_program_holds_is_reported_at_once_then_once_a_day(shop, clock, monkeypatch):
    monkeypatch.setattr("returnsync.state.connections._BUSY_SECONDS", 0.05)
    cron(shop)
    with closing(sqlite3.connect(shop.state)) as other:
        other.execute("BEGIN EXCLUSIVE")
        told = every(shop, clock, 12 * HOUR, 4)
    assert numbers(told) == [1, 0, 1, 0]
    assert "backup" in told[0][0]


def test_a_clock_that_is_set_back_a_little_while_a_run_works_tells_of_no_other_run(shop, clock):
    cron(shop)
    with locked(shop.state):
        clock.shift(timedelta(seconds=-2))
        assert cron(shop) == []


def test_a_lock_is_unsigned_once_a_run_ended(shop):
    cron(shop)
    assert shop.state.with_name(f"{shop.state.name}.lock").read_text() == ""


def test_a_run_that_began_by_a_clock_ahead_is_reported_too(shop, clock):
    cron(shop)
    clock.shift(30 * DAY)
    with locked(shop.state):
        clock.shift(-30 * DAY)
        assert len(cron(shop)) == 1


def test_a_configuration_that_comes_and_goes_is_reported_once_an_hour_at_most(shop, clock):
    cron(shop)
    told = []
    for number in range(12):
        shop.more.pop("unheard_of", None)
        if number % 2 == 0:
            shop.more["unheard_of"] = 1
        told += every(shop, clock, 5 * MINUTES, 1)
    assert numbers(told) == [1, *[0] * 11]


def test_a_configuration_that_cannot_be_used_is_reported_once_an_hour(shop, clock):
    shop.more["unheard_of"] = 1
    told = every(shop, clock, 10 * MINUTES, 13)
    assert numbers(told) == [1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1]
    assert "unheard_of" in told[0][0]


def test_a_damaged_state_is_reported_once_an_hour_and_another_reason_at_once(shop, clock):
    cron(shop)
    shop.state.write_bytes(b"no database at all, but long enough to be one" * 100)
    told = every(shop, clock, 30 * MINUTES, 4)
    assert numbers(told) == [1, 0, 1, 0]
    assert "damaged" in told[0][0]
    shop.more["unheard_of"] = 1
    assert len(cron(shop)) == 1


def test_where_no_stamp_can_be_written_it_is_reported_each_time(shop, clock):
    shop.folder.joinpath("cache").write_text("in the way", encoding="utf-8")
    shop.more["unheard_of"] = 1
    assert numbers(every(shop, clock, MINUTES, 3)) == [1, 1, 1]


def test_without_a_home_what_was_reported_is_kept_beside_the_state(shop, clock):
    cron(shop)
    shop.folder.joinpath("cache").write_text("in the way", encoding="utf-8")
    shop.state.write_bytes(b"no database at all, but long enough to be one" * 100)
    assert numbers(every(shop, clock, 20 * MINUTES, 4)) == [1, 0, 0, 1]


def test_of_two_places_the_one_that_was_written_last_counts(shop, clock):
    cron(shop)
    shop.state.write_bytes(b"no database at all, but long enough to be one" * 100)
    assert len(cron(shop)) == 1
    (kept,) = shop.folder.joinpath("cache").rglob("told-*.json")
    older = kept.read_bytes()
    kept.parent.rename(kept.parent.with_name("away"))
    kept.parent.write_text("in the way", encoding="utf-8")
    clock.shift(2 * HOUR)
    assert len(cron(shop)) == 1  # from now on, what was printed is kept beside the state
    kept.parent.unlink()
    kept.parent.mkdir()
    kept.write_bytes(older)
    os.utime(kept, (0, 0))
    assert cron(shop) == []


def test_a_run_by_hand_changes_nothing_about_what_is_reported_a_broken_configuration(shop):
    shop.more["unheard_of"] = 1
    shop("run")
    assert len(cron(shop)) == 1


# -- a week, and the crontab of the README -----------------------------------------------------------------------------


@pytest.mark.parametrize("step", [HOUR, rarely(5 * MINUTES)], ids=str)
def test_in_a_bad_week_a_person_gets_fewer_than_thirty_lines_a_day(shop, clock, step):
    begin = datetime.now(UTC)
    lines: Counter[int] = Counter()

    def day_of(number: int, *happens: Callable[[int], None], every: timedelta = step) -> None:
        for run in range(int(DAY / every)):
            for happen in happens:
                happen(run)
            clock.shift(every)
            lines[number] += len(cron(shop))

    def flap(run: int) -> None:
        """The platform and the warehouse are out for four runs, then work for four."""
        shop.sandbox.faults.clear()
        if run // 4 % 2 == 0:
            down(shop, "returnista.list", *MONTA)
        give_back(shop, str(7000 + run + lines.total() * 1000))

    def every_other_run(run: int) -> None:
        shop.sandbox.faults.clear()
        if run % 2:
            down(shop, "returnista.list", status=401 if run % 4 == 1 else 402)

    shop.source["guard_first"] = 1000
    hold(shop, *map(str, range(1000, 1500 if step < HOUR else 1150)))
    day_of(1)
    day_of(2, flap)
    day_of(3, every_other_run)
    shop.sandbox.faults.clear()
    with locked(shop.state):
        day_of(4)
    whole = shop.state.read_bytes()
    shop.state.write_bytes(b"no database at all, but long enough to be one" * 100)
    day_of(5)
    shop.state.write_bytes(whole)
    day_of(6, every=max(step, 6 * HOUR))
    day_of(7, every=max(step, 6 * HOUR))
    assert datetime.now(UTC) - begin >= 7 * DAY
    assert max(lines.values()) < 30
    assert min(lines[number] for number in range(1, 6)) > 0  # every problem is reported
    assert lines[7] == 1  # the line of the morning


def crontab_of_readme() -> str:
    """The crontab line that starts `run`."""
    (block,) = re.findall(r"```crontab\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    (line,) = [line for line in block.splitlines() if "/returnsync run " in line]
    return line.split(None, 5)[5]


def test_the_crontab_of_the_readme_works_from_an_empty_environment(shop, clock):
    clock.move_to(escape_hatch.datetime.datetime.now(UTC))  # the time that another process has
    command = crontab_of_readme()
    assert "--quiet" in command
    hold(shop, "4001")
    text = shop.write_config().read_text(encoding="utf-8")
    for name, secret in shop.environment.items():
        # as the README says: references to files, since cron has no environment
        (shop.folder / f"secret-{name}").write_text(secret, encoding="utf-8")
        text = text.replace(f"env:{name}", f"file:secret-{name}")
    shop.config.write_text(text, encoding="utf-8")
    script = Path(sys.executable).with_name("returnsync")
    command = command.replace("/opt/returnsync/.venv/bin/returnsync", shlex.quote(str(script)))
    command = command.replace("/opt/returnsync/returnsync.toml", shlex.quote(str(shop.config)))
    bare = {"HOME": str(shop.folder)}  # cron gives little more than this
    ran = [
        subprocess.run(
            ["/bin/sh", "-c", command], env=bare, cwd="/", capture_output=True, text=True, timeout=120, check=False
        )
        for _ in range(2)
    ]
    assert [done.returncode for done in ran] == [1, 1]
    assert [done.stdout for done in ran] == ["", ""]
    assert [len(done.stderr.splitlines()) for done in ran] == [1, 0]
