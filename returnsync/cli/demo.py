"""`returnsync demo`: the main job on embedded stand-ins, twice, with the real command and a real configuration."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from returnsync.cli import demo_folder, options
from returnsync.cli.examples import examples
from returnsync.cli.new_file import write_new
from returnsync.cli.session import answering, needing_sandbox
from returnsync.errors import ConfigError, ExitCode, ReturnsyncError
from returnsync.folders import make_private, open_private, write_by_rename

if TYPE_CHECKING:
    from returnsync.sandbox import Sandbox
    from returnsync.sandbox.counts import CountsDict
    from returnsync.sandbox.wire import ReturnPlatform

EXAMPLES = examples(
    ("A day of returns, taken to a stand-in for Monta", "returnsync demo"),
    ("Then try the other commands in another terminal", "returnsync demo --keep"),
    ("Another day, in another folder", "returnsync demo --seed 7 --folder another-day"),
    ends_with={ExitCode.CONFIG: "the folder has something else in it, or the sandbox is not installed"},
    docs="docs/how-to/sandbox.md",
)

_MARK = "# Made by `returnsync demo`.\n"


def demo(
    folder: Annotated[
        Path,
        typer.Option(metavar="FOLDER", readable=False, help="Where the demo's configuration, state and labels go."),
    ] = Path("demo"),
    seed: Annotated[int, typer.Option(metavar="NUMBER", help="Another number, another day.")] = 1,
    pair: Annotated[bool, typer.Option(help="Then pair the day's return reasons with Monta's, by asking.")] = False,
    keep: Annotated[bool, typer.Option(help="Leave the sandbox running until Ctrl-C, to try things out.")] = False,
    verbose: options.Verbose = False,
) -> None:
    """Take a day of returns through the sandbox, twice. The data is made up; the second run does nothing twice."""
    with answering(verbose=verbose):
        with needing_sandbox():
            from returnsync.sandbox import Sandbox, World
        demo_folder.prepare(folder)
        config = folder / "returnsync.toml"
        with Sandbox(World.day(seed), with_mail=True) as sandbox:
            with _noting(folder):
                _write(sandbox, folder, config)
                _show(sandbox, config)
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


def _show(sandbox: "Sandbox", config: Path) -> None:
    """Both runs, what is held after them, and which reasons have no pair."""
    _print(f"A sandbox stands in for {_names(sandbox)} and Monta at {sandbox.url}.")
    _print(f"\nThe first run takes the day's returns to Monta:\n  returnsync run --config {quote(str(config))}\n")
    _returnsync("run", config)
    before = sandbox.counts.as_dict()
    _print(f"\nThe second run finds nothing to do twice:\n  returnsync run --config {quote(str(config))}\n")
    _returnsync("run", config)
    _compare(sandbox, before)
    _print(f"\nWhat is held, and why:\n  returnsync held --config {quote(str(config))}\n")
    _returnsync("held", config)
    _print(f"\nReturn reasons without a pair went in words alone. What is to be paired:\n{_check(config)}")


def _keep_mails(sandbox: "Sandbox", folder: Path) -> None:
    """The mails that the sandbox took, as files that any mail program opens."""
    if sandbox.mail is None or not sandbox.mail.mails:
        return
    make_private(folder)
    for number, mail in enumerate(sandbox.mail.mails, 1):
        write_by_rename(folder / f"{number:03}.eml", mail.content)


def configuration(sandbox: "Sandbox", folder: Path | None = None, only: Collection[str] | None = None) -> str:
    """A configuration for a running sandbox, of all platforms or `only` some.

    With a folder, its secrets lie there in files of their own; else they are environment variables.
    """
    import tomli_w

    references = {name: f"env:SANDBOX_{name.upper()}" for name in secrets(sandbox)}
    if folder is not None:
        for name, value in secrets(sandbox).items():
            path = folder / f"{name}.secret"
            with os.fdopen(open_private(path, os.O_WRONLY | os.O_EXCL), "w", encoding="utf-8") as file:
                file.write(value + "\n")
            references[name] = f"file:{path.name}"
    monta = {
        "kind": "monta",
        "username": references["username"],
        "password": references["password"],
        "carrier": "PostNL",
        "channel": next(iter(sandbox.world.channels)),
        "base_url": sandbox.monta_url,
    }
    sources = {platform.source: _source(sandbox, platform, references) for platform in _chosen(sandbox, only)}
    tables: dict[str, object] = {"warehouses": {"monta": monta}, "sources": sources}
    if sandbox.mail is not None:
        tables["mail"] = {
            "host": "127.0.0.1",
            "port": sandbox.mail.port,
            "security": "plain",
            "from": "Example Shop <returns@shop.example>",
        }
    return tomli_w.dumps({"state": "returnsync.db", "labels": "labels", **tables})


def _source(sandbox: "Sandbox", platform: "ReturnPlatform", references: Mapping[str, str]) -> dict[str, object]:
    """The table of one stand-in's account."""
    return {
        "platform": platform.name,
        "warehouse": "monta",
        "start_from": (datetime.now(UTC) - timedelta(days=2)).replace(microsecond=0),
        **platform.settings(),
        **{key: references[f"{platform.name}_{key}"] for key in platform.secrets()},
        **platform.addresses(sandbox.url),
        **({"hand_over": ["email"]} if sandbox.mail is not None else {}),
    }


