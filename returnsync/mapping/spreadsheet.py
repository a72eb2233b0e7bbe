"""CSV as spreadsheets write it: rows with their lines, and cells without a spreadsheet's additions. Pure.

A spreadsheet takes `01001` for the number 1001, so people and exports write `="01001"` or `'01001` for it, and some
begin a file with the line `sep=;`. A value that a spreadsheet has already lost, as in `1.23E+15`, is reported and never
guessed.
"""

import codecs
import csv
import re
from collections.abc import Iterator
from typing import NamedTuple

Problems = list[tuple[int, str]]
"""Each is a line number, counted from 1, and the problem there."""

_LINE_END = re.compile(r"\r\n|\r|\n")
_SEPARATOR_LINE = re.compile(r'\s*"?sep=(?P<mark>\\t|[^\w\s"\']|\t)"?[\s,;]*', re.IGNORECASE)
_LOOKS_LIKE_ONE = re.compile(r'\s*"?sep=', re.IGNORECASE)
_QUOTED_FIRST_CELL = re.compile(r' *=?"(?:[^"]|"")*"')
# A tab beside a comma or a semicolon is only padding.
_DELIMITER = re.compile(r"\s*([,;])|(\t)")
_OTHER_DELIMITER = re.compile(r"[;\t]\s*[^\s;,]")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
_EMPTY = {"", "'", '=""'}

_TEXT_FORMULA = re.compile(r'="((?:[^"]|"")*)"')
# 1.23E+15, or 1,23E+15: spreadsheets show and save a number with too many digits like this.
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?E\+\d{2,}", re.IGNORECASE)
# #N/A and similar errors in several languages; Err:502 is LibreOffice's.
_FAILED = re.compile(r"#(?:N/[A-Z]|NV|[A-ZÀ-Ý/0-9]+[!?])|Err:\d{3}")
_TOO_NARROW = re.compile(r"#{3,}")

# A cell that begins like this is run as a formula, also after a text was opened and saved again.
_FORMULA = re.compile(r"[=+\-@\t\r]")
# The same behind invisible characters, or as the wide characters of Asian keyboards.
_HIDDEN_FORMULA = re.compile("[\\s\ufeff\u200b]*[=+\\-@\uff1d\uff0b\uff0d\uff20]")
_BEHIND_A_SEPARATOR = re.compile('([;\t])(?=[\\s\ufeff\u200b"]*[=+\\-@\uff1d\uff0b\uff0d\uff20])')
# A number or a date that a spreadsheet would write differently, or with fewer digits.
_RESPELLED = re.compile(r"(?!(?:0|[1-9]\d{0,10})$)\d[\d.,:/\-eE+ ]*")


class Row(NamedTuple):
    """A row that is not blank: the line on which it begins, and its cells as written, without blanks around them."""

    line: int
    cells: list[str]


