"""Reading a listing by page number, where it is not known whether the first page is 0 or 1. No I/O."""

from collections.abc import Sequence

from returnsync.http.paging.bounds import MOST_PAGES, ListingError

# The lowest number that cannot be the first page, whether the list counts from 0 or from 1.
_SURELY_LATER = 2


class NumberPager:
    """Reads the page without a number, then 1, 2 and so on, until a page brings nothing new.

    Page 1 may be the first page again, so it may bring nothing new although the list goes on. A list that does not
    change during the reading is read completely. A row that is removed meanwhile may pull another row to a page that
    was already read.
    """

    def __init__(self, max_pages: int = MOST_PAGES) -> None:
        """Begin with the page without a number."""
        self.page: int | None = None
        """The page to send with the next request; `None`: send no page at all."""
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
