"""Pairs of reasons as a CSV for a spreadsheet: one row for each reason, paired or not. Pure.

Spreadsheets run cells that begin like a formula, and marketplaces may write anything. Such a cell gets a leading
apostrophe, which is removed when it is read again. So does a key such as 007, which a spreadsheet would turn into 7.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import NamedTuple

from pydantic import ValidationError

from returnsync.mapping import spreadsheet
from returnsync.mapping.pairings import STATUS_KEY, Choice, Pair, Place

_SCOPES = {"source": "sources", "platform": "platforms"}
_OWNERS = {scope: word for word, scope in _SCOPES.items()}
# A person fills in `CHOICE`; `PLACE` says for which reason, and `SHOWN` is only for reading.
PLACE = ("belongs_to", "name", "channel", "key")
CHOICE = ("id", "parent_id", "words", "text_only")
SHOWN = ("platform_label", "main", "seen", "last_seen", STATUS_KEY, "warehouse_label", "chosen_by", "suggestion")
COLUMNS = (*PLACE, *SHOWN[:5], *CHOICE, *SHOWN[5:])
_YES, _NO = (
    {"yes", "true", "1", "x", "y", "ja", "wahr", "waar"},
    {"", "no", "false", "0", "n", "nee", "falsch", "onwaar"},
)
# The columns that are read back. The others are only for people, and may come back as a spreadsheet showed them.
_READ = {*PLACE, *CHOICE, "platform_label", "main"}


class SheetError(ValueError):
    """The problems of a sheet, each with its line."""

    def __init__(self, problems: list[tuple[int, str]]) -> None:
        """Keep all problems."""
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


class Written(NamedTuple):
    """A row that a person wrote: the choice for a place; without a choice, the earlier one is removed."""

    line: int
    place: Place
    choice: Choice
    platform_label: str
    main: str


def render(pairs: Iterable[tuple[Pair, dict[str, str]]]) -> str:
    """The sheet of some pairs, each with further columns for people; a missing choice is left empty."""
    text = io.StringIO()
    sheet = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    sheet.writeheader()
    for pair, shown in pairs:
        place, choice = pair.place, pair.choice
        row = {
            **dict(zip(PLACE, (_OWNERS[place.scope], place.name, place.channel, place.key), strict=True)),
            "platform_label": pair.platform_label,
            "main": pair.main,
            "id": _number(choice.id),
            "parent_id": _number(choice.parent_id),
            "words": choice.words,
            "text_only": "yes" if choice.text_only else "",
            "warehouse_label": choice.warehouse_label,
            "chosen_by": choice.chosen_by if choice.is_made else "",
            **shown,
        }
        sheet.writerow({name: _guarded(name, value) for name, value in row.items()})
    return text.getvalue()


def parse(text: str) -> list[Written]:
    """The rows of a sheet.

    Raises:
        SheetError: columns are missing or unknown, rows cannot be read, or a place is given twice.
    """
    problems: list[tuple[int, str]] = []
    rows = list(spreadsheet.rows(text, problems))
    head = rows[0] if rows else spreadsheet.Row(1, [])
    columns = [name.casefold() for name in head.cells]
    problems += [(head.line, f"the column {name!r} is missing") for name in (*PLACE, "id") if name not in columns]
    problems += [(head.line, f"the column {name!r} is unknown") for name in columns if name and name not in COLUMNS]
    if problems:
        raise SheetError(sorted(problems))
    found = list(_read(columns, rows[1:], problems))
    if problems:
        raise SheetError(sorted(problems))
    return found


def _read(columns: list[str], rows: list[spreadsheet.Row], problems: list[tuple[int, str]]) -> Iterator[Written]:
    lines: dict[Place, int] = {}
    for line, cells in rows:
        if len(cells) > len(columns):
            problems.append((line, f"has {len(cells)} cells, the first line has {len(columns)}"))
            continue
        # An editor may remove the empty cells at the end of a row.
        row = {name: cell for name, cell in zip_longest(columns, cells, fillvalue="") if name in _READ}
        try:
            written = _written(line, {name: _plain(name, cell) for name, cell in row.items()})
        except ValidationError as error:
            problems += [(line, str(item["ctx"]["error"])) for item in error.errors()]
        except ValueError as error:
            problems.append((line, str(error)))
        else:
            first = lines.setdefault(written.place.folded, line)
            if first != line:
                problems.append((line, f"is the same reason as line {first}"))
            yield written


def _written(line: int, row: dict[str, str]) -> Written:
    scope = _SCOPES.get(row["belongs_to"].casefold())
    if scope is None:
        raise ValueError(f"`belongs_to` is {row['belongs_to']!r}, and must be source or platform")
    if not row["name"] or not row["key"]:
        raise ValueError("`name` and `key` must say which reason it is")
    only = row.get("text_only", "").casefold()
    if only not in _YES | _NO:
        raise ValueError(f"`text_only` is {row['text_only']!r}, and must be yes or empty")
    choice = Choice(
        id=_whole("id", row["id"]),
        parent_id=_whole("parent_id", row.get("parent_id", "")),
        words=row.get("words", ""),
        text_only=only in _YES,
    )
    place = Place("sources" if scope == "sources" else "platforms", row["name"], row["key"], row.get("channel", ""))
    return Written(line, place, choice, row.get("platform_label", ""), row.get("main", ""))


def _whole(name: str, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"`{name}` is {text!r}, and must be a whole number")
    return int(text)


def _number(number: int | None) -> str:
    return "" if number is None else str(number)


def _guarded(name: str, cell: str) -> str:
    """A cell as it is written. Dates and numbers of returnsync's own stay as they are, so that they can be sorted."""
    return cell if name in {"id", "parent_id", "seen", "last_seen"} else spreadsheet.guarded(cell)


def _plain(name: str, cell: str) -> str:
    try:
        return spreadsheet.plain(cell, of_words=name not in {"id", "parent_id", "text_only", "belongs_to"})
    except ValueError as error:
        raise ValueError(f"`{name}` {error}") from error
