"""Tables of two columns that people keep in a spreadsheet: what one side calls a thing, and the other. Pure.

CSV with a comma or a semicolon, whichever the first filled line uses. There is no header line: every line counts.
"""

import csv
import re
from collections.abc import Iterator

_COLUMNS = 2
_LINE_END = re.compile(r"\r\n|\r|\n")


class TableError(ValueError):
    """Rows that say nothing, or two things at once; every one of them, not the first alone."""

    def __init__(self, problems: tuple[tuple[int, str], ...]) -> None:
        """Each of `problems` is a line, counted from 1, and what is wrong with it."""
        super().__init__("; ".join(f"line {line}: {problem}" for line, problem in problems))
        self.problems = problems


def parse(text: str) -> dict[str, str]:
    """The first column → the second. Blank lines are skipped, blanks around a cell are taken off.

    Raises:
        TableError: no rows at all; rows that do not have exactly two filled cells; keys that stand there twice with
            different values. A row that stands there twice as it is does no harm.
    """
    table: dict[str, str] = {}
    first_seen: dict[str, int] = {}
    problems: list[tuple[int, str]] = []
    for line, cells in _rows(text.removeprefix("\ufeff"), problems):
        if len(cells) != _COLUMNS or not all(cells):
            problems.append((line, f"does not have two filled cells and no more, but {_counted(cells)}"))
            continue
        key, value = cells
        if table.setdefault(key, value) != value:
            problems.append((line, f"gives {key!r} another value than line {first_seen[key]}"))
        first_seen.setdefault(key, line)
    if not table and not problems:
        # A table that was emptied by mistake would let every number pass as it is.
        problems.append((1, "has no rows"))
    if problems:
        raise TableError(tuple(sorted(problems)))
    return table


def _rows(text: str, problems: list[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    """Every row that is not blank, with the line that it begins on."""
    lines = _LINE_END.split(text)
    # The reader wants one kind of line end, and hands those inside quotes on.
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=_delimiter(lines), skipinitialspace=True)
    while True:
        begins = reader.line_num + 1
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            problems.append((begins, f"cannot be read as CSV ({error})"))
            continue
        if any("\n" in cell for cell in cells):
            # A quote that is never closed swallows the rows after it; nothing that is mapped goes over several lines.
            problems.append((begins, "has a quote that is not closed on its line"))
        elif any(cells):
            while not cells[-1]:
                cells.pop()  # a spreadsheet may write as many cells as its widest row had
            yield begins, cells


def _delimiter(lines: list[str]) -> str:
    """A semicolon where the first filled line has one and no comma; where it has both, the one that comes first."""
    first = next((line for line in lines if line.strip()), "")
    places = {mark: first.find(mark) for mark in ",;" if mark in first}
    return min(places, key=lambda mark: places[mark], default=",")


def _counted(cells: list[str]) -> str:
    if all(cells):
        return "one" if len(cells) == 1 else str(len(cells))
    return "an empty one"
