"""`returnsync replay ORDER`: one order again, or several, step by step."""

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from returnsync import clock, typed
from returnsync.cli import options
from returnsync.cli.confirm import chosen, go_on_or_leave
from returnsync.cli.examples import examples
from returnsync.cli.session import acting, answering, print_troubles, say
from returnsync.errors import ExitCode, KeptBackError, NotThereError
from returnsync.folders import read_file
from returnsync.redact import masked

if TYPE_CHECKING:
    from returnsync.engine.context import Context

EXAMPLES = examples(
    ("One order again", "returnsync replay '#20417'"),
    ("What would be done for it?", "returnsync replay '#20417' --dry-run"),
    ("Another label, which is billed", "returnsync replay shop-nl-20507-CIOLMNQYCCX5QJF2 --new-label"),
    ("Send the warehouse what changed since it was announced", "returnsync replay '#20417' --update"),
    ("All orders of a list, one a line", "returnsync replay --from orders.txt"),
    ends_with={
        ExitCode.NEEDS_PERSON: "it is held, the guard refused it, or `only` keeps it back",
        ExitCode.USAGE: "nothing goes by that name, or it is not said which source is meant",
    },
    docs="docs/how-to/redo.md",
)

# Details of a step that are our own words.
_OURS = frozenset({"cause", "generation", "file", "label"})
_MEGABYTES = 10
_PAST_GUARD = "If so many are right, add --yes. If not, look at the list."


def replay(
    order: Annotated[
        str | None,
        typer.Argument(
            metavar="ORDER",
            callback=options.as_text,
            help="Order number of either side, return number, return id, code, or either label's tracking number.",
            show_default=False,
        ),
    ] = None,
    config: options.Config = None,
    file: Annotated[
        str | None,
        typer.Option("--from", metavar="FILE", help="Several, one a line; - is stdin.", show_default=False),
    ] = None,
    sources: options.OfSources = None,
    dry_run: options.DryRun = False,
    new_label: Annotated[
        bool, typer.Option("--new-label", help="Make one more label, which is billed. Asks first.")
    ] = False,
    update: Annotated[
        bool,
        typer.Option("--update", help="Send what changed since it was announced, also where `send_updates` is off."),
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Go on without asking; with --from past the guard, too.")
    ] = False,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
    log_json: options.LogJson = False,
) -> None:
    """Take one order again: fetched anew, planned, delivered. Ignores pauses, never repeats what was done.

    Where several sources have something of that name, it asks which is meant, or wants --source.
    """
    from returnsync.engine.finish import broken_off
    from returnsync.engine.replay import replay as again

    began = clock.now()

    def without_returns(ctx: "Context | None", code: ExitCode) -> dict[str, Any]:
        return {**broken_off(began, ctx, code), "returns": []}

    with answering(verbose=verbose, as_json=as_json, when_broken_off=partial(without_returns, None)) as answer:
        names = _names(order, file, new_label=new_label)
        if new_label and update:
            raise NotThereError("--new-label and --update are two errands.", "Do one after the other.")
        if new_label and not dry_run and not yes:
            _ask()
        with acting(
            config, dry_run=dry_run, verbose=verbose, log_json=log_json, tells_held=True, sources=sources or ()
        ) as ctx:
            answer.when_broken_off = partial(without_returns, ctx)
            is_watched = not as_json and sys.stderr.isatty()
            ctx.story.listener = _tell_step if is_watched else None
            replayed = again(ctx, names, _choose, new_label=new_label, update=update, past_guard=yes)
            print_troubles(replayed.summary, _PAST_GUARD)
            from returnsync.engine.tell import stories_of

            told = stories_of(ctx, replayed.returns, ctx.run_id)
            if as_json:
                summary = replayed.summary
                troubles = summary.tally.troubles
                left = [error.as_json() for error in troubles if isinstance(error, NotThereError | KeptBackError)]
                not_done = {"not_done": left} if left else {}
                answer.give({**masked({**summary.as_json(), **not_done}), "returns": told})
            else:
                from returnsync.cli.report import print_summary
                from returnsync.cli.story import print_story

                for story in told:
                    # What was told on this very terminal is not told there once more.
                    print_story(story, with_history=not (is_watched and sys.stdout.isatty()))
                print_summary(ctx, replayed.summary)
            raise typer.Exit(int(replayed.summary.exit_code))


def _tell_step(of: str, event: str, detail: Mapping[str, Any]) -> None:
    """A step as it happens, without what a platform or a warehouse said: that is told at the end, masked."""
    from returnsync.engine.tell import in_words

    told = in_words(event, {name: detail[name] for name in _OURS & detail.keys()})
    say(f"{of}: {told}" if of else told)


def _names(order: str | None, file: str | None, *, new_label: bool) -> list[str]:
    """What is to be replayed, each name once.

    Raises:
        NotThereError: not one way to name it is given, or the file cannot be read or names nothing.
    """
    if (order is None) == (file is None):
        raise NotThereError("Name one order, or a list with --from FILE.", "Examples: returnsync replay --help")
    if file is None:
        return [_checked(order or "")]
    if new_label:
        raise NotThereError(
            "--new-label goes with one name alone, since every label is billed.",
            "Ask for each: returnsync replay CODE --new-label",
        )
    names = dict.fromkeys(filter(None, map(str.strip, _text_of(file).removeprefix("\ufeff").splitlines())))
    if not names:
        raise NotThereError(f"{'stdin' if file == '-' else file} names nothing.", "Write one order a line.")
    return [_checked(name) for name in names]


def _checked(name: str) -> str:
    """A name, where it is one.

    Raises:
        NotThereError: nothing is called so, as what was masked or is no list of names.
    """
    if not typed.may_be_name(name):
        raise NotThereError(
            f"{name[:40]!r} is no name. Nothing was done.",
            "Write one order number, id, code or tracking number a line.",
        )
    return name


def _text_of(file: str) -> str:
    try:
        data = sys.stdin.buffer.read() if file == "-" else read_file(Path(file), _MEGABYTES)
        return data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise NotThereError(f"{file} cannot be read: {why}.", "Give a text file with one order a line.") from error


def _choose(name: str, sources: Sequence[str]) -> str:
    """Ask which source is meant by a name that fits at several.

    Raises:
        NotThereError: there is no terminal to ask on.
    """
    if not sys.stdin.isatty():
        raise NotThereError(
            f"{name!r} stands at several sources: {', '.join(sources)}. Nothing was done for it.",
            "Say which is meant: --source SOURCE.",
        )
    try:
        return chosen(f"{name!r} stands at several sources. Which is meant?", sources)
    except typer.Abort:
        raise KeyboardInterrupt from None  # the state keeps how the command ended


def _ask() -> None:
    """A label costs money: without a terminal to ask on, it takes the explicit word."""
    what = "A new label is billed, as the warehouse bills every label that it makes"
    go_on_or_leave(what, "Ask it for one?", "no label was asked for", "To ask for it without a question, add --yes")
