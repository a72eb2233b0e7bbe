"""The file of metrics: what every run writes, what it means, and that writing it never changes a run."""

import json
import os
import re
import sqlite3
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from shop import Shop, later
from typer.testing import CliRunner

from returnsync.cli.app import app
from returnsync.notify.metrics import GAUGES
from returnsync.sandbox import Fault
from returnsync.sandbox.world import monta_order

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "monitoring.md"
NAME = "returnsync.prom"


@pytest.fixture
def shop(shop: Shop) -> Shop:
    return replace(shop, more={"notify": {"metrics": NAME}})


def metrics(shop: Shop) -> dict[tuple[str, ...], float]:
    """Each value, by the name of its gauge without the prefix and by its labels other than `config`."""
    families = text_string_to_metric_families((shop.folder / NAME).read_text("utf-8"))
    found = {}
    for sample in (sample for family in families for sample in family.samples):
        name = sample.name.removeprefix("returnsync_")
        found[name, *(sample.labels[label] for label in GAUGES[name].labels)] = sample.value
    return found


def hold(shop: Shop, number: str) -> None:
    shop.sandbox.returnista.give_back(number, word="Unheard-of")


def documented() -> dict[str, tuple[str, ...]]:
    rows = re.findall(r"^\| `returnsync_(\w+)` \| ([^|]*)\|", PAGE.read_text("utf-8"), re.MULTILINE)
    return {name: tuple(re.findall(r"\w+", labels)) for name, labels in rows}


def test_every_gauge_is_documented_with_its_labels_and_the_other_way_round():
    assert documented() == {name: gauge.labels for name, gauge in GAUGES.items()}


def test_the_alerts_use_gauges_and_labels_that_there_are():
    (rules,) = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert rules.count("- alert:") == 3
    used = re.findall(r"\breturnsync_(\w+)", rules)
    assert set(used) <= set(GAUGES)
    assert len(used) == 5
    labels = {label for gauge in GAUGES.values() for label in gauge.labels}
    assert set(re.findall(r"\$labels\.(\w+)", rules)) <= labels


def test_a_run_writes_every_gauge_with_what_status_and_held_tell(shop):
    shop.sandbox.monta.add(monta_order("1001"))
    shop.sandbox.returnista.give_back("1001")
    hold(shop, "1002")
    hold(shop, "1003")
    summary, told = shop.run(), metrics(shop)
    assert {name for name, *_ in told} == set(GAUGES)
    assert told["last_run_exit_code",] == summary["exit_code"] == 1
    assert told["returns", "shop-nl", "settled"] == 1
    assert told["returns", "shop-nl", "held"] == told["returns_held", "shop-nl", "status-unknown"] == 2
    assert told["returns", "shop-nl", "waiting"] == 0
    assert told["breaker_open", "monta", "warehouse"] == told["breaker_open", "monta", "labels"] == 0
    assert told["breaker_open", "shop-nl", "source"] == 0
    assert told["requests_today", "monta"] == summary["requests"]["monta"]
    assert told["requests_limit", "monta"] == 216_000
    ended = datetime.now(UTC).timestamp()
    for moment in (told["last_success_timestamp_seconds", "shop-nl"], told["last_run_timestamp_seconds",]):
        assert ended - 60 < moment <= ended
    assert 0 < told["last_run_duration_seconds",] < 60


def test_the_file_is_one_that_the_exporter_reads(shop):
    shop.folder.joinpath(f".{NAME}.new").write_text("left by a run that was killed")
    hold(shop, "#4711")
    shop("run")
    content = (shop.folder / NAME).read_text("utf-8")
    assert content.endswith("\n")
    assert stat.S_IMODE((shop.folder / NAME).stat().st_mode) == 0o644
    lines = [line for line in content.splitlines() if not line.startswith("#")]
    # Each has the constant label, and no timestamp after its value.
    assert [line for line in lines if not re.fullmatch(r'\w+\{[^}]*\bconfig="returnsync"[^}]*\} \S+', line)] == []
    assert "4711" not in content
    assert [file.name for file in shop.folder.iterdir() if ".prom" in file.name] == [NAME]


def test_the_last_success_of_a_source_is_that_of_the_last_run_that_read_it_and_ended_well(shop):
    assert shop("run").code == 0
    first = metrics(shop)["last_success_timestamp_seconds", "shop-nl"]
    shop.sandbox.faults.add(Fault("returnista.list", "status", status=503))
    with later(hours=1):
        assert shop("run").code == 75
    told = metrics(shop)
    assert told["last_success_timestamp_seconds", "shop-nl"] == first
    assert told["last_run_exit_code",] == 75
    shop.sandbox.faults.clear()
    with later(hours=2):
        assert shop("run").code == 0
    assert metrics(shop)["last_success_timestamp_seconds", "shop-nl"] > first + 7000


def test_a_source_that_was_never_read_says_so(shop):
    shop.sandbox.faults.add(Fault("returnista.list", "status", status=503))
    assert shop("run").code == 75
    assert metrics(shop)["last_success_timestamp_seconds", "shop-nl"] == 0


