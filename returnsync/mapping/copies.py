"""Copies of one return: which is the newer, and whether two are one return at all. Pure."""

from collections.abc import Sequence

from returnsync.mapping.lines import units
from returnsync.model import Return


def have_same_items(one: Return, other: Return) -> bool:
    """Whether both name the same units of the same articles; one without any says nothing of that."""
    return bool(one.lines and other.lines) and units(one.lines) == units(other.lines)


def contradict(one: Return, other: Return) -> bool:
    """Whether two records of one key cannot be one return that a single listing shows twice."""
    return bool(one.lines and other.lines) and units(one.lines) != units(other.lines)


def newest(copies: Sequence[Return]) -> Return:
    """Of several copies of one return the newest; of those that are equally new the first."""
    found = copies[0]
    for copy in copies[1:]:
        if found.is_older_than(copy):
            found = copy
    return found


def add_copy(copies: list[Return], copy: Return) -> None:
    """Add a copy to those of its key: of those that do not contradict each other the newest stays."""
    for place, other in enumerate(copies):
        if not contradict(other, copy):
            copies[place] = newest([other, copy])
            return
    copies.append(copy)
