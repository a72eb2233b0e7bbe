"""Checks that saved announcements have only moved as the table of their life allows, whatever happened."""

import logging
import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import Self

from returnsync.engine.lifecycle import TRANSITIONS
from returnsync.state.migrations import shipped

State = tuple[str, str]


class Watched(logging.Handler):
    """Gets each move that the engine makes, and compares the saved states with these moves."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.seen: set[tuple[State, str, State]] = set()
        """Every move, whether it was saved or not."""
        self._moves: dict[str, list[tuple[State, State]]] = defaultdict(list)
        self._saved: dict[str, State] = {}
        self._logger = logging.getLogger("returnsync.moves")

    def __enter__(self) -> Self:
        self._level = self._logger.level
        self._logger.addHandler(self)
        self._logger.setLevel(logging.DEBUG)
        return self

    def __exit__(self, *_exception: object) -> None:
        self._logger.removeHandler(self)
        self._logger.setLevel(self._level)

    def emit(self, record: logging.LogRecord) -> None:
        before, event, after = record.move
        self.seen.add((before, event, after))
        self._moves[str(record.args[0])].append((before, after))

    def begin_from(self, state: Path) -> None:
        """Accept the states in a file that was put there from outside."""
        self._saved = _saved_in(state)
        self._moves.clear()

    def check(self, state: Path) -> None:
        """Assert that each announcement is unchanged or moved as noted since; a new one begins due to be announced."""
        table = {(before, row.event, row.after(before)) for row in TRANSITIONS for before in row.before}
        assert self.seen <= table
        saved = _saved_in(state)
        for code, now in saved.items():
            reached = {self._saved.get(code, ("due", "announce"))}
            for before, after in self._moves[code]:
                if before in reached:
                    reached.add(after)
            assert now in reached, f"{code} was {self._saved.get(code)}, and is {now} without a move that leads there"
        self._saved = saved
        self._moves.clear()


def _saved_in(state: Path) -> dict[str, State]:
    """The state of each announcement; none if the file was lost, or its creation was interrupted."""
    if not state.exists():
        return {}
    with closing(sqlite3.connect(state)) as connection:
        if connection.execute("PRAGMA user_version").fetchone()[0] < shipped()[-1].number:
            return {}
        rows = connection.execute("SELECT code, progress, step FROM announcements")
        return {code: (progress, step) for code, progress, step in rows}
