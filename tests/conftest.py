"""What all tests share: the fixtures, and how many examples property tests try."""

import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
import time_machine
import typer.main
from hypothesis import HealthCheck, settings
from shop import Shop, own_logging

from returnsync.sandbox import Sandbox, World

pytest.register_assert_rewrite("killing")

# Typer makes the whole tree of commands for each call in this process, which takes longer than most of the commands do.
pytest.MonkeyPatch().setattr("typer.testing._get_command", cache(typer.main.get_command))

# A shell starts background programs with Ctrl-C ignored, and every program that a test starts would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Files with few long tests: they start first, so that in the end no processor waits for one of them.
LONG = ("test_kill.py", "test_benchmarks.py", "test_every_platform.py", "test_upgrade.py", "test_concurrent.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


settings.register_profile("default", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "prove", deadline=None, max_examples=1000, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.load_profile("default")


@pytest.fixture
def world() -> World:
    """A world with accounts, reasons and carriers, and no orders or returns. Override it where a test needs others."""
    return World.empty()


@pytest.fixture
def sandbox(world: World) -> Iterator[Sandbox]:
    with Sandbox(world) as running:
        yield running


@pytest.fixture
def shop(tmp_path: Path, sandbox: Sandbox) -> Shop:
    return Shop(tmp_path, sandbox)


@pytest.fixture(autouse=True)
def logging_of_each_test() -> Iterator[None]:
    """A command that runs inside this process sets up its own logging; the next test begins without it."""
    with own_logging():
        yield


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where the code would wait, the clock moves on instead, so no test waits."""
    moved: list[time_machine.travel] = []

    def wait(_stop: object, seconds: float) -> None:
        travel = time_machine.travel(datetime.now(UTC) + timedelta(seconds=max(0.0, seconds)), tick=True)
        travel.start()
        moved.append(travel)

    monkeypatch.setattr("returnsync.clock.wait", wait)
    # The clock that cannot be set moves with it, unless a test says that it sets only the other one.
    monkeypatch.setattr("returnsync.clock.elapsed", time.time)
    yield
    for travel in reversed(moved):
        travel.stop()


@pytest.fixture
def old_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """A state that has announced before: its creates are not preceded by a look for the code, as the first 20 are."""
    monkeypatch.setattr("returnsync.engine.first_creates._LOOKED_FOR", 0)
