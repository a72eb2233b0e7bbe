"""`returnsync held resolve`: what only a person can know about labels in doubt, or about an unclear record."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from returnsync.cli import options
from returnsync.cli.confirm import go_on_or_leave
from returnsync.cli.hints import in_one_line, name_configuration
from returnsync.cli.kept_back import tell_kept_back
from returnsync.cli.session import acting, answering, print_error, say
from returnsync.errors import ExitCode

if TYPE_CHECKING:
    from returnsync.cli.answer import Answer
    from returnsync.engine.ask import InDoubt
    from returnsync.engine.context import Context


class Group(NamedTuple):
    """The options that were given before `retry`, `release`, `take-back` or `resolve`."""

    config: Path | None
    as_json: bool
    verbose: bool
    cause: str | None

    def with_more(self, config: Path | None, *, as_json: bool, verbose: bool) -> "Group":
        """Add the options that were given after it: both places count."""
        return Group(config or self.config, as_json or self.as_json, verbose or self.verbose, self.cause)


def resolve(
    ctx: typer.Context,
    cause: Annotated[
        str, typer.Argument(metavar="CAUSE", help="The cause it is held for: `label-in-doubt` or `identity-unclear`.")
    ],
    key: Annotated[
        str,
        typer.Argument(
            metavar="KEY", help="Which record, for `identity-unclear`: the key that `returnsync held` shows."
        ),
    ] = "",
    none_made: Annotated[
        bool,
        typer.Option(
            "--none-made",
            help="None of the labels in doubt was made; the next run asks for them again, and each is billed. Asks "
            "first.",
        ),
    ] = False,
    another: Annotated[
        bool, typer.Option("--another", help="The record is a return of its own, none of the known ones.")
    ] = False,
    same_as: Annotated[
        str | None,
        typer.Option("--same-as", metavar="RETURN", help="The record is this known return.", show_default=False),
    ] = None,
    config: options.Config = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Say what only a person can know about labels or a record.

    Either that none of the labels in doubt was made, or which return an unclear record is.
    """
    from returnsync.model import Cause

    group: Group = ctx.obj.with_more(config, as_json=as_json, verbose=verbose)
    is_about_labels = cause == Cause.LABEL_IN_DOUBT and none_made and not (key or another or same_as)
    is_about_identity = cause == Cause.IDENTITY_UNCLEAR and key and another != bool(same_as) and not none_made
    with answering(verbose=group.verbose, as_json=group.as_json) as answer:
        name_configuration(group.config)
        if group.cause is not None or not (is_about_labels or is_about_identity):
            say(
                "Use one of these: returnsync held resolve label-in-doubt --none-made",
                "or: returnsync held resolve identity-unclear KEY --another, or --same-as RETURN",
            )
            raise typer.Exit(int(ExitCode.USAGE))
        with acting(group.config, dry_run=dry_run, verbose=group.verbose) as session:
            if is_about_labels:
                _resolve_labels(session, answer, dry_run=dry_run, yes=yes)
            else:
                _resolve_identity(session, answer, key, same_as, dry_run=dry_run)


def _resolve_identity(session: "Context", answer: "Answer", key: str, same_as: str | None, *, dry_run: bool) -> None:
    """Keep which return a record is, as a person says."""
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
    from returnsync.engine.rehearsal import kept_back_among
    from returnsync.engine.summary import worst

    looked = ask.look_at_doubts(session)
    kept_back = [code for code in kept_back_among(session, looked.none_shows) if code not in looked.second]
    asked_for = len(looked.none_shows) - len(looked.second) - len(kept_back)
    if asked_for and not dry_run and not yes:
        _ask_about_labels(asked_for)
    ask.none_was_made(session, looked.none_shows)
    for trouble in session.tally.troubles:
        print_error(trouble)
    if answer.as_json:
        also = {"kept_back": kept_back} if kept_back else {}
        told = {"codes": looked.none_shows, "left_out": looked.left_out, "found": looked.found, **also}
        answer.give({**told, "dry_run": dry_run})
    else:
        _tell_resolved(looked, asked_for, dry_run=dry_run)
        tell_kept_back(len(kept_back))
    raise typer.Exit(int(worst({trouble.exit_code for trouble in session.tally.troubles})))


def _ask_about_labels(number: int) -> None:
    """Each label costs money: without a terminal to ask on, --yes is required."""
    what = f"{number} {'label is' if number == 1 else 'labels are'} made by the next run, and the warehouse bills each"
    go_on_or_leave(what, "Go on?", "no label was asked for", "To go on without a question, add --yes")


def _tell_resolved(looked: "InDoubt", asked_for: int, *, dry_run: bool) -> None:
    typer.echo(f"{'Would be' if dry_run else 'Now'} asked for by the next run: {asked_for}.")
    if looked.second:
        typer.echo(f"Settled by the next run, since they have a label already: {len(looked.second)}.")
    if looked.found:
        typer.echo(f"Settled, since the label file was found: {len(looked.found)}.")
    if looked.left_out:
        typer.echo(
            in_one_line(
                "Still held, since there may be a label or the warehouse could not be asked: "
                f"{len(looked.left_out)}. See: returnsync held"
            )
        )
