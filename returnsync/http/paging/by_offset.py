"""Reading a listing by offset, in pages that overlap by one row, so that a gap between two pages shows. No I/O."""

from collections import deque
from collections.abc import Sequence

from returnsync.http.paging.bounds import MOST_PAGES, ListingError

# How many requests in a row may bring nothing new or go back.
_MOST_FUTILE = 12
# Pages whose rows are remembered: enough to detect a gap, and a fixed number however long the list is.
_REMEMBERED = 3


class OffsetPager:
    """Reads by offset until a page is short, whatever total the server gives.

    In a list with the newest rows first, rows that arrive during the reading push others to later pages: these come
    twice, which does no harm. Rows that go away pull others to earlier pages, where they would be missed. So each page
    begins with the last row of the one before: where a page begins with an unseen row, the page before is read again.
    """

    def __init__(self, page_size: int, max_pages: int = MOST_PAGES) -> None:
        """Pages have at most `page_size` rows, at least two."""
        if page_size < 2:
            raise ValueError("a page has at least two rows")
        self.offset = 0
        """The offset to send with the next request."""
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
            # Rows went away from earlier pages. The rows that slipped are on the page before, or on an earlier one.
            self._futile += 1
            # Never back by more pages than are remembered, since the gap would be missed.
            self.offset = max(0, self.offset - (self._size - 1) * min(self._futile, _REMEMBERED))
        else:
            self._futile = self._futile + 1 if seen.issuperset(ids) else 0
            self._latest.append(frozenset(ids))
            self.finished = len(ids) < self._size
            self.offset += self._size - 1
        if not self.finished and (self._futile > _MOST_FUTILE or self._pages_left <= 0):
            raise ListingError("the server brings the same rows again, or rows go away faster than they can be read")
