"""A run that dies at one of its named steps, played by an exception inside this process, so that thousands can."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Death(BaseException):
    """A run ends here, without another word."""


class _Dying(logging.Handler):
    """Raises at the N-th step."""

    def __init__(self, number: int) -> None:
        super().__init__(logging.DEBUG)
        self._left = number

    def emit(self, _record: logging.LogRecord) -> None:
        self._left -= 1
        if self._left == 0:
            raise Death


@contextmanager
def dying(number: int) -> Iterator[None]:
    """What runs inside ends at its N-th step, if it has so many."""
    steps = logging.getLogger("returnsync.steps")
    handler = _Dying(number)
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