def test_replaying_one_order_is_no_success_of_its_source(shop):
    shop.sandbox.monta.add(monta_order("1001"))
    shop.sandbox.returnista.give_back("1001")
    shop("run")
    before = metrics(shop)["last_success_timestamp_seconds", "shop-nl"]
    with later(hours=1):
        assert shop("replay", "1001").code == 0
        shop.sandbox.faults.add(Fault("returnista.list", "status", status=503))
        shop("run")
    assert metrics(shop)["last_success_timestamp_seconds", "shop-nl"] == before


def test_what_is_held_is_as_old_as_its_hold_also_when_it_is_looked_at_again(shop):
    hold(shop, "1002")
    shop("run")
    assert 0 <= metrics(shop)["oldest_held_seconds", "shop-nl"] < 60
    with sqlite3.connect(shop.state) as state:
        # An announcement in doubt is saved again like this each time it is looked at.
        state.execute("UPDATE announcements SET updated = '2999-01-01T00:00:00.000000Z'")
    state.close()
    with later(days=2):
        shop("run")
    assert metrics(shop)["oldest_held_seconds", "shop-nl"] == pytest.approx(timedelta(days=2).total_seconds(), abs=60)


def test_an_account_that_is_out_is_reported(shop):
    for number in map(str, range(1001, 1007)):
        shop.sandbox.monta.add(monta_order(number))
        shop.sandbox.returnista.give_back(number)
    shop.sandbox.faults.add(*(Fault(route, "status", status=503) for route in ("monta.order", "monta.health")))
    shop("run")
    assert [item["account"] for item in shop("status", "--json").json["out"]] == ["monta"]
    told = metrics(shop)
    assert told["breaker_open", "monta", "warehouse"] == 1
    assert told["breaker_open", "monta", "labels"] == told["breaker_open", "shop-nl", "source"] == 0


def test_an_idle_run_still_tells_what_was_asked_of_a_warehouse_today(shop):
    shop.sandbox.monta.add(monta_order("1001"))
    shop.sandbox.returnista.give_back("1001")
    asked = shop.run()["requests"]["monta"]
    assert "monta" not in shop.run()["requests"]
    assert metrics(shop)["requests_today", "monta"] == asked
    with later(days=1, minutes=1):
        shop.run()
        assert metrics(shop)["requests_today", "monta"] == 0


@pytest.mark.parametrize(("wrong", "code"), [("state", 78), ("lock", 78), ("reasons", 78), ("source", 2)])
def test_a_run_that_is_broken_off_shows_nothing_old_as_new(shop, wrong, code):
    shop("run")
    before = metrics(shop)
    if wrong == "state":
        shop.state.write_text("no database" * 100)
    elif wrong == "lock":
        (shop.folder / "returnsync.db.lock").unlink()
        (shop.folder / "returnsync.db.lock").mkdir()
    elif wrong == "reasons":
        (shop.folder / "reasons.toml").write_text("[[")
    with later(hours=1):
        assert shop("run", *(("--source", "elsewhere") if wrong == "source" else ())).code == code
    told = metrics(shop)
    assert told["last_run_exit_code",] == code
    assert told["last_run_timestamp_seconds",] > before["last_run_timestamp_seconds",] + 3000
    of_run = {("last_run_exit_code",), ("last_run_timestamp_seconds",), ("last_run_duration_seconds",)}
    assert (set(told) == of_run) == (wrong != "reasons")


def test_a_run_that_finds_another_one_at_work_and_a_dry_run_write_nothing(shop):
    from returnsync.engine.lock import locked

    with locked(shop.state):
        assert shop("run").code == 75
    shop("run", "--dry-run")
    shop("check")
    assert not (shop.folder / NAME).exists()


@pytest.mark.parametrize("wrong", ["no folder", "a folder"])
def test_a_file_that_cannot_be_written_is_one_warning_and_check_tells_it(shop, wrong):
    name = "gone/returnsync.prom" if wrong == "no folder" else NAME
    if wrong == "a folder":
        (shop.folder / name).mkdir()
    shop = replace(shop, more={"notify": {"metrics": name}})
    told = shop("run")
    assert (told.code, told.out) == (0, "")
    assert told.err.count("metrics") == 1
    assert shop("run", "--quiet").err == ""
    told = shop("check")
    assert told.code == 78
    assert "FAIL notify: metrics" in told.out


def test_check_warns_of_another_file_with_the_same_series(shop):
    shop("run")
    (shop.folder / NAME).rename(shop.folder / "other.prom")
    told = shop("check")
    assert told.code == 0
    assert "warn notify: metrics" in told.out
    assert "other.prom" in told.out
    assert json.loads(shop("check", "--json").out)[-1]["warning"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can work for another user")
def test_the_file_that_root_writes_belongs_to_the_owner_of_the_state(shop):
    os.chown(shop.folder, 65534, 65534)
    shop("run")
    assert (shop.folder / NAME).stat().st_uid == (shop.state).stat().st_uid == 65534


def test_a_configuration_whose_name_is_no_text_costs_no_run(shop):
    shop.write_config()
    odd = shop.folder / os.fsdecode(b"shop-\xff.toml")
    shop.config.rename(odd)
    ran = CliRunner().invoke(app, ["run", "--config", str(odd)], env=shop.environment)
    assert ran.exit_code == 0
    assert 'config="shop-?"' in (shop.folder / NAME).read_text("utf-8")
