"""`returnsync show ORDER`: the whole story of a return."""

from typing import Annotated

import typer

from returnsync.cli import hints, options
from returnsync.cli.examples import examples
from returnsync.cli.session import answering, reading, say
from returnsync.errors import ExitCode

EXAMPLES = examples(
    ("By the order number, of either side", "returnsync show '#20417'"),
    ("By the code of an announcement", "returnsync show shop-nl-20466-TXQQT6V6M7ENOINY"),
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
    config: options.Config = None,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Tell the whole story of one return, step by step.

    What was read, mapped, sent and answered, and why it stands where it does.
    """
    from returnsync.engine.ask import stories

    with answering(verbose=verbose, as_json=as_json) as answer, reading(config, verbose=verbose) as ctx:
        found = stories(ctx, order)
        if as_json:
            answer.give(found)
        else:
            from returnsync.cli.story import print_story

            for story in found:
                print_story(story)
        if not found:
            say(
                f"Nothing is known by {order!r}.",
                *hints.lines(f"If it is new at the platform, fetch it: {hints.command('replay', order)}"),
            )
            raise typer.Exit(int(ExitCode.USAGE))
