"""Pings of one run: one when it begins and one when it has ended, each tried once.

The first ping is sent while the run goes on, in a thread of its own, which also fetches the address, since that may be
a secret. At the end, the run waits at most `seconds` for all of it together.
"""

import threading
from collections.abc import Callable
from time import monotonic

from returnsync.errors import Interrupted, ReturnsyncError
from returnsync.http.message import Address, send

_LARGEST_BODY = 100_000
# The share of the time at the end that the unfinished first ping may take: the second one matters more.
_FOR_THE_FIRST = 0.2
_FOR_ITS_END = 0.5


class Ping:
    """The pings of one run. A failure is passed to `warn`, once, as a sentence; nothing is raised."""

    def __init__(
        self,
        name: str,
        address: Callable[[threading.Event], Address],
        seconds: float,
        warn: Callable[[str], None],
    ) -> None:
        """`address` returns the address, or raises a `ReturnsyncError`, and ends early when the event is set.

        `name` is the setting that it comes from; a ping takes at most `seconds`.
        """
        self._name = name
        self._find = address
        self._seconds = seconds
        self._warn = warn
        self._stop = threading.Event()
        self._sought = threading.Event()
        self._address: Address | None = None
        self._is_told = False
        self._begin = threading.Thread(target=self._first, name="returnsync-ping", daemon=True)

    def start(self) -> None:
        """Report that the run begins; do not wait for an answer."""
        self._begin.start()

    def end(self, word: str, body: bytes) -> None:
        """Report how it ended: `word` is added to the end of the address, as `/70`, or is empty for a success."""
        until = monotonic() + self._seconds
        self._sought.wait(self._seconds)
        self._begin.join(min(until - monotonic(), self._seconds * _FOR_THE_FIRST) if self._sought.is_set() else 0)
        self._stop.set()
        left = until - monotonic()
        if self._address is not None and left > 0:
            self._send(self._address, word, body[:_LARGEST_BODY], left)
        else:
            self._begin.join(_FOR_ITS_END)  # the thread ends a program that was to give the secret
            self._tell(f"{self._name}: the secret did not arrive within {self._seconds:g} s.")

    def _first(self) -> None:
        try:
            self._address = self._find(self._stop)
        except Interrupted:
            return
        except ReturnsyncError as error:
            self._tell(" ".join(filter(None, (error.what, error.next_step))))
        finally:
            self._sought.set()
        if self._address is not None:
            self._send(self._address, "/start", b"", self._seconds, self._stop)

    def _send(
        self, address: Address, word: str, body: bytes, seconds: float, stop: threading.Event | None = None
    ) -> None:
        try:
            send(self._name, address, word, body, seconds=seconds, stop=stop)
        except Interrupted:
            pass  # the run ended before its beginning was reported
        except ReturnsyncError as error:
            self._tell(f"{error.what} The run goes on without it.")
        except Exception as fault:  # noqa: BLE001 - whatever happens here costs the run nothing
            self._tell(f"{self._name}: the message failed ({type(fault).__name__}). The run goes on without it.")

    def _tell(self, text: str) -> None:
        if not self._is_told:
            self._is_told = True
            self._warn(text)
