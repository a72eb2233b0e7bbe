"""`returnsync accept-account NAME`: a person confirms that an account which changed is the right one."""

from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from returnsync.cli import options
from returnsync.cli.confirm import go_on_or_leave
from returnsync.cli.examples import examples
from returnsync.cli.session import acting, answering
from returnsync.errors import ExitCode

if TYPE_CHECKING:
    from returnsync.engine.ask import ChangedAccount

EXAMPLES = examples(
    ("The warehouse is another account from now on", "returnsync accept-account monta"),
    ends_with={ExitCode.USAGE: "there is no source and no warehouse of that name"},
    docs="docs/how-to/accounts.md",
)


def accept_account(
    name: Annotated[
        str,
        typer.Argument(metavar="ACCOUNT", callback=options.as_text, help="The source or warehouse, as configured."),
    ],
    config: options.Config = None,
    yes: options.Yes = False,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Accept that a source or warehouse is another account now. Asks first."""
    from returnsync.engine import ask

    with answering(verbose=verbose, as_json=as_json) as answer, acting(config, verbose=verbose) as ctx:
        changed = ask.changed_account(ctx, name)
        if changed is not None:
            if not yes:
                _ask(changed)
            ask.accept_account(ctx, changed)
        if as_json:
            answer.give({"name": name, "accepted": changed is not None})
        elif changed is None:
            typer.echo(f"{name} is still the same account, or nothing was announced yet. Nothing was changed.")
        else:
            typer.echo(f"Accepted: {_in_words(changed)}. The next run goes on with it.")


def _in_words(changed: "ChangedAccount") -> str:
    if changed.source is None:
        return f"warehouse {changed.name}, with the user name and the address that are configured now"
    return (
        f"source {changed.name}, with the platform and the account that are configured now, read again from start_from"
    )


def _ask(changed: "ChangedAccount") -> None:
    """At another merchant's account everything would be announced again: ask, or require --yes."""
    what = (
        f"{changed.name} is another account than the one remembered since {changed.since:%Y-%m-%d}. If it is another "
        "merchant's, what is open now is announced there, and what was in flight may be announced again"
    )
    without = f"To accept it without a question: returnsync accept-account {quote(changed.name)} --yes"
    go_on_or_leave(what, "Accept it?", "nothing was accepted", without)
