"""Commands as programs of their own: the sandbox, the demo, and a run on a terminal."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
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
    """Exit code, stdout, and what a terminal as stderr got."""
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


def test_an_error_on_a_terminal_is_told_after_the_display_is_gone(shop):
    shop.source |= {"token": "env:NOT_SET_ANYWHERE"}
    code, _, shown = on_a_terminal(shop, "run")
    assert code == 78
    assert "NOT_SET_ANYWHERE" in shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h")


def test_the_sandbox_prints_a_configuration_that_works_and_ends_on_a_signal(tmp_path):
    command = [*RETURNSYNC, "sandbox", "--port", "0", "--returns", "3", "--example-config"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        try:
            assert process.stderr is not None
            address = process.stderr.readline().removeprefix("Counts: ").strip()
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
            assert requests.get(f"{address}counts", timeout=5).json()["requests"] == 0
        finally:
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in err
    config = tmp_path / "returnsync.toml"
    config.write_text(out)
    assert "[sources.shop-nl]" in out


@pytest.mark.parametrize("wrong", [("--fault", "nonsense"), ("--fault", "monta.nowhere:1:reset"), ("--port", "x")])
def test_the_sandbox_refuses_what_it_cannot_do(wrong):
    done = subprocess.run(
        [*RETURNSYNC, "sandbox", "--port", "0", *wrong], capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def demo(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RETURNSYNC, "demo", "--folder", str(folder), *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_demo_runs_twice_and_begins_anew_where_an_earlier_one_was(tmp_path):
    for _ in range(2):
        done = demo(tmp_path / "demo")
        assert done.returncode == 0, done.stderr
        assert "the second run added 0" in done.stdout
        assert list((tmp_path / "demo" / "labels").rglob("*.pdf"))
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_the_demo_touches_no_folder_that_it_did_not_make(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "returnsync.toml").write_text("# mine too\n")
    done = demo(tmp_path)
    assert done.returncode == 78
    assert "Traceback" not in done.stderr
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "mine.txt": "mine", "returnsync.toml": "# mine too\n"
    }  # fmt: skip


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_the_demo_deletes_nothing_that_it_did_not_make_whatever_lies_in_its_folder(tmp_path):
    made, copy, link = tmp_path / "demo", tmp_path / "copy", tmp_path / "link"
    assert demo(made).returncode == 0
    # Begun with a demo's files, and gone on with: names prove nothing.
    shutil.copytree(made, copy)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mine.txt").write_text("mine")
    link.symlink_to(tmp_path / "elsewhere")
    before = files_in(tmp_path)
    for folder in (copy, link):
        assert "Nothing was touched" in refused_demo(folder)
        assert files_in(tmp_path) == before
    for name in ("labels/monta/mine.pdf", "notes.txt", "labels/monta.txt"):
        (made / name).write_text("mine")
        assert f"was changed since: {name}." in refused_demo(made)
        assert files_in(tmp_path) == {**before, f"demo/{name}": b"mine"}
        (made / name).unlink()
    for name in ("returnsync.toml", "returnsync.db"):
        with (made / name).open("ab") as file:
            file.write(b"# mine")
        assert name in refused_demo(made)
        assert files_in(made)[name].endswith(b"# mine")


def test_what_was_done_with_the_sandbox_of_a_demo_makes_room_for_the_next(tmp_path):
    folder = tmp_path / "demo"
    kept = [*RETURNSYNC, "demo", "--folder", str(folder), "--keep"]
    with subprocess.Popen(kept, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as program:
        assert any("until Ctrl-C. In another terminal" in line for line in program.stdout or ())
        again = ["replay", "#20417", "--new-label", "--yes", "--config", str(folder / "returnsync.toml")]
        assert subprocess.run([*RETURNSYNC, *again], capture_output=True, check=False).returncode == 0
        program.send_signal(signal.SIGINT)
        assert program.wait(timeout=30) == 130
    assert demo(folder).returncode == 0


def refused_demo(folder: Path) -> str:
    done = demo(folder)
    assert done.returncode == 78
    return done.stderr


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/demo", "/dev/null", "x" * 300])
def test_a_folder_that_the_demo_cannot_use_is_told_and_is_no_fault(tmp_path, place):
    (tmp_path / "file").write_text("mine")
    done = demo(tmp_path / place)
    assert done.returncode == 78
    assert "fault" not in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "file").read_text() == "mine"


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
