"""`returnsync report`: one page with the figures of a period, for people who do not use a terminal."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from returnsync.cli import options, since
from returnsync.cli.examples import examples
from returnsync.cli.new_file import print_whole, refuse_own, write_over_earlier
from returnsync.cli.session import answering, needing, reading, say
from returnsync.errors import ExitCode

if TYPE_CHECKING:
    from returnsync.engine.ask import Covered

_STREAM = Path("-")
_DAYS = 30
_MONTHS = 12

EXAMPLES = examples(
    ("The last 30 days", "returnsync report --html report.html"),
    (
        "Of one source, since the beginning of the year",
        "returnsync report --html report.html --source shop-nl --since 2026-01-01",
    ),
    ("The same figures for another program", "returnsync report --json"),
    docs="docs/how-to/report.md",
)


def report(
    html: Annotated[
        Path | None,
        typer.Option(
            "--html",
            metavar="FILE",
            readable=False,
            help="Write the page there; - is stdout. An earlier page is replaced and an empty file is filled; any "
            "other file is left as it is.",
            show_default=False,
        ),
    ] = None,
    begin: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="WHEN",
            help=f"Only returns created and labels made since then. Without it: returns of the last {_DAYS} days "
            f"and labels of the last {_MONTHS} months. {since.HELP}",
            show_default=False,
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            "--until", metavar="WHEN", help="Only returns and labels up to then; a day is included.", show_default=False
        ),
    ] = None,
    sources: options.OfSources = None,
    config: options.Config = None,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Write one page of figures, to look at and to print.

    The page has returns per day by state, hours from approval to announcement and to label, return reasons, what is
    held, requests against the limits, and labels by carrier and month. It has no data of consumers, loads nothing and
    runs no scripts. It is made from the state only: no account is asked. Its charts need the optional part `report`;
    --json does not.
    """
    covered = _covered(begin, until, sources or [])
    with answering(verbose=verbose, as_json=as_json) as answer:
        if html is None and not as_json:
            say("Name a file for the page: --html FILE, or - for stdout. For its figures only: --json")
            raise typer.Exit(int(ExitCode.USAGE))
        if html == _STREAM and as_json:
            say("Page and JSON cannot both go to stdout.", "Name a file: --html FILE")
            raise typer.Exit(int(ExitCode.USAGE))
        if html is not None:
            with needing("report", "the optional part `report`, which draws the charts"):
                from returnsync.cli import page
        with reading(config, verbose=verbose) as ctx:
            from returnsync.engine import ask

            if html is not None and html != _STREAM:
                refuse_own(html, ctx.config)
            figures = ask.report(ctx, covered)
            if html == _STREAM:
                print_whole(page.page_of(figures), "page")
            elif html is not None:
                write_over_earlier(html, page.page_of(figures), page.MARK)
            if as_json:
                answer.give({**ask.report_as_json(figures), "written": None if html is None else str(html)})
            elif html != _STREAM:
                typer.echo(f"Written: {html}")


def _covered(begin: str | None, until: str | None, sources: list[str]) -> "Covered":
    from returnsync.engine.ask import Covered

    first, last = since.span(begin, until)
    return Covered(
        since=first or since.days_before(last, _DAYS),
        labels_since=first or since.months_before(last, _MONTHS),
        until=last,
        sources=sources,
    )
