"""Runs returnsync and kills it, as `kill -9` does, at its N-th named step: `kill_run.py N --shift S --steps FILE …`.

Every step passed is written to FILE, including the one it died at. With N = 0 it runs to its end: in this way the tests
find the points instead of naming them. The remaining arguments are returnsync's own command line.
"""

import argparse
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import time_machine

from returnsync import clock
from returnsync.cli.app import app


class Kill(logging.Handler):
    """Counts the steps and kills this process at one of them."""

    def __init__(self, number: int, file: Path) -> None:
        super().__init__(logging.DEBUG)
        self._number = number
        self._passed = 0
        self._file = os.open(file, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)

    def emit(self, record: logging.LogRecord) -> None:
        self._passed += 1
        os.write(self._file, f"{record.getMessage()}\n".encode())
        if self._passed == self._number:
            os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def leaping(seconds: float = 0.0) -> Iterator[Any]:
    """The time is `seconds` later, and no run waits: its clock jumps. Yields what moves the clock further."""
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds), tick=True) as traveller:

        def wait(stop: threading.Event, seconds: float) -> None:
            if not stop.is_set():
                traveller.shift(timedelta(seconds=max(0.0, seconds)))

        def fsync(handle: int) -> None:
            """Give written files the moved time, which the file system does not know."""
            os.utime(handle, (time.time(), time.time()))
            real_fsync(handle)

        real_wait, clock.wait = clock.wait, wait
        real_fsync, os.fsync = os.fsync, fsync
        real_elapsed, clock.elapsed = clock.elapsed, time.time
        try:
            yield traveller
        finally:
            clock.wait, clock.elapsed, os.fsync = real_wait, real_elapsed, real_fsync


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("number", type=int)
    parser.add_argument("--shift", type=float, default=0.0)
    parser.add_argument("--steps", type=Path, required=True)
    mine, arguments = parser.parse_known_args()

    steps = logging.getLogger("returnsync.steps")
    steps.setLevel(logging.DEBUG)
    steps.propagate = False
    steps.addHandler(Kill(mine.number, mine.steps))
    with leaping(mine.shift):
        app(arguments)


if __name__ == "__main__":
    main()
