"""Log lines to stderr and into a file, as text or as JSON. They are masked here, at the last point before output."""

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

# The fields that the engine adds to a line, when it knows them.
_FIELDS = ("run", "source", "ret", "code")

# `return` is a keyword of Python, so it cannot be the name of an attribute.
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

    Each text is masked on its own: masking the finished JSON could break a quote or an escape in it.
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
    """Adds the run and what it is working on; leaves tracebacks out unless they are asked for."""

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
    """Log the messages of `returnsync`: warnings; with `verbose` all; with `quiet` none, since `Quiet` prints them.

    With `tells_held` the command itself prints what is held, so that is not also logged as a warning.
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
    """Inside this context, log everything into a file too. Without `rotates` the file is only added to."""
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
    """Why the log file is no longer written, in words; empty if it is written, or if there is none."""
    handlers = logging.getLogger("returnsync").handlers
    return next((found for handler in handlers if (found := getattr(handler, "problem", ""))), "")


def _is_no_step(record: logging.LogRecord) -> bool:
    """Steps between two writes, and the moves of announcements, are shown only with --verbose."""
    return record.name not in ("returnsync.steps", "returnsync.moves")
