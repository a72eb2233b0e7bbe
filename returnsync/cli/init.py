"""`returnsync init`: a configuration to start from."""

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from returnsync.cli import options, streams
from returnsync.cli.examples import examples
from returnsync.cli.new_file import write_new
from returnsync.cli.session import answering, say
from returnsync.errors import ExitCode

EXAMPLES = examples(
    ("A file to fill in", "returnsync init --config mine.toml"),
    ("Only look at it", "returnsync init --example"),
    ends_with={
        ExitCode.USAGE: "the file is there already; it was not touched",
        ExitCode.CONFIG: "the file cannot be written",
    },
    docs="docs/configuration.md",
)


def init(
    example: Annotated[bool, typer.Option("--example", help="Print the sample configuration, and stop.")] = False,
    path: Annotated[
        Path, typer.Option("--config", "-c", metavar="FILE", readable=False, help="The file to write.")
    ] = Path("returnsync.toml"),
    verbose: options.Verbose = False,
) -> None:
    """Write a commented configuration to start from. Never over a file that is there already."""
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
