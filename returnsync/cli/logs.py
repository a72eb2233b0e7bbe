"""Log lines to stderr and into a file, in words or as JSON; masked here, at the last place before they leave."""

import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

from returnsync import clock
from returnsync.engine.about import HELD, current
from returnsync.events import FIELDS
from returnsync.frames import frames_of, traceback_of
from returnsync.redact import mask, masked, one_line

if TYPE_CHECKING:
    from returnsync.config.log_settings import LogSettings

_NOTHING = logging.CRITICAL + 1

# What the engine puts on a line, when it knows it.
_FIELDS = ("run", "source", "ret", "code")

# A word of Python's own, so it cannot be the name of an attribute that a call sets.
_ATTRIBUTES = {"return": "ret"}


class _Text(logging.Formatter):
    """`09:30:00Z warning held: … [source=shop-nl code=…]`, masked whole, the traceback in it included."""

    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{name}={value}" for name in _FIELDS if (value := getattr(record, name, None)))
        line = f"{self.formatTime(record, '%H:%M:%SZ')} {record.levelname.lower()} {record.getMessage()}"
        line = one_line(f"{line} [{fields}]" if fields else line)
        error = record.exc_info[1] if record.exc_info else None
        return mask(line if error is None else f"{line}\n{traceback_of(error)}")


class _Json(logging.Formatter):
    """One JSON object on one line, in ASCII, with the fields of `events.FIELDS` that the line has and no others.

    Each text is masked by itself: what masks the finished JSON may take a quote or an escape in it apart.
    """

    def format(self, record: logging.LogRecord) -> str:
        known: dict[str, Any] = {
            "event": "note",
            **record.__dict__,
            "at": clock.stamp_ms(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "traceback": None,
        }
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            known["traceback"] = frames_of(error)
        fields = {name: known.get(_ATTRIBUTES.get(name, name)) for name in FIELDS}
        return json.dumps(masked({name: value for name, value in fields.items() if value not in (None, "")}))


class _Run(logging.Filter):
    """Adds the run and what it is working on; leaves tracebacks out where nobody asked for them."""

    def __init__(self, run: str, *, tracebacks: bool) -> None:
        super().__init__()
        self._run = run
        self._tracebacks = tracebacks

    def filter(self, record: logging.LogRecord) -> bool:
        record.run = self._run
        for name, value in current().items():
            setattr(record, name, value)
        if record.exc_info and record.exc_info[0]:
            record.error = record.exc_info[0].__name__
        if not self._tracebacks:
            record.exc_info = None
        return True


def set_up(
    run: str,
    *,
    verbose: bool,
    as_json: bool,
    quiet: bool = False,
    tells_held: bool = False,
    stream: TextIO | None = None,
) -> None:
    """Log what `returnsync` says: warnings, with `verbose` everything, with `quiet` nothing, since `Quiet` tells it.

    With `tells_held` the command itself tells what is held, and it is no warning as well.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    formatter = _Json() if as_json else _Text()
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    handler.addFilter(_Run(run, tracebacks=verbose))
    if tells_held and not (verbose or as_json):
        handler.addFilter(lambda record: not record.getMessage().startswith(HELD))
    handler.setLevel(logging.DEBUG if verbose else _NOTHING if quiet else logging.WARNING)
    logger = logging.getLogger("returnsync")
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel(handler.level)


@contextmanager
def into_file(run: str, settings: "LogSettings", *, verbose: bool, rotates: bool) -> Iterator[None]:
    """Inside, log everything into a file too, beside what `set_up` set up. Without `rotates` it is only added to."""
    from returnsync.cli.log_file import LogFile

    handler = LogFile(settings, rotates=rotates)
    handler.setFormatter(_Json())
    handler.addFilter(_is_no_step)
    handler.addFilter(_Run(run, tracebacks=verbose))
    logger = logging.getLogger("returnsync")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
        handler.close()


def problem() -> str:
    """Why the log file is not written any more, in words; empty where it is, or where there is none."""
    handlers = logging.getLogger("returnsync").handlers
    return next((found for handler in handlers if (found := getattr(handler, "problem", ""))), "")


def _is_no_step(record: logging.LogRecord) -> bool:
    """The steps between two writes and the moves of announcements are for those who watch one command."""
    return record.name not in ("returnsync.steps", "returnsync.moves")
