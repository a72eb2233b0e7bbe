"""What the current thread is working on, so that every log line can name it, including those of the layers below."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_about: ContextVar[dict[str, str]] = ContextVar("about", default={})  # noqa: B039 - never changed in place


HELD = "held: "
"""How a log line begins that reports a return as held; the log and `replay` recognise such lines by it."""


@contextmanager
def about(**fields: str) -> Iterator[None]:
    """While the block runs, this thread works on `source`, `ret` (a return's id) or `code`."""
    token = _about.set({**_about.get(), **fields})
    try:
        yield
    finally:
        _about.reset(token)


def current() -> dict[str, str]:
    """What the current thread is working on."""
    return _about.get()
