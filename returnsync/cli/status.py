"""`returnsync status`: sources, marks, counts, last runs."""

import json
from typing import Any

import typer

from returnsync.cli import options
from returnsync.cli.session import reading, told


def status(
    config: options.Config = None,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Tell where everything stands: sources and their marks, counts by standing, the oldest open, the last runs."""
    from returnsync.engine.status import status_of

    with told(verbose=verbose), reading(config, verbose=verbose) as ctx:
        content: dict[str, Any] = status_of(ctx)
        if as_json:
            typer.echo(json.dumps(content, ensure_ascii=False))
        else:
            from returnsync.cli.report import print_status

            print_status(content)
