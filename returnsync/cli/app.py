"""The command `returnsync`."""

import gc
import os
import sys
from typing import Annotated

import typer

from returnsync import __version__
from returnsync.cli import (
    accept_account,
    check,
    completing,
    completion,
    config,
    demo,
    export,
    held,
    help_text,
    html_report,
    init,
    labels,
    mail,
    map_reasons,
    purge,
    reconcile,
    replay,
    returns,
    run,
    sandbox,
    show,
    status,
    streams,
)

_ALLOCATIONS = 50_000

app = typer.Typer(
    name="returnsync",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help: rich would double the start-up
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=help_text.below_all_commands(),
)

app.command(epilog=run.EXAMPLES)(run.run)
app.command(epilog=replay.EXAMPLES)(replay.replay)
app.add_typer(held.app, name="held")
app.command(epilog=map_reasons.EXAMPLES)(map_reasons.map_reasons)
app.command(epilog=returns.EXAMPLES)(returns.returns)
app.command(epilog=show.EXAMPLES)(show.show)
app.add_typer(labels.app, name="labels")
app.command(epilog=mail.EXAMPLES)(mail.mail)
app.command(epilog=status.EXAMPLES)(status.status)
app.command(epilog=reconcile.EXAMPLES)(reconcile.reconcile)
app.command(epilog=html_report.EXAMPLES)(html_report.report)
app.command(epilog=export.EXAMPLES)(export.export)
app.command(epilog=purge.EXAMPLES)(purge.purge)
app.command(epilog=check.EXAMPLES)(check.check)
app.command(epilog=accept_account.EXAMPLES)(accept_account.accept_account)
app.command(epilog=init.EXAMPLES)(init.init)
app.add_typer(config.app, name="config")
app.command(epilog=completion.EXAMPLES)(completion.completion)
app.command(epilog=demo.EXAMPLES)(demo.demo)
app.command(epilog=sandbox.EXAMPLES)(sandbox.sandbox)
help_text.dress(app)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"returnsync {__version__}")
        raise typer.Exit


@app.callback()
def main_options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take approved consumer returns from return platforms to the warehouse: announced once, labelled once."""


def main() -> None:
    """Run the command line; the exit codes are part of its contract (docs/reference.md)."""
    # Nearly everything that is loaded stays until the end. Garbage collection, again and again and once more at exit,
    # takes a quarter of the time of a run with nothing to do.
    gc.set_threshold(_ALLOCATIONS)
    # Otherwise pydantic searches every installed package for plugins at each start. None is wanted here.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    streams.prepare()
    try:
        if completing.ASKED in os.environ and not sys.argv[1:]:
            from returnsync.cli.completing.answer import answer

            answer(app)
        else:
            app()
    finally:
        streams.finish()
        gc.freeze()
