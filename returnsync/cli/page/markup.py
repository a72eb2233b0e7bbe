"""The elements of the page: text from outside is masked, kept on one line and escaped here, and nowhere else."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from returnsync.redact import mask, one_line, printable

# XML, and so SVG, does not allow these characters.
_NO_XML = re.compile("[\ufffe\uffff\ud800-\udfff]")

_CODE = re.compile("`([^`]+)`")

# A longer text gets a wide column, so that it does not become a column of single words.
_LONG = 24
_SMALLEST = 0.005

Cell = str | int | float | None
"""A text, a number, or nothing."""


@dataclass(frozen=True)
class Table:
    """Rows below their head; the first cell of a row is its name."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def plain(text: str) -> str:
    """A text that can be shown: without secrets, e-mail addresses, line breaks and control characters."""
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", one_line(printable(mask(text))))


def shown(text: str) -> str:
    """The same, escaped for use between tags or in an attribute."""
    return escape(plain(text))


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph; text between backticks becomes code. `kind` is its class, if it has one."""
    said = _CODE.sub(r"<code>\1</code>", shown(text))
    return f"<p{_class(kind)}>{said}</p>"


def legend(entries: Iterable[tuple[str, str]]) -> str:
    """The meaning of each colour: a name, and the name of the colour's variable."""
    items = (f'<li><span style="background:var(--{color})"></span>{shown(name)}</li>' for name, color in entries)
    return f'<ul class="legend">{"".join(items)}</ul>'


def table(content: Table) -> str:
    """A table, in a frame that scrolls if the window is too narrow."""
    caption = shown(content.caption)
    first_row = content.rows[0] if content.rows else ()
    kinds = ["text" if isinstance(cell, str) else "" for cell in first_row]
    head = "".join(
        f'<th scope="col"{_class(kind)}>{shown(cell)}</th>' for cell, kind in zip(content.head, kinds, strict=True)
    )
    rows = "".join(f"<tr>{_cell(first, 'th')}{''.join(map(_cell, rest))}</tr>" for first, *rest in content.rows)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{caption}"><table><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cell(cell: Cell, tag: str = "td") -> str:
    scope = ' scope="row"' if tag == "th" else ""
    if cell is None:
        return f"<{tag}{scope}>–</{tag}>"
    if isinstance(cell, str):
        kind = "text long" if len(cell) > _LONG else "text"
        return f"<{tag}{scope}{_class(kind)}>{shown(cell)}</{tag}>"
    return f"<{tag}{scope}>{number(cell)}</{tag}>"


def number(value: float) -> str:
    """A number for people: a fraction has two places, and a number above 0 is never written as 0.00."""
    if isinstance(value, int):
        return f"{value:,}"
    return "under 0.01" if 0 < value < _SMALLEST else f"{value:,.2f}"


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
