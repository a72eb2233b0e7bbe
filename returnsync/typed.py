"""Compares what a person typed or pasted with the known names: an order number, an id, a code. Pure.

A name that is pasted from a mail or a spreadsheet brings invisible blanks, and dashes and letters that only look like
those of the name. None of these are ever part of a name.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import TypeVar

Named = TypeVar("Named")

# Letters of other alphabets, and below each the letter of ours that it looks like.
_DRAWN_ALIKE = str.maketrans(
    "АВЕКМНОРСТУХІЈЅаеорсухіјѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",  # noqa: RUF001 - these are the letters that are meant
    "ABEKMHOPCTYXIJSaeopcyxijsABEZHIKMNOPTYXo",
)
_LONGEST_NAME = 500

# A character that programs write for a hyphen, besides the dashes of Unicode: the minus sign.
_MINUS = "\u2212"


def cleaned(text: str) -> str:
    """A text as it was meant: without invisible characters, with plain blanks, and with none at its ends."""
    if text.isascii() and text.isprintable():
        return text.strip()
    seen = (char for char in text if char.isspace() or unicodedata.category(char) not in {"Cf", "Cc"})
    return " ".join("".join(seen).split())


def plain(text: str) -> str:
    """The same with plain characters in place of wide ones, and hyphens in place of other dashes."""
    shown = cleaned(text)
    if shown.isascii():
        return shown
    shown = unicodedata.normalize("NFKC", shown)
    return "".join("-" if char == _MINUS or unicodedata.category(char) == "Pd" else char for char in shown)


def bare(text: str) -> str:
    """A cleaned text without the `#` that shops put before an order number."""
    return cleaned(text).lstrip("#").strip()


def may_be_name(text: str) -> bool:
    """Whether a text may be a name: one that is longer, or has no letter and no digit, was pasted by mistake."""
    return len(text) <= _LONGEST_NAME and "\x00" not in text and any(map(str.isalnum, text))


def spellings(text: str) -> tuple[str, ...]:
    """How the name that a text means may be written, with and without a `#`; empty where nothing was typed."""
    number = bare(text)
    return tuple(dict.fromkeys((text, cleaned(text), number, f"#{number}"))) if number else ()


def folded(text: str) -> str:
    """A form of a text for comparing it with names that may be written differently, in upper or lower case."""
    shown = plain(text)
    if not shown.isascii():
        shown = shown.translate(_DRAWN_ALIKE)
    return "".join(shown.split()).lstrip("#").casefold()


def odd_characters(text: str) -> str:
    """A sentence on which characters of a text look like plain ones, or like nothing; empty where none do."""
    odd = dict.fromkeys(char for char in text if not char.isascii() and _is_mistaken(char))
    if not odd:
        return ""
    named = ", ".join(f"U+{ord(char):04X} ({unicodedata.name(char, 'without a name').lower()})" for char in odd)
    which = "looks like another character or is" if len(odd) == 1 else "look like other characters or are"
    return f"It contains {named}, which {which} invisible."


def _is_mistaken(char: str) -> bool:
    looks = plain(char).translate(_DRAWN_ALIKE)
    return looks != char and (not looks.strip() or looks.isascii())


def meant(text: str, known: Sequence[tuple[Named, Iterable[str]]]) -> list[Named]:
    """The known items that a text means, each given with its names: exact matches, else those that look alike."""
    written = set(spellings(text))
    if not written:
        return []
    exactly = [one for one, names in known if not written.isdisjoint(names)]
    looks = folded(text)
    return exactly or [one for one, names in known if looks and looks in map(folded, names)]
