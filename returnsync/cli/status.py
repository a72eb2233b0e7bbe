"""`returnsync status`: sources, marks, counts, last runs."""

from typing import Any

import typer

from returnsync.cli import options
from returnsync.cli.session import answering, reading
from returnsync.errors import ExitCode


def status(
    config: options.Config = None,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Tell how far everything is: sources and their marks, counts by progress, the oldest open, the last runs.

    Ends with 75 where a source is stale, else with 1 where something is held. A source is stale when no run of it
    succeeded for three times the longest gap between its last ten, and for an hour.
    """
    from returnsync.engine.ask import status_of
    from returnsync.engine.summary import worst

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
