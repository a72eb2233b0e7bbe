"""`returnsync completion SHELL`: the script with which a shell completes what is typed."""

from pathlib import Path
from typing import Annotated

import typer

from returnsync.cli import options, streams
from returnsync.cli.completing import SHELLS
from returnsync.cli.examples import examples
from returnsync.cli.session import answering
from returnsync.errors import ExitCode, NotThereError

_SCRIPTS = Path(__file__).with_name("completing") / "scripts"

EXAMPLES = examples(
    ("For bash, in ~/.bashrc", 'eval "$(returnsync completion bash)"'),
    ("For zsh, in ~/.zshrc below compinit", 'eval "$(returnsync completion zsh)"'),
    ("For fish", "returnsync completion fish > ~/.config/fish/completions/returnsync.fish"),
    ends_with={ExitCode.USAGE: "there is no script for that shell"},
    docs="docs/how-to/completion.md",
)


def completion(
    shell: Annotated[str, typer.Argument(metavar="SHELL", help=f"One of: {', '.join(SHELLS)}.")],
    verbose: options.Verbose = False,
) -> None:
    """Print a script for completion with the Tab key. For bash, zsh or fish.

    It completes commands, options, sources, causes, order numbers and codes. Nothing is installed by this command.
    """
    with answering(verbose=verbose):
        if shell not in SHELLS:
            raise NotThereError(f"There is no completion for {shell!r}.", f"Name one of: {', '.join(SHELLS)}.")
        streams.write_utf8()
        typer.echo((_SCRIPTS / f"returnsync.{shell}").read_text(encoding="utf-8"), nl=False)
