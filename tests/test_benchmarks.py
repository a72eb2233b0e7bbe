"""The benchmarks run, and count the requests for a new return. No times are asserted."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

_SCRIPT = Path(__file__).parents[1] / "benchmarks" / "run.py"


@pytest.fixture(scope="module")
def figures():
    done = subprocess.run(
        [sys.executable, str(_SCRIPT), "--quick", "--json", "--only", "new", "delivery", "idle"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_new_return_takes_four_requests_at_monta_and_makes_each_effect_once(figures):
    for measured in figures["new"]:
        for calls in measured["calls"]:
            assert calls["monta_requests_per_return"] == 4
            assert calls["creates_per_return"] == 1
            assert calls["labels_per_return"] == 1
            assert calls["made_twice"] == 0


def test_a_new_return_waits_for_the_disk_five_times_while_it_is_delivered(figures):
    # Each of them is explained in docs/performance.md.
    for pair in figures["delivery"]["pairs"]:
        assert pair["waits"] == [{"commits": 3, "file_syncs": 2}] * pair["rounds"]


def test_a_run_with_nothing_to_do_makes_one_request_and_no_effect(figures):
    for measured in figures["idle"]["runs"]:
        assert {route: calls for route, calls in measured["requests"].items() if calls} == {"returnista.list": 1}
        assert measured["effects"] == 0


def test_a_run_with_nothing_to_do_works_no_more_with_more_returns_in_state(figures):
    few, many = figures["idle"]["runs"]
    assert many["in_state"] >= 3 * few["in_state"]
    assert many["statements"] == few["statements"]
    # Not exactly equal: the age of earlier runs makes a small difference.
    assert many["steps"] == pytest.approx(few["steps"], rel=0.05)
