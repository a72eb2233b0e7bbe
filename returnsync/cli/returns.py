"""`returnsync returns`: one list of everything that is known."""

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from returnsync.cli import options, sheet, since
from returnsync.cli.examples import examples
from returnsync.cli.session import answering, reading
from returnsync.errors import NotThereError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from returnsync.engine.tell import Stands

_FOR_PEOPLE = 50

EXAMPLES = examples(
    ("Held since yesterday", "returnsync returns --state held --since yesterday"),
    ("Today's labels with their orders", "returnsync labels --since today"),
    (
        "A list for the warehouse of what will arrive",
        "returnsync returns --state announced --state labelled --since 14d --csv",
    ),
    ("Find the return of a person", "returnsync returns --search 'jansen@example.com'"),
    ("Count what waits for its order", "returnsync returns --cause order-unknown --count"),
    docs="docs/how-to/answer-the-phone.md",
)


def returns(
    begin: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="WHEN",
            help=f"Only what came into its present state since then. {since.HELP}",
            show_default=False,
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            "--until",
            metavar="WHEN",
            help="Only what came into its present state up to then; a day is included.",
            show_default=False,
        ),
    ] = None,
    sources: options.OfSources = None,
    states: Annotated[
        list[str] | None,
        typer.Option(
            "--state",
            metavar="STATE",
            help="Only what is due, waiting, held, announced (without a label), labelled, left_alone, withdrawn, "
            "released or unplanned. Repeatable.",
            show_default=False,
        ),
    ] = None,
    causes: Annotated[
        list[str] | None,
        typer.Option("--cause", metavar="CAUSE", help="Only what has this cause. Repeatable.", show_default=False),
    ] = None,
    carrier: Annotated[
        str | None,
        typer.Option(
            "--carrier",
            metavar="CARRIER",
            callback=options.as_text,
            help="Only with this carrier: the one of its label, else the one that its platform names.",
            show_default=False,
        ),
    ] = None,
    search: Annotated[
        str | None,
        typer.Option(
            "--search",
            metavar="WORDS",
            callback=options.as_text,
            help="Only where each of these words is in a number, a code, a tracking number, the name or the e-mail "
            "address.",
            show_default=False,
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            metavar="NUMBER",
            min=1,
            help=f"At most this many, the latest first. Without it: {_FOR_PEOPLE} in the table, otherwise all.",
            show_default=False,
        ),
    ] = None,
    private: options.Private = False,
    as_csv: options.AsCsv = False,
    excel: options.Excel = False,
    count: Annotated[bool, typer.Option("--count", help="Print how many there are, and nothing else.")] = False,
    config: options.Config = None,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """List every return and what became of it, the latest first.

    Personal data are masked unless --private is given. An entry is an announcement (one for each order of a return), a
    return without one, or a record that cannot be read. Its time says since when it has been in its present state, such
    as labelled, held or waiting.
    """
    from returnsync.engine import tell

    first, last = since.span(begin, until)
    which = tell.Which(sources=tuple(sources or ()), carrier=(carrier or "").strip(), search=search or "")
    if search is not None and not which.words:
        raise typer.BadParameter("--search needs a text with a letter or a digit.")
    with answering(verbose=verbose, as_json=as_json) as answer:
        named = tell.Span([_state(word) for word in states or ()], [tell.cause_called(word) for word in causes or ()])
        which = replace(which, span=replace(named, since=first, until=last))
        with reading(config, verbose=verbose) as ctx:
            if count:
                number = min(tell.count_returns(ctx, which), limit or 2**62)
                answer.give(number) if as_json else typer.echo(number)
                return
            most = limit if as_json or as_csv or excel else limit or _FOR_PEOPLE
            # one more, by which it is known whether there are more
            found = tell.list_returns(ctx, which, None if most is None else most + 1, private=private)
            columns = (*tell.COLUMNS, *(tell.PRIVATE if private else ()))
            if as_json:
                answer.give(list(islice(found, most)))
            elif as_csv or excel:
                sheet.print_csv(columns, islice(found, most), excel=excel)
            else:
                _print(list(found), most or _FOR_PEOPLE, private=private)


def _state(word: str) -> "Stands":
    from returnsync.engine import tell

    wanted = word.strip().lower().replace("-", "_").replace(" ", "_")
    if wanted not in set(tell.Stands):
        raise NotThereError(f"There is no state {word!r}.", f"There are: {', '.join(tell.Stands)}.")
    return tell.Stands(wanted)


def _print(found: "list[Mapping[str, str]]", most: int, *, private: bool) -> None:
    from returnsync.cli.report import local
    from returnsync.cli.screen import console, print_hint, print_table

    if not found:
        typer.echo("Nothing of that kind is known.")
        return
    header = ["since", "state", "order", "source", "articles", "carrier", "tracking", "code"]
    header += ["name", "email"] if private else []
    rows = []
    for one in found[:most]:
        state = one["state"].replace("_", " ")
        cells = [
            local(one["since"]),
            f"{state}: {one['cause']}" if one["cause"] else state,
            one["order_number"],
            one["source"],
            one["articles"],
            one["carrier"],
            one["tracking_number"],
            one["code"] or one["return_id"],
        ]
        rows.append([*cells, one["name"], one["email"]] if private else cells)
    out = console()
    print_table(out, header, rows, private=private)
    if len(found) > most:
        print_hint(out, f"These are the latest {most}. For more: --limit NUMBER. To count them all: --count.")
