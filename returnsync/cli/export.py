"""`returnsync export`: every return as it is known here, for other programs."""

import csv
import json
import sys
from typing import Annotated

import typer

from returnsync.cli import options, since
from returnsync.cli.session import answering, reading


def export(
    created_since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="WHEN", help=f"Only what was made since then. {since.HELP}", show_default=False
        ),
    ] = None,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="A table, one row for each article; else one JSON object for each return.")
    ] = False,
    private: Annotated[
        bool, typer.Option("--private", help="With consumers, addresses and comments, which are else left out.")
    ] = False,
    config: options.Config = None,
    verbose: options.Verbose = False,
) -> None:
    """Print every return as it is known here, by source, the oldest first: one JSON object a line, or a table as CSV.

    In the table no cell is run as a formula by a spreadsheet: those that could be have an apostrophe before them.
    """
    from returnsync.engine import ask
    from returnsync.mapping.spreadsheet import inert

    begins = since.moment(created_since)
    with answering(verbose=verbose), reading(config, verbose=verbose) as ctx:
        found = ask.exported(ctx, begins, private=private)
        if not as_csv:
            for one in found:
                typer.echo(json.dumps(one, ensure_ascii=True))
            return
        table = csv.DictWriter(sys.stdout, ask.columns(private=private), restval="", lineterminator="\n")
        table.writeheader()
        for one in found:
            table.writerows({name: inert(cell) for name, cell in row.items()} for row in ask.rows(one))
