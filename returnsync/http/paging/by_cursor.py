"""Reading a listing by cursor: each page gives what to send for the next one, and the last gives none. No I/O."""

from urllib.parse import parse_qs, urlsplit

from returnsync.http.paging.bounds import MOST_PAGES, ListingError


class CursorPager:
    """Follows the cursor that each page gives, until one gives none."""

    def __init__(self, max_pages: int = MOST_PAGES) -> None:
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