def decoded(data: bytes) -> str:
    """The text of a file: UTF-8, or UTF-16 where the file begins with its mark, as Excel's "Unicode text" does.

    Raises:
        UnicodeDecodeError: it has another encoding.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    return data.decode("utf-8-sig")


def rows(text: str, problems: Problems) -> Iterator[Row]:
    """Every row that is not blank, without the empty cells at its end. Unreadable rows are added to `problems`.

    A first line such as `sep=;` names the separator. Otherwise it is whichever of comma, semicolon and tab comes first,
    outside quotes, in the first line that has one.
    """
    lines = _LINE_END.split(text.removeprefix("\ufeff"))
    skipped, mark = _separator_line(lines, problems)
    feed = _Feed(lines[skipped:])
    reader = csv.reader(feed, delimiter=mark or _delimiter(lines), skipinitialspace=True)
    while True:
        begins = skipped + reader.line_num + 1
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            problems.append((begins, f"cannot be read as CSV ({error})"))
            continue
        if feed.is_spent:
            problems.append((begins, "has a quote that is not closed"))
            continue
        while cells and cells[-1] in _EMPTY:
            cells.pop()  # a spreadsheet may write as many cells as its widest row has
        if not all(cell in _EMPTY for cell in cells):
            yield Row(begins, cells)


def plain(cell: str, *, of_words: bool = False) -> str:
    """The value of a cell, without `="…"` around it and without the leading apostrophe that marks a text.

    In a cell `of_words`, an apostrophe before a letter is the beginning of a word, such as the Dutch 't. So is a sign
    at the beginning.

    Raises:
        ValueError: a spreadsheet lost the value, or wrote a formula instead of it.
    """
    cell = cell.strip()
    if _has_mark(cell) and not (of_words and _begins_a_word(cell)):
        return cell[1:].strip()
    if found := _TEXT_FORMULA.fullmatch(cell):
        return found[1].replace('""', '"').strip()
    if why := _lost(cell):
        raise ValueError(f"holds {cell!r}, {why}")
    if cell.startswith("=") and not of_words:
        raise ValueError(f"holds {cell!r}, which is a formula; write its value instead")
    return cell


def guarded(cell: str) -> str:
    """A cell of words as it is written for a spreadsheet: never run as a formula, and never shown as another number.

    `plain(…, of_words=True)` reverses it.
    """
    bare = cell.lstrip("'")
    changed = _FORMULA.match(bare) or _RESPELLED.fullmatch(bare) or _lost(bare)
    return f"'{cell}" if changed or (_has_mark(cell) and not _begins_a_word(cell)) else cell


def inert(cell: str) -> str:
    """A cell that no spreadsheet runs, whatever separator it assumes; for files that are never read back.

    Where a semicolon or a tab separates cells, another cell begins behind it.
    """
    guarded_cell = guarded(cell)
    if guarded_cell == cell and _HIDDEN_FORMULA.match(cell):
        guarded_cell = f"'{cell}"
    return _BEHIND_A_SEPARATOR.sub(r"\1'", guarded_cell)


def _has_mark(cell: str) -> bool:
    return cell.startswith("'")


def _begins_a_word(cell: str) -> bool:
    bare = cell.lstrip("'")
    return (bare[:1].isalpha() or bare[:1].isspace()) and not _lost(bare)


def _lost(cell: str) -> str:
    """Why a spreadsheet no longer has the value of a cell, and what to do; empty where it has."""
    if _SHORTENED.fullmatch(cell):
        return "a long number that a spreadsheet shortened; format the column as text and write the number in full"
    if _FAILED.fullmatch(cell):
        return "which a spreadsheet writes where a formula failed; write the value instead"
    if _TOO_NARROW.fullmatch(cell):
        return "which a spreadsheet writes where a column is too narrow; make it wider and save the file again"
    return ""


def _separator_line(lines: list[str], problems: Problems) -> tuple[int, str]:
    """How many lines to skip, up to a first line `sep=…`, and its separator; 0 and "" without such a line."""
    at = next((at for at, line in enumerate(lines) if line.strip()), 0)
    if not _LOOKS_LIKE_ONE.match(lines[at]):
        return 0, ""
    found = _SEPARATOR_LINE.fullmatch(lines[at])
    if found is None:
        problems.append((at + 1, "begins with sep= and names no separator; write sep=; or remove the line"))
        return at + 1, ""
    return at + 1, "\t" if found["mark"] == "\\t" else found["mark"]


def _delimiter(lines: list[str]) -> str:
    for line in lines:
        if _LOOKS_LIKE_ONE.match(line):
            continue
        quoted = _QUOTED_FIRST_CELL.match(line)
        begin = quoted.end() if quoted else 0
        # A comma between digits, as in `1,5;2`, is a decimal comma where another character separates the cells.
        without_decimals = _DECIMAL_COMMA.sub(".", line[begin:])
        if found := _OTHER_DELIMITER.search(without_decimals) and _DELIMITER.search(without_decimals):
            return found[1] or found[2]
        if found := _DELIMITER.search(line, begin):
            return found[1] or found[2]
    return ","


class _Feed:
    """The lines for the reader, with one kind of line end; shows whether an open quote made it read past the end."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = iter(lines)
        self.is_spent = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            return f"{next(self._lines)}\n"
        except StopIteration:
            self.is_spent = True
            raise
