"""The words of a text about a return, and which words differ only in an ending or a typing mistake. Pure."""

import re
import unicodedata
from functools import lru_cache

from rapidfuzz.distance import OSA, Indel, Prefix

from returnsync.mapping.concepts import table

_CLASH = 0.5
"""The factor for a similarity where one text denies what the other says, or means the opposite."""

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_CONTRACTED = re.compile(r"\b(do|does|did|is|was|are|were|has|have|had|ca|wo|could|would)n\W?t\b|\b(can)not\b")
_WORD = re.compile(r"[^\W_]+")
# How Germans and others write these letters where a keyboard does not have them.
_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "œ": "oe", "æ": "ae", "ø": "o", "ł": "l"})

_ENDINGS = frozenset(
    {"", *"aeionsrmtd", *("as", "os", "es", "is", "en", "er", "em", "te", "de", "ed", "ee", "ly", "ng")}
)
_SWAPPED, _SLIPPED, _PLURAL, _STEM = 2, 3, 4, 5
"""How many letters two words must share at the beginning to count as one.

These are the numbers for two letters that changed places, for another typing mistake, for a plural, and for any ending.
Words with other beginnings are different: complete, incomplete.
"""
_ENDING, _SLIP, _TYPO = 0.95, 0.85, 0.86
"""The similarity of a word with another ending or with a typing mistake; and how similar letters are for a mistake."""


def fold(text: str) -> str:
    """A text without case, accents and punctuation, its words apart: `tooBig`, `Zu groß!` → `too big`, `zu gross`."""
    text = _CAMEL.sub(" ", text).casefold()
    text = _CONTRACTED.sub(lambda found: f"{found[1] or found[2]} not", text)
    text = unicodedata.normalize("NFC", text).translate(_LETTERS)
    text = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return " ".join(_WORD.findall(text))


@lru_cache(maxsize=8192)
def words(text: str) -> frozenset[str]:
    """The words of a folded text that count, with negations as one word; all words where no others would be left."""
    special = table().words
    found = frozenset("not" if word in special.not_ else word for word in text.split())
    counting = found - special.small
    return counting if counting - {"not"} else found


def beginning(word: str) -> str:
    """The beginning of a word; words that may count as the same have the same beginning, at least this far."""
    return word[:_SWAPPED]


@lru_cache(maxsize=8192)
def beginnings(found: frozenset[str]) -> frozenset[str]:
    """The beginnings of several words."""
    return frozenset(map(beginning, found))


def clash(one: frozenset[str], other: frozenset[str]) -> float:
    """The factor for the similarity of two texts: lower where only one says "not", or where they name opposites."""
    if ("not" in one) != ("not" in other):
        return _CLASH
    left, right = _sides(one), _sides(other)
    return _CLASH if any(a != b for a, b in zip(left, right, strict=True) if a and b) else 1.0


@lru_cache(maxsize=8192)
def _sides(found: frozenset[str]) -> tuple[int, ...]:
    """For each pair of opposites: which side a text is on (1 or 2), or 0 for neither or both."""
    return tuple(
        0 if bool(found & one) == bool(found & other) else 1 if found & one else 2
        for one, other in table().words.opposites
    )


@lru_cache(maxsize=65536)
def resemblance(one: str, other: str) -> float:
    """1 for the same word, slightly less for another ending or a typing mistake, else 0."""
    if one == other:
        return 1.0
    # two letters changed places: wrnog, wrong
    if len(one) == len(other) >= _STEM and sorted(one) == sorted(other) and OSA.distance(one, other) == 1:
        return _SLIP if beginning(one) == beginning(other) else 0.0
    # another word: complete, incomplete
    if one[:_SLIPPED] != other[:_SLIPPED]:
        return 0.0
    shared = Prefix.similarity(one, other)
    endings = one[shared:], other[shared:]
    # another ending: damaged, damages
    if shared >= _STEM and all(ending in _ENDINGS for ending in endings):
        return _ENDING
    # a plural of a short word: size, sizes
    if shared >= _PLURAL and sorted(endings) == ["", "s"]:
        return _ENDING
    # one letter too many, too few, or wrong: defektive, defective
    return _SLIP if Indel.normalized_similarity(one, other) >= _TYPO else 0.0
