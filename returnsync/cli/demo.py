"""`returnsync demo`: the main job on embedded stand-ins, twice, with the real command and a real configuration."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from returnsync.cli import demo_folder, options
from returnsync.cli.examples import examples
from returnsync.cli.new_file import write_new
from returnsync.cli.sandbox_config import check_platforms, chosen, configuration, in_files_of
from returnsync.cli.session import answering, needing_sandbox
from returnsync.errors import ExitCode, ReturnsyncError
from returnsync.folders import make_private, write_by_rename

if TYPE_CHECKING:
    from returnsync.sandbox import Sandbox
    from returnsync.sandbox.counts import CountsDict

EXAMPLES = examples(
    ("A day of returns, taken to a stand-in for Monta", "returnsync demo"),
    ("Then try the other commands in another terminal", "returnsync demo --keep"),
    ("Another day, in another folder", "returnsync demo --seed 7 --folder another-day"),
    ends_with={ExitCode.CONFIG: "the folder has something else in it, or the sandbox is not installed"},
    docs="docs/how-to/sandbox.md",
)

_MARK = "# Made by `returnsync demo`.\n"
# A cause that is explained in few lines, and that only one return of the day has.
_CAUSE_SHOWN = "too-many-units"


def demo(
    folder: Annotated[
        Path,
        typer.Option(metavar="FOLDER", readable=False, help="Where the demo's configuration, state and labels go."),
    ] = Path("demo"),
    seed: Annotated[int, typer.Option(metavar="NUMBER", help="Another number, another day.")] = 1,
    pair: Annotated[bool, typer.Option(help="Then pair the day's return reasons with Monta's, by asking.")] = False,
    platform: Annotated[
        list[str] | None,
        typer.Option(metavar="PLATFORM", help="Only the returns of this platform; may be given several times."),
    ] = None,
    keep: Annotated[bool, typer.Option(help="Leave the sandbox running until Ctrl-C, to try things out.")] = False,
    verbose: options.Verbose = False,
) -> None:
    """Take a day of returns through the sandbox, twice. The data is made up; the second run has nothing to do."""
    with answering(verbose=verbose):
        with needing_sandbox():
            from returnsync.sandbox import Sandbox, World
        check_platforms(platform or ())
        demo_folder.prepare(folder)
        config = folder / "returnsync.toml"
        with Sandbox(World.day(seed), with_mail=True) as sandbox:
            with _noting(folder):
                _write(sandbox, folder, config, platform)
                _show(sandbox, config, platform)
                _keep_mails(sandbox, folder / "mails")
                if pair:
                    _print(f"\nOne after the other:\n  returnsync map-reasons --config {quote(str(config))}\n")
                    _ask(config)
            _next_steps(folder, config)
            if keep:
                _print(f"\nThe sandbox goes on at {sandbox.url} until Ctrl-C. In another terminal:")
                _print(f"  {_program()} map-reasons --config {quote(str(config))}")
                _print(f"What consumers got is shown at {sandbox.url}/mails")
                try:
                    _wait()
                finally:
                    demo_folder.note_more(folder, {label.data for label in sandbox.monta.labels})


def _show(sandbox: "Sandbox", config: Path, only: Collection[str] | None) -> None:
    """Both runs, what both led to, and one of the returns that are held after them."""
    names = ", ".join(platform.title for platform in chosen(sandbox, only))
    _print(f"A sandbox stands in for {names}, Monta and a mail server at {sandbox.url}.")
    _print("\nA day of returns is announced at Monta, and the labels are mailed to the consumers:")
    _returnsync(config, "run")
    before = sandbox.counts.as_dict()
    _print("\nThe second run has nothing to do:")
    _returnsync(config, "run")
    _compare(sandbox, before)
    _print("\nWhat returnsync cannot decide is held for a person, with the next step. One example:")
    # Only Returnista's day has a return of that cause.
    shown = ("--cause", _CAUSE_SHOWN) if not only or "returnista" in only else ("--limit", "1")
    _returnsync(config, "held", *shown)


def _keep_mails(sandbox: "Sandbox", folder: Path) -> None:
    """The mails that the sandbox took, as files that any mail program opens."""
    if sandbox.mail is None or not sandbox.mail.mails:
        return
    make_private(folder)
    for number, mail in enumerate(sandbox.mail.mails, 1):
        write_by_rename(folder / f"{number:03}.eml", mail.content)


@contextmanager
def _noting(folder: Path) -> Iterator[None]:
    """Whatever ends the demo, what it made in its folder makes room for the next."""
    try:
        yield
    finally:
        demo_folder.note(folder)


def _write(sandbox: "Sandbox", folder: Path, config: Path, only: Collection[str] | None) -> None:
    """The configuration and its secrets, all or none. Raises `ReturnsyncError`."""
    try:
        write_new(config, configuration(sandbox, _MARK, in_files_of(folder), only))
    except OSError as error:
        demo_folder.clear(folder)
        raise demo_folder.cannot_be_used(folder, error) from error


def _returnsync(config: Path, *words: str) -> None:
    """Run the real command in a process of its own. Held returns make it end with 1: that is part of the show.

    Raises:
        ReturnsyncError: it failed, and said why on stderr.
    """
    arguments = [*words, "--config", str(config)]
    _print(f"$ returnsync {' '.join(map(quote, arguments))}")
    done = _output_of(*arguments)
    _print(done.stdout.rstrip() or "(no output: nothing is new)")
    if done.returncode not in (ExitCode.DONE, ExitCode.NEEDS_PERSON):
        typer.echo(done.stderr, err=True, nl=False)
        failed = ReturnsyncError(f"The demo's `returnsync {words[0]}` failed, for the reason above.")
        failed.exit_code = ExitCode(done.returncode) if done.returncode in set(ExitCode) else ExitCode.FAULT
        raise failed


def _output_of(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the real command in UTF-8, whatever the locale: what it prints is printed here once more."""
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "returnsync", *arguments],
        check=False, capture_output=True, encoding="utf-8", env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip


def _ask(config: Path) -> None:
    """Run the real command on this very terminal."""
    command_line = [sys.executable, "-m", "returnsync", "map-reasons", "--config", str(config)]
    subprocess.run(command_line, check=False)  # noqa: S603 - our own program


def _compare(sandbox: "Sandbox", before: "CountsDict") -> None:
    """The proof, counted at the other end."""
    after = sandbox.counts.as_dict()
    made, doubled = after["effects"]["forecasts"], after["effects"]["duplicate_forecasts"]
    _print(
        f"\nCounted at Monta: {made} announcements with {made - doubled} different codes, and "
        f"{len(sandbox.monta.labels)} labels. The second run added {_effects(after) - _effects(before)}."
    )
    if sandbox.mail is not None:
        mails = sandbox.mail.mails
        different = len({mail.message_id for mail in mails})
        _print(f"Counted at the mail server: {len(mails)} mails, with {different} different labels.")


def _effects(counts: "CountsDict") -> int:
    return sum(counts["effects"].values())


def _next_steps(folder: Path, config: Path) -> None:
    files = sorted((folder / "labels").rglob("*.pdf"))
    labels = len(files)
    mails = len(list((folder / "mails").glob("*.eml")))
    _print(f"\n{labels} labels are in {folder / 'labels'}, and {mails} mails with them in {folder / 'mails'}.")
    known = [file.stem for file in files]
    order = "'#20417'" if any("-20417-" in code for code in known) else next(iter(known), "ORDER")
    _print("Try next:")
    for line in (
        f"held --config {quote(str(config))}",
        f"show {order} --config {quote(str(config))}",
        "demo --pair    # then pair the day's return reasons with Monta's",
        "demo --keep    # then leave the sandbox running, to try other commands in another terminal",
    ):
        _print(f"  {_program()} {line}")


def _program() -> str:
    """How this very program is called from here: it may lie in an environment that is not on the path."""
    return "returnsync" if shutil.which("returnsync") else os.path.relpath(sys.argv[0])


def _print(text: str) -> None:
    typer.echo(text)
    sys.stdout.flush()


def _wait() -> None:
    threading.Event().wait()
