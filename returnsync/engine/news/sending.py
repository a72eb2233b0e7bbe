"""Sending a digest: to a program's standard input, or to an address. One try each, within a few seconds as a whole."""

import json
import logging
import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from returnsync.errors import ReturnsyncError
from returnsync.http.posting import post

logger = logging.getLogger("returnsync.notify")

Send = Callable[[Mapping[str, Any]], bool]


def to_address(address: str, seconds: float, stop: threading.Event) -> Send:
    """What posts a message to an address, and gives whether it was taken."""

    def send(message: Mapping[str, Any]) -> bool:
        try:
            post("notify.webhook", address, _as_bytes(message), seconds, stop)
        except ReturnsyncError as error:
            logger.warning("a message could not be sent: %s The next run tries again", error.what)
            return False
        return True

    return send


def to_program(command: str, seconds: float) -> Send:
    """What starts a program, without a shell, and gives it a message; gives whether it ended with 0 in its time."""

    def send(message: Mapping[str, Any]) -> bool:
        problem = _run(shlex.split(command), _as_bytes(message), seconds)
        if problem:
            logger.warning("a message could not be sent: notify.command %s. The next run tries again", problem)
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
        process.wait()
        return f"did not end within {seconds:g} s"
    return f"ended with {process.returncode}" if process.returncode else ""


def _as_bytes(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message).encode()
