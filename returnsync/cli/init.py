"""`returnsync init`: a configuration to start from."""

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from returnsync.cli import options, streams
from returnsync.cli.new_file import write_new
from returnsync.cli.session import answering, say
from returnsync.errors import ExitCode


def init(
    example: Annotated[bool, typer.Option("--example", help="Print the sample configuration, and stop.")] = False,
    path: Annotated[Path, typer.Option("--config", "-c", readable=False, help="The file to write.")] = Path(
        "returnsync.toml"
    ),
    verbose: options.Verbose = False,
) -> None:
    """Write a commented configuration to start from; never over one that exists."""
    from returnsync.config.example import sample

    with answering(verbose=verbose):
        if example:
            streams.write_utf8()
            typer.echo(sample(), nl=False)
            return
        try:
            write_new(path, sample())
        except FileExistsError:
            say(f"{path} exists already; it was not touched.", "Name another file with --config, or print: --example")
            raise typer.Exit(int(ExitCode.USAGE)) from None
        typer.echo(f"Wrote {path}. Put your own accounts into it, then: returnsync check --config {quote(str(path))}")
