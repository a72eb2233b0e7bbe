"""Many pieces of text, looked for in another text all at once.

A return may have thousands of comments. One regular expression for each takes a minute to compile; here the pieces are
sorted once, and each place of a text is looked up among them.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator

# `casefold` leaves these two alone, while a search that ignores case takes them for an i.
_DOTS = str.maketrans("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}\N{LATIN SMALL LETTER DOTLESS I}", "ii")


class Fragments:
    """Pieces of text that are found wherever they stand, without regard to case."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Take the pieces; empty ones count for nothing."""
        self._pieces = sorted({_folded(text) for text in texts} - {""})
        self._longest = max(map(len, self._pieces), default=0)
        self._beginnings = {piece[0] for piece in self._pieces}
        self._inner = _longest_beginnings(self._pieces)

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where in `text` a piece begins and ends; of those that begin at one place, the longest."""
        folded = _folded(text)
        at = _places(text) if len(folded) != len(text) else None
        for begin, first in enumerate(folded):
            if first not in self._beginnings:
                continue
            if length := self._at(folded[begin : begin + self._longest]):
                end = begin + length
                yield (begin, end) if at is None else (at[begin], at[end - 1] + 1)

    def _at(self, rest: str) -> int:
        """How long the longest piece is that `rest` begins with; 0 where it begins with none.

        Every piece that `rest` begins with is also the beginning of the last piece that sorts before it, or is it.
        """
        index: int | None = bisect_right(self._pieces, rest) - 1
        if index is not None and index < 0:
            return 0
        while index is not None:
            if rest.startswith(self._pieces[index]):
                return len(self._pieces[index])
            index = self._inner[index]
        return 0


def _longest_beginnings(pieces: list[str]) -> list[int | None]:
    """For each of the sorted pieces, the longest other one that it begins with: its index, or `None`."""
    found: list[int | None] = []
    open_: list[int] = []
    for index, piece in enumerate(pieces):
        while open_ and not piece.startswith(pieces[open_[-1]]):
            open_.pop()
        found.append(open_[-1] if open_ else None)
        open_.append(index)
    return found


def _folded(text: str) -> str:
    return text.translate(_DOTS).casefold()


def _places(text: str) -> list[int]:
    """Which character of `text` each character of its folded form comes from: one may become two or three."""
    return [index for index, char in enumerate(text) for _ in _folded(char)]
