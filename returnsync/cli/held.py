"""`returnsync held`: what waits for a person, and what to do about it: retry, release, take back, resolve."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from returnsync.cli import options
from returnsync.cli.session import acting, answering, confirmed, print_error, reading, say
from returnsync.errors import ExitCode

if TYPE_CHECKING:
    from returnsync.cli.answer import Answer
    from returnsync.engine.ask import Chosen, Entry, InDoubt
    from returnsync.engine.context import Context

app = typer.Typer(
    help="List what waits for a person; retry, release or resolve it, or take a release back.", rich_markup_mode=None
)

_Names = Annotated[
    list[str] | None,
    typer.Argument(
        callback=options.as_texts,
        help="Codes as `returnsync held` shows them, order numbers, return numbers or ids.",
        show_default=False,
    ),
]
_ByCause = Annotated[str | None, typer.Option("--cause", help="Everything held for this cause.", show_default=False)]
_All = Annotated[bool, typer.Option("--all", help="Everything that is held.")]
_ReleasedCause = Annotated[
    str | None, typer.Option("--cause", help="Everything that was held for this cause.", show_default=False)
]
_AllReleased = Annotated[bool, typer.Option("--all", help="Everything that was released.")]
_Sources = Annotated[
    list[str] | None, typer.Option("--source", help="Of this source only. Repeatable.", show_default=False)
]


@app.callback(invoke_without_command=True)
def held(
    ctx: typer.Context,
    cause: Annotated[
        str | None, typer.Option("--cause", help="Only what is held for this cause.", show_default=False)
    ] = None,
    config: options.Config = None,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """List what waits for a person, grouped by cause, each with its next step."""
    if ctx.invoked_subcommand is not None:
        ctx.obj = _Group(config, as_json, verbose, cause)
        return
    from returnsync.engine import ask

    with answering(verbose=verbose, as_json=as_json) as answer:
        only = None if cause is None else ask.cause_called(cause)
        with reading(config, verbose=verbose) as session:
            found = [entry.shown for entry in ask.list_held(session) if only in (None, entry.cause)]
            if as_json:
                answer.give(found)
            elif found:
                from returnsync.cli.report import print_held

                print_held(found)
            else:
                typer.echo(f"Nothing is held{f' for {only}' if only else ''}.")
            raise typer.Exit(int(ExitCode.NEEDS_PERSON if found else ExitCode.DONE))


@app.command()
def retry(
    ctx: typer.Context,
    names: _Names = None,
    cause: _ByCause = None,
    everything: _All = False,
    sources: _Sources = None,
    config: options.Config = None,
    dry_run: options.DryRun = False,
    as_json: options.AsJson = False,
) -> None:
    """Have them looked at again by the next run. Nothing that was done is done twice."""
    from returnsync.engine import ask

    work = _Work(ask.list_held, ask.retry, "held", "tried again by the next run")
    _each(ctx, work, _Which(names or [], cause, everything, sources or []), config, dry_run, as_json)


@app.command()
def release(
    ctx: typer.Context,
    names: _Names = None,
    cause: _ByCause = None,
    everything: _All = False,
    sources: _Sources = None,
    config: options.Config = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    as_json: options.AsJson = False,
) -> None:
    """Take them out of returnsync's hands: nothing more is done for them. Asks first. The story stays."""
    from returnsync.engine import ask

    work = _Work(ask.list_held, ask.release, "held", "released", None if yes or dry_run else _ask_about_release)
    _each(ctx, work, _Which(names or [], cause, everything, sources or []), config, dry_run, as_json)


@app.command(name="take-back")
def take_back(
    ctx: typer.Context,
    names: _Names = None,
    cause: _ReleasedCause = None,
    everything: _AllReleased = False,
    sources: _Sources = None,
    config: options.Config = None,
    dry_run: options.DryRun = False,
    as_json: options.AsJson = False,
) -> None:
    """Take releases back: the next run looks at them again, as if they never had been released."""
    from returnsync.engine import ask

    work = _Work(ask.list_released, ask.take_back, "released", "taken back, and looked at again by the next run")
    _each(ctx, work, _Which(names or [], cause, everything, sources or []), config, dry_run, as_json)


@app.command()
def resolve(
    ctx: typer.Context,
    cause: Annotated[str, typer.Argument(help="What it is held for: `label-in-doubt` or `identity-unclear`.")],
    key: Annotated[
        str, typer.Argument(help="Which record, for `identity-unclear`: the key that `returnsync held` shows.")
    ] = "",
    none_made: Annotated[
        bool,
        typer.Option("--none-made", help="No label in doubt was made; the next run makes them. Asks first."),
    ] = False,
    another: Annotated[bool, typer.Option("--another", help="The record is another return than those known.")] = False,
    same_as: Annotated[
        str | None, typer.Option("--same-as", help="The record is this known return.", show_default=False)
    ] = None,
    config: options.Config = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    as_json: options.AsJson = False,
) -> None:
    """Say what only a person can know: what became of labels in doubt, or which return an unclear record is."""
    from returnsync.model import Cause

    group: _Group = ctx.obj
    is_about_labels = cause == Cause.LABEL_IN_DOUBT and none_made and not (key or another or same_as)
    is_about_identity = cause == Cause.IDENTITY_UNCLEAR and key and another != bool(same_as) and not none_made
    with answering(verbose=group.verbose, as_json=as_json or group.as_json) as answer:
        if group.cause is not None or not (is_about_labels or is_about_identity):
            say(
                "One of these can be said: returnsync held resolve label-in-doubt --none-made",
                "or: returnsync held resolve identity-unclear KEY --another, or --same-as RETURN",
            )
            raise typer.Exit(int(ExitCode.USAGE))
        with acting(config or group.config, dry_run=dry_run, verbose=group.verbose) as session:
            if is_about_labels:
                _resolve_labels(session, answer, dry_run=dry_run, yes=yes)
            else:
                _resolve_identity(session, answer, key, same_as, dry_run=dry_run)


