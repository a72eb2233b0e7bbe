"""Reading a listing by cursor and by offset, for platforms that cannot be read by key (`paging.py`). No I/O.

Each says what to send next, and is told by `learn` what came. Both end by themselves: at the end of the
list, at a bound, or with a `ListingError` when the server goes in circles, after which nothing may count as read whole.
"""

from collections import deque
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from returnsync.http.paging import ListingError

_MOST_PAGES = 100_000
# Requests in a row that brought nothing new, or went back: eight of these, and once more what is remembered.
_MOST_FUTILE = 12
# Pages whose rows are remembered: enough to tell a gap, and no more with a longer list.
_REMEMBERED = 3


class CursorPager:
    """Follows the cursor that each page gives, until one gives none."""

    def __init__(self, max_pages: int = _MOST_PAGES) -> None:
        """Begin with the first page, which is asked for without a cursor."""
        self.cursor: str | None = None
        """What to send with the next request; `None` with the first."""
        self.finished = False
        """Whether the last page was read."""
        self._seen: set[str] = set()
        self._pages_left = max_pages

    def learn(self, cursor: str | None) -> None:
        """Take in the cursor of the next page; an empty one is none.

        Raises:
            ListingError: it came before, so that the list has no end, or there are more pages than can be.
        """
        self._pages_left -= 1
        if not cursor:
            self.finished = True
        elif cursor in self._seen or self._pages_left <= 0:
            raise ListingError("the server gives the same page again, or never the last one")
        else:
            self._seen.add(cursor)
            self.cursor = cursor


def cursor_of(url: object, name: str = "cursor") -> str | None:
    """The cursor inside a link to the next page, and nothing else of it: not its host, not its other parameters.

    Raises:
        ListingError: there is a link, but none that a cursor could be read from.
    """
    if url is None or url == "":
        return None
    try:
        values = parse_qs(urlsplit(url).query).get(name) if isinstance(url, str) else None
    except ValueError:
        values = None
    if not values:
        raise ListingError("the server's link to the next page holds no cursor")
    return values[0]


class OffsetPager:
    """Reads by offset until a page is short, whatever the server says of a total.

    In a list with the newest first, what arrives while one reads pushes rows to later pages: they come twice, which
    does no harm. Rows that go away pull others to earlier pages, where they would be missed. So each page begins with
    the last row of the one before: where a page begins with a row that was never seen, the one before is read again.
    """

    def __init__(self, page_size: int, max_pages: int = _MOST_PAGES) -> None:
        """Pages have at most `page_size` rows, at least two."""
        if page_size < 2:
            raise ValueError("a page has at least two rows")
        self.offset = 0
        """What to send with the next request."""
        self.finished = False
        """Whether the end was reached without a gap."""
        self._size = page_size
        self._latest: deque[frozenset[str]] = deque(maxlen=_REMEMBERED)
        self._pages_left = max_pages
        self._futile = 0

    def learn(self, ids: Sequence[str]) -> None:
        """Take in the ids of the rows that came, in their order.

        Raises:
            ListingError: the list moves under every attempt, the offset is ignored, or there are too many pages.
        """
        self._pages_left -= 1
        seen = frozenset[str]().union(*self._latest)
        if self.offset > 0 and (not ids or ids[0] not in seen):
            # Rows went away from earlier pages. What slipped stands on the page before, or on one before that.
            self._futile += 1
            # Never by more than what is remembered, which would be leapt over.
            self.offset = max(0, self.offset - (self._size - 1) * min(self._futile, _REMEMBERED))
        else:
            self._futile = self._futile + 1 if seen.issuperset(ids) else 0
            self._latest.append(frozenset(ids))
            self.finished = len(ids) < self._size
            self.offset += self._size - 1
        if not self.finished and (self._futile > _MOST_FUTILE or self._pages_left <= 0):
            raise ListingError("the server brings the same rows again, or rows go away faster than they can be read")
