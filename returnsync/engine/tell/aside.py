"""Records set aside, as a person recognises them: an unreadable record may still have an order, a parcel or a time."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from returnsync import clock, typed
from returnsync.engine import glimpsed
from returnsync.engine.context import Context
from returnsync.model import ReturnId, SourceId
from returnsync.platforms.glimpse import Glimpse
from returnsync.state import set_aside
from returnsync.state.database import Queries

_MOST_SHOWN = 5


def find(ctx: Context, q: Queries, text: str) -> list[tuple[SourceId, ReturnId]]:
    """The records set aside that a name matches: their key, an order number or a tracking number in them."""
    known = []
    for source_id, record in set_aside.each(q):
        shown = glimpsed.seen(ctx, source_id, record)
        names = (record.key, *shown.order_numbers, *shown.tracking_numbers)
        known.append(((source_id, ReturnId(record.key)), names))
    return typed.meant(text, known)


def _some(numbers: Iterable[str]) -> str:
    first = list(islice(numbers, _MOST_SHOWN + 1))
    return ", ".join([*first[:_MOST_SHOWN], *(["…"] if len(first) > _MOST_SHOWN else [])])


def shown(glimpsed: Glimpse) -> dict[str, Any]:
    """The keys of one entry that show which return a record may be."""
    return {
        "order_number": _some(glimpsed.order_numbers),
        "tracking_number": _some(filter(None, glimpsed.tracking_numbers)),
        "created": None if glimpsed.created is None else clock.stamp(glimpsed.created),
    }
