"""`returnsync labels`: list the labels, copy and send them, and check their files."""

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from returnsync.cli import options, sheet, since
from returnsync.cli.examples import examples
from returnsync.cli.session import answering, reading, say
from returnsync.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from returnsync.cli.answer import Answer
    from returnsync.engine.context import Context

app = typer.Typer(
    rich_markup_mode=None,
    epilog=examples(
        ("Today's labels with their orders", "returnsync labels --since today"),
        ("Those of one order", "returnsync labels --order '#20417'"),
        (
            "Labels whose parcel was never seen on its way, to check the carrier's bill",
            "returnsync labels --unused 30d",
        ),
        ("Labels that were not handed over to a consumer", "returnsync labels --not-handed-over --since 3d"),
        ("A copy to send to the consumer", "returnsync labels copy '#20417' label.pdf"),
        ("Check that each file exists and is unchanged", "returnsync labels verify"),
        ends_with={ExitCode.USAGE: "with --order: nothing is known by that name"},
        docs="docs/how-to/answer-the-phone.md",
    ),
)


class _Group(NamedTuple):
    """The options before the name of a command."""

    config: Path | None
    as_json: bool
    verbose: bool


@app.callback(invoke_without_command=True)
def labels(
    ctx: typer.Context,
    order: Annotated[
        str | None,
        typer.Option(
            "--order",
            metavar="ORDER",
            callback=options.as_text,
            help="Only those of this order, named as for `show`.",
            show_default=False,
        ),
    ] = None,
    begin: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="WHEN", help=f"Only those that came since then. {since.HELP}", show_default=False
        ),
    ] = None,
    unused: Annotated[
        str | None,
        typer.Option(
            "--unused",
            metavar="AGE",
            help="Only those that came before then and whose parcel no platform has shown on its way. The table "
            "also counts them by carrier and month.",
            show_default=False,
        ),
    ] = None,
    not_handed_over: Annotated[
        bool, typer.Option("--not-handed-over", help="Only those that were not handed over to a consumer.")
    ] = False,
    as_csv: options.AsCsv = False,
    excel: options.Excel = False,
    config: options.Config = None,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """List the labels that came; copy, send or verify them.

    The latest come first, each with its order. Most platforms do not report a parcel with the warehouse's label before
    it has arrived, and some not even then. So what --unused lists is no proof: compare it with the carrier's bill.
    """
    if ctx.invoked_subcommand is not None:
        given = {"--order": order, "--since": begin, "--unused": unused, "--not-handed-over": not_handed_over}
        given |= {"--csv": as_csv, "--excel": excel}
        if names := [name for name, value in given.items() if value]:
            raise typer.BadParameter(
                f"{', '.join(names)}: only for the list that `labels` itself prints, not for its commands."
            )
        ctx.obj = _Group(config, as_json, verbose)
        return
    from returnsync.engine import tell

    which = tell.WhichLabels(order or "", since.moment(begin), since.moment(unused), not_handed_over)
    with answering(verbose=verbose, as_json=as_json) as answer, reading(config, verbose=verbose) as session:
        found = tell.list_labels(session, which)
        if as_json:
            answer.give(list(found))
        elif as_csv or excel:
            sheet.print_csv(tell.LABEL_COLUMNS, found, excel=excel)
        else:
            _print(list(found), str(session.labels.path), counted=unused is not None)


def _print(found: list[dict[str, str]], folder: str, *, counted: bool) -> None:
    from returnsync.cli.report import local
    from returnsync.cli.screen import console, print_paragraph, print_table
    from returnsync.engine.tell import by_carrier_and_month

    if not found:
        typer.echo("There is no such label.")
        return
    out = console()
    if counted:
        rows = [
            (month, carrier or "not recorded", str(number)) for month, carrier, number in by_carrier_and_month(found)
        ]
        print_table(out, ("month", "carrier", "labels"), rows)
        out.print()
    cells = [
        (
            local(one["saved_at"]),
            one["order_number"],
            one["source"],
            one["carrier"],
            one["status"].replace("_", " "),
            local(one["handed_over"]) if one["handed_over"] else "",
            f"removed {local(one['removed_at'])}" if one["removed_at"] else one["file"],
        )
        for one in found
    ]
    print_table(out, ("came", "order", "source", "carrier", "status", "sent", "file"), cells)
    print_paragraph(out, f"The files are in {folder}", style="dim")


