"""Runs returnsync at a moment and kills it, as `kill -9` does, at a named step: `killed.py MOMENT STEP …`.

The process is killed when it reaches the step for the first time. The other arguments are returnsync's own.
"""

import logging
import os
import signal
import sys

import time_machine

from returnsync.cli.app import app


class Kill(logging.Handler):
    """Kills this process at one of its steps."""

    def __init__(self, step: str) -> None:
        super().__init__(logging.DEBUG)
        self._step = step

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage() == self._step:
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    moment, step, *arguments = sys.argv[1:]
    steps = logging.getLogger("returnsync.steps")
    steps.setLevel(logging.DEBUG)
    steps.propagate = False
    steps.addHandler(Kill(step))
    with time_machine.travel(moment, tick=True):
        app(arguments)


if __name__ == "__main__":
    main()
