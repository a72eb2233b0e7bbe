"""Several commands at once, and commands that are stopped in the middle: real processes, real signals."""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from returnsync.config.load import load
from returnsync.engine import run as engine_run
from returnsync.engine.context import Context
from returnsync.errors import AccountRefused
from returnsync.sandbox import Fault
from returnsync.sandbox.world import monta_line, monta_order, request, return_order
from returnsync.state.opening import open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shop import Shop

HARNESS = str(Path(__file__).with_name("kill_run.py"))
# Seconds of delay that are longer than any test: the answer is held back until the sandbox closes.
FOR_EVER = 600.0
# Seconds that are long enough for the other command to start and end during the call.
A_WHILE = 0.7
_PATIENCE = 30.0
_POLL = 0.005


@pytest.fixture
def shop(shop) -> Shop:
    """A shop with three returns, which are delivered one after the other."""
    for number in ("1001", "1002", "1003"):
        shop.sandbox.monta.add(monta_order(number, monta_line(quantity=2)))
        shop.sandbox.returnista.add(return_order(request(order=f"#{number}")))
    shop.warehouse = {"concurrency": 1, "read_timeout": 60.0}
    return shop


@contextmanager
def started(shop: Shop, *command: str) -> Iterator[subprocess.Popen[str]]:
    """Start a command that works meanwhile; it is ended with the test."""
    shop.write_config()
    with subprocess.Popen(
        [sys.executable, "-m", "returnsync", *command, "--config", str(shop.config)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **shop.environment},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until(event: Callable[[], object]) -> None:
    """Wait until something happened; fail if it does not."""
    end = time.monotonic() + _PATIENCE
    while not event():
        assert time.monotonic() < end, "it never happened"
        time.sleep(_POLL)


def reached(shop: Shop, route: str) -> Callable[[], bool]:
    """Whether the fault on a route has begun, so that the call is under way."""
    return lambda: any(fired.route == route for fired in shop.sandbox.faults.fired)


def made(shop: Shop, effect: str) -> Callable[[], bool]:
    """Whether an effect was made, while its answer is held back."""
    return lambda: shop.sandbox.counts.effects(effect) > 0


def next_run(shop: Shop) -> int:
    """Make the next run by cron, half a minute later; give its exit code."""
    program = (HARNESS, "0", "--shift", "31", "--steps", os.devnull)
    return shop.process("run", "--quiet", program=program).code


def progress(shop: Shop) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(shop.state)) as state:
        return sorted(state.execute("SELECT progress, cause FROM announcements"))


def assert_each_once(shop: Shop, *, labels: int = 3) -> None:
    shop.assert_nothing_twice()
    assert len(shop.forecasts) == 3
    assert len(shop.sandbox.monta.labels) == labels


ALL_SETTLED = [("settled", "")] * 3
ONE_IN_DOUBT = [("held", "label-in-doubt"), ("settled", ""), ("settled", "")]


@pytest.mark.parametrize("second", [("run",), ("replay", "#1001"), ("held", "release", "--all")])
def test_of_two_commands_at_once_one_works_and_the_other_says_so_and_does_nothing(shop, second):
    shop.sandbox.faults.add(Fault("monta.create", "delay-after", call=1, delay=FOR_EVER))
    with started(shop, "run") as first:
        wait_until(reached(shop, "monta.create"))
        before = shop.sandbox.counts.requests
        refused = shop.process(*second)
        assert refused.code == 75
        assert "Another returnsync is working on" in refused.err
        assert shop.sandbox.counts.requests == before
        assert first.poll() is None, "the first one works on"


def test_commands_that_only_tell_may_run_beside_one_that_works(shop):
    shop.sandbox.faults.add(Fault("monta.label", "delay-after", call=1, delay=FOR_EVER))
    with started(shop, "run"):
        wait_until(reached(shop, "monta.label"))
        assert shop.process("status", "--json").json["waiting"] == 3
        assert shop.process("show", "#1001").code == 0
        assert shop.process("run", "--dry-run", "--json").json["dry_run"] is True
    assert shop.sandbox.counts.calls("monta.label") == 1


def test_the_lock_dies_with_its_holder(shop):
    shop.sandbox.faults.add(Fault("returnista.list", "delay-after", call=1, delay=FOR_EVER))
    with started(shop, "run") as first:
        wait_until(reached(shop, "returnista.list"))
        first.send_signal(signal.SIGKILL)
        first.wait(_PATIENCE)
    assert shop.process("run", "--quiet").code == 0
    assert progress(shop) == ALL_SETTLED
    assert_each_once(shop)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
