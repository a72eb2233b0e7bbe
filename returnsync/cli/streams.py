"""The standard streams, changed so that no write to them fails: the work goes on even if its output is lost.

Characters that the locale's encoding does not have are written as `?`. A stream that was closed (`2>&-`), whose reader
left (`| head`) or whose disk is full drops what is written to it; `failure` says why, for the one place that reports
it.
"""

import errno
import io
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO, cast

_HIGHEST_STANDARD_DESCRIPTOR = 2


class Steady(io.TextIOBase):
    """A text stream that raises nothing when it is written to.

    It has no `buffer`: Typer would write UTF-8 into that where the encoding is ASCII, and rich would not.
    """

    def __init__(self, stream: io.TextIOWrapper) -> None:
        """Write to `stream`; from now on it replaces characters that its encoding does not have."""
        self._stream = stream
        self.failure: OSError | None = None
        """Why the first write failed; from then on everything is dropped."""
        stream.reconfigure(errors="replace")

    @property
    def encoding(self) -> str:  # type: ignore[override] # a plain attribute of a class that has none
        """The encoding of the stream below."""
        return self._stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override] # the same
        """How the stream below treats characters that its encoding does not have."""
        return self._stream.errors

    def write(self, text: str, /) -> int:
        """Write what can be written; report always that all of it was."""
        with self._failing():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush what can be flushed."""
        with self._failing():
            self._stream.flush()

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """The descriptor."""
        return self._stream.fileno()

    def writable(self) -> bool:
        """Always true."""
        return True

    def write_utf8(self) -> None:
        """From now on write UTF-8, whatever the locale: for a file that is read back as UTF-8."""
        with self._failing():
            self._stream.reconfigure(encoding="utf-8")

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.failure = self.failure or error
            # What is buffered already would fail again at each flush, including the one when the interpreter ends.
            with suppress(OSError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, self._stream.fileno())
                os.close(nowhere)


def prepare() -> None:
    """Make the standard streams of this process steady; once, before anything is opened or written."""
    _fill_closed_descriptors()
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - as long as the process
    elif isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    sys.stdout = _steady(sys.stdout)
    sys.stderr = _steady(sys.stderr)
    # A log line that cannot be formatted would be printed on stderr with its traceback, unmasked.
    logging.raiseExceptions = False


def _fill_closed_descriptors() -> None:
    """Open /dev/null where a standard descriptor is closed: the next file opened would take its number.

    That file may be the state, and a child process or a library that writes to descriptor 2 would write into it.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _HIGHEST_STANDARD_DESCRIPTOR:
        os.set_inheritable(descriptor, True)  # noqa: FBT003 - its one form
    os.close(descriptor)


def _steady(stream: TextIO | None) -> TextIO:
    if stream is None:
        stream = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - as long as the process
    return cast("TextIO", Steady(stream)) if isinstance(stream, io.TextIOWrapper) else stream


def write_utf8() -> None:
    """Write UTF-8 to stdout from now on, unless it is a terminal: the output is a file that is read back as UTF-8."""
    if sys.stdout.isatty():
        return
    if isinstance(sys.stdout, Steady):
        sys.stdout.write_utf8()
    elif isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")


def failure() -> OSError | None:
    """Why stdout lost a part of what was written; `None` if it did not, or if only its reader left."""
    sys.stdout.flush()
    failed = sys.stdout.failure if isinstance(sys.stdout, Steady) else None
    return None if failed is None or failed.errno == errno.EPIPE else failed


def finish() -> None:
    """Flush both streams, and say on stderr if results were lost."""
    failed = failure()
    if failed is not None:
        sys.stderr.write(
            f"The results could not be written to stdout ({failed.strerror}). What was done stays done; status, held "
            "and show report it.\n"
        )
    sys.stderr.flush()
