"""`returnsync demo` as a program of its own: it shows the main job, and removes only what a demo made."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

RETURNSYNC = (sys.executable, "-m", "returnsync")


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
        assert "The second run added 0." in done.stdout
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
