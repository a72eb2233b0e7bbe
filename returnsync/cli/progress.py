"""Shows the progress of a run on a terminal, and nothing elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from returnsync.engine.observer import Observer, Silence

_ROOM_FOR_A_BAR = 75


@contextmanager
def watching(*, shown: bool) -> Iterator[Observer]:
    """An observer for a command: a live display when stderr is a terminal, otherwise a silent one."""
    if not (shown and sys.stderr.isatty()):
        yield Silence()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    # Lines that are logged meanwhile are printed above it unchanged: the terminal wraps them.
    console = Console(stderr=True, soft_wrap=True)
    bar = (BarColumn(),) if console.width >= _ROOM_FOR_A_BAR else ()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), *bar, MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Display(progress)


class _Display:
    """Shows a run as one line; rich's display is safe to call from several threads."""

    def __init__(self, progress: Any) -> None:
        self._progress = progress
        self._task = progress.add_task("starting", total=None)
        self._listed = 0

    def phase(self, name: str) -> None:
        self._progress.update(self._task, description=name)

    def listed(self, source: str, number: int) -> None:
        self._listed += number
        self._progress.update(self._task, description=f"pulling {source}", completed=self._listed)

    def to_deliver(self, number: int) -> None:
        self._progress.update(self._task, total=number, completed=0)

    def delivered(self) -> None:
        self._progress.update(self._task, advance=1)

    def end(self) -> None:
        self._progress.stop()
