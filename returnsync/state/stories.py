"""The history of a return that was erased, as one short text: what happened when, and for which cause. Pure."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from returnsync import clock

_Entry = dict[str, Any]
_SECOND = timedelta(seconds=1)

# A frequent event is written as the position of its word in this list: never change the order, only add at the end.
_WORDS = (
    *("read", "changed", "planned", "create intended", "announced", "adopted", "label intended", "labelled", "settled"),
    *("waiting", "held", "compared", "update intended", "updated", "withdrawn", "left_alone", "released"),
)
_PLACES = {word: place for place, word in enumerate(_WORDS)}


def packed(entries: Iterable[_Entry], first_seen: datetime, codes: Sequence[str]) -> str:
    """Entries of the history of a return as one text; empty for none.

    It is a JSON array of entries. Each has the seconds since the return was first seen, the event, the position of its
    code among `codes` (those of the announcements, in the order in which they were made), and its cause. The last two
    are left out where there is none.
    """
    rows = [_row(entry, codes, (clock.parse(entry["at"]) - first_seen) // _SECOND) for entry in entries]
    return json.dumps(rows, separators=(",", ":"), ensure_ascii=False) if rows else ""


def _row(entry: _Entry, codes: Sequence[str], seconds: int) -> list[Any]:
    code = entry["code"]
    place = codes.index(code) if code in codes else code or None
    row = [seconds, _PLACES.get(entry["event"], entry["event"]), place, entry["detail"].get("cause")]
    while row[-1] is None:
        row.pop()
    return row


def unpacked(text: str, first_seen: datetime, codes: Sequence[str]) -> list[_Entry]:
    """The entries of a text made by `packed`, to the second; each without the run that made it."""
    rows = json.loads(text) if text else []
    return [_entry(codes, first_seen + row[0] * _SECOND, *row[1:]) for row in rows]


def _entry(
    codes: Sequence[str], at: datetime, event: str | int, place: int | str | None = None, cause: str | None = None
) -> _Entry:
    return {
        "at": clock.stamp(at),
        "run": "",
        "code": codes[place] if isinstance(place, int) else place or "",
        "event": _WORDS[event] if isinstance(event, int) else event,
        "detail": {"cause": cause} if cause else {},
    }