def _resolve_identity(session: "Context", answer: "Answer", key: str, same_as: str | None, *, dry_run: bool) -> None:
    """A person's word on which return a record is."""
    from returnsync.engine import ask

    home = ask.say_which_return(session, key, same_as)
    if answer.as_json:
        answer.give({"key": key, "return_id": home, "dry_run": dry_run})
    else:
        which = "another return" if same_as is None else f"return {home}"
        typer.echo(f"{'Would be' if dry_run else 'Now'} {which}: {key}. The next run goes on with it.")


def _resolve_labels(session: "Context", answer: "Answer", *, dry_run: bool, yes: bool) -> None:
    """Look for each label in doubt once more, and ask before new ones are made."""
    from returnsync.engine import ask
    from returnsync.engine.summary import worst

    looked = ask.look_at_doubts(session)
    asked_for = len(looked.none_shows) - len(looked.second)
    if asked_for and not dry_run and not yes:
        _ask_about_labels(asked_for)
    ask.none_was_made(session, looked.none_shows)
    for trouble in session.tally.troubles:
        print_error(trouble)
    if answer.as_json:
        answer.give(
            {"codes": looked.none_shows, "left_out": looked.left_out, "found": looked.found, "dry_run": dry_run}
        )
    else:
        _tell_resolved(looked, dry_run=dry_run)
    raise typer.Exit(int(worst({trouble.exit_code for trouble in session.tally.troubles})))


def _ask_about_labels(number: int) -> None:
    """Each label costs money: without a terminal to ask on, it takes the explicit word."""
    what = f"{number} {'label is' if number == 1 else 'labels are'} made by the next run, and the warehouse bills each"
    if not sys.stdin.isatty():
        say(f"{what}. There is no terminal to ask on.", "No label was asked for. Say it with: --none-made --yes")
        raise typer.Exit(int(ExitCode.USAGE))
    if not confirmed(f"{what}. Go on?"):
        raise typer.Exit(int(ExitCode.DONE))


def _tell_resolved(looked: "InDoubt", *, dry_run: bool) -> None:
    asked_for = len(looked.none_shows) - len(looked.second)
    typer.echo(f"{'Would be' if dry_run else 'Now'} asked for by the next run: {asked_for}.")
    if looked.second:
        typer.echo(f"Settled by the next run, since they have a label already: {len(looked.second)}.")
    if looked.found:
        typer.echo(f"Settled, since the label file was found: {len(looked.found)}.")
    if looked.left_out:
        typer.echo(f"There may be a label, or nobody could say: {len(looked.left_out)}. See: returnsync held")


def _ask_about_release(chosen: "Chosen") -> None:
    """Nothing more is done for what is released: without a terminal to ask on, it takes the explicit word."""
    number = len(chosen.entries)
    causes = ", ".join(f"{cause or 'no known cause'} {count}" for cause, count in chosen.causes())
    several = "".join(f" {name} means {count} of them." for name, count in chosen.several)
    what = (
        f"{number} {'entry is' if number == 1 else 'entries are'} released: {causes}.{several} "
        "Nothing more is done for what is released, until: returnsync held take-back"
    )
    if not sys.stdin.isatty():
        say(f"{what}. There is no terminal to ask on.", "Nothing was released. Say it with: --yes")
        raise typer.Exit(int(ExitCode.USAGE))
    if not confirmed(f"{what}. Go on?"):
        raise typer.Exit(int(ExitCode.DONE))


class _Group(NamedTuple):
    """The options that were given before the word `retry`, `release`, `take-back` or `resolve`."""

    config: Path | None
    as_json: bool
    verbose: bool
    cause: str | None


class _Which(NamedTuple):
    """Which of those that are held, or were released, as the command line names them."""

    names: list[str]
    cause: str | None
    everything: bool
    sources: list[str]


class _Work(NamedTuple):
    """What is done to each of them."""

    entries: Callable[["Context"], list["Entry"]]
    act: Callable[["Context", "Entry"], None]
    what: str
    done: str
    ask: Callable[["Chosen"], None] | None = None


def _each(ctx: typer.Context, work: _Work, which: _Which, config: Path | None, dry_run: bool, as_json: bool) -> None:
    """Do one thing to each of them; options given before the word `retry` or `release` count too."""
    from returnsync.engine import ask

    group: _Group = ctx.obj
    with answering(verbose=group.verbose, as_json=as_json or group.as_json) as answer:
        cause = which.cause or group.cause
        if sum(map(bool, (which.names, cause is not None, which.everything))) != 1:
            say("Say which, by one of these: names, --cause CAUSE or --all.", "List them with: returnsync held")
            raise typer.Exit(int(ExitCode.USAGE))
        wanted = ask.Wanted(
            tuple(which.names),
            None if cause is None else ask.cause_called(cause),
            which.everything,
            tuple(which.sources),
        )
        with acting(config or group.config, dry_run=dry_run, verbose=group.verbose) as session:
            chosen = ask.choose(session, work.entries(session), wanted, work.what)
            if work.ask is not None and chosen.entries:
                work.ask(chosen)
            for entry in chosen.entries:
                work.act(session, entry)
            if answer.as_json:
                answer.give({"codes": [entry.code for entry in chosen.entries], "dry_run": dry_run})
            else:
                typer.echo(f"{'Would be' if dry_run else 'Now'} {work.done}: {len(chosen.entries)}.")
