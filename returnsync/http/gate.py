"""A gate before an account: who is refused is refused once, however many threads want to ask."""

import threading
from collections.abc import Callable
from typing import TypeVar

from returnsync.errors import AccountError, AccountRefused, ReturnsyncError

T = TypeVar("T")


class Gate:
    """Lets one thread through at first, and the others once that one was not turned away. Safe to share.

    Eight threads with a wrong password would else send it eight times, and some servers lock an account for less.
    """

    def __init__(self, closes_on: type[AccountError] = AccountRefused) -> None:
        """Begin closed to all but the first; errors of the kind `closes_on` close it for good."""
        self._closes_on = closes_on
        self._first = threading.Lock()
        self._is_open = False
        self._error: AccountError | None = None

    def close(self, error: AccountError) -> None:
        """Let nobody through any more: who asks gets `error`."""
        self._error = error

    def call(self, ask: Callable[[], T]) -> T:
        """What `ask` gives, once it may be called.

        Raises:
            AccountError: the one that closed the gate; `ask` was not called.
            ReturnsyncError: what `ask` raises.
        """
        if not self._is_open:
            with self._first:
                if not self._is_open:
                    return self._let_through(ask)
        return self._let_through(ask)

    def _let_through(self, ask: Callable[[], T]) -> T:
        if self._error is not None:
            raise self._error
        try:
            result = ask()
        except self._closes_on as error:
            self._error = error
            raise
        except ReturnsyncError:
            self._is_open = True  # whatever went wrong, the account was let in, or it will be told in its own way
            raise
        self._is_open = True
        return result
