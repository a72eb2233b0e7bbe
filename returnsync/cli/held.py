"""`returnsync held`: what waits for a person, and the two things to do about it."""

import json
from typing import Annotated, Any

import typer

from returnsync.cli import options
from returnsync.cli.session import acting, reading, say, told
from returnsync.errors import ExitCode, NotThereError

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
        ctx.obj = config
        return
    from returnsync.engine import operate

    with told(verbose=verbose), reading(config, verbose=verbose) as session:
        found = operate.held(session)
        if as_json:
            typer.echo(json.dumps(found, ensure_ascii=False))
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
    from returnsync.engine import operate

    with told():
        _each(
            config or ctx.obj, codes, cause, everything, operate.retry, "tried again by the next run", dry_run, as_json
        )


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
    from returnsync.engine import operate

    with told():
        _each(config or ctx.obj, codes, cause, everything, operate.release, "released", dry_run, as_json)


def _each(
    config: Any,  # noqa: ANN401
    codes: list[str] | None,
    cause: str | None,
    everything: bool,
    act: Any,  # noqa: ANN401
    done: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    from returnsync.engine import operate

    if not (codes or cause or everything):
        say("Say which: codes, --cause CAUSE or --all.", "List them with: returnsync held")
        raise typer.Exit(int(ExitCode.USAGE))
    with acting(config, dry_run=dry_run) as session:
        found = list(operate.chosen(session, codes or (), cause, everything=everything))
        missing = sorted(set(codes or ()) - {item["code"] for item in found})
        if missing:
            raise NotThereError(f"Not held: {', '.join(missing)}. Nothing was changed.", "See: returnsync held")
        for item in found:
            act(session, item["code"])
        if as_json:
            typer.echo(json.dumps({"codes": [item["code"] for item in found], "dry_run": dry_run}))
        else:
            typer.echo(f"{'Would be' if dry_run else 'Now'} {done}: {len(found)}.")
