"""The file of the log: for its owner alone, rotated by size, and never in the way of what is logged."""

import errno
import io
import logging
import os
import stat
import sys
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

from returnsync.config.log_settings import LogSettings
from returnsync.folders import make_private, nearest, open_private

_MEGABYTE = 1_000_000

# Larger than any line: a line goes out in one write, so that those of two commands do not mix.
_BUFFER = 1024 * 1024


class LogFile(RotatingFileHandler):
    """Adds lines to a file, and with `rotates` moves it away when it is full.

    Several commands may add to it at once. Only one may rotate it, which is the one that holds the run's lock: another
    that has it open goes on with the file that was moved, and no line is lost.

    When it cannot be opened, written or rotated, that is logged once as an error, and this command writes nothing more
    into it. No error leaves it.
    """

    def __init__(self, settings: LogSettings, *, rotates: bool) -> None:
        """Prepare; the file is opened, and made, with the first line."""
        size = settings.max_megabytes * _MEGABYTE if rotates else 0
        super().__init__(settings.file, maxBytes=size, backupCount=settings.keep, delay=True)
        self._mode: int | None = None
        self.problem = ""
        """Why nothing more is written, in words; empty where nothing is wrong."""

    def emit(self, record: logging.LogRecord) -> None:
        """Add a line."""
        if not self.problem:
            super().emit(record)

    def close(self) -> None:
        """Close the file."""
        # What could not be written is tried once more, and was told of.
        with suppress(OSError):
            super().close()

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: ARG002, N802 - theirs
        """Whether the file is full; the library would format each line twice to know it."""
        return 0 < self.maxBytes <= os.fstat(self._opened().fileno()).st_size

    def doRollover(self) -> None:  # noqa: N802 - the library's name
        """Move the file and the older ones on by one; the new one may be read by whom the full one could."""
        self._mode = stat.S_IMODE(os.fstat(self._opened().fileno()).st_mode)
        super().doRollover()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - the library's name
        """Tell once that the file cannot be written; a line that cannot be made is left out."""
        error = sys.exception()
        if not isinstance(error, OSError):
            return
        what = f"the log file {self.baseFilename} cannot be written or rotated ({error.strerror or error})"
        self.problem = f"{what}; the command goes on without it"
        with suppress(OSError):
            super().close()
        logging.getLogger("returnsync.log").error("%s", self.problem)

    def _opened(self) -> io.TextIOWrapper:
        if self.stream is None:
            self.stream = self._open()
        return self.stream

    def _open(self) -> io.TextIOWrapper:
        path = Path(self.baseFilename)
        make_private(path.parent)
        # Nonblocking: a named pipe that nobody reads would hold the command up.
        handle = open_private(path, os.O_RDWR | os.O_APPEND | os.O_NONBLOCK)
        try:
            _refuse_other_files(handle)
            _end_last_line(handle)
            if self._mode is not None:
                os.fchmod(handle, self._mode)
            return open(handle, "a", _BUFFER, encoding="ascii")  # noqa: PTH123 - an open descriptor has no path
        except BaseException:
            os.close(handle)
            raise


def _refuse_other_files(handle: int) -> None:
    """Raise OSError where an open file is no log: nothing is added to it then, and it is never moved away."""
    about = os.fstat(handle)
    if not stat.S_ISREG(about.st_mode):
        raise OSError(errno.EINVAL, "it is no file")
    if about.st_size and os.pread(handle, 1, 0) != b"{":
        raise OSError(errno.EINVAL, "it is a file of another kind")


def _end_last_line(handle: int) -> None:
    """End a line in the midst of which a disk was full: the next one begins on its own."""
    size = os.fstat(handle).st_size
    if size and os.pread(handle, 1, size - 1) != b"\n":
        os.write(handle, b"\n")


def trouble(settings: LogSettings) -> str | None:
    """Why the log could not be written or rotated, as far as that shows without writing; `None` where nothing does."""
    path = Path(settings.file)
    folder = nearest(path)
    if not folder.is_dir():
        return f"{folder} is no folder"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"no file can be made or moved in {folder}"
    try:
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"{path}: {error.strerror}"
    try:
        _refuse_other_files(handle)
    except OSError as error:
        return f"{path}: {error.strerror}"
    finally:
        os.close(handle)
    return None
