"""Reading a listing by cursor: each page gives the cursor of the next one, and the last page gives none. No I/O."""

from urllib.parse import parse_qs, urlsplit

from returnsync.http.paging.bounds import MOST_PAGES, ListingError


class CursorPager:
    """Follows the cursor of each page until a page gives none."""

    def __init__(self, max_pages: int = MOST_PAGES) -> None:
        """Begin with the first page, which is requested without a cursor."""
        self.cursor: str | None = None
        """What to send with the next request; `None` with the first."""
        self.finished = False
        """Whether the last page was read."""
        self._seen: set[str] = set()
        self._pages_left = max_pages

    def learn(self, cursor: str | None) -> None:
        """Take in the cursor of the next page; an empty one counts as none.

        Raises:
            ListingError: it came before, so that the list has no end, or there are too many pages.
        """
        self._pages_left -= 1
        if not cursor:
            self.finished = True
        elif cursor in self._seen or self._pages_left <= 0:
            raise ListingError("the server returns the same page again, or never the last one")
        else:
            self._seen.add(cursor)
            self.cursor = cursor


def cursor_of(url: object, name: str = "cursor") -> str | None:
    """The cursor inside a link to the next page. Nothing else of the link is used: not its host, not other parameters.

    Raises:
        ListingError: there is a link, but no cursor can be read from it.
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
