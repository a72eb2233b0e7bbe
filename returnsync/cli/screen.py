"""Prints tables, paragraphs and hints on a screen of any width, with no word cut and no trailing blanks."""

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from returnsync.cli import hints
from returnsync.redact import mask, one_line, printable

_PLAIN_WIDTH = 160
_BETWEEN = "  "


class _Console(Console):
    """Shows text from outside without the characters that would control the terminal."""

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(printable(text), **options)


def console() -> Console:
    """Stdout, for results: as wide as the terminal, otherwise wide enough that a line stays one line."""
    made = _Console(highlight=False, soft_wrap=True)
    return made if made.is_terminal else _Console(highlight=False, soft_wrap=True, width=_PLAIN_WIDTH)


def print_table(out: Console, header: Sequence[str], rows: Iterable[Sequence[str]], *, private: bool = False) -> None:
    """Print rows of cells below a header; if the terminal is too narrow, each cell is a line of its own.

    Secrets and e-mail addresses are masked, unless personal data were asked for (`private`).
    """
    shown = [[one_line(printable(cell if private else mask(cell))) for cell in row] for row in rows]
    widths = [max(cell_len(row[number]) for row in (list(header), *shown)) for number in range(len(header))]
    if out.is_terminal and sum(widths) + len(_BETWEEN) * (len(widths) - 1) > out.width:
        _print_one_by_one(out, header, shown, private=private)
        return
    out.print(_in_columns(header, widths), style="bold", markup=False)
    for row in shown:
        _print_line(out, _in_columns(row, widths))


def _in_columns(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = (f"{cell}{' ' * (width - cell_len(cell))}" for cell, width in zip(row, widths, strict=True))
    return _BETWEEN.join(padded).rstrip()


def _print_one_by_one(out: Console, header: Sequence[str], rows: Iterable[Sequence[str]], *, private: bool) -> None:
    for first, *others in rows:
        out.print(f"{header[0]}: {first}", style="bold", markup=False)
        for name, cell in zip(header[1:], others, strict=True):
            if cell:
                print_paragraph(out, f"{name}: {cell}", indent=2, private=private)


def print_paragraph(
    out: Console, text: str, *, indent: int = 0, first: str = "", style: str | None = None, private: bool = False
) -> None:
    """Print a text, masked and indented, its first line beginning with `first`; it is broken only between words.

    It is not masked if personal data were asked for (`private`).
    """
    begin = " " * indent + first
    for line in _broken(out, one_line(printable(text if private else mask(text))), begin, " " * cell_len(begin)):
        _print_line(out, line, style)


def print_hint(out: Console, text: str, *, indent: int = 0, first: str = "") -> None:
    """Print what to do, each command on a line of its own that is never broken, so that it can be pasted."""
    begin = " " * indent + _in_its_encoding(out, first)
    for line in hints.lines(one_line(printable(mask(text)))):
        if line.startswith(" "):
            _print_line(out, " " * cell_len(begin) + line)
        else:
            for broken in _broken(out, line, begin, " " * cell_len(begin)):
                _print_line(out, broken)
        begin = " " * cell_len(begin)


def _print_line(out: Console, text: str, style: str | None = None) -> None:
    """Print one line that is printable already. Without a style, rich would take longer than everything else."""
    if style is None or not out.is_terminal:
        out.file.write(f"{text}\n")
    else:
        out.print(text, markup=False, style=style)


def _in_its_encoding(out: Console, first: str) -> str:
    """An arrow, or `>` if the encoding of the output has no arrow."""
    try:
        first.encode(out.encoding)
    except UnicodeEncodeError:
        return first.replace("→", ">")
    return first


def _broken(out: Console, text: str, begin: str, further: str) -> list[str]:
    if not out.is_terminal:
        return [f"{begin}{text}".rstrip()]
    made = textwrap.wrap(
        text,
        max(out.width, 20),
        initial_indent=begin,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return made or [begin.rstrip()]
