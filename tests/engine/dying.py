"""A run that dies at one of its named steps. An exception inside this process plays that, so that thousands can die."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Death(BaseException):
    """A run ends here at once."""


class _Dying(logging.Handler):
    """Raises at the N-th step, or at the first one of a name."""

    def __init__(self, at: int | str) -> None:
        super().__init__(logging.DEBUG)
        self._at = at
        self._passed = 0

    def emit(self, record: logging.LogRecord) -> None:
        self._passed += 1
        if self._at in (self._passed, record.getMessage()):
            raise Death


@contextmanager
def dying(at: int | str) -> Iterator[None]:
    """The code inside ends at its N-th step, or at the first step of a name, if it reaches that."""
    steps = logging.getLogger("returnsync.steps")
    handler = _Dying(at)
    level = steps.level
    steps.addHandler(handler)
    steps.setLevel(logging.DEBUG)
    try:
        yield
    except Death:
        pass
    finally:
        steps.removeHandler(handler)
        steps.setLevel(level)
