"""Reading a listing by offset, in pages that overlap by a row, so that a gap between two of them shows. No I/O."""

from collections import deque
from collections.abc import Sequence

from returnsync.http.paging.bounds import MOST_PAGES, ListingError

# Requests in a row that brought nothing new, or went back: eight of these, and once more what is remembered.
_MOST_FUTILE = 12
# Pages whose rows are remembered: enough to tell a gap, and no more with a longer list.
_REMEMBERED = 3


class OffsetPager:
    """Reads by offset until a page is short, whatever the server says of a total.

    In a list with the newest first, what arrives while one reads pushes rows to later pages: they come twice, which
    does no harm. Rows that go away pull others to earlier pages, where they would be missed. So each page begins with
    the last row of the one before: where a page begins with a row that was never seen, the one before is read again.
    """

    def __init__(self, page_size: int, max_pages: int = MOST_PAGES) -> None:
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
