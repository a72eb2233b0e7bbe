"""Whether Monta itself was reached: this separates a 404 of one thing from a 404 of everything.

A wrong `base_url`, or a gateway whose server is gone, answers every request with a 404. Each would look like an order
that is not known yet, and a run that did nothing would end as if all was well. So the list of reasons, which every
account has, is read before anything else. When that is a 404 too, no other 404 counts until something was answered
properly. If nothing is, the account is not used for the rest of the run.
"""

import threading
from collections.abc import Callable, Sequence
from http import HTTPStatus

from returnsync.errors import AccountError, AccountRefused, AccountUnavailable, BadAnswer, CallError
from returnsync.model import WarehouseReason

# How many orders and forecasts may be unknown in a row before the account counts as not one of Monta's.
_TRIED_IN_ALL = 5


class Presence:
    """What one opened account has shown so far. Safe to share between threads."""

    def __init__(self, account: str, read_reasons: Callable[[], tuple[WarehouseReason, ...]]) -> None:
        """`read_reasons` reads the list of reasons; nothing is read yet."""
        self._account = account
        self._read_reasons = read_reasons
        self._lock = threading.Lock()
        self._asked = False
        self._missing = False
        self._offered: tuple[WarehouseReason, ...] | None = None
        self._looked = False
        self._not_found: list[CallError] = []

    @property
    def answered(self) -> bool:
        """Whether any read was answered properly."""
        return self._looked or self._offered is not None

    def note_answer(self) -> None:
        """Record that an order, a forecast or a product was answered properly."""
        self._looked = True

    def look_once(self) -> None:
        """Read the list of reasons before the first other call. If it cannot be read, nothing is stopped here.

        Raises:
            AccountError: the account cannot be used.
        """
        with self._lock:
            if self._asked:
                return
            self._asked = True
            try:
                self._offered = self._read_reasons()
            except AccountRefused as error:
                error.is_of_no_order = True
                raise
            except CallError as error:
                self._missing = error.status == HTTPStatus.NOT_FOUND

    def look_anew(self) -> None:
        """Read the list of reasons, even if it was read before. Raises as the read does."""
        offered = self._read_reasons()
        with self._lock:
            self._asked, self._missing, self._offered = True, False, offered

    def reasons(self) -> Sequence[WarehouseReason]:
        """The list of reasons, read again only where it could not be read before. Raises as the read does."""
        with self._lock:
            self._asked = True
            if self._offered is None:
                self._offered = self._read_reasons()
            return self._offered

    def believe_not_found(self, error: CallError) -> None:
        """Return where a 404 may mean what it says.

        Raises:
            BadAnswer: the list of reasons is a 404 too, and nothing else was answered yet.
            AccountError: the same, and several other things were not found either.
        """
        if not self._missing or self.answered:
            return
        self._not_found.append(error)
        if len(self._not_found) > _TRIED_IN_ALL:
            raise self._nothing_there(error)
        raise BadAnswer(
            f"{error.what} The same happened for the list of return reasons.",
            status=error.status,
            foreign=error.foreign,
        )

    @property
    def trouble(self) -> AccountError | None:
        """The error of an account that seems not to be one of Monta's, as it answered only 404; else `None`."""
        return None if self.answered or not self._not_found else self._nothing_there(self._not_found[-1])

    def _nothing_there(self, error: CallError) -> AccountError:
        what = f"{self._account}: every request was answered with 404, the list of return reasons too."
        next_step = "Check `base_url` of this warehouse, and whether there is a proxy or gateway in between."
        # A web page comes from a gateway, whose server may be gone only for a while.
        kind = AccountUnavailable if isinstance(error, BadAnswer) else AccountRefused
        return kind(self._account, what, next_step, foreign=error.foreign)
