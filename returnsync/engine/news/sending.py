"""Sending digests: to a program's standard input, or to an address. Each is tried once; the next run tries again."""

import json
import shlex
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Any

from returnsync import programs
from returnsync.errors import Interrupted, ReturnsyncError
from returnsync.http.message import Address
from returnsync.http.message import send as post

Send = Callable[[Mapping[str, Any]], bool]
"""Sends one message; returns whether it was accepted."""

Tell = Callable[[str], None]
"""Receives the result of a message: a sentence about what went wrong; empty where it was accepted."""


class _Within:
    """A time limit for all messages of a run together, counted from the first one."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: float | None = None

    def left(self) -> float:
        now = monotonic()
        if self._until is None:
            self._until = now + self._seconds
        return self._until - now


def to_address(name: str, find: Callable[[threading.Event], Address], seconds: float, tell: Tell) -> Send:
    """A sender that posts messages to an address; all messages of a run together take `seconds` at most.

    `find` gives the address, or raises a `ReturnsyncError`; it ends early when its event is set. `name` is the setting
    with the address.
    """
    within, found = _Within(seconds), list[Address]()

    def post_it(message: Mapping[str, Any]) -> str:
        if not found:
            with _set_after(within.left()) as late:
                found.append(find(late))
        if (left := within.left()) <= 0:
            return f"{name}: the address did not come in time."
        post(name, found[0], "", _as_bytes(message), seconds=left)
        return ""

    return _sender(name, within, post_it, tell)


def to_program(name: str, command: str, seconds: float, tell: Tell) -> Send:
    """A sender that gives messages to a program, without a shell; all of a run together take `seconds` at most."""
    within = _Within(seconds)

    def give_it(message: Mapping[str, Any]) -> str:
        problem = _run(shlex.split(command), _as_bytes(message), within.left())
        return f"{name}: the program {problem}." if problem else ""

    return _sender(name, within, give_it, tell)


def _sender(name: str, within: _Within, act: Callable[[Mapping[str, Any]], str], tell: Tell) -> Send:
    """A sender that uses `act`, which returns what went wrong; an exception means that it was not accepted."""

    def send(message: Mapping[str, Any]) -> bool:
        if within.left() <= 0:
            return False  # an earlier one used up the time; the next run sends it
        try:
            problem = act(message)
        except Interrupted:
            problem = f"{name}: the secret did not come in time."
        except ReturnsyncError as error:
            problem = error.what
        except Exception as fault:  # noqa: BLE001 - whatever happens at a receiver must not affect the run
            problem = f"{name}: {type(fault).__name__}."
        tell(f"A message could not be sent: {problem} The next run tries again." if problem else "")
        return not problem

    return send


@contextmanager
def _set_after(seconds: float) -> Iterator[threading.Event]:
    """An event that is set after this many seconds, if the block lasts that long."""
    late = threading.Event()
    timer = threading.Timer(max(seconds, 0), late.set)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()


def _run(program: list[str], message: bytes, seconds: float) -> str:
    """Give a message to a program; returns what went wrong, empty where nothing did."""
    try:
        code = programs.run(program, message, seconds).code
    except (OSError, ValueError) as error:
        return f"cannot be started ({getattr(error, 'strerror', None) or type(error).__name__})"
    if code is None:
        return f"did not end within {seconds:g} s"
    return f"ended with {code}" if code else ""


def _as_bytes(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message).encode()
