"""`returnsync status`: sources, marks, counts, last runs."""

from typing import Any

from returnsync.cli import options
from returnsync.cli.session import answering, reading


def status(
    config: options.Config = None,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Tell how far everything is: sources and their marks, counts by progress, the oldest open, the last runs."""
    from returnsync.engine.ask import status_of

    with answering(verbose=verbose, as_json=as_json) as answer, reading(config, verbose=verbose) as ctx:
        content: dict[str, Any] = status_of(ctx)
        if as_json:
            answer.give(content)
        else:
            from returnsync.cli.report import print_status

            print_status(content)
