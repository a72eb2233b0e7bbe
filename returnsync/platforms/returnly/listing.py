"""The list of returns over the API: how it is requested, page by page, until it has surely been read whole.

Sections and open questions are those of docs/platforms/returnly.md.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

from returnsync import clock
from returnsync.errors import BadAnswer
from returnsync.http.answer import Answer
from returnsync.http.client import Reader
from returnsync.http.paging import CursorPager, ListingError
from returnsync.http.records import look_up, object_in
from returnsync.platforms.records import key_of
from returnsync.platforms.returnly import wire
from returnsync.platforms.trust import listing

_INCLUDE = f"{wire.LINES},{wire.LABELS}"
_RIGHTS = (
    "Check the token, in the dashboard under Integration Tools. Returnly was closed in 2023: "
    "with recorded pages of its API, set `export` instead."
)
# It is not known whether `min_updated_at` includes the exact moment (open question 3).
_BEFORE = timedelta(seconds=1)
# How a link to the next page may name it: as in the first request, or in the way of JSON:API (open question 2).
_PAGE_NAMES = frozenset({"page", "page[number]", "page[cursor]", "page[after]", "cursor"})
# After this many passes in a row without a new row, a list counts as read, although it shows some row twice.
_QUIET_PASSES = 8
_MOST_PASSES = 100


class Listing:
    """Reads the list of one store."""

    def __init__(self, source: str, title: str, reader: Reader) -> None:
        """Read with `reader`; no request is made yet."""
        self._source = source
        self._title = title
        self._reader = reader

    def pages(self, since: datetime) -> Iterator[tuple[list[object], datetime | None]]:
        """The records that changed at or after `since`, joined with their parts, as they come.

        The last page comes with the moment up to which everything has been read.

        Pages go by number and their order is not known: a row that changes meanwhile may pull others to pages that were
        already read. But no row ever leaves the list. So once as many different rows were seen as a pass had rows,
        these were all of them. Where the pass had more, a row came twice and another may have slipped, and a further
        pass shows it.
        """
        until = clock.now()
        first = True
        seen: set[str] = set()
        quiet = 0
        for _ in range(_MOST_PASSES):
            pager = CursorPager()
            known, rows = len(seen), 0
            while not pager.finished:
                records, date = self.page(since, pager)
                if first and date is not None:
                    until = min(until, date)
                first = False
                seen.update(map(key_of, records))
                rows += len(records)
                if not pager.finished:
                    yield records, None
            quiet = quiet + 1 if len(seen) == known else 0
            # A single page is one snapshot.
            whole = pager.cursor is None or len(seen) >= rows or quiet >= _QUIET_PASSES
            yield records, until if whole else None
            if whole:
                return
        with listing(self._source, self._title, _RIGHTS):
            raise ListingError("rows move faster than they can be read")

    def page(self, since: datetime, pager: CursorPager) -> tuple[list[object], datetime | None]:
        """The page that `pager` is at, from our own address and with our own filter, and the server's clock."""
        where = parse_qsl(pager.cursor) if pager.cursor else [("page", "1")]
        params = [*where, ("include", _INCLUDE), ("min_updated_at", clock.stamp(since - _BEFORE))]
        with listing(self._source, self._title, _RIGHTS):
            answer = self._reader.get("returns.json", params=params)
            records, link = _read(answer)
            pager.learn(_page_of(link))
        return records, answer.date


def _read(answer: Answer) -> tuple[list[object], object]:
    """The records of a page, and its link to the next page."""
    if answer.is_nothing:
        return [], None
    content = answer.json()
    try:
        records = wire.joined(content)
    except ValueError as error:
        raise BadAnswer("Returnly answered a list request without a list.") from error
    links = object_in(look_up(content, "links"))
    # To take a missing answer for the end of the list would lose further rows.
    if not isinstance(links, dict):
        raise BadAnswer("Returnly's list does not say whether a page follows.")
    return records, look_up(links, "next")


def _page_of(link: object) -> str | None:
    """Where a link goes on, as a query: only the parameters that name the page, not its host, not its filters.

    Raises:
        ListingError: there is a link, but no page can be read from it.
    """
    if isinstance(link, dict):
        link = look_up(link, "href")
    if link is None or link == "":
        return None
    try:
        given = parse_qsl(urlsplit(link).query) if isinstance(link, str) else []
    except ValueError:
        given = []
    named = [(name, value) for name, value in given if name in _PAGE_NAMES]
    if not named:
        raise ListingError("the server's link to the next page names no page")
    return urlencode(named)
