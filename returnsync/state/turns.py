"""Turns to write: the threads of this process write in the order in which they came.

SQLite lets one connection write at a time, but lets the others poll for that: the one that has waited longest may still
come last. Here each thread waits for its own turn, and then finds SQLite's lock free.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """The writers and readers of one state within this process, over all its handles."""

    def __init__(self) -> None:
        """Nobody writes yet."""
        self._mutex = threading.Lock()
        self._is_taken = False
        self._waiting: deque[threading.Lock] = deque()
        self._of_thread = threading.local()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Wait for the turn to write, and pass it on to the next when leaving.

        Raises:
            RuntimeError: this thread is within a transaction or a reading already. It would wait for itself, or would
                keep the thread that it waits for from ending.
        """
        if self._depth:
            raise RuntimeError("a transaction was begun within another one, or within a reading, of the same thread")
        self._wait_for_turn()
        try:
            with self.reading():
                yield
        finally:
            self._pass_on()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Note that this thread reads; it does not wait for writers."""
        self._of_thread.depth = self._depth + 1
        try:
            yield
        finally:
            self._of_thread.depth -= 1

    @property
    def _depth(self) -> int:
        """How many readings and transactions this thread is within."""
        return int(getattr(self._of_thread, "depth", 0))

    def _wait_for_turn(self) -> None:
        with self._mutex:
            if not self._is_taken:
                self._is_taken = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        try:
            turn.acquire()  # released by the one whose turn ends
        except BaseException:
            self._give_up_waiting(turn)
            raise

    def _give_up_waiting(self, turn: threading.Lock) -> None:
        """Stop waiting; a turn that came at that very moment is passed on to the next."""
        with self._mutex:
            still_waiting = turn in self._waiting
            if still_waiting:
                self._waiting.remove(turn)
        if not still_waiting:
            self._pass_on()

    def _pass_on(self) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False
