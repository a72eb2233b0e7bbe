"""What is wrong with a configuration: where, and what to write there.

No value of an account or of an unknown key is ever repeated: what stands under the wrong key may well be a secret.
Kept apart from the explaining, which is imported only when something is wrong.
"""

from collections.abc import Iterable
from typing import NamedTuple

KeyPath = tuple[str | int, ...]
"""Where a value stands: keys of tables and indices of arrays, outermost first."""


class Problem(NamedTuple):
    """One thing to mend."""

    path: KeyPath
    text: str


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one of the `known` names that was most likely meant, if any is near."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name.lower(), list(known), n=1)), None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A question with the nearest of the `known` names, or nothing when none is near."""
    near = nearest(name, known)
    return f"Did you mean {near}?" if near else ""
