"""Reading long listings page by page, in four styles, so that no row that stays in the list is missed.

By key for lists in ascending order of change (`KeyPager`), else by cursor (`CursorPager`), by offset (`OffsetPager`) or
by page number (`NumberPager`). A pager makes no call: it says what to ask for next, and `learn` takes what came. Each
ends by itself: at the end of the list, at a bound, or with a `ListingError` when the server repeats itself or does not
do what was asked. After that error, nothing may count as completely read. Rows may come more than once; the caller
recognises them by their id.
"""

from returnsync.http.paging.bounds import ListingError
from returnsync.http.paging.by_cursor import CursorPager, cursor_of
from returnsync.http.paging.by_key import KeyPager, PageRequest, Row
from returnsync.http.paging.by_number import NumberPager
from returnsync.http.paging.by_offset import OffsetPager

__all__ = ["CursorPager", "KeyPager", "ListingError", "NumberPager", "OffsetPager", "PageRequest", "Row", "cursor_of"]
