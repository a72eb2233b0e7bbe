"""What a record that cannot be read still shows: its order, its parcel and its time, so that a person can recognise it.

A record is set aside because something in it is odd, perhaps its whole shape. So its fields are searched for by name
anywhere in it, and nothing that is found here decides anything.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from returnsync import clock
from returnsync.http import fields
from returnsync.http.decoding import decode_json
from returnsync.http.records import look_up
from returnsync.platforms.persons import texts_of_persons

# A record may be of any size and depth.
_MOST_PARTS = 10_000
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Names:
    """The names of the fields in a platform's records; those of a return as the state keeps it are always included."""

    orders: tuple[str, ...] = ()
    tracking: tuple[str, ...] = ()
    created: tuple[str, ...] = ()


class Glimpse(NamedTuple):
    """What a person may recognise a record by; each field may be empty."""

    order_numbers: tuple[str, ...] = ()
    tracking_numbers: tuple[str, ...] = ()
    created: datetime | None = None


_OF_STATE = Names(("order_number",), ("tracking_code",), ("created",))


def glimpse(raw: str, names: Names) -> Glimpse:
    """What a raw record in JSON shows; empty where it is not JSON."""
    try:
        record = decode_json(raw)
    except ValueError:
        return Glimpse()
    parts = list(_parts(record))
    # The outermost one belongs to the record itself. Where it is odd, the inner ones belong to something else.
    created = next(_values(parts, (*names.created, *_OF_STATE.created)), None)
    return Glimpse(
        _texts(parts, (*names.orders, *_OF_STATE.orders)),
        _texts(parts, (*names.tracking, *_OF_STATE.tracking)),
        fields.moment(created),
    )


def private_in(raw: str) -> list[str]:
    """What a raw record shows of persons, found by field names: names, addresses, phone numbers and similar data."""
    try:
        return texts_of_persons(decode_json(raw))
    except ValueError:
        return []


def reduced(seen: Glimpse) -> str:
    """A record in JSON that shows only this: `glimpse` gives the same for it."""
    created = None if seen.created is None else clock.stamp(seen.created)
    orders = [{"order_number": number} for number in seen.order_numbers]
    parcels = [{"tracking_code": number} for number in seen.tracking_numbers if number]
    return json.dumps({"created": created, "orders": orders, "parcels": parcels}, ensure_ascii=False)


def _parts(record: object) -> Iterator[Mapping[str, object]]:
    """Every object in a record, the outer ones first."""
    left, seen = [record], 0
    while left and seen < _MOST_PARTS:
        inner: list[object] = []
        for part in left[: _MOST_PARTS - seen]:
            seen += 1
            if isinstance(part, Mapping):
                yield part
                inner += part.values()
            elif isinstance(part, list):
                inner += part
        left = inner


def _values(parts: list[Mapping[str, object]], names: tuple[str, ...]) -> Iterator[object]:
    for part in parts:
        for name in names:
            if (value := look_up(part, name)) is not None:
                yield value


def _texts(parts: list[Mapping[str, object]], names: tuple[str, ...]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for value in _values(parts, names):
        if isinstance(value, str | int) and not isinstance(value, bool):
            text = str(value).strip()
            if text and len(text) <= _LONGEST and fields.is_readable(text):
                found[text] = None
    return tuple(found)
