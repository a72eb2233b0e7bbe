"""`returnsync held`: what is held for a person, and what to do about it: retry, release, take back, resolve."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from returnsync.cli import causes, held_examples, options, since
from returnsync.cli.confirm import go_on_or_leave
from returnsync.cli.held_resolve import Group, resolve
from returnsync.cli.hints import name_configuration
from returnsync.cli.kept_back import tell_kept_back
from returnsync.cli.session import acting, answering, reading, say
from returnsync.errors import ExitCode
from returnsync.model import Cause, Code

if TYPE_CHECKING:
    from collections.abc import Mapping

    from returnsync.engine.context import Context
    from returnsync.engine.tell import Chosen, Entry

_FOR_PEOPLE = 50

app = typer.Typer(rich_markup_mode=None, epilog=held_examples.LIST)

_Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="ORDER",
        callback=options.as_texts,
        help="Codes as `returnsync held` shows them, order numbers, return numbers or ids.",
        show_default=False,
    ),
]
_ByCause = Annotated[
    str | None,
    typer.Option("--cause", metavar="CAUSE", help="Everything held for this cause.", show_default=False),
]
_All = Annotated[bool, typer.Option("--all", help="Everything that is held.")]
_ReleasedCause = Annotated[
    str | None,
    typer.Option("--cause", metavar="CAUSE", help="Everything that was held for this cause.", show_default=False),
]
_AllReleased = Annotated[bool, typer.Option("--all", help="Everything that was released.")]


@app.callback(invoke_without_command=True)
def held(
    ctx: typer.Context,
    cause: Annotated[
        str | None,
        typer.Option("--cause", metavar="CAUSE", help="Only what is held for this cause.", show_default=False),
    ] = None,
    begin: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="WHEN", help=f"Only what was held since then. {since.HELP}", show_default=False
        ),
    ] = None,
    sources: options.OfSources = None,
    waiting: Annotated[
        bool,
        typer.Option(
            "--waiting", help="Instead, list what waits and goes on by itself, each with the time of its next try."
        ),
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            metavar="NUMBER",
            min=1,
            help=f"At most this many of each cause. Without it: {_FOR_PEOPLE}, or all with --json.",
            show_default=False,
        ),
    ] = None,
    config: options.Config = None,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """List what is held for a person, each with its next step.

    The list is grouped by cause. With --waiting it lists instead what waits and goes on by itself.
    """
    if ctx.invoked_subcommand is not None:
        _refuse_for_the_list_alone({"--since": begin, "--source": sources, "--waiting": waiting, "--limit": limit})
        ctx.obj = Group(config, as_json, verbose, cause)
        return
    from returnsync.engine import tell

    first = since.moment(begin)
    with answering(verbose=verbose, as_json=as_json) as answer:
        name_configuration(config)
        only = () if cause is None else (tell.cause_called(cause),)
        with reading(config, verbose=verbose) as session:
            most = limit or (None if as_json else _FOR_PEOPLE)
            asked = tell.Asked(tell.Span(causes=only, since=first), sources or (), most, waiting)
            listed = tell.look_at_held(session, asked)
            found = [_explained(one) for one in listed.entries]
            if as_json:
                answer.give(found)
            elif found:
                from returnsync.cli.held_list import print_held

                chosen = [word for source in sources or () for word in ("--source", source)]
                chosen += ["--since", begin] if begin else []
                print_held(found, listed.more, ["held", *(["--waiting"] if waiting else []), *chosen])
            else:
                what = f"Nothing {'waits' if waiting else 'is held'}{f' for {only[0]}' if only else ''}"
                typer.echo(f"{what} that matches these options." if begin or sources else f"{what}.")
            raise typer.Exit(int(ExitCode.NEEDS_PERSON if found and not waiting else ExitCode.DONE))


def _refuse_for_the_list_alone(given: "Mapping[str, object]") -> None:
    """Refuse options of the list before the name of a command: they would have no effect there."""
    if names := [name for name, value in given.items() if value]:
        raise typer.BadParameter(
            f"{', '.join(names)}: only for the list that `held` itself prints, not for its commands."
        )


def _explained(entry: "Entry") -> dict[str, Any]:
    """An entry as it is shown, with what its cause means and where that is explained."""
    explanation = causes.CAUSES.get(Cause(entry.cause)) if entry.cause in set(Cause) else None
    meaning = "" if explanation is None else explanation.short
    return {**entry.shown, "meaning": meaning, "docs": causes.heading_of(entry.cause)}


@app.command(epilog=held_examples.RETRY)
def retry(
    ctx: typer.Context,
    names: _Names = None,
    cause: _ByCause = None,
    everything: _All = False,
    sources: options.OfSources = None,
    config: options.Config = None,
    dry_run: options.DryRun = False,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Let the next run try what is held again. Nothing that was done is done twice."""
    from returnsync.engine import ask, tell

    work = _Work(tell.list_held, ask.retry, "held", "tried again by the next run", goes_on=True)
    group = ctx.obj.with_more(config, as_json=as_json, verbose=verbose)
    _each(work, _Which(names or [], cause, everything, sources or []), group, dry_run=dry_run)


