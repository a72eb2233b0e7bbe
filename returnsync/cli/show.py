"""`returnsync show ORDER`: the whole story of a return."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from returnsync.cli import hints, options
from returnsync.cli.examples import examples
from returnsync.cli.session import answering, print_error, reading, say
from returnsync.errors import ExitCode

if TYPE_CHECKING:
    from returnsync.engine.context import Context

EXAMPLES = examples(
    ("By the order number of the platform or of the warehouse", "returnsync show '#20417'"),
    ("By the code of an announcement", "returnsync show shop-nl-20466-TXQQT6V6M7ENOINY"),
    ("With the platform's own record of it", "returnsync show '#20417' --raw"),
    ("For another program", "returnsync show '#20417' --json"),
    ends_with={ExitCode.USAGE: "nothing is known by that name"},
    docs="docs/how-to/answer-the-phone.md",
)


def show(
    order: Annotated[
        str,
        typer.Argument(
            metavar="ORDER", callback=options.as_text, help="Order number, return number, return id or code."
        ),
    ],
    raw: Annotated[
        bool,
        typer.Option(
            "--raw",
            help="Add the platform's own record, read again now. The consumer is masked unless you add --private.",
        ),
    ] = False,
    private: Annotated[
        bool, typer.Option("--private", help="With --raw: do not mask the personal data in the record.")
    ] = False,
    config: options.Config = None,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Show the whole story of one return, step by step.

    It has what was read, mapped, sent and answered, and why the return is in its present state.

    Without --raw no request is made.
    """
    if private and not raw:
        raise typer.BadParameter("--private needs --raw: the story itself is always masked.")
    with answering(verbose=verbose, as_json=as_json) as answer, reading(config, verbose=verbose) as ctx:
        found, codes = _with_records(ctx, order, private=private) if raw else (_stories(ctx, order), set[ExitCode]())
        if as_json:
            answer.give(found)
        else:
            from returnsync.cli.story import print_raw, print_story

            for story in found:
                print_story(story)
                if raw:
                    print_raw(story)
        if not found:
            say(
                f"Nothing is known by the name {order!r}.",
                *hints.lines(f"If it is new at the platform, fetch it: {hints.command('replay', order)}"),
            )
            raise typer.Exit(int(ExitCode.USAGE))
        if codes:
            from returnsync.engine.summary import worst

            raise typer.Exit(int(worst(codes)))


def _stories(ctx: "Context", order: str) -> list[dict[str, Any]]:
    from returnsync.engine.tell import stories

    return stories(ctx, order)


def _with_records(ctx: "Context", order: str, *, private: bool) -> tuple[list[dict[str, Any]], set[ExitCode]]:
    """The stories with the records. What kept a record from being read is printed, and its exit code returned."""
    from returnsync.engine.ask import stories_with_records

    found = stories_with_records(ctx, order, private=private)
    failures = {one.failure.what: one.failure for one in found if one.failure is not None}
    for failure in failures.values():
        print_error(failure)
    return [dict(one.story) for one in found], {failure.exit_code for failure in failures.values()}
