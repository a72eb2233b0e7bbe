"""The return labels that Monta lists for an order (section 3.5 of docs/warehouses/monta.md).

Such a list decides whether another label is paid for, so no entry may vanish: one that cannot be read counts as one
without link, tracking code and time.
"""

import re
from datetime import datetime
from typing import Final

from pydantic import ValidationError, field_validator

from returnsync.errors import BadAnswer
from returnsync.http.answer import Answer
from returnsync.http.fields import Link, Tracking, moment, or_none
from returnsync.http.records import items_in
from returnsync.model import ShownLabel
from returnsync.warehouses.monta.wire import Wire

# An entry has each of these fields; any of them may be null.
_FIELDS: Final = ("TrackAndTraceCode", "TrackAndTraceLink", "ShipperDescription", "Created")
_WITH_TIME_OF_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")


class ListedLabel(Wire):
    """A return label of an order, whoever it belongs to, read as far as possible."""

    track_and_trace_code: Tracking = None
    track_and_trace_link: Link = None
    created: str | None = None

    _odd_is_not_shown = field_validator("*", mode="wrap")(or_none)


def shown_labels(answer: Answer) -> tuple[ShownLabel, ...]:
    """Every entry of the list; one object with a field of an entry is a list of one.

    Raises:
        BadAnswer: it is not a list.
    """
    if answer.is_nothing:
        return ()
    content = answer.json()
    rows = next((rows for field in _FIELDS if (rows := items_in(content, field)) is not None), None)
    if rows is None:
        raise BadAnswer("Monta answered with something other than a list of return labels.")
    return tuple(map(shown_label, rows))


def shown_label(content: object) -> ShownLabel:
    """One entry, whatever it is."""
    try:
        given = ListedLabel.model_validate(content if isinstance(content, dict) else {})
    except ValidationError:
        given = ListedLabel()
    return ShownLabel(
        tracking_link=given.track_and_trace_link or "",
        tracking_code=given.track_and_trace_code or "",
        created=_moment(given.created or ""),
    )


def _moment(text: str) -> datetime | None:
    """When it was made. Its time names no zone (section 2, Dates), so it is read as UTC.

    The time is probably Amsterdam's, which is ahead of UTC, so the result is never too early. A date without a time of
    day could be too early: it counts as none, as does a date that means none.
    """
    return moment(text.strip()) if _WITH_TIME_OF_DAY.match(text.strip()) else None
