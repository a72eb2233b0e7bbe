"""A gate before an account: a refused account is asked only once, however many threads want to ask it."""

import threading
from collections.abc import Callable
from typing import TypeVar

from returnsync.errors import AccountError, ReturnsyncError

T = TypeVar("T")


class Gate:
    """Lets one thread through at first, and the others once that thread was not refused. Safe to share.

    Otherwise eight threads with a wrong password would send it eight times, and some servers lock an account earlier.
    """

    def __init__(self, closes_on: type[AccountError] | None = None) -> None:
        """Start closed to all but the first. Errors of class `closes_on` close it for good; by default, none does."""
        self._closes_on = closes_on
        self._first = threading.Lock()
        self._is_open = False
        self._errors = 0
        self._error: AccountError | None = None
        self._closed_by: AccountError | None = None

    def close(self, error: AccountError) -> None:
        """Let no thread through any longer: each one that asks gets `error`."""
        self._closed_by = error

    def call(self, ask: Callable[[], T]) -> T:
        """The result of `ask`, once it may be called.

        Raises:
            AccountError: the error that closed the gate, or with which the first thread was refused while we waited;
                `ask` was not called.
            ReturnsyncError: what `ask` raises.
        """
        if self._is_open:
            return self._let_through(ask)
        errors_before = self._errors
        with self._first:
            if self._errors > errors_before and self._error is not None:
                raise self._error
            if not self._is_open:
                return self._let_through(ask)
        return self._let_through(ask)

    def _let_through(self, ask: Callable[[], T]) -> T:
        if self._closed_by is not None:
            raise self._closed_by
        try:
            result = ask()
        except AccountError as error:
            if self._closes_on is not None and isinstance(error, self._closes_on):
                self._closed_by = error
            # Refused, or out of reach: the waiting threads would get the same error, each after the same time.
            self._error, self._errors = error, self._errors + 1
            raise
        except ReturnsyncError:
            self._is_open = True  # that one call failed, which says nothing against the account
            raise
        self._is_open = True
        return result
