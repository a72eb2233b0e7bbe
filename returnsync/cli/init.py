"""`returnsync init`: a configuration to start from."""

from pathlib import Path
from typing import Annotated

import typer

from returnsync.cli import streams
from returnsync.cli.session import answering, say
from returnsync.errors import ExitCode


def init(
    example: Annotated[bool, typer.Option("--example", help="Print the sample configuration, and stop.")] = False,
    path: Annotated[Path, typer.Option("--config", "-c", help="The file to write.")] = Path("returnsync.toml"),
) -> None:
    """Write a commented configuration to start from; never over one that exists."""
    from returnsync.config.example import sample

    with answering():
        if example:
            streams.write_utf8()
            typer.echo(sample(), nl=False)
            return
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(sample())
        except FileExistsError:
            say(f"{path} exists already; it was not touched.", "Name another file with --config, or print: --example")
            raise typer.Exit(int(ExitCode.USAGE)) from None
        except OSError as error:
            say(f"{path} cannot be written ({error.strerror}).")
            raise typer.Exit(int(ExitCode.CONFIG)) from None
        typer.echo(f"Wrote {path}. Put your own accounts into it, then: returnsync check --config {path}")