@pytest.mark.parametrize("route", ["monta.create", "monta.label"])
def test_a_signal_lets_the_effect_in_hand_finish_and_the_next_run_goes_on(shop, route, number, code):
    shop.sandbox.faults.add(Fault(route, "delay-after", call=1, delay=A_WHILE))
    with started(shop, "run", "--json") as stopped:
        wait_until(reached(shop, route))
        stopped.send_signal(number)
        stopped.communicate(timeout=_PATIENCE)
    assert stopped.returncode == code
    kept = progress(shop)
    assert [one for one in kept if one == ("due", "")] == [("due", "")] * 2, "nothing new was begun"
    assert not {cause for _, cause in kept} - {""}, "the effect in hand was finished"
    assert next_run(shop) == 0
    assert progress(shop) == ALL_SETTLED
    assert_each_once(shop)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_during_the_pull_stops_before_anything_is_made(shop, number, code):
    shop.sandbox.faults.add(Fault("returnista.list", "delay-after", call=1, delay=A_WHILE))
    with started(shop, "run") as stopped:
        wait_until(reached(shop, "returnista.list"))
        stopped.send_signal(number)
        stopped.communicate(timeout=_PATIENCE)
    assert stopped.returncode == code
    assert shop.forecasts == []
    assert next_run(shop) == 0
    assert_each_once(shop)


# Longer than a test waits: a command that waits for it would hang.
NEVER_UP = {"exchange_timeout": 600.0}


@pytest.mark.parametrize(
    ("route", "kind", "number", "code"),
    [
        ("returnista.list", "drip", signal.SIGTERM, 143),
        ("monta.order", "drip-body", signal.SIGINT, 130),
        ("monta.forecasts", "drip", signal.SIGTERM, 143),
    ],
)
def test_a_signal_ends_a_read_at_once_however_slowly_its_answer_comes(shop, route, kind, number, code):
    shop.source |= NEVER_UP
    shop.warehouse |= NEVER_UP
    shop.sandbox.faults.add(Fault(route, kind, call=1))
    with started(shop, "run") as stopped:
        wait_until(reached(shop, route))
        stopped.send_signal(number)
        _, err = stopped.communicate(timeout=_PATIENCE)
    assert stopped.returncode == code
    assert "Traceback" not in err
    assert shop.forecasts == []
    assert not {progress for progress, _ in progress(shop)} - {"due"}, "nothing waits because we were stopped"
    assert next_run(shop) == 0
    assert_each_once(shop)


@pytest.mark.parametrize(
    ("route", "kind", "end"),
    [
        ("monta.create", "drip", [("settled", "")] * 3),
        ("monta.label", "drip", [("held", "label-in-doubt"), ("settled", ""), ("settled", "")]),
        ("monta.label", "drip-body", [("settled", "")] * 3),
    ],
)
def test_a_signal_gives_an_effect_in_hand_its_own_deadline_and_the_next_run_finds_it(shop, route, kind, end):
    """The effect was made. A create is found by a look; a label is settled only if the whole of it came."""
    shop.warehouse["exchange_timeout"] = 1.0
    shop.sandbox.faults.add(Fault(route, kind, call=1))
    with started(shop, "run") as stopped:
        wait_until(reached(shop, route))
        stopped.send_signal(signal.SIGTERM)
        _, err = stopped.communicate(timeout=_PATIENCE)
    assert stopped.returncode == 143
    assert "Traceback" not in err
    assert shop.sandbox.counts.calls("monta.create") == 1, "nothing new was begun"
    if route == "monta.create":
        assert progress(shop) == [("due", "")] * 3, "it does not wait because we were stopped"
    assert next_run(shop) == (0 if end == ALL_SETTLED else 1)
    assert progress(shop) == end
    assert_each_once(shop)


def test_a_signal_ends_a_dripping_replay_and_names_what_was_not_done(shop):
    shop.source |= NEVER_UP
    shop.sandbox.faults.add(Fault("returnista.list", "drip"), Fault("returnista.requests", "drip"))
    with started(shop, "replay", "#1001") as stopped:
        wait_until(lambda: shop.sandbox.faults.fired)
        stopped.send_signal(signal.SIGTERM)
        _, err = stopped.communicate(timeout=_PATIENCE)
    assert stopped.returncode == 143
    assert "shop-nl: asked to stop" in err


def test_a_signal_ends_the_wait_for_certainty(shop):
    shop.sandbox.faults.add(Fault("monta.create", "reset", call=1), Fault("monta.create", "status", call=2, status=429))
    with started(shop, "run") as stopped:
        # The last event before the wait is that the third return has its label.
        wait_until(lambda: shop.sandbox.counts.effects("labels") == 1 and ("waiting", "in-flight") in progress(shop))
        stopped.send_signal(signal.SIGTERM)
        began = time.monotonic()
        stopped.communicate(timeout=_PATIENCE)
        assert time.monotonic() - began < 20, "it did not wait half a minute"
    assert stopped.returncode == 143


@pytest.mark.parametrize(
    ("route", "effect", "labels", "end"),
    [
        ("monta.create", "forecasts", 3, ALL_SETTLED),
        ("monta.label", "labels", 3, ONE_IN_DOUBT),
    ],
)
def test_rule_4_killed_while_it_waits_for_an_answer_the_next_run_finishes(shop, route, effect, labels, end):
    """The effect was made, and the answer was on its way when the process died."""
    shop.sandbox.faults.add(Fault(route, "delay-after", call=1, delay=FOR_EVER))
    with started(shop, "run") as killed:
        wait_until(made(shop, effect))
        killed.send_signal(signal.SIGKILL)
        killed.wait(_PATIENCE)
    assert killed.returncode == -signal.SIGKILL
    assert next_run(shop) == (0 if end is ALL_SETTLED else 1)
    assert progress(shop) == end
    assert_each_once(shop, labels=labels)


