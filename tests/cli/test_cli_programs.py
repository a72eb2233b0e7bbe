"""Commands as separate programs: a run on a terminal, without a reader, and ended by a signal."""

import os
import signal
import subprocess
import sys
import time

import pytest
from terminal import on_terminal

from returnsync.sandbox import World
from returnsync.sandbox.world import monta_order, request, return_order

RETURNSYNC = (sys.executable, "-m", "returnsync")


@pytest.fixture
def world() -> World:
    world = World.empty()
    world.orders.append(monta_order("1001"))
    world.return_orders.append(return_order(request(order="#1001")))
    return world


def on_a_terminal(shop, *arguments: str) -> tuple[int, str, str]:
    """The exit code, stdout, and what a terminal that is stderr received."""
    with (shop.folder / "out.txt").open("w+b") as file:
        code, shown = on_terminal(shop, *arguments, stdout=file, columns=100)
        file.seek(0)
        return code, file.read().decode(), shown


def test_progress_on_a_terminal_leaves_the_results_on_stdout_as_they_are(shop):
    code, out, shown = on_a_terminal(shop, "run")
    assert code == 0
    assert "1 announced, 1 labelled" in out
    assert "\x1b" not in out
    assert "\x1b[" in shown  # it did draw something
    assert "Traceback" not in shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h")  # the cursor is shown again at the end


@pytest.mark.parametrize("options", [("--json",), ("--quiet",)], ids=" ".join)
def test_no_progress_is_drawn_where_a_script_reads_or_silence_was_asked_for(shop, options):
    code, out, shown = on_a_terminal(shop, "run", *options)
    assert (code, shown) == (0, "")
    assert out.startswith("{") if options == ("--json",) else out == ""


def test_an_error_on_a_terminal_is_reported_after_the_display_is_gone(shop):
    shop.source |= {"token": "env:NOT_SET_ANYWHERE"}
    code, _, shown = on_a_terminal(shop, "run")
    assert code == 78
    assert "NOT_SET_ANYWHERE" in shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h")


def test_a_reader_that_leaves_early_is_no_fault(shop):
    shop.write_config()
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [*RETURNSYNC, "run", "--config", str(shop.config)],
            stdout=write, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
            env={**os.environ, **shop.environment},
        )  # fmt: skip
    finally:
        os.close(write)
    assert "Traceback" not in done.stderr
    assert len(shop.labels()) == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_after_the_effect_in_hand(shop, number, code):
    shop.write_config()
    shop.sandbox.faults.add(shop.sandbox.faults.parse("monta.create:1:delay=0.3"))
    with subprocess.Popen(
        [*RETURNSYNC, "run", "--config", str(shop.config)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **shop.environment},
    ) as process:  # fmt: skip
        until = time.monotonic() + 20
        while not shop.sandbox.faults.fired:
            assert time.monotonic() < until
            time.sleep(0.005)
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert "Traceback" not in err
    assert shop("run").code == 0
    shop.assert_nothing_twice()
    assert len(shop.labels()) == 1
