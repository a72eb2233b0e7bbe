"""`returnsync status`: sources, marks, counts, last runs."""

from typing import Any

import typer

from returnsync.cli import options
from returnsync.cli.examples import examples
from returnsync.cli.session import answering, reading
from returnsync.errors import ExitCode

EXAMPLES = examples(
    ("How far everything is", "returnsync status"),
    ("For another program", "returnsync status --json"),
    ends_with={
        ExitCode.NEEDS_PERSON: "something is held",
        ExitCode.TEMPORARY: "a source is stale",
    },
    docs="docs/how-to/monitoring.md",
)


def status(
    config: options.Config = None,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Show how far everything is: sources, counts, last runs.

    For each source it shows up to when it was read, and how many announcements are in which state; then the oldest that
    is open, and the last runs. A source is stale when no run of it has succeeded for an hour, and for three times the
    longest gap between its last ten runs.
    """
    from returnsync.engine.summary import worst
    from returnsync.engine.tell import status_of

    with answering(verbose=verbose, as_json=as_json) as answer, reading(config, verbose=verbose) as ctx:
        content: dict[str, Any] = status_of(ctx)
        if as_json:
            answer.give(content)
        else:
            from returnsync.cli.report import print_status

            print_status(content)
        codes = {ExitCode.NEEDS_PERSON} if content["held"] else set()
        if any(source["stale"] for source in content["sources"]):
            codes.add(ExitCode.TEMPORARY)
        raise typer.Exit(int(worst(codes)))
