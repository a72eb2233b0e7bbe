"""The problems of a configuration: where each is, and what to write there.

No value of an account or of an unknown key is ever repeated: the value of a wrong key may well be a secret. This module
is separate from `explain`, which is imported only when something is wrong.
"""

from collections.abc import Iterable
from typing import NamedTuple

KeyPath = tuple[str | int, ...]
"""The place of a value: keys of tables and indices of arrays, outermost first."""


class Problem(NamedTuple):
    """One thing to fix."""

    path: KeyPath
    text: str


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The `known` name that was most likely meant, if one is similar."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name.lower(), list(known), n=1)), None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A question with the most similar of the `known` names, or an empty text if none is similar."""
    near = nearest(name, known)
    return f"Did you mean {near}?" if near else ""
