"""Loop's reads: the passes of its list, its details, its destinations; and the meaning of their answers.

The status of an answer is not enough: errors also come with HTTP 200, and a missing scope comes as 401 (section 1).

Sections are those of docs/platforms/loop.md.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Literal

from returnsync import clock
from returnsync.errors import AccountRefused, BadAnswer, Refused
from returnsync.http.answer import Answer
from returnsync.http.client import Params, Reader
from returnsync.http.paging import CursorPager, ListingError, cursor_of
from returnsync.http.records import has, items_in, look_up, object_in, read_each
from returnsync.platforms.loop import wire
from returnsync.platforms.records import moment_of
from returnsync.platforms.trust import listing
from returnsync.redact import as_kept

logger = logging.getLogger("returnsync.pull")

PAGE_SIZE = 250
# The most rows that a page can have (section 1).
_LARGEST_PAGE = 750
_SECOND = timedelta(seconds=1)
_SHOWN = 2000

_RIGHTS = (
    "Check `api_key`, and in Loop's developer tools that the key has the scope `returns`: Loop refuses a key without "
    "it as if the key were wrong."
)


class Calls:
    """Reads of one account."""

    def __init__(self, reader: Reader, source: str) -> None:
        """Read with `reader`; `source` is named in errors."""
        self._reader = reader
        self._source = source
        self.knows_all_destinations = True
        """Whether every destination in the list that was last read could be read."""

    def of_state(self, state: str, start: datetime, end: datetime) -> Iterator[tuple[Answer, list[object], bool]]:
        """The returns of one state that changed in a window, page by page; each page says whether it was the last."""
        pager = CursorPager()
        while True:
            with listing(self._source, "Loop", _RIGHTS):
                answer = self._list(state, "updated_at", start, end, cursor=pager.cursor)
                records, link = self._page_of(answer, PAGE_SIZE)
                # The link leaves out most of the parameters: only its cursor is used (section 2).
                pager.learn(cursor_of(link))
            yield answer, records, pager.finished
            if pager.finished:
                return
            if (moment := _made_last(records)) is not None:
                yield answer, self._made_at(state, moment), False

    def _made_at(self, state: str, moment: datetime) -> list[object]:
        """All returns that were created in the same second as the last row of a page.

        The cursor contains a time of creation but no id, so the next page may begin after that second although this
        page did not show all of it (section 2).
        """
        with listing(self._source, "Loop", _RIGHTS):
            answer = self._list(state, "created_at", moment, moment + _SECOND, size=_LARGEST_PAGE)
            records, link = self._page_of(answer, _LARGEST_PAGE)
            if cursor_of(link):
                raise ListingError("more returns were made in one second than a page can hold")
        return records

    def try_list(self, state: str) -> None:
        """Read one row of the last hour, the cheapest list that there is. Raises where no list can be read."""
        now = clock.now()
        with listing(self._source, "Loop", _RIGHTS):
            self._page_of(self._list(state, "updated_at", now - timedelta(hours=1), now, size=1), 1)

    def _list(
        self,
        state: str,
        by: Literal["created_at", "updated_at"],
        start: datetime,
        end: datetime,
        *,
        size: int = PAGE_SIZE,
        cursor: str | None = None,
    ) -> Answer:
        params = [
            # It is not documented whether the bounds are included: each window begins a second early.
            ("from", _stamp(start - _SECOND)),
            ("to", _stamp(end)),
            ("filter", by),
            ("state", state),
            ("paginate", "true"),
            ("pageSize", str(size)),
        ]
        return self._get("warehouse", "return", "list", params=[*params, *([("cursor", cursor)] if cursor else [])])

    def _page_of(self, answer: Answer, size: int) -> tuple[list[object], object]:
        """The records of a page of at most `size`, and the link to the next one."""
        if answer.is_nothing:
            return [], None
        content = answer.json()
        if isinstance(content, list) and _is_list_of_returns(content):
            # This is what comes without `paginate`: everything at once.
            logger.warning("%s: Loop ignored the wish for pages, and gave the whole list at once.", self._source)
            return content, None
        records = items_in(look_up(content, "returns"), "id")
        if records is None:
            raise self._trouble(answer)
        if not has(content, "nextPageUrl") and len(records) >= size:
            raise BadAnswer("Loop gave a full page, and did not say whether another follows.")
        return records, look_up(content, "nextPageUrl")

    def details(self, name: str, value: str) -> dict[str, Any] | None:
        """A return by one of its numbers; a missing one is an error with HTTP 200 (section 1)."""
        try:
            answer = self._get("warehouse", "return", "details", params=[(name, value)])
        except Refused as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        content = object_in(answer.json())
        if isinstance(content, dict) and has(content, "id"):
            return content
        if _is_nothing_found(content):
            return None
        raise self._trouble(answer)

    def destinations(self) -> dict[str, str] | None:
        """The type of each destination by id; `None` when the key may not read them."""
        try:
            answer = self._reader.get("destinations")
        except (AccountRefused, Refused):
            return None
        if answer.is_nothing:
            return {}
        content = answer.json()
        if _is_unauthorized(content):
            return None
        rows = items_in(look_up(content, "destinations"), "id")
        # A destination that cannot be read matters only to the returns that name it: see `Loop`.
        places = read_each(wire.Destination, rows or ())
        if rows is None or (rows and not places):
            raise BadAnswer("Loop's list of destinations cannot be read.")
        self.knows_all_destinations = len(places) == len(rows)
        return {place.id: (place.type or "").lower() for place in places}

    def _get(self, *segments: str, params: Params) -> Answer:
        try:
            return self._reader.get(*segments, params=params)
        except AccountRefused as error:
            raise AccountRefused(self._source, error.what, _RIGHTS, foreign=error.foreign) from error

    def _trouble(self, answer: Answer) -> AccountRefused | BadAnswer:
        """The error for an answer with HTTP 200 that is not what was asked for."""
        foreign = as_kept(answer.text())[:_SHOWN]
        if _is_unauthorized(answer.json()):
            what = f"{self._source}: the key is refused, though with HTTP 200."
            return AccountRefused(self._source, what, _RIGHTS, foreign=foreign)
        return BadAnswer("Loop answered with HTTP 200, but not with what was asked for.", status=200, foreign=foreign)


def _stamp(moment: datetime) -> str:
    return clock.stamp_ms(moment.replace(microsecond=0))


def _made_last(records: list[object]) -> datetime | None:
    """The second in which the last of some records was created, where that can be read."""
    moment = moment_of(records[-1], "created_at") if records else None
    return None if moment is None else moment.replace(microsecond=0)


def _is_list_of_returns(content: list[object]) -> bool:
    return not content or any(has(item, "id") for item in content)


def _is_unauthorized(content: object) -> bool:
    """Whether it has one of the two shapes of a 401 (section 1), whatever its status was."""
    error = look_up(content, "error") or look_up(content, "errors")
    if isinstance(error, dict):
        return str(error.get("code")) == "401" or _says_unauthorized(error.get("message"))
    return _says_unauthorized(error)


def _says_unauthorized(text: object) -> bool:
    return isinstance(text, str) and text.strip(" .").lower() == "unauthorized"


def _is_nothing_found(content: object) -> bool:
    """Whether it says that there is no such return: `{"error": {"message": …}}` without the code of another error."""
    error = look_up(content, "error")
    return isinstance(error, dict) and str(error.get("code", "404")) == "404" and not _is_unauthorized(content)
