"""One absolute deadline for each exchange with a server, and the signal that ends a read at once.

A read timeout starts again with every byte that arrives, so a server that sends one byte now and then could hold up a
whole run. Here, a thread watches the exchanges in hand. When the time of one is up, or the command was asked to stop,
it shuts down that exchange's connection. That ends any wait of the exchange's own thread: for the handshake, the proxy,
the status line, the headers or the body.
"""

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from time import monotonic, sleep
from types import TracebackType
from typing import Self

# Only `stop` can wake the watching thread, so it checks every so many seconds whether it is still needed.
_BEAT = 1.0

_of_thread = threading.local()


class Cut(Enum):
    """Why an exchange was cut."""

    LATE = "late"
    """Its time was up."""
    STOPPED = "stopped"
    """The command was asked to stop, and this was not an effect."""


class Handle:
    """A second handle on a socket, with which any thread can end what another one does with it.

    Closing the socket itself would not wake the thread that reads, and wrapping it in TLS moves the descriptor to
    another object. A copy of the descriptor outlives both.
    """

    def __init__(self, connection: socket.socket) -> None:
        """Copy the descriptor of `connection`."""
        self._copy = socket.socket(
            connection.family, connection.type, connection.proto, fileno=os.dup(connection.fileno())
        )

    def shut(self) -> None:
        """End every read and write, now and later; the connection cannot be used any longer."""
        with suppress(OSError):
            self._copy.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the descriptor back; the connection stays as it is."""
        self._copy.close()


class Exchange:
    """One exchange in hand. A context manager: everything that runs inside, in this thread, belongs to it."""

    def __init__(self, watchdog: "Watchdog", until: float, *, effect: bool) -> None:
        """Give it until `until` on the monotonic clock; a stop cuts it unless it is an effect."""
        self.until = until
        self.effect = effect
        self.cut: Cut | None = None
        """Why it was cut; final once the exchange is left. What was received before the cut is no answer."""
        self.sent = False
        """Whether there was a connection and the request may have left."""
        self.status: int | None = None
        """The status of the answer, set as soon as its headers were read."""
        self._watchdog = watchdog
        self._lock = threading.Lock()
        self._break: Callable[[], object] | None = None
        self._handles: list[Handle] = []
        self._over = False

    @property
    def left(self) -> float:
        """How many seconds are left; never below zero."""
        return max(0.0, self.until - monotonic())

    def wait_on(self, break_off: Callable[[], object]) -> None:
        """Have any thread call `break_off` if the exchange is cut; at once if it was cut already."""
        with self._lock:
            if self.cut is None:
                self._break = break_off
                return
        break_off()

    def let_go(self) -> bool:
        """From now on, nothing is broken off. False when the exchange was cut before."""
        with self._lock:
            self._break = None
            handles, self._handles = self._handles, []
            whole = self.cut is None
        for handle in handles:
            handle.close()
        return whole

    def keep(self, handle: Handle) -> None:
        """Close `handle` once this exchange lets go: a connection may be closed while its last answer is still read."""
        with self._lock:
            needed = self._break is not None
            if needed:
                self._handles.append(handle)
        if not needed:
            handle.close()

    def cut_off(self, why: Cut) -> None:
        """End it, whatever it waits for; do nothing once it is over."""
        with self._lock:
            if self._over:
                return
            self.cut = self.cut or why
            # Under the lock: after `let_go`, the connection may serve another exchange.
            if self._break is not None:
                self._break()

    def __enter__(self) -> Self:
        """Make it the exchange that this thread's connections belong to."""
        _of_thread.exchange = self
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End it: nothing can cut it any longer."""
        _of_thread.exchange = None
        self._watchdog.forget(self)
        with self._lock:
            self._over = True
        self.let_go()


def exchange_in_hand() -> Exchange:
    """The exchange that this thread is making.

    Raises:
        RuntimeError: there is none. That is a fault of ours: no server may be asked without a deadline.
    """
    exchange: Exchange | None = getattr(_of_thread, "exchange", None)
    if exchange is None:
        raise RuntimeError("a connection was used outside of any exchange")
    return exchange


class Watchdog:
    """Cuts exchanges whose time is up, and reads when the command is asked to stop. Safe to share between threads."""

    def __init__(self, seconds: float, stop: threading.Event) -> None:
        """Give every exchange `seconds`; `stop` is set when the command is asked to stop."""
        self.seconds = seconds
        self._stop = stop
        self._lock = threading.Lock()
        # Ordered by the end of their time, since all have the same time.
        self._in_hand: dict[Exchange, None] = {}
        self._watching = False

    def begin(self, *, effect: bool) -> Exchange:
        """Start the time of one exchange; the caller enters it at once."""
        exchange = Exchange(self, monotonic() + self.seconds, effect=effect)
        with self._lock:
            self._in_hand[exchange] = None
            if not self._watching:
                threading.Thread(target=self._watch, name="returnsync-deadlines", daemon=True).start()
                self._watching = True
        return exchange

    def forget(self, exchange: Exchange) -> None:
        """Stop watching an exchange."""
        with self._lock:
            self._in_hand.pop(exchange, None)

    def _watch(self) -> None:
        """Cut what is due, and sleep until the next is. End when nothing is in hand; the next exchange restarts it."""
        while True:
            with self._lock:
                in_hand = list(self._in_hand)
                if not in_hand:
                    self._watching = False
                    return
            # An exchange that begins while this sleeps is not due before `seconds` have passed.
            wait = min(_BEAT, self.seconds)
            for exchange in in_hand:
                if exchange.cut is None and exchange.left <= 0:
                    exchange.cut_off(Cut.LATE)
                elif exchange.cut is None and self._stop.is_set() and not exchange.effect:
                    exchange.cut_off(Cut.STOPPED)
                elif exchange.cut is None:
                    wait = min(wait, exchange.left)
            if self._stop.is_set():
                sleep(wait)
            else:
                self._stop.wait(wait)
