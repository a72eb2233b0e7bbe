"""What is offered to a person who types, and which names are needed for it."""

from enum import StrEnum
from typing import NamedTuple


class Offer(NamedTuple):
    """A value that may be meant, with a short description."""

    value: str
    what: str = ""


class Which(StrEnum):
    """Which of the known names are wanted."""

    ANY = "any"
    HELD = "held"
    RELEASED = "released"
