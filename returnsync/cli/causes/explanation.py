"""How one cause is explained to the person who reads it."""

from typing import NamedTuple


class Explanation(NamedTuple):
    """What one cause means, for somebody who knows shops and parcels, but not this program.

    All of it is Markdown, whose links start from the folder `docs`.
    """

    short: str
    """What it is, in one sentence: `held` prints it after the cause."""
    seen: tuple[str, ...]
    """The messages that are printed for it; `…` stands for what differs from return to return."""
    why: str
    to_do: str