@app.command(epilog=held_examples.RELEASE)
def release(
    ctx: typer.Context,
    names: _Names = None,
    cause: _ByCause = None,
    everything: _All = False,
    sources: options.OfSources = None,
    config: options.Config = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Take what is held out of returnsync's hands. Asks first.

    Nothing more is done for it. Its history is kept.
    """
    from returnsync.engine import ask, tell

    work = _Work(tell.list_held, ask.release, "held", "released", None if yes or dry_run else _ask_about_release)
    group = ctx.obj.with_more(config, as_json=as_json, verbose=verbose)
    _each(work, _Which(names or [], cause, everything, sources or []), group, dry_run=dry_run)


@app.command(name="take-back", epilog=held_examples.TAKE_BACK)
def take_back(
    ctx: typer.Context,
    names: _Names = None,
    cause: _ReleasedCause = None,
    everything: _AllReleased = False,
    sources: options.OfSources = None,
    config: options.Config = None,
    dry_run: options.DryRun = False,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Take releases back: the next run looks at them again.

    It reads each at its platform first, then goes on as if it had never been released.
    """
    from returnsync.engine import ask

    done = "taken back, and looked at again by the next run"
    work = _Work(ask.list_released, ask.take_back, "released", done, ask.refuse_without_source, goes_on=True)
    group = ctx.obj.with_more(config, as_json=as_json, verbose=verbose)
    _each(work, _Which(names or [], cause, everything, sources or []), group, dry_run=dry_run)


def _ask_about_release(_: "Context", chosen: "Chosen") -> None:
    """Nothing more is done for what is released: without a terminal to ask on, --yes is required."""
    number = len(chosen.entries)
    by_cause = ", ".join(f"{cause or 'no known cause'} {count}" for cause, count in chosen.causes())
    several = "".join(f" {name} means {count} of them." for name, count in chosen.several)
    what = (
        f"This releases {number} {'entry' if number == 1 else 'entries'}: {by_cause}.{several} Nothing more is done "
        "for what is released, until you take the release back: returnsync held take-back"
    )
    go_on_or_leave(what, "Go on?", "nothing was released", "To release it without a question, add --yes")


class _Which(NamedTuple):
    """Which of the held or released entries the command line names."""

    names: list[str]
    cause: str | None
    everything: bool
    sources: list[str]


class _Work(NamedTuple):
    """What is done to each of these entries."""

    entries: Callable[["Context"], list["Entry"]]
    act: Callable[["Context", "Entry"], None]
    what: str
    done: str
    before: Callable[["Context", "Chosen"], None] | None = None
    """Asks or checks something before the first entry; it may refuse them all."""
    goes_on: bool = False
    """Whether the next run goes on with them, as far as `only` of their sources allows it."""


def _each(work: _Work, which: _Which, group: Group, *, dry_run: bool) -> None:
    """Do the same to each of the chosen entries."""
    from returnsync.engine import tell
    from returnsync.engine.rehearsal import kept_back_among

    with answering(verbose=group.verbose, as_json=group.as_json) as answer:
        name_configuration(group.config)
        cause = which.cause or group.cause
        if sum(map(bool, (which.names, cause is not None, which.everything))) != 1:
            say("Say which, by one of these: names, --cause CAUSE or --all.", "List them with: returnsync held")
            raise typer.Exit(int(ExitCode.USAGE))
        wanted = tell.Wanted(
            tuple(which.names),
            None if cause is None else tell.cause_called(cause),
            which.everything,
            tuple(which.sources),
        )
        with acting(group.config, dry_run=dry_run, verbose=group.verbose) as session:
            chosen = tell.choose(session, work.entries(session), wanted, work.what)
            if work.before is not None and chosen.entries:
                work.before(session, chosen)
            for entry in chosen.entries:
                work.act(session, entry)
            codes = {Code(entry.code): entry.shown["code"] for entry in chosen.entries}
            kept_back = [codes[code] for code in kept_back_among(session, codes if work.goes_on else ())]
            if answer.as_json:
                also = {"kept_back": kept_back} if kept_back else {}
                answer.give({"codes": list(codes.values()), "dry_run": dry_run, **also})
            else:
                typer.echo(f"{'Would be' if dry_run else 'Now'} {work.done}: {len(chosen.entries)}.")
                tell_kept_back(len(kept_back))


app.command(epilog=held_examples.RESOLVE)(resolve)
