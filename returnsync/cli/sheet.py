"""Rows as CSV on stdout, for spreadsheets: UTF-8 under every locale, and no cell is run as a formula."""

import csv
import sys
from collections.abc import Iterable, Mapping, Sequence

from returnsync.cli import streams
from returnsync.redact import one_line, printable

_MARK = "\ufeff"


def print_csv(columns: Sequence[str], rows: Iterable[Mapping[str, str]], *, excel: bool = False) -> None:
    """Print rows, which are masked already, below the names of their columns.

    For `excel` the file begins with a byte order mark, by which Excel recognises UTF-8.
    """
    from returnsync.mapping.spreadsheet import inert

    streams.write_utf8()
    if excel:
        sys.stdout.write(_MARK)
    table = csv.DictWriter(sys.stdout, columns, restval="", lineterminator="\n")
    table.writeheader()
    table.writerows({name: inert(one_line(printable(cell))) for name, cell in row.items()} for row in rows)
