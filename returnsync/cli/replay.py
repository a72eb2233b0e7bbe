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
    ("All orders of a list, one on each line", "returnsync replay --from orders.txt"),
    ends_with={
        ExitCode.NEEDS_PERSON: "it is held, the guard refused it, or `only` keeps it back",
        ExitCode.USAGE: "nothing has that name, or it is not clear which source is meant",
    },
    docs="docs/how-to/redo.md",
)

# Details of a step that returnsync itself wrote.
_OURS = frozenset({"cause", "generation", "file", "label"})
_MEGABYTES = 10
_PAST_GUARD = "If this many are right, add --yes. If not, check the list."


def replay(
    order: Annotated[
        str | None,
        typer.Argument(
            metavar="ORDER",
            callback=options.as_text,
            help="Order number (the platform's or the warehouse's), return number, return id, code, or the "
            "tracking number of a label.",
            show_default=False,
        ),
    ] = None,
    config: options.Config = None,
    file: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="A file with several of these, one on each line; - is stdin.",
            show_default=False,
        ),
    ] = None,
    sources: options.OfSources = None,
    dry_run: options.DryRun = False,
    new_label: Annotated[
        bool, typer.Option("--new-label", help="Make one more label, which is billed. Asks first.")
    ] = False,
    update: Annotated[
        bool,
        typer.Option("--update", help="Send what changed since the announcement, even where `send_updates` is off."),
    ] = False,
    yes: Annotated[
        bool,
        typer.Option("--yes", "-y", help="Go on without asking. With --from, deliver even what the guard refuses."),
    ] = False,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
    log_json: options.LogJson = False,
) -> None:
    """Fetch one order again, plan it and deliver it.

    It does not wait for pauses to end, and never repeats what was done. When several sources know the name, it asks
    which one is meant; without a terminal, name it with --source.
    """
    from returnsync.engine.finish import broken_off
    from returnsync.engine.replay import replay as again

    began = clock.now()

    def without_returns(ctx: "Context | None", code: ExitCode) -> dict[str, Any]:
        return {**broken_off(began, ctx, code), "returns": []}

    with answering(verbose=verbose, as_json=as_json, when_broken_off=partial(without_returns, None)) as answer:
        names = _names(order, file, new_label=new_label)
        if new_label and update:
            raise NotThereError("--new-label and --update cannot be used together.", "Run one after the other.")
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
                    # The steps were printed on this terminal already, so they are not printed again.
                    print_story(story, with_history=not (is_watched and sys.stdout.isatty()))
                print_summary(ctx, replayed.summary)
            raise typer.Exit(int(replayed.summary.exit_code))


def _tell_step(of: str, event: str, detail: Mapping[str, Any]) -> None:
    """Print a step as it happens, without what a platform or a warehouse wrote: that is printed at the end, masked."""
    from returnsync.engine.tell import in_words

    told = in_words(event, {name: detail[name] for name in _OURS & detail.keys()})
    say(f"{of}: {told}" if of else told)


def _names(order: str | None, file: str | None, *, new_label: bool) -> list[str]:
    """The names of what is to be replayed, each once.

    Raises:
        NotThereError: neither or both of name and file are given, or the file cannot be read or has no names.
    """
    if (order is None) == (file is None):
        raise NotThereError("Name one order, or a list with --from FILE.", "Examples: returnsync replay --help")
    if file is None:
        return [_checked(order or "")]
    if new_label:
        raise NotThereError(
            "--new-label takes only one name, since every label is billed.",
            "Run for each: returnsync replay CODE --new-label",
        )
    names = dict.fromkeys(filter(None, map(str.strip, _text_of(file).removeprefix("\ufeff").splitlines())))
    if not names:
        raise NotThereError(f"{'stdin' if file == '-' else file} has no names in it.", "Write one order on each line.")
    return [_checked(name) for name in names]


def _checked(name: str) -> str:
    """A name, if it can be one.

    Raises:
        NotThereError: it cannot be a name, as a text that was masked or a file that is no list of names.
    """
    if not typed.may_be_name(name):
        raise NotThereError(
            f"{name[:40]!r} cannot be a name. Nothing was done.",
            "Write one order number, id, code or tracking number on each line.",
        )
    return name


def _text_of(file: str) -> str:
    try:
        data = sys.stdin.buffer.read() if file == "-" else read_file(Path(file), _MEGABYTES)
        return data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise NotThereError(
            f"{file} cannot be read: {why}.", "Give a text file with one order on each line."
        ) from error


def _choose(name: str, sources: Sequence[str]) -> str:
    """Ask which source is meant by a name that several know.

    Raises:
        NotThereError: there is no terminal to ask on.
    """
    if not sys.stdin.isatty():
        raise NotThereError(
            f"{name!r} is known at several sources: {', '.join(sources)}. Nothing was done for it.",
            "Name the one that is meant: --source SOURCE.",
        )
    try:
        return chosen(f"{name!r} is known at several sources. Which one is meant?", sources)
    except typer.Abort:
        raise KeyboardInterrupt from None  # the state keeps how the command ended


def _ask() -> None:
    """A label costs money: without a terminal to ask on, --yes is required."""
    what = "A new label is billed, as the warehouse bills every label that it makes"
    go_on_or_leave(what, "Ask it for one?", "no label was asked for", "To ask for it without a question, add --yes")
