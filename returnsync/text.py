"""Texts as they are sent to a warehouse: cleaned, and cut by the units that it counts. Pure.

Warehouse systems are often written in .NET over SQL Server. Both count UTF-16 code units (an emoji is two), and
pass texts on as XML, which cannot hold control characters, halves of surrogate pairs, U+FFFE and U+FFFF.
"""

import re
import unicodedata

TEXT_LIMIT = 200
"""Longest text that is sent, in UTF-16 code units."""

# A comment may have many lines and comes out of word processors; the fields that it goes into have one line.
_BREAKS = re.compile("[\t\n\x0b\x0c\r\x85\u2028\u2029]+")
_UNFIT = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")

_JOINER = "\u200d"
# What belongs to the preceding character besides combining marks: variation selectors and skin tones.
_FOLLOWING = re.compile("[\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]")
# A family of emojis is about ten characters long. Nobody writes longer chains, and those are cut anywhere.
_LONGEST_CHAIN = 16


def units(text: str) -> int:
    """How long a text is in UTF-16 code units."""
    return len(text) + sum(char > "\uffff" for char in text)


def clean(text: str) -> str:
    """A text on one line, without control characters and what XML cannot hold; a run of breaks becomes one blank."""
    if any("\ud800" <= char <= "\udfff" for char in text):
        # Two halves side by side are one character.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return _UNFIT.sub("", _BREAKS.sub(" ", text)).strip()


def cut(text: str, limit: int = TEXT_LIMIT) -> str:
    """The beginning of a text, at most `limit` UTF-16 code units long, that ends where a character as shown ends."""
    if units(text) <= limit:
        return text
    end = length = 0
    for char in text:
        length += 2 if char > "\uffff" else 1
        if length > limit:
            break
        end += 1
    for back in range(min(_LONGEST_CHAIN, end)):
        if not _belong_together(text[end - back - 1], text[end - back]):
            return text[: end - back].rstrip()
    return text[:end].rstrip()


def as_sent(text: str, limit: int = TEXT_LIMIT) -> str:
    """A text as it is sent: cleaned, then cut."""
    return cut(clean(text), limit)


def forms(text: str) -> tuple[str, ...]:
    """Every form in which a text may have been sent, and so may be quoted; earlier versions cut it by characters."""
    return text, clean(text), as_sent(text), text[:TEXT_LIMIT]


def _belong_together(one: str, next_one: str) -> bool:
    """Whether two characters in a row are shown as one."""
    if _JOINER in (one, next_one):
        return True
    return unicodedata.combining(next_one) > 0 or _FOLLOWING.match(next_one) is not None