@app.command(
    epilog=examples(
        ("A copy to send to the consumer", "returnsync labels copy '#20417' label.pdf"),
        ("Into this folder, under its own name", "returnsync labels copy '#20417' ."),
        ends_with={ExitCode.USAGE: "no such label, its file is missing or changed, or TO exists already"},
        docs="docs/how-to/answer-the-phone.md",
    )
)
def copy(
    ctx: typer.Context,
    order: Annotated[
        str,
        typer.Argument(
            metavar="ORDER",
            callback=options.as_text,
            help="Whatever `show` takes: order number, id, code, tracking number.",
        ),
    ],
    to: Annotated[Path, typer.Argument(metavar="TO", help="An existing folder, or a new file.")],
    config: options.Config = None,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Copy the newest label of an order. Nothing is overwritten. Only its owner can read the copy."""
    from returnsync.engine import tell

    with _asking(ctx.obj, config, as_json=as_json, verbose=verbose) as (answer, session):
        copied = [str(place) for place in tell.copy_labels(session, order, to)]
        answer.give({"copied": copied}) if answer.as_json else typer.echo("\n".join(copied))


@app.command(
    epilog=examples(
        ("Check every label file", "returnsync labels verify"),
        ends_with={ExitCode.NEEDS_PERSON: "a file is missing, cannot be read, or was changed"},
        docs="docs/how-to/answer-the-phone.md",
    )
)
def verify(
    ctx: typer.Context,
    config: options.Config = None,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Check that the file of each label exists and is unchanged. It is compared by its hash."""
    from returnsync.engine import tell

    with _asking(ctx.obj, config, as_json=as_json, verbose=verbose) as (answer, session):
        found = list(tell.verify_labels(session))
        wrong = [one for one in found if one.what]
        if answer.as_json:
            answer.give({"whole": len(found) - len(wrong), "wrong": [one._asdict() for one in wrong]})
        else:
            for one in wrong:
                say(f"{one.file}: {one.what}", one.next_step)
            typer.echo(f"Whole: {len(found) - len(wrong)}. Wrong: {len(wrong)}.")
        raise typer.Exit(int(ExitCode.NEEDS_PERSON if wrong else ExitCode.DONE))


@app.command(
    epilog=examples(
        ("Send the label of an order to its consumer now", "returnsync labels send '#20417'"),
        ("Which could be sent", "returnsync labels --not-handed-over"),
        ends_with={
            ExitCode.USAGE: "no such label, it cannot be sent as it is, or no terminal to ask on",
            ExitCode.TEMPORARY: "it cannot be sent now; the next run tries again",
        },
        docs="docs/how-to/hand-over.md",
    )
)
def send(
    ctx: typer.Context,
    order: Annotated[
        str,
        typer.Argument(
            metavar="ORDER", callback=options.as_text, help="Whatever `show` takes: order number, id, code."
        ),
    ],
    config: options.Config = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Send the newest label of an order to its consumer. Asks first."""
    from returnsync.cli.send import send_label

    before: _Group = ctx.obj
    send_label(
        order,
        config or before.config,
        dry_run=dry_run,
        yes=yes,
        as_json=as_json or before.as_json,
        verbose=verbose or before.verbose,
    )


@contextmanager
def _asking(before: _Group, config: Path | None, *, as_json: bool, verbose: bool) -> "Iterator[tuple[Answer, Context]]":
    """A command that only reads, with its own options and those before its name."""
    verbose = verbose or before.verbose
    with (
        answering(verbose=verbose, as_json=as_json or before.as_json) as answer,
        reading(config or before.config, verbose=verbose) as session,
    ):
        yield answer, session
