"""The history of a return that was erased, as one short text: when what happened, and for which cause. Pure."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from returnsync import clock

_Entry = dict[str, Any]

# What happens to most returns stands as the place of its word here: never change the order, only add at the end.
_WORDS = (
    *("read", "changed", "planned", "create intended", "announced", "adopted", "label intended", "labelled", "settled"),
    *("waiting", "held", "compared", "update intended", "updated", "withdrawn", "left_alone", "released"),
)
_PLACES = {word: place for place, word in enumerate(_WORDS)}


def packed(entries: Iterable[_Entry]) -> str:
    """Entries of a history as one text; empty for none.

    A JSON array: the codes that they are about, the first moment, and for each entry the seconds since then, what
    happened, the place of its code, and its cause. The last two are left out where there is none.
    """
    story = list(entries)
    if not story:
        return ""
    codes = list(dict.fromkeys(entry["code"] for entry in story if entry["code"]))
    first = clock.parse(story[0]["at"]).replace(microsecond=0)
    rows = [_row(entry, codes, (clock.parse(entry["at"]) - first) // timedelta(seconds=1)) for entry in story]
    return json.dumps([codes, f"{first:%Y-%m-%dT%H:%M:%SZ}", *rows], separators=(",", ":"), ensure_ascii=False)


def _row(entry: _Entry, codes: list[str], seconds: int) -> list[Any]:
    place = codes.index(entry["code"]) if entry["code"] else None
    row = [seconds, _PLACES.get(entry["event"], entry["event"]), place, entry["detail"].get("cause")]
    while row[-1] is None:
        row.pop()
    return row


def unpacked(text: str) -> list[_Entry]:
    """The entries of a text by `packed`, to the second; each without the run that made it."""
    if not text:
        return []
    codes, at, *rows = json.loads(text)
    first = clock.parse(at)
    return [_entry(codes, first + timedelta(seconds=row[0]), *row[1:]) for row in rows]


def _entry(
    codes: list[str], at: datetime, event: str | int, place: int | None = None, cause: str | None = None
) -> _Entry:
    return {
        "at": clock.stamp(at),
        "run": "",
        "code": "" if place is None else codes[place],
        "event": _WORDS[event] if isinstance(event, int) else event,
        "detail": {"cause": cause} if cause else {},
    }
