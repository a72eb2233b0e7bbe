"""`returnsync held`: what waits for a person, and the two things to do about it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from returnsync.cli import options
from returnsync.cli.session import acting, answering, reading, say
from returnsync.errors import ExitCode, NotThereError

if TYPE_CHECKING:
    from returnsync.engine.context import Context

app = typer.Typer(help="List what waits for a person; retry or release it.", rich_markup_mode=None)

_Codes = Annotated[list[str] | None, typer.Argument(help="Codes, as `returnsync held` shows them.", show_default=False)]
_ByCause = Annotated[str | None, typer.Option("--cause", help="Everything held for this cause.", show_default=False)]
_All = Annotated[bool, typer.Option("--all", help="Everything that is held.")]


@app.callback(invoke_without_command=True)
def held(
    ctx: typer.Context,
    config: options.Config = None,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """List what waits for a person, grouped by cause, each with its next step."""
    if ctx.invoked_subcommand is not None:
        ctx.obj = config, as_json, verbose
        return
    from returnsync.engine import ask

    with answering(verbose=verbose, as_json=as_json) as answer, reading(config, verbose=verbose) as session:
        found = ask.list_held(session)
        if as_json:
            answer.give(found)
        elif found:
            from returnsync.cli.report import print_held

            print_held(found)
        else:
            typer.echo("Nothing is held.")
        raise typer.Exit(int(ExitCode.NEEDS_PERSON if found else ExitCode.DONE))


@app.command()
def retry(
    ctx: typer.Context,
    codes: _Codes = None,
    cause: _ByCause = None,
    everything: _All = False,
    config: options.Config = None,
    dry_run: options.DryRun = False,
    as_json: options.AsJson = False,
) -> None:
    """Have them looked at again by the next run. Nothing that was done is done twice."""
    from returnsync.engine import ask

    which = _Which(codes or [], cause, everything)
    _each(ctx, which, config, dry_run, as_json, ask.retry, "tried again by the next run")


@app.command()
def release(
    ctx: typer.Context,
    codes: _Codes = None,
    cause: _ByCause = None,
    everything: _All = False,
    config: options.Config = None,
    dry_run: options.DryRun = False,
    as_json: options.AsJson = False,
) -> None:
    """Take them out of returnsync's hands: nothing more is done for them. The story stays."""
    from returnsync.engine import ask

    which = _Which(codes or [], cause, everything)
    _each(ctx, which, config, dry_run, as_json, ask.release, "released")


class _Which(NamedTuple):
    """Which of those that are held."""

    codes: list[str]
    cause: str | None
    everything: bool


def _each(
    ctx: typer.Context,
    which: _Which,
    config: Path | None,
    dry_run: bool,
    as_json: bool,
    act: Callable[["Context", str], None],
    done: str,
) -> None:
    """Do one thing to each of them; options given before the word `retry` or `release` count too."""
    from returnsync.engine import ask

    group_config, group_json, verbose = ctx.obj
    with answering(verbose=verbose, as_json=as_json or group_json) as answer:
        if not any(which):
            say("Say which: codes, --cause CAUSE or --all.", "List them with: returnsync held")
            raise typer.Exit(int(ExitCode.USAGE))
        with acting(config or group_config, dry_run=dry_run, verbose=verbose) as session:
            found = list(ask.choose_held(session, which.codes, which.cause, everything=which.everything))
            missing = sorted(set(which.codes) - {item["code"] for item in found})
            if missing:
                raise NotThereError(f"Not held: {', '.join(missing)}. Nothing was changed.", "See: returnsync held")
            for item in found:
                act(session, item["code"])
            if answer.as_json:
                answer.give({"codes": [item["code"] for item in found], "dry_run": dry_run})
            else:
                typer.echo(f"{'Would be' if dry_run else 'Now'} {done}: {len(found)}.")
