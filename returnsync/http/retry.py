"""When a call is retried, and for how long.

This is the only layer that retries. The code that makes an attempt raises `Again` to say that it may be repeated; any
other exception ends the call at once. Two bounds apply: a number of attempts for one call, and a budget of seconds that
all calls and threads of an account share in one run. So a server that is down costs its account that time once, not
once for each call.
"""

import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, TypeVar

from returnsync import events
from returnsync.clock import now
from returnsync.errors import AccountUnavailable, Interrupted, ReturnsyncError
from returnsync.http.answer import http_date

T = TypeVar("T")

_FIRST_WAIT = 0.5
_LONGEST_BACK_OFF = 20.0
# Enough to exceed the longest wait; `attempts` has no upper bound, and 2.0 ** 1100 is too large for a float.
_MOST_DOUBLINGS = 6
_LONGEST_SERVER_WAIT = 60.0

_SECONDS = re.compile(r"\s*(\d{1,9})(\.\d*)?\s*", re.ASCII)


class Again(Exception):
    """One attempt failed in a way that allows another. Internal to this package: callers see `failure` itself."""

    def __init__(self, failure: ReturnsyncError, floor: float = 0.0) -> None:
        """`failure` is raised when no attempt is left; `floor` is how many seconds the server asks to wait."""
        super().__init__(failure.what)
        self.failure = failure
        self.floor = floor


class Sleep(Protocol):
    """Waits for some seconds; comes back early when `stop` is set."""

    def __call__(self, stop: threading.Event, seconds: float, /) -> object:
        """Wait."""


class RetryBudget:
    """Seconds that retries may take for one account in one run; shared by its threads."""

    def __init__(self, seconds: float = 120.0) -> None:
        """Start with `seconds`."""
        self.seconds = seconds
        self._left = seconds
        self._lock = threading.Lock()

    @property
    def left(self) -> float:
        """The remaining seconds; never below zero."""
        return self._left

    def take(self, seconds: float) -> bool:
        """Take `seconds` for a wait, or nothing when fewer are left."""
        with self._lock:
            if self._left <= 0 or seconds > self._left:
                return False
            self._left -= seconds
            return True

    def charge(self, seconds: float) -> None:
        """Take the real duration of a repeated attempt, down to zero."""
        with self._lock:
            self._left = max(0.0, self._left - seconds)


class RetryPolicy:
    """How often and how long the calls of one account are retried."""

    def __init__(
        self, *, attempts: int = 4, budget: RetryBudget | None = None, sleep: Sleep = threading.Event.wait
    ) -> None:
        """Try `attempts` times in all, within `budget` (120 s by default).

        `sleep` waits; tests pass one that does not.
        """
        self.attempts = attempts
        self.budget = budget or RetryBudget()
        self._sleep = sleep
        self._of_thread = threading.local()
        self._is_answered = True

    @property
    def attempt(self) -> int:
        """The number of the attempt that this thread is making at its call, from 1."""
        return getattr(self._of_thread, "attempt", 1)

    @contextmanager
    def once(self) -> Iterator[None]:
        """Inside, in this thread, each call is tried once: a failure takes nothing from the budget of other calls."""
        self._of_thread.once = True
        try:
            yield
        finally:
            self._of_thread.once = False

    def once_until_answered(self) -> None:
        """Try each call once, until one of them is answered: an account that was down may still be down."""
        self._is_answered = False

    def call(self, account: str, stop: threading.Event, attempt: Callable[[], T]) -> T:
        """The result of `attempt`, repeated while it raises `Again` and the bounds allow.

        Raises:
            ReturnsyncError: the failure in the `Again` of the last attempt, or any other error that an attempt raised.
            Interrupted: `stop` was set, so it is not retried. The last attempt changed nothing.
            AccountUnavailable: the budget of this account is used up, or the next wait would exceed it.
        """
        self._of_thread.attempt = 1
        try:
            result = attempt()
        except Again as again:
            last = again
        else:
            self._is_answered = True
            return result
        failed = 1
        while not stop.is_set():
            if failed >= self.attempts or self._tries_once():
                raise last.failure from last.__cause__
            self._pause(account, stop, last, failed)
            if stop.is_set():
                break  # `stop` may have cut the pause short, and no request follows a stop
            try:
                return self._charged(attempt)
            except Again as again:
                last = again
            failed += 1
        what = f"{account}: asked to stop before it could be tried again (last: {last.failure.what})"
        raise Interrupted(account, what, foreign=last.failure.foreign) from last.failure

    def _tries_once(self) -> bool:
        return not self._is_answered or getattr(self._of_thread, "once", False)

    def _pause(self, account: str, stop: threading.Event, last: Again, failed: int) -> None:
        """Wait after `failed` attempts, of which `last` is the latest; every pause is decided here.

        Raises:
            AccountUnavailable: the budget has too little left for this pause, which is then not begun.
        """
        seconds = max(_back_off(failed), min(last.floor, _LONGEST_SERVER_WAIT))
        if not self.budget.take(seconds):
            raise AccountUnavailable(
                account,
                f"{account}: calls kept failing, until the {self.budget.seconds:g} s for trying again in one run were "
                f"used up (last: {last.failure.what})",
                "Nothing is lost, the next run goes on. If this lasts, check the provider's status page.",
                foreign=last.failure.foreign,
            ) from last.failure
        self._of_thread.attempt = failed + 1
        events.retry(account, failed + 1, seconds, last.failure)
        self._sleep(stop, seconds)

    def _charged(self, attempt: Callable[[], T]) -> T:
        """A repeated attempt, whose time is taken from the budget however it ends."""
        started = time.monotonic()
        try:
            return attempt()
        finally:
            self.budget.charge(time.monotonic() - started)


def _back_off(failed: int) -> float:
    """How many seconds we ourselves wait after `failed` failed attempts.

        failed     1        2        3        4        5        6          7 and more
        seconds    0.5–1    1–1.5    2–2.5    4–4.5    8–8.5    16–16.5    20

    A random value in each range, so that callers that failed together do not all come back together.
    """
    doubled = _FIRST_WAIT * 2.0 ** min(failed - 1, _MOST_DOUBLINGS)
    return min(doubled + random.uniform(0, _FIRST_WAIT), _LONGEST_BACK_OFF)  # noqa: S311 - it decides no secret


def retry_after(headers: Mapping[str, str]) -> float:
    """The seconds that a server asks to wait in `Retry-After`, as a number or a date; 0 where it gives nothing usable.

    A date is compared with the server's own `Date`, so that a wrong clock on either side does no harm.
    """
    text = headers.get("Retry-After", "")
    if not text:
        return 0.0
    if found := _SECONDS.fullmatch(text):
        return float(found[1] + (found[2] or ""))
    until = http_date(text)
    if until is None:
        return 0.0
    return max(0.0, (until - (http_date(headers.get("Date", "")) or now())).total_seconds())
