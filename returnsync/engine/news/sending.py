"""Sending digests: to a program's standard input, or to an address. Each is tried once; the next run tries again."""

import json
import logging
import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from time import monotonic
from typing import Any

from returnsync.errors import ReturnsyncError
from returnsync.http.message import Address
from returnsync.http.message import send as post

logger = logging.getLogger("returnsync.notify")

Send = Callable[[Mapping[str, Any]], bool]
"""Sends one message; gives whether it was taken."""


class _Within:
    """So many seconds for all messages of a run together, from the first one on."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: float | None = None

    def left(self) -> float:
        now = monotonic()
        if self._until is None:
            self._until = now + self._seconds
        return self._until - now


def to_address(name: str, find: Callable[[threading.Event], Address], seconds: float) -> Send:
    """What posts messages to an address; all of a run together take `seconds` at most.

    `find` gives the address, or raises a `ReturnsyncError`; `name` is the setting that it comes from.
    """
    within, stop = _Within(seconds), threading.Event()
    found: list[Address] = []

    def send(message: Mapping[str, Any]) -> bool:
        if (left := within.left()) <= 0:
            return False  # the next run sends it
        try:
            if not found:
                found.append(find(stop))
            post(name, found[0], "", _as_bytes(message), seconds=left)
        except ReturnsyncError as error:
            logger.warning("a message could not be sent: %s The next run tries again.", error.what)
            return False
        return True

    return send


def to_program(name: str, command: str, seconds: float) -> Send:
    """What gives messages to a program, started without a shell; all of a run together take `seconds` at most."""
    within = _Within(seconds)

    def send(message: Mapping[str, Any]) -> bool:
        if (left := within.left()) <= 0:
            return False  # the next run sends it
        problem = _run(shlex.split(command), _as_bytes(message), left)
        if problem:
            logger.warning("a message could not be sent: %s %s. The next run tries again.", name, problem)
        return not problem

    return send


def _run(program: list[str], message: bytes, seconds: float) -> str:
    """Give a message to a program; gives what went wrong, empty where nothing did."""
    try:
        # In a session of its own, so that it can be ended with all that it started.
        process = subprocess.Popen(  # noqa: S603 - the user's own configuration names the program, without a shell
            program,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return f"cannot be started ({getattr(error, 'strerror', None) or type(error).__name__})"
    try:
        process.communicate(message, timeout=seconds)
    except subprocess.TimeoutExpired:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            # One of another user, as by sudo, may not be ended by us; it is not waited for.
            process.wait(timeout=1)
        return f"did not end within {seconds:g} s"
    return f"ended with {process.returncode}" if process.returncode else ""


def _as_bytes(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message).encode()
