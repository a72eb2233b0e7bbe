"""`returnsync demo` as a program of its own: it shows the main job, and removes only what a demo made."""

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from returnsync.cli.demo_picture import FILE, lasting, picture

ROOT = Path(__file__).parents[2]
QUICK = ("--platform", "loop")
RETURNSYNC = (sys.executable, "-m", "returnsync")


def demo(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RETURNSYNC, "demo", "--folder", str(folder), *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """What a demo prints, and the folder in which it ran."""
    folder = tmp_path_factory.mktemp("shown")
    done = demo(folder / "demo")
    assert done.returncode == 0, done.stderr
    return done.stdout, folder


def test_the_second_run_of_the_demo_does_nothing_twice(shown):
    text, folder = shown
    assert "The second run added 0." in text
    assert list((folder / "demo" / "labels").rglob("*.pdf"))
    assert list((folder / "demo" / "mails").rglob("*.eml"))


def test_the_demo_fits_on_one_screen(shown):
    text, _ = shown
    assert len(text.splitlines()) <= 48


def test_the_demo_begins_again_where_an_earlier_one_was(shown):
    _, folder = shown
    assert demo(folder / "demo", *QUICK).returncode == 0
    assert [path.name for path in folder.iterdir()] == ["demo"]


def test_a_demo_of_one_platform_names_an_order_that_it_has(tmp_path):
    done = demo(tmp_path / "demo", *QUICK)
    assert done.returncode == 0, done.stderr
    code = re.search(r"returnsync.* show (\S+)", done.stdout)[1]
    assert (tmp_path / "demo" / "labels" / "monta" / f"{code}.pdf").exists()


def test_the_picture_of_the_readme_is_what_the_demo_prints(shown):
    """Where it is stale: make generate."""
    text, _ = shown
    assert (ROOT / FILE).read_text(encoding="utf-8") == picture(text)
    assert "http://127.0.0.1:8099" in (ROOT / FILE).read_text(encoding="utf-8")


def test_the_picture_fetches_nothing_from_elsewhere():
    addresses = re.findall(r"https?://[^\s\"<]+", (ROOT / FILE).read_text(encoding="utf-8"))
    assert set(addresses) <= {"http://www.w3.org/2000/svg", "http://127.0.0.1:8099."}


def test_what_changes_from_one_demo_to_the_next_is_not_in_the_picture():
    one = "at http://127.0.0.1:41.\nmade 2026-11-30  held 2 minutes\nTook 12.5 s.\n  ../bin/returnsync held\n/a/demo/x"
    other = "at http://127.0.0.1:5.\nmade 2027-01-01  held 1 minute\nTook 3.1 s.\n  returnsync held\ndemo/x"
    assert lasting(one) == lasting(other)


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
    assert demo(made, *QUICK).returncode == 0
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
    kept = [*RETURNSYNC, "demo", *QUICK, "--folder", str(folder), "--keep"]
    with subprocess.Popen(kept, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as program:
        assert any("until Ctrl-C. In another terminal" in line for line in program.stdout or ())
        again = ["replay", "#5133", "--new-label", "--yes", "--config", str(folder / "returnsync.toml")]
        assert subprocess.run([*RETURNSYNC, *again], capture_output=True, check=False).returncode == 0
        program.send_signal(signal.SIGINT)
        assert program.wait(timeout=30) == 130
    assert demo(folder, *QUICK).returncode == 0


def refused_demo(folder: Path) -> str:
    done = demo(folder, *QUICK)
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
