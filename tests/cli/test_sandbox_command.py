"""`returnsync sandbox` as a separate program: its configuration works as it is, and reaches nothing real."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
import requests

RETURNSYNC = (sys.executable, "-m", "returnsync")


@contextmanager
def running_sandbox(*options: str, stdout: "IO[str] | int" = subprocess.DEVNULL) -> Iterator[dict[str, str]]:
    """The sandbox on a free port, ended by Ctrl-C; gives its lines on stderr, by the text before the colon."""
    command = [*RETURNSYNC, "sandbox", "--port", "0", *options]
    with subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield told_by(process)
        finally:
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in err


def told_by(process: subprocess.Popen[str]) -> dict[str, str]:
    assert process.stderr is not None
    told = {}
    for line in process.stderr:
        name, _, rest = line.strip().partition(": ")
        told[name] = rest
        if "Ctrl-C" in line:
            break
    return told


def test_the_sandbox_prints_a_whole_configuration_that_works_as_it_is(tmp_path):
    """It includes the credentials, so that nothing else has to be set."""
    config = tmp_path / "returnsync.toml"
    with config.open("w") as file, running_sandbox("--returns", "2", stdout=file) as told:
        run = [*RETURNSYNC, "run", "--json", "--config", str(config)]
        done = subprocess.run(run, capture_output=True, text=True, timeout=60, check=False)
        counts = requests.get(f"{told['Counts']}counts", timeout=5).json()
    summary = json.loads(done.stdout)
    assert {name: source["new"] for name, source in summary["sources"].items()} == dict.fromkeys(
        ("shop-nl", "portal", "marketplaces", "legacy", "forms", "shop-us"), 2
    )
    # Sendcloud's returns have Sendcloud's own labels, which are kept.
    assert (summary["announced"], summary["labelled"], summary["held"]) == (12, 10, 0)
    assert counts["effects"]["labels"] == 10


def test_the_sandbox_says_where_everything_is_and_with_which_credentials():
    with running_sandbox("--platform", "loop") as told:
        pass
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", told["Counts"])
    assert "username = sandbox, password = sandbox-password" in told["Monta"]
    assert "api_key = " in told["Loop"]
    assert "Returnista" not in told


def test_the_orders_and_skus_that_monta_has_are_listed_for_a_platform_of_ones_own():
    with running_sandbox("--returns", "1") as told:
        address = told["Orders at Monta, with their SKUs"]
        listed = requests.get(f"{address}.json", timeout=5).json()
        page = requests.get(address, timeout=5).text
    assert [order["number"] for order in listed] == [f"{place}00001" for place in range(1, 7)]
    for order in listed:
        (line,) = order["lines"]
        assert order["state"] == "shipped"
        assert f"<td>{order['number']}</td>" in page
        assert f"<td>{line['sku']}</td>" in page


def sandbox_with(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [*RETURNSYNC, "sandbox", "--port", "0", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=folder)


def test_one_command_writes_a_file_of_ones_own_and_makes_the_first_labels_with_it(tmp_path):
    done = sandbox_with(tmp_path, "--returns", "1", "--config", "mine.toml", "run", "--json")
    assert done.returncode == 2  # an option of the command is read as one of the sandbox, and refused
    done = sandbox_with(tmp_path, "--returns", "1", "--config", "mine.toml", "--", "run", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["labelled"] == 5
    assert len(list((tmp_path / "labels" / "monta").glob("*.pdf"))) == 5
    assert "[sources.shop-nl]" in (tmp_path / "mine.toml").read_text()


def test_a_command_is_run_with_no_file_that_would_reach_a_real_warehouse(tmp_path):
    mine = tmp_path / "mine.toml"
    assert sandbox_with(tmp_path, "--returns", "0", "--config", "mine.toml", "check").returncode == 0
    # The file has the port of an earlier sandbox that is gone.
    was = mine.read_text()
    done = sandbox_with(tmp_path, "--returns", "0", "--config", "mine.toml", "run")
    assert done.returncode == 78
    assert "[warehouses.monta], [mail] would reach something else. Nothing was done." in done.stderr
    mine.write_text(re.sub(r'base_url = "http://127[^"]*/monta"\n', "", was))
    assert "[warehouses.monta]" in sandbox_with(tmp_path, "--config", "mine.toml", "run").stderr
    assert not (tmp_path / "labels").exists()


REAL = """
[warehouses.monta]
kind = "monta"
username = "command:touch asked"
password = "command:touch asked"
carrier = "PostNL"
base_url = "https://api.monta.example"
[sources.shop-nl]
platform = "loop"
warehouse = "monta"
start_from = 2026-11-01
api_key = "command:touch asked"
"""


@pytest.mark.parametrize(
    "command",
    [("run",), ("--", "replay", "--source"), ("--", "held", "retry", "--", "CODE"), ("run", "--config", "real.toml")],
    ids=" ".join,
)
def test_no_command_of_the_sandbox_uses_another_configuration(tmp_path, command):
    """Neither by the variable, nor by an option of its own, nor where `--config` cannot be added."""
    (tmp_path / "real.toml").write_text(REAL)
    environment = {**os.environ, "RETURNSYNC_CONFIG": str(tmp_path / "real.toml")}
    words = [*RETURNSYNC, "sandbox", "--port", "0", "--returns", "0", "--config", "mine.toml", *command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path, env=environment)
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "asked").exists()
    assert not list(tmp_path.glob("real*.db*"))


@pytest.mark.parametrize(
    "more",
    ['[notify]\nping_url = "http://127.0.0.1:9/"\n', '[notify]\ncommand = "/bin/true"\n'],
    ids=["ping", "program"],
)
def test_nobody_who_is_told_of_real_runs_hears_of_one_on_the_sandbox(tmp_path, more):
    mine = tmp_path / "mine.toml"
    with running_sandbox("--returns", "0") as told:
        port = told["Counts"].rstrip("/").rpartition(":")[2]
    sandbox_with(tmp_path, "--returns", "0", "--config", "mine.toml", "check")
    mine.write_text(mine.read_text() + more)
    done = subprocess.run(
        [*RETURNSYNC, "sandbox", "--port", port, "--returns", "0", "--config", "mine.toml", "run"],
        capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 78
    assert "of [notify]" in done.stderr


def test_a_stopped_sandbox_lets_its_command_finish_the_effect_in_hand(tmp_path):
    words = [
        "--returns",
        "1",
        "--platform",
        "loop",
        "--config",
        "mine.toml",
        "--fault",
        "monta.label:1:delay=1.5",
        "run",
    ]
    command = [*RETURNSYNC, "sandbox", "--port", "0", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stderr is not None
        address = process.stderr.readline().rpartition(" ")[2].strip().rstrip(".")
        until = time.monotonic() + 30
        while not requests.get(f"{address}/counts", timeout=5).json()["routes"].get("monta.label"):
            assert time.monotonic() < until
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 143
    assert len(list((tmp_path / "labels" / "monta").glob("*.pdf"))) == 1


def test_more_returns_than_the_guard_lets_pass_are_no_accident_on_the_sandbox(tmp_path):
    done = sandbox_with(tmp_path, "--returns", "501", "--platform", "loop", "--config", "mine.toml", "--", "check")
    assert done.returncode == 0
    assert tomllib.loads((tmp_path / "mine.toml").read_text())["sources"]["shop-us"]["guard_first"] == 501


def test_a_command_of_the_sandbox_needs_a_file(tmp_path):
    done = sandbox_with(tmp_path, "run")
    assert done.returncode == 2
    assert "--config" in done.stderr


@pytest.mark.parametrize("wrong", [("--fault", "nonsense"), ("--fault", "monta.nowhere:1:reset"), ("--port", "x")])
def test_the_sandbox_refuses_what_it_cannot_do(wrong):
    done = subprocess.run(
        [*RETURNSYNC, "sandbox", "--port", "0", *wrong], capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