@pytest.mark.parametrize(
    ("route", "labels", "end"), [("monta.create", 3, ALL_SETTLED), ("monta.label", 2, ONE_IN_DOUBT)]
)
def test_rule_4_killed_while_its_request_never_arrives_the_next_run_finishes(shop, route, labels, end):
    """The request was sent, and its effect was never made: the connection is reset first."""
    shop.sandbox.faults.add(Fault(route, "delay", call=1, delay=FOR_EVER))
    with started(shop, "run") as killed:
        wait_until(reached(shop, route))
        killed.send_signal(signal.SIGKILL)
        killed.wait(_PATIENCE)
    assert next_run(shop) == (0 if end is ALL_SETTLED else 1)
    assert progress(shop) == end
    assert_each_once(shop, labels=labels)


def test_rule_4_killed_while_an_update_is_under_way_the_next_run_finishes(shop):
    shop.source = {"send_updates": True}
    assert shop.process("run", "--quiet").code == 0
    row = next(iter(shop.sandbox.returnista.return_orders.values()))
    more = [*row["returnRequests"], {**row["returnRequests"][0], "id": "one more"}]
    shop.sandbox.returnista.touch(row["id"], returnRequests=more)
    shop.sandbox.faults.add(Fault("monta.update", "delay-after", call=1, delay=FOR_EVER))
    with started(shop, "run") as killed:
        wait_until(made(shop, "updates"))
        killed.send_signal(signal.SIGKILL)
        killed.wait(_PATIENCE)
    assert next_run(shop) == 0
    assert progress(shop) == ALL_SETTLED
    assert_each_once(shop)
    assert shop.sandbox.counts.effects("updates") == 1


def test_many_workers_make_each_of_many_orders_once(shop):
    for index in range(40):
        number = str(2000 + index)
        shop.sandbox.monta.add(monta_order(number))
        shop.sandbox.returnista.add(return_order(request(order=f"#{number}")))
    shop.warehouse = {"concurrency": 16}
    assert shop.run()["exit_code"] == 0
    shop.assert_nothing_twice()
    assert len(shop.sandbox.monta.labels) == 43


class GivingUp(logging.Handler):
    """Acts as another thread that finds the account refused, at a step of this one."""

    def __init__(self, ctx: Context, step: str) -> None:
        super().__init__(logging.DEBUG)
        self.ctx = ctx
        self.step = step

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage() == self.step:
            self.ctx.accounts.give_up_on("monta", AccountRefused("monta", "monta: refused.", "Mend it."))


STEPS = (
    "create: call answered",
    "create: outcome about to be written",
    "create: outcome written",
    "label: call answered",
)


@pytest.mark.parametrize("step", STEPS)
def test_a_call_in_hand_is_finished_when_another_thread_finds_the_account_refused(shop, monkeypatch, step):
    for name, value in shop.environment.items():
        monkeypatch.setenv(name, value)
    ctx = Context(load(shop.write_config()), open_file(shop.state))
    steps = logging.getLogger("returnsync.steps")
    level = steps.level
    steps.setLevel(logging.DEBUG)
    steps.addHandler(handler := GivingUp(ctx, step))
    try:
        assert engine_run.run(ctx).exit_code == 78
        assert ctx.tally.source("shop-nl").announced == len(shop.forecasts)
    finally:
        steps.removeHandler(handler)
        steps.setLevel(level)
        ctx.close()
    with closing(sqlite3.connect(shop.state)) as state:
        assert state.execute("SELECT kind FROM effects WHERE outcome IS NULL").fetchall() == []
    assert shop.held() == []
    assert shop.run()["exit_code"] == 0
    shop.assert_nothing_twice()
    assert len(shop.sandbox.monta.labels) == 3


@pytest.mark.parametrize("concurrency", [1, 3])
def test_no_more_calls_are_under_way_than_the_setting_says(shop, sandbox, concurrency):
    slow = [Fault(f"monta.{route}", "delay", delay=0.02) for route in ("order", "forecasts", "create", "label")]
    for index in range(8):
        number = str(2000 + index)
        sandbox.monta.add(monta_order(number))
        sandbox.returnista.add(return_order(request(order=f"#{number}")))
    for fault in slow:
        sandbox.faults.add(fault)
    shop.warehouse = {"concurrency": concurrency}
    assert shop.run()["exit_code"] == 0
    assert sandbox.counts.most_at_once("monta") == concurrency


def test_two_returns_of_one_order_share_its_units_whatever_the_concurrency(shop):
    shop.sandbox.monta.add(monta_order("3000", monta_line(quantity=3)))
    for index in range(5):
        shop.sandbox.returnista.add(return_order(request(order="#3000"), id=f"return {index}"))
    shop.warehouse = {"concurrency": 16}
    shop.run()
    assert sum(forecast.order == "3000" for forecast in shop.forecasts) == 3
    assert [item["cause"] for item in shop.held()] == ["too-many-units"] * 2
