"""What the present thread is working on, so that every log line can say it, also those of the layers below."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_about: ContextVar[dict[str, str]] = ContextVar("about", default={})  # noqa: B039 - never changed in place


HELD = "held: "
"""How a line begins that tells that a return became held; the log and `replay` know it by that."""


@contextmanager
def about(**fields: str) -> Iterator[None]:
    """For the time of the block this thread works on `source`, `ret` (a return's id) or `code`."""
    token = _about.set({**_about.get(), **fields})
    try:
        yield
    finally:
        _about.reset(token)


def current() -> dict[str, str]:
    """What the present thread is working on."""
    return _about.get()
