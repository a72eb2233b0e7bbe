"""Many pieces of text, searched for in another text all at once.

A return may have thousands of comments. One regular expression for each takes a minute to compile; here the pieces are
sorted once, and each place of a text is looked up among them.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator

# Shorter pieces count only as whole words.
_SHORT = 5

# A letter and its accents may be one character or several, and some systems drop the accents, so they are ignored.
_ACCENTS = unicodedata.combining

# `casefold` leaves dotted and dotless i as they are, while a search that ignores case takes them for an i. The others
# are letters of their own in some languages, and are written as these where a keyboard does not have them.
_OF_LETTERS = {"i": "\u0130\u0131", "o": "\u00f8\u00d8", "l": "\u0142\u0141", "d": "\u0111\u0110\u00f0\u00d0"}
_OF_TWO = {"ae": "\u00e6\u00c6", "oe": "\u0153\u0152", "th": "\u00fe\u00de"}
# An apostrophe is written in many ways, or left out, so it is ignored.
_APOSTROPHES = "'`\u00b4\u2018\u2019\u02bc"
_LETTERS = str.maketrans(
    {letter: plain for plain, letters in (_OF_LETTERS | _OF_TWO | {"": _APOSTROPHES}).items() for letter in letters}
)
_HAS_APOSTROPHE = re.compile(f"[{_APOSTROPHES}]")


class Fragments:
    """Pieces of text that are found anywhere in another text, regardless of case."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Take the pieces; empty ones are ignored."""
        self._pieces = sorted({_folded(text) for text in texts} - {""})
        self._longest = max(map(len, self._pieces), default=0)
        self._beginnings = {piece[0] for piece in self._pieces}
        self._beginning_of = _longest_beginnings(self._pieces)

    def __bool__(self) -> bool:
        """Whether there is any piece."""
        return bool(self._pieces)

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where in `text` a piece begins and ends; where several begin at one place, the longest of them."""
        folded = _folded(text)
        origins = None if len(folded) == len(text) and text.isascii() else _origins(text)
        for begin, first in enumerate(folded):
            if first not in self._beginnings:
                continue
            if length := self._length_of_first(folded[begin : begin + self._longest]):
                end = begin + length
                if length < _SHORT and (folded[begin - 1 : begin].isalnum() or folded[end : end + 1].isalnum()):
                    continue  # the end of "order" does not mean a name such as "der"
                yield (begin, end) if origins is None else (origins[begin], _with_accents(text, origins[end - 1] + 1))

    def _length_of_first(self, text: str) -> int:
        """The length of the longest piece that `text` begins with; 0 where it begins with none.

        Every piece that `text` begins with is the last piece that sorts no later than `text`, or a beginning of that
        piece.
        """
        last = bisect_right(self._pieces, text) - 1
        index = last if last >= 0 else None
        while index is not None:
            if text.startswith(self._pieces[index]):
                return len(self._pieces[index])
            index = self._beginning_of[index]
        return 0


def _longest_beginnings(pieces: list[str]) -> list[int | None]:
    """For each of the sorted pieces, the index of the longest other piece that it begins with, or `None`."""
    found: list[int | None] = []
    beginnings: list[int] = []  # the piece before: its beginnings, the shortest first, then itself
    for index, piece in enumerate(pieces):
        while beginnings and not piece.startswith(pieces[beginnings[-1]]):
            beginnings.pop()
        found.append(beginnings[-1] if beginnings else None)
        beginnings.append(index)
    return found


def _folded(text: str) -> str:
    if text.isascii():
        return (text.translate(_LETTERS) if _HAS_APOSTROPHE.search(text) else text).casefold()
    apart = unicodedata.normalize("NFD", text.translate(_LETTERS).casefold())
    return "".join(char for char in apart if not _ACCENTS(char) and unicodedata.category(char) != "Cf")


def _with_accents(text: str, end: int) -> int:
    """The end of a stretch of `text`, including the accents that belong to its last letter."""
    while end < len(text) and _ACCENTS(text[end]):
        end += 1
    return end


def _origins(text: str) -> list[int]:
    """Which character of `text` each character of its folded form comes from: one may become none, two or three."""
    return [index for index, char in enumerate(text) for _ in _folded(char)]
