"""`returnsync purge ORDER`: erase the personal data of a return, because its consumer asks for it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from returnsync.cli import options
from returnsync.cli.confirm import go_on_or_leave
from returnsync.cli.examples import examples
from returnsync.cli.session import acting, answering, say
from returnsync.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from returnsync.engine.erase import Found

EXAMPLES = examples(
    ("What would be erased?", "returnsync purge '#20417' --dry-run"),
    ("Erase it, and its label files too", "returnsync purge '#20417' --labels"),
    ends_with={
        ExitCode.NEEDS_PERSON: "it is not done, is held, or is not certain; nothing was erased",
        ExitCode.USAGE: "nothing is known by that name",
        ExitCode.TEMPORARY: "erased, but it may still be in the state file: purge it once more",
    },
    docs="docs/privacy.md",
)

ERASED = (
    "name, address, e-mail address and phone number",
    "comments and titles of articles",
    "what servers wrote, and the texts of what was sent to them",
    "links to tracking pages and to the platform's own label",
)
"""What `purge` and `retention_days` erase."""

KEPT = (
    "ids, codes, order and tracking numbers, articles, units, reasons and history, so that nothing is done twice",
    "hashes of the label, of its link and of what was listed, and the country, so that the return is recognised",
)
"""What they keep, and why."""


def purge(
    order: Annotated[
        str,
        typer.Argument(
            metavar="ORDER", callback=options.as_text, help="Order number, return number, return id or code."
        ),
    ],
    labels: Annotated[
        bool, typer.Option("--labels", help="Also remove its label files, which show name and address.")
    ] = False,
    config: options.Config = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Erase the personal data of a return. Asks first.

    Use it when a consumer asks for it. The return is named as for `show`. It is refused while something is still to be
    done for it, while it is held, and while the outcome of a call for it is not certain. The platform and the warehouse
    keep what they have: ask them too.
    """
    from returnsync.engine import erase

    with answering(verbose=verbose, as_json=as_json) as answer, acting(config, dry_run=dry_run, verbose=verbose) as ctx:
        found = erase.find_to_purge(ctx, order)
        removes = labels or ctx.config.settings.retention_labels
        if not yes and not dry_run:
            _ask(found, labels=removes)
        purged = erase.purge(ctx, found, labels=removes)
        left = [str(ctx.labels.path / file) for one in found for file in one.label_files if not removes]
        if as_json:
            answer.give(_as_json(found, purged.files, left, is_gone=not (dry_run or purged.left), dry_run=dry_run))
        else:
            _tell(found, purged.files, left, dry_run=dry_run)
        if purged.left:
            say(
                purged.left,
                "Make room on the disk, or stop the other program that reads the state. Then purge it once more.",
            )
            raise typer.Exit(int(ExitCode.TEMPORARY))


def _ask(found: "Sequence[Found]", *, labels: bool) -> None:
    """What is erased cannot be restored: without a terminal to ask on, --yes is required."""
    files = sum(len(one.label_files) for one in found) if labels else 0
    and_files = f" and removes {files} label {'file' if files == 1 else 'files'}" if files else ""
    what = f"This erases the personal data of {'; '.join(map(_named, found))}{and_files}. It cannot be undone"
    go_on_or_leave(what, "Go on?", "nothing was erased", "To erase it without a question, add --yes")


def _named(found: "Found") -> str:
    shown = found.shown
    name = shown["return_number"] or shown["return_id"]
    orders = f" (order {', '.join(shown['order_numbers'])})" if shown["order_numbers"] else ""
    return f"{'return' if found.is_return else 'record'} {name} of {shown['source']}{orders}"


def _as_json(
    found: "Sequence[Found]", removed: "Sequence[str]", left: "Sequence[str]", *, is_gone: bool, dry_run: bool
) -> dict[str, Any]:
    return {
        "returns": [one.shown for one in found],
        "erased": list(ERASED),
        "kept": list(KEPT),
        "label_files_removed": list(removed),
        "label_files_kept": list(left),
        "gone": is_gone,
        "dry_run": dry_run,
    }


def _tell(found: "Sequence[Found]", removed: "Sequence[str]", left: "Sequence[str]", *, dry_run: bool) -> None:
    from returnsync.cli.screen import console, print_paragraph

    out = console()
    for one in found:
        print_paragraph(out, f"{'Would be erased' if dry_run else 'Erased'}: {_named(one)}.", style="bold")
    print_paragraph(out, "What is erased:")
    for text in ERASED:
        print_paragraph(out, f"{text}.", indent=2)
    print_paragraph(out, "What is kept:")
    for text in KEPT:
        print_paragraph(out, f"{text}.", indent=2)
    for file in removed:
        print_paragraph(out, f"Removed: label file {file}.")
    for file in left:
        print_paragraph(out, f"Kept: {file}, since a label was paid for. To remove it too, add --labels.")
    print_paragraph(out, "The platform, the warehouse, and your own backups keep what they have.")
