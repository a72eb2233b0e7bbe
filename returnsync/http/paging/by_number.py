"""Reading a listing by page number, where nobody knows whether the first page is 0 or 1. No I/O."""

from collections.abc import Sequence

from returnsync.http.paging.bounds import MOST_PAGES, ListingError

# The first page that may be the second one of the list, whichever number the first has.
_SURELY_LATER = 2


class NumberPager:
    """Reads the page without a number, then 1, 2 and so on, until one brings nothing new.

    Page 1 may be the first page once more, so it may bring nothing new and the list goes on. A list that is not changed
    while it is read is read whole; what is taken out of it meanwhile may pull a row to a page that was read before.
    """

    def __init__(self, max_pages: int = MOST_PAGES) -> None:
        """Begin with the page that has no number."""
        self.page: int | None = None
        """What to send with the next request; `None`: no page at all."""
        self.finished = False
        """Whether the end was reached."""
        self._seen: set[str] = set()
        self._pages_left = max_pages

    def learn(self, ids: Sequence[str]) -> None:
        """Take in the ids of the rows that came.

        Raises:
            ListingError: there are too many pages.
        """
        self._pages_left -= 1
        is_new = not self._seen.issuperset(ids)
        self._seen.update(ids)
        if self.page is None:
            self.finished = not ids
        elif self.page >= _SURELY_LATER:
            self.finished = not is_new
        self.page = (self.page or 0) + 1
        if not self.finished and self._pages_left <= 0:
            raise ListingError("the list has no end")
