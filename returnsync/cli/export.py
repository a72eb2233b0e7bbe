"""`returnsync export`: print every return as it is known here, for other programs."""

import json
from typing import Annotated

import typer

from returnsync.cli import options, sheet, since
from returnsync.cli.examples import examples
from returnsync.cli.session import answering, reading

EXAMPLES = examples(
    ("All of the last month, for another program", "returnsync export --since 30d"),
    ("For a spreadsheet, one row for each article", "returnsync export --csv"),
    ("With names, addresses and comments", "returnsync export --private"),
    docs="docs/privacy.md",
)


def export(
    created_since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="WHEN",
            help=f"Only returns that were created since then. {since.HELP}",
            show_default=False,
        ),
    ] = None,
    as_csv: Annotated[
        bool,
        typer.Option(
            "--csv", help="Print a table with one row for each article. Without it: one JSON object for each return."
        ),
    ] = False,
    private: options.Private = False,
    config: options.Config = None,
    verbose: options.Verbose = False,
) -> None:
    """Print every return as it is known here, for programs.

    They are sorted by source, the oldest first, and printed as one JSON object on each line, or as a table in CSV.
    Consumers, addresses and comments are left out unless --private is given. In the table, cells that a spreadsheet
    could run as a formula begin with an apostrophe.
    """
    from returnsync.engine import tell

    begins = since.moment(created_since)
    with answering(verbose=verbose), reading(config, verbose=verbose) as ctx:
        found = tell.exported(ctx, begins, private=private)
        if not as_csv:
            for one in found:
                typer.echo(json.dumps(one, ensure_ascii=True))
            return
        sheet.print_csv(tell.columns(private=private), (row for one in found for row in tell.rows(one)))