def _chosen(sandbox: "Sandbox", only: Collection[str] | None) -> list["ReturnPlatform"]:
    return [platform for platform in sandbox.platforms if not only or platform.name in only]


def secrets(sandbox: "Sandbox", only: Collection[str] | None = None) -> dict[str, str]:
    """The credentials of a sandbox, by name; they open nothing else."""
    monta = {"username": sandbox.world.username, "password": sandbox.world.password}
    platforms = {
        f"{platform.name}_{key}": value
        for platform in _chosen(sandbox, only)
        for key, value in platform.secrets().items()
    }
    return {**monta, **platforms}


@contextmanager
def _noting(folder: Path) -> Iterator[None]:
    """Whatever ends the demo, what it made in its folder makes room for the next."""
    try:
        yield
    finally:
        demo_folder.note(folder)


def _write(sandbox: "Sandbox", folder: Path, config: Path) -> None:
    """The configuration and its secrets, all or none. Raises `ReturnsyncError`."""
    try:
        write_new(config, _MARK + configuration(sandbox, folder))
    except OSError as error:
        demo_folder.clear(folder)
        raise demo_folder.cannot_be_used(folder, error) from error


def _returnsync(command: str, config: Path) -> None:
    """Run the real command in a process of its own. Held returns make it end with 1: that is part of the show."""
    done = _output_of(command, "--config", str(config))
    _print(done.stdout.rstrip() or "(silence: there was nothing to do)")
    _print(f"(exit code {done.returncode})")
    if done.returncode not in (ExitCode.DONE, ExitCode.NEEDS_PERSON):
        failed = ReturnsyncError(f"The demo's `returnsync {command}` failed, for what is said above.")
        failed.exit_code = ExitCode(done.returncode) if done.returncode in set(ExitCode) else ExitCode.FAULT
        raise failed


def _check(config: Path) -> str:
    """How many reasons want a pair, and how one finds them again."""
    done = _output_of("map-reasons", "--check", "--json", "--config", str(config))
    try:
        found = [problem["words"] for problem in json.loads(done.stdout)["problems"]]
    except (ValueError, KeyError):
        # It has said on stderr why.
        raise ConfigError(
            "The demo's reasons could not be read.", "Mend what is said above, and start it anew."
        ) from None
    return f"  returnsync map-reasons --check --config {quote(str(config))}\n\n{len(found)} reasons: {'; '.join(found)}"


def _output_of(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the real command in UTF-8, whatever the locale: what it prints is printed here once more."""
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "returnsync", *arguments],
        check=False, stdout=subprocess.PIPE, encoding="utf-8", env={**os.environ, "PYTHONIOENCODING": "utf-8"},
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
        f"\nCounted at Monta: {made} forecasts of ours under {made - doubled} codes, "
        f"{len(sandbox.monta.labels)} labels; the second run added "
        f"{_effects(after) - _effects(before)}."
    )
    if sandbox.mail is not None:
        mails = sandbox.mail.mails
        _print(
            f"Counted at the mail server: {len(mails)} mails to consumers, each with another label: "
            f"{len({mail.message_id for mail in mails})}."
        )


def _names(sandbox: "Sandbox") -> str:
    return ", ".join(platform.title for platform in sandbox.platforms)


def _effects(counts: "CountsDict") -> int:
    return sum(counts["effects"].values())


def _next_steps(folder: Path, config: Path) -> None:
    labels = sorted((folder / "labels").rglob("*.pdf"))
    _print(
        f"\nThe labels, {len(labels)} of them, lie in {folder / 'labels'}, such as {labels[0].name}." if labels else ""
    )
    mails = sorted((folder / "mails").glob("*.eml"))
    _print(
        f"What the consumers got, {len(mails)} mails with their labels, lies in {folder / 'mails'}: a mail program "
        f"opens {mails[0].name}. With --keep the sandbox shows them at its page /mails."
        if mails
        else ""
    )
    _print("Try next:")
    for line in (
        f"status --config {quote(str(config))}",
        f"show '#20417' --config {quote(str(config))}",
        f"held --json --config {quote(str(config))}",
        "demo --pair       # goes on by pairing the return reasons: returnsync map-reasons",
        "demo --keep       # leaves the sandbox running, to try run, replay, check and map-reasons in another terminal",
        "init --example    # the configuration to start from",
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
