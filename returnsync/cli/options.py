"""Options that several commands share, each described once."""

import os
import re
from pathlib import Path
from typing import Annotated

import typer


def as_text(given: str | None) -> str | None:
    """What was typed, as text: under a locale that is not UTF-8, Python passes on UTF-8 bytes as surrogate escapes."""
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
        help="The configuration file. Without it: the one that $RETURNSYNC_CONFIG names, else returnsync.toml in "
        "this folder or in the user's configuration folder.",
        show_default=False,
        readable=False,  # reading it reports what is wrong, with what to do
    ),
]
OfSources = Annotated[
    list[str] | None,
    typer.Option("--source", metavar="SOURCE", help="Only this source. Repeatable.", show_default=False),
]
AsCsv = Annotated[
    bool,
    typer.Option(
        "--csv",
        help="Print a table as CSV. Cells that a spreadsheet could run as a formula begin with an apostrophe.",
    ),
]
Excel = Annotated[
    bool, typer.Option("--excel", help="The same, with a byte order mark, so that Excel reads it as UTF-8.")
]
Private = Annotated[
    bool, typer.Option("--private", help="Include the personal data that are otherwise left out or masked.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and change nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log every step, and the tracebacks of errors.")]
LogJson = Annotated[bool, typer.Option("--log-json", help="Log to stderr as JSON lines.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Go on without asking.")]
