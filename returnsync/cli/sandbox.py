"""`returnsync sandbox`: the stand-ins alone, for trying things out."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from returnsync.cli import options, streams
from returnsync.cli.examples import examples
from returnsync.cli.new_file import write_new
from returnsync.cli.sandbox_config import (
    check_platforms,
    configuration,
    credentials,
    in_the_file,
)
from returnsync.cli.session import answering, needing_sandbox, say
from returnsync.errors import ConfigError, ExitCode
from returnsync.system_errors import in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from returnsync.sandbox import Sandbox

EXAMPLES = examples(
    ("Write a configuration of your own, and make the first labels with it", "returnsync sandbox --config my.toml run"),
    ("Leave it running, with a configuration for another terminal", "returnsync sandbox --config my.toml"),
    ("A hundred plain returns for each platform, each answer slow", "returnsync sandbox --returns 100 --latency 0.2"),
    (
        "The connection is lost after Monta made the second label",
        "returnsync sandbox --fault monta.label:2:reset-after",
    ),
    ends_with={
        ExitCode.USAGE: "there is no such fault or platform",
        ExitCode.CONFIG: "no port, no sandbox installed, or a file that is not for it",
    },
    docs="docs/how-to/sandbox.md",
)

_USUAL_FILE = Path("returnsync.toml")


def sandbox(
    command: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="COMMAND",
            help="A command of returnsync to run with the file of --config, such as run; then the sandbox stops. Write "
            "-- before a command with options.",
            show_default=False,
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            metavar="FILE",
            readable=False,
            help="Write the configuration into this file; a file that exists is used as it is.",
        ),
    ] = None,
    port: Annotated[
        int,
        typer.Option(
            metavar="PORT",
            min=0,
            max=65_534,
            help="Where to listen on 127.0.0.1, the mail server on the next; 0 takes any free port.",
        ),
    ] = 8099,
    returns: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER",
            min=0,
            max=99_999,
            help="This many plain returns for each platform, instead of a believable day.",
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="NUMBER", help="Another number makes up other data; the same number, the same data.")
    ] = 1,
    latency: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, max=3600, help="Seconds that each answer takes.")
    ] = 0.0,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROUTE:CALL:KIND",
            help="Let a call go wrong, such as monta.label:3:reset-after; may be given several times.",
        ),
    ] = None,
    platform: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PLATFORM",
            help="Only this platform's account in the configuration; may be given several times.",
        ),
    ] = None,
    example_config: Annotated[
        bool, typer.Option(help="Print the configuration on stdout, unless --config writes it into a file.")
    ] = True,
    verbose: options.Verbose = False,
) -> None:
    """Run stand-ins for the platforms and Monta, until Ctrl-C. They listen on loopback; at `/` is a page of counts.

    It prints their credentials, and a whole configuration for them.
    """
    with answering(verbose=verbose):
        with needing_sandbox():
            from returnsync.sandbox import World, give_back_plain, serve
        check_platforms(platform or ())
        if command and config is None:
            say("A command needs a configuration.", "Name its file with --config; a new one is written.")
            raise typer.Exit(int(ExitCode.USAGE))
        ended, stop, listening = [], threading.Event(), threading.Event()

        def ready(running: "Sandbox") -> None:
            listening.set()
            if returns is not None:
                give_back_plain(running, returns, seed, platform or ())
            _offer(running, config, partial(_configuration, running, platform, returns or 0), prints=example_config)
            if command and config is not None:
                ended.append(_run(command, config, running))
                stop.set()
            else:
                _tell(running, platform)

        world = World.day(seed) if returns is None else World.empty()
        try:
            serve(world, port, latency, fault or (), with_mail=True, ready=ready, stop=stop)
        except ValueError as error:
            if listening.is_set():
                raise
            say(str(error))
            raise typer.Exit(int(ExitCode.USAGE)) from None
        except OSError as error:
            if listening.is_set():
                raise
            ports = f"ports {port} and {port + 1}" if port else "any port"
            say(f"The sandbox cannot listen on {ports} ({error.strerror}).", "Choose another with --port.")
            raise typer.Exit(int(ExitCode.CONFIG)) from None
        raise typer.Exit(ended[0] if ended else int(ExitCode.DONE))


def _offer(running: "Sandbox", config: Path | None, text: Callable[[], str], *, prints: bool) -> None:
    """Write a configuration for the sandbox into a new file, or print it where no file is named.

    Raises:
        ConfigError: the file cannot be written.
    """
    if config is None:
        if prints:
            streams.write_utf8()
            typer.echo(text())
            sys.stdout.flush()
        return
    try:
        write_new(config, text())
        say(f"Wrote {config}, a configuration for the sandbox at {running.url}.")
    except FileExistsError:
        say(f"{config} exists and is used as it is.")
    except OSError as error:
        raise in_words(error) or ConfigError(f"{config} cannot be written ({error}).", "Name another file.") from error


def _configuration(running: "Sandbox", only: "Sequence[str] | None", most: int) -> str:
    head = (
        f"# For the sandbox at {running.url}, while `returnsync sandbox` runs. Its credentials open nothing else, so\n"
        "# they may be in this file. For your own accounts, write references such as env:NAME or file:PATH.\n"
    )
    return configuration(running, head, in_the_file, only, most)


def _run(command: "Sequence[str]", config: Path, running: "Sandbox") -> int:
    """Run a command with the file, on this very terminal; gives its exit code.

    Whatever configuration the command reads, it is refused unless it is for this sandbox.
    """
    from returnsync.config.sandbox_only import environment

    # As an option, so that the commands that it advises name the file; the variable holds where an option cannot stand.
    named = [] if "--" in command or config == _USUAL_FILE else ["--config", str(config)]
    say(f"returnsync {' '.join(map(quote, [*command, *named]))}")
    port = running.mail.port if running.mail is not None else None
    only_here = {"RETURNSYNC_CONFIG": str(config.absolute()), **environment(running.monta_url, port)}
    line = [sys.executable, "-m", "returnsync", *command, *named]
    with subprocess.Popen(line, env={**os.environ, **only_here}) as process:  # noqa: S603 - our own program
        # It finishes the effect in hand, and for that it needs the sandbox.
        before = signal.signal(signal.SIGTERM, lambda number, _: process.send_signal(number))
        try:
            return _ended(process)
        finally:
            signal.signal(signal.SIGTERM, before)


def _ended(process: "subprocess.Popen[bytes]") -> int:
    """How a command on this terminal ended. Ctrl-C reaches it by itself."""
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


def _tell(running: "Sandbox", only: "Sequence[str] | None") -> None:
    """Where everything is, and with which credentials it is used."""
    say(f"Counts: {running.url}/", f"Orders at Monta, with their SKUs: {running.url}/orders")
    if running.mail is not None:
        say(f"Mails: {running.url}/mails")
    say("The accounts, with the keys of the configuration:")
    for title, keys in credentials(running, only):
        say(f"  {title}: {', '.join(f'{key} = {value}' for key, value in keys.items())}")
    say("The sandbox runs until Ctrl-C.")
