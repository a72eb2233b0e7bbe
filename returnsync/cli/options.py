"""Options that several commands share, each described once."""

import os
import re
from pathlib import Path
from typing import Annotated

import typer


def as_text(given: str | None) -> str | None:
    """What was typed, as text: where the locale is not UTF-8, Python hands on in half surrogates what is."""
    return os.fsencode(given).decode("utf-8", "replace") if given and _HALVES.search(given) else given


def as_texts(given: list[str] | None) -> list[str] | None:
    """The same for several."""
    return given and [as_text(one) or "" for one in given]


_HALVES = re.compile("[\ud800-\udfff]")

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        help="The configuration file; else the one that $RETURNSYNC_CONFIG names.",
        show_default=False,
        readable=False,  # what cannot be read is told where it is read, with what to do
    ),
]
OfSources = Annotated[
    list[str] | None,
    typer.Option("--source", metavar="SOURCE", help="Of this source only. Repeatable.", show_default=False),
]
AsCsv = Annotated[
    bool,
    typer.Option(
        "--csv",
        help="A table as CSV. No cell is run as a formula by a spreadsheet: those that could be have an apostrophe "
        "before them.",
    ),
]
Excel = Annotated[bool, typer.Option("--excel", help="The same, with the mark that Excel wants.")]
Private = Annotated[bool, typer.Option("--private", help="With the personal data that are else left out or masked.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Look and decide, but change nothing, outside or inside.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log every step, and tracebacks of faults.")]
LogJson = Annotated[bool, typer.Option("--log-json", help="Log to stderr as JSON lines.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Go on without asking.")]
