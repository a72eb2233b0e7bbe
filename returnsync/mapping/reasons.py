"""Return reasons in the platform's own words: their keys, and their text form. Pure."""

import re
from collections.abc import Iterator

from returnsync.model import Reason

_SLUG = re.compile(r"[_\-\s]+")


def keys(reason: Reason) -> Iterator[str]:
    """The keys under which a reason may be paired: its own, then its main reason's."""
    yield reason.key
    if reason.parent is not None:
        yield from keys(reason.parent)


def words(reason: Reason) -> str:
    """A reason in words, the main reason first: `Too small: sleeve too short`."""
    own = own_words(reason)
    return own if reason.parent is None else f"{words(reason.parent)}: {own}"


def own_words(reason: Reason) -> str:
    """A reason in words, without its main reason."""
    return reason.label or readable(reason.key)


def readable(key: str) -> str:
    """A key as words: `sub_return_reasons.sleeve_too_short` → `sleeve too short`."""
    return _SLUG.sub(" ", key.rpartition(".")[2]).strip()


def folded(text: str) -> str:
    """A key or a channel in the form in which it is compared: case and extra blanks make no difference."""
    return " ".join(text.split()).casefold()
