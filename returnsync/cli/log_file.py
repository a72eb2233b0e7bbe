"""The file of the log: readable only by its owner, and rotated by size. An error of it never stops a command."""

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

    Several commands may add to it at once. Only the one that holds the run's lock may rotate it. Another that has the
    file open goes on writing to the file that was moved, so no line is lost.

    If it cannot be opened, written or rotated, that is logged once as an error, and this command writes nothing more
    into it. It raises no error.
    """

    def __init__(self, settings: LogSettings, *, rotates: bool) -> None:
        """Prepare; the first line opens or creates the file."""
        size = settings.max_megabytes * _MEGABYTE if rotates else 0
        super().__init__(settings.file, maxBytes=size, backupCount=settings.keep, delay=True)
        self._mode: int | None = None
        self.problem = ""
        """Why nothing more is written, in words; empty if nothing is wrong."""

    def emit(self, record: logging.LogRecord) -> None:
        """Add a line."""
        if not self.problem:
            super().emit(record)

    def close(self) -> None:
        """Close the file."""
        # What could not be written is tried once more here; that was reported before.
        with suppress(OSError):
            super().close()

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: ARG002, N802 - theirs
        """Whether the file is full. The library would format each line twice to find out."""
        return 0 < self.maxBytes <= os.fstat(self._opened().fileno()).st_size

    def doRollover(self) -> None:  # noqa: N802 - the library's name
        """Rename the file and the older ones by one number. The new file gets the rights of the full one."""
        self._mode = stat.S_IMODE(os.fstat(self._opened().fileno()).st_mode)
        super().doRollover()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - the library's name
        """Report once that the file cannot be written. A line that cannot be formatted is left out."""
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
    """Raise OSError if an open file is no log, so that nothing is added to it and it is never renamed."""
    about = os.fstat(handle)
    if not stat.S_ISREG(about.st_mode):
        raise OSError(errno.EINVAL, "it is not a file")
    if about.st_size and os.pread(handle, 1, 0) != b"{":
        raise OSError(errno.EINVAL, "it is a file of another kind")


def _end_last_line(handle: int) -> None:
    """End a line that was cut off because the disk was full, so that the next one begins on a line of its own."""
    size = os.fstat(handle).st_size
    if size and os.pread(handle, 1, size - 1) != b"\n":
        os.write(handle, b"\n")


def trouble(settings: LogSettings) -> str | None:
    """Why the log could not be written or rotated, as far as that shows without writing; `None` if nothing does."""
    path = Path(settings.file)
    folder = nearest(path)
    if not folder.is_dir():
        return f"{folder} is not a folder"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"no file can be created or renamed in {folder}"
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
