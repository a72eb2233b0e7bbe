"""Tables of two columns that people keep in a spreadsheet: one side's name of a thing, and the other side's. Pure.

There is no header line: every line counts, except the `sep=;` that some programs write before the first row.
"""

from returnsync.mapping import spreadsheet

_COLUMNS = 2


class TableError(ValueError):
    """Rows without a value, or with contradicting ones; it reports all of them, not only the first."""

    def __init__(self, problems: tuple[tuple[int, str], ...]) -> None:
        """Each of `problems` is a line, counted from 1, and what is wrong with it."""
        super().__init__("; ".join(f"line {line}: {problem}" for line, problem in problems))
        self.problems = problems


def parse(text: str) -> dict[str, str]:
    """The first column → the second, each cell without a spreadsheet's additions. Blank lines are skipped.

    Raises:
        TableError: there are no rows; rows do not have exactly two filled cells; keys are given twice with different
            values. An identical row that is given twice does no harm.
    """
    table: dict[str, str] = {}
    first_seen: dict[str, int] = {}
    problems: list[tuple[int, str]] = []
    for line, written in spreadsheet.rows(text, problems):
        if any("\n" in cell for cell in written):
            # An unclosed quote swallows the rows after it; no mapped value has several lines.
            problems.append((line, "has a quote that is not closed on its line"))
            continue
        try:
            cells = [spreadsheet.plain(cell) for cell in written]
        except ValueError as error:
            problems.append((line, str(error)))
            continue
        if len(cells) != _COLUMNS or not all(cells):
            problems.append((line, f"must have exactly two filled cells, but has {_counted(cells)}"))
            continue
        key, value = cells
        if table.setdefault(key, value) != value:
            problems.append((line, f"gives {key!r} another value than line {first_seen[key]}"))
        first_seen.setdefault(key, line)
    if not table and not problems:
        # A table that was emptied by mistake would let every number pass unchanged.
        problems.append((1, "has no rows"))
    if problems:
        raise TableError(tuple(sorted(problems)))
    return table


def _counted(cells: list[str]) -> str:
    if all(cells):
        return "one" if len(cells) == 1 else str(len(cells))
    return "an empty one"
