"""Log lines to stderr, for a person or as JSON lines; masked here, at the last place before they leave."""

import logging
import sys
import time
from typing import Any, TextIO

from returnsync.cli.answer import masked
from returnsync.engine.about import current
from returnsync.redact import mask

# What the engine puts on a line, when it knows it.
_FIELDS = ("run", "source", "ret", "code")


class _Text(logging.Formatter):
    """`09:30:00Z warning held: … [source=shop-nl code=…]`, masked whole, the traceback in it included."""

    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{name}={value}" for name in _FIELDS if (value := getattr(record, name, None)))
        line = f"{self.formatTime(record, '%H:%M:%SZ')} {record.levelname.lower()} {record.getMessage()}"
        line += f" [{fields}]" if fields else ""
        return mask(f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line)


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
        if not self._tracebacks:
            record.exc_info = None
        return True


def set_up(run: str, *, verbose: bool, as_json: bool, quiet: bool = False, stream: TextIO | None = None) -> None:
    """Log what `returnsync` says: warnings, with `verbose` everything, with `quiet` only errors."""
    handler = logging.StreamHandler(stream or sys.stderr)
    formatter = _json() if as_json else _Text()
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    handler.addFilter(_Run(run, tracebacks=verbose))
    logger = logging.getLogger("returnsync")
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel(logging.DEBUG if verbose else logging.ERROR if quiet else logging.WARNING)


def _json() -> logging.Formatter:
    from pythonjsonlogger.json import JsonFormatter

    class Masked(JsonFormatter):
        """Masks each text of a line: what masks the finished JSON may take a quote or an escape in it apart."""

        def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
            return {key: masked(value) for key, value in super().process_log_record(log_data).items()}

    names = "%(asctime)s %(levelname)s %(name)s %(message)s %(run)s %(source)s %(ret)s %(code)s"
    renamed = {"asctime": "at", "levelname": "level", "name": "logger", "ret": "return"}
    none = dict.fromkeys(("source", "ret", "code"), "")
    return Masked(names, "%Y-%m-%dT%H:%M:%SZ", rename_fields=renamed, defaults=none)
