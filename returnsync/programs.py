"""Runs a program of the user's: without a shell, with something on its standard input, and with a time limit."""

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, NamedTuple, cast

# How many bytes are kept of the end of what a program writes to stderr.
_KEPT = 4096


class Ended(NamedTuple):
    """How a program ended."""

    code: int | None
    """Its exit code; `None` where it did not end in time and was killed."""
    last_line: str
    """The last line that it wrote to stderr; foreign text, which must not be shown unmasked."""


def run(
    program: Sequence[str],
    content: bytes,
    seconds: float,
    *,
    environment: Mapping[str, str] | None = None,
    keeps_last_line: bool = False,
) -> Ended:
    """Start a program, give it `content`, and wait for its end. Without an `environment` it inherits ours.

    What it writes to stderr is discarded unless `keeps_last_line` is set.

    Raises:
        OSError, ValueError: it cannot be started.
    """
    # It gets a session of its own, so that it can be ended together with everything that it started.
    process = subprocess.Popen(  # noqa: S603 - the user's own configuration names the program, without a shell
        program,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE if keeps_last_line else subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )
    said = _Tail(process.stderr) if process.stderr is not None else None
    giving = threading.Thread(target=_give, args=(cast("IO[bytes]", process.stdin), content), daemon=True)
    if said is not None:
        said.start()
    giving.start()
    try:
        code: int | None = process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        code = None
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            # We may not end a process of another user, as with sudo; it is not waited for any longer.
            process.wait(timeout=1)
    if said is None:
        return Ended(code, "")
    # A program that it started may keep its stderr open.
    said.join(timeout=1)
    return Ended(code, said.last_line())


def _give(pipe: IO[bytes], content: bytes) -> None:
    with suppress(OSError), pipe:  # the program need not read it
        pipe.write(content)


class _Tail(threading.Thread):
    """Reads a pipe to its end, and keeps the last bytes."""

    def __init__(self, pipe: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self._kept = b""

    def run(self) -> None:
        with suppress(OSError, ValueError), self._pipe:
            while part := os.read(self._pipe.fileno(), _KEPT):
                self._kept = (self._kept + part)[-_KEPT:]

    def last_line(self) -> str:
        lines = self._kept.decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")
