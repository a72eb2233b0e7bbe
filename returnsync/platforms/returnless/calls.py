"""The requests to Returnless: filters, relations, cursors. The results are raw.

Sections are those of docs/platforms/returnless.md.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, NamedTuple

from returnsync.errors import BadAnswer, Refused
from returnsync.http.answer import Answer
from returnsync.http.client import Reader
from returnsync.http.paging import CursorPager, ListingError, cursor_of
from returnsync.http.records import has, items_in, look_up, object_in
from returnsync.platforms.records import moment_of

PAGE_SIZE = 100
# Answers to a request of which the server does not accept some part.
NOT_TAKEN = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})

Filter = tuple[str, str]

_INCLUDE = ("include", "customer,customer_address,return_order_items,shipments,sales_order")
_SECOND = timedelta(seconds=1)
# For the items and parcels of one return, and the statuses of an account: a server with more pages repeats itself.
_FEW_PAGES = 20


class Listed(NamedTuple):
    """One answer of a listing."""

    records: list[object]
    is_last: bool
    date: datetime | None


class Calls:
    """One account's requests, all of them reads."""

    def __init__(self, reader: Reader, version: str) -> None:
        """Read with `reader`, in one version of the API."""
        self._reader = reader
        self._version = version
        self._takes_include = True

    def account(self) -> None:
        """Make the cheapest request that shows whether the key is accepted (section 4)."""
        self._reader.get(self._version, "account").json()

    def returns(self, since: datetime, until: datetime | None = None, *filters: Filter) -> Iterator[Listed]:
        """The returns created in a period, the earliest first. The second in which a page ends is read again by itself.

        Sorting is possible by one field only, so a cursor may contain only a time. Other rows of the second in which a
        page ends would then be on no page (section 1).

        Raises:
            ListingError: the server repeats itself, or does not show what it promises.
        """
        for answer in self._pages(*_created(since, until), *filters):
            yield answer
            if not answer.is_last and (edge := _last_created(answer.records)) is not None:
                for again in self._pages(*_created(edge, edge + _SECOND), *filters):
                    if not again.records:
                        raise ListingError("it does not show all returns that were made in one second")
                    yield again._replace(is_last=False)

    def one(self, return_id: str) -> dict[str, Any] | None:
        """The raw record of one return; `None` when it does not exist."""
        if return_id in ("", ".", ".."):
            return None  # not an id, and an address could not contain it
        try:
            content = self._get(return_id).json()
        except Refused as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        record = object_in(look_up(content, "data") if has(content, "data") else content)
        if not isinstance(record, dict):
            raise BadAnswer("Returnless answered with something other than a return.")
        return record

    def rows(self, *segments: str) -> list[object]:
        """All rows of a short list; a list that says nothing about further pages has none."""
        found: list[object] = []
        pager = CursorPager(_FEW_PAGES)
        while not pager.finished:
            rows, content = _rows_of(self._reader.get(self._version, *segments, params=_paging(pager)))
            found += rows
            pager.learn(_next_cursor(content) if has(content, "meta") or has(content, "links") else None)
        return found

    def _pages(self, *filters: Filter) -> Iterator[Listed]:
        pager = CursorPager()
        while not pager.finished:
            params = [("filter[return_type]", "return"), *filters, ("sort", "created_at"), *_paging(pager)]
            answer = self._get(params=params)
            records, content = _rows_of(answer)
            pager.learn(_next_cursor(content))
            yield Listed(records, pager.finished, answer.date)

    def _get(self, *segments: str, params: Sequence[Filter] = ()) -> Answer:
        """Read returns with relations; without them once the server has shown that it refuses those (section 9)."""
        path = (self._version, "return-orders", *segments)
        if self._takes_include:
            try:
                return self._reader.get(*path, params=[*params, _INCLUDE])
            except Refused as error:
                if error.status not in NOT_TAKEN:
                    raise
        answer = self._reader.get(*path, params=params)
        self._takes_include = False
        return answer


def _created(since: datetime, until: datetime | None) -> list[Filter]:
    """Created at or after `since` and before `until`, cut to whole seconds as Returnless writes them (section 1)."""
    bounds = [("gte", since), *([("lt", until)] if until else [])]
    return [
        (f"filter[created_at][{sign}]", moment.astimezone(UTC).isoformat(timespec="seconds")) for sign, moment in bounds
    ]


def _paging(pager: CursorPager) -> list[Filter]:
    return [("per_page", str(PAGE_SIZE)), *([("cursor", pager.cursor)] if pager.cursor else [])]


def _rows_of(answer: Answer) -> tuple[list[object], dict[str, Any]]:
    if answer.is_nothing:
        return [], {"links": {"next": None}}
    content = answer.json()
    rows = items_in(look_up(content, "data"), "id")
    if rows is None:
        raise BadAnswer("Returnless answered a list request without a list.")
    return rows, content


def _next_cursor(content: dict[str, Any]) -> str | None:
    """The cursor of the next page, from `meta`, else from the link.

    The list ends only where one of them says that there is no next page: to take a missing field for the end would lose
    further rows.
    """
    meta, links = object_in(look_up(content, "meta")), object_in(look_up(content, "links"))
    cursor = look_up(meta, "next_cursor")
    is_none = cursor is None or cursor == ""
    if not (has(meta, "next_cursor") or has(links, "next")) or not (is_none or isinstance(cursor, str | int)):
        raise BadAnswer("Returnless's list does not say whether it goes on.")
    return str(cursor) if cursor else cursor_of(look_up(links, "next"))


def _last_created(records: Sequence[Any]) -> datetime | None:
    """When the last record of a page was created, to the second; unreadable ones are skipped."""
    moments = (moment_of(record, "created_at") for record in reversed(records))
    return next((moment.replace(microsecond=0) for moment in moments if moment is not None), None)
