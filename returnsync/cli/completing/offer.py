"""What is offered to a person who types, and which names are wanted for that."""

from enum import StrEnum
from typing import NamedTuple


class Offer(NamedTuple):
    """A value that may be meant, and what it is, in a few words."""

    value: str
    what: str = ""


class Which(StrEnum):
    """Which of what is known is wanted by its name."""

    ANY = "any"
    HELD = "held"
    RELEASED = "released"
