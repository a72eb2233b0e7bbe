"""The combinations in a state file of schema 3: the progress of an announcement, and the outcomes of its effects."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

_ANNOUNCEMENTS = """
    SELECT announcements.code, coalesce(nullif(order_ref, ''), order_number), progress, cause,
        kind, coalesce(outcome, 'open'), looked_at IS NOT NULL
    FROM announcements LEFT JOIN effects ON effects.code = announcements.code
    ORDER BY announcements.code, kind, generation
"""


class Combination(NamedTuple):
    """One announcement's progress and cause, with the outcomes of its effects, oldest first: `not_made>open`.

    An effect in flight is `open`, and `looked` once a look did not find it; `-` means no effect.
    """

    progress: str
    cause: str
    create: str = "-"
    update: str = "-"
    label: str = "-"

    def __str__(self) -> str:
        announcement = f"{self.progress} {self.cause}".strip()
        return f"{announcement}; create {self.create}; update {self.update}; label {self.label}"

    @classmethod
    def read(cls, text: str) -> Combination:
        """Read the text that `str` gives."""
        announcement, *effects = text.split("; ")
        progress, _, cause = announcement.partition(" ")
        return cls(progress, cause, *(effect.partition(" ")[2] for effect in effects))


def of_file(state: sqlite3.Connection) -> dict[str, tuple[str, Combination]]:
    """Code → order number and combination, of every announcement."""
    found: dict[str, tuple[str, Combination]] = {}
    for code, number, progress, cause, kind, outcome, looked in state.execute(_ANNOUNCEMENTS):
        _, known = found.setdefault(code, (number, Combination(progress, cause)))
        if kind is not None:
            word = "looked" if outcome == "open" and looked else outcome
            earlier = getattr(known, kind)
            known = known._replace(**{kind: word if earlier == "-" else f"{earlier}>{word}"})
        found[code] = (number, known)
    return found


def written(table: Iterable[tuple[Combination, str]]) -> str:
    """The table as a text: a line for each combination, and below it how it is reached."""
    return "".join(f"{combination}\n    {how}\n" for combination, how in sorted(table))


def listed(text: str) -> list[Combination]:
    """The combinations of such a text."""
    return [Combination.read(line) for line in text.splitlines() if line and not line.startswith(" ")]
