"""A breaker for each warehouse account: while the account is out, each run makes one request to it, the probe.

    it is                        what happens                                      then it is
    closed                       5 calls in a row failed, of at least 3 orders     out
    closed, its account changed  2 or 3 reads that would show whose it is failed   out
    out, in a later run          the probe failed                                  out
    out, in a later run          the probe was answered                            on trial
    on trial                     3 returns were tried, and no order was served:
                                   a call for one of them failed                   out
                                   all that was asked was answered                 closed
                                   nothing was asked for them                      as the next two lines say
    on trial                     an order was served                               closed
    on trial                     there was no order to try, and none waits for it  closed
    out, and a person names one  the order was served                              closed

Without a breaker, each run would find the outage again, once for each return, and each return would wait for a timeout.
Label calls are not counted here: they have a breaker of their own (`deliver/label_stops.py`).
"""

import logging
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import Enum

from returnsync import clock
from returnsync.errors import AccountError, AccountRefused, AccountUnavailable, CallError, RefusedForOrder
from returnsync.state.breakers import Breaker

logger = logging.getLogger("returnsync.breaker")

_FAILURES_IN_A_ROW = 5
_OF_SO_MANY_ORDERS = 3
TRIES = 3
"""How many returns are tried after an answered probe; and how many refused orders in a row mean a refused account."""
_UNCLEAR_CREATES_IN_A_ROW = 3


class Mode(Enum):
    """How an account is used in this command."""

    USED = "used"
    """As usual; also where a person names one order, whatever the state says of the account."""
    LEFT_ALONE = "left alone"
    """It is out, and nothing more is asked of it."""
    ON_TRIAL = "on trial"
    """It was out, and its probe was answered: a few returns are tried first."""


@dataclass(slots=True)
class _Work:
    """One order while this thread works on it."""

    order: str
    failed_before: bool = False
    """Whether a call for it failed when it was last tried."""
    failed: bool = False
    """Whether a call for it failed."""
    answered: bool = False
    """Whether a call for it was answered; a label that was found in a file needs no call."""
    got_on: bool = False
    """Whether it has advanced: announced, compared, or at its end."""


_working_on: ContextVar[_Work | None] = ContextVar("working_on", default=None)


@contextmanager
def working_on(breaker: "AccountBreaker", order: str, *, failed_before: bool = False) -> Iterator[_Work]:
    """While the block runs, this thread works on an order (its number). The caller notes whether the order advanced."""
    work = _Work(order, failed_before)
    token = _working_on.set(work)
    try:
        yield work
    finally:
        _working_on.reset(token)
        breaker.worked_on(work)


class AccountBreaker:
    """The breaker of one warehouse account in one command. Safe to share between threads."""

    def __init__(self, known: Breaker, give_up: Callable[[AccountError], None]) -> None:
        """Begin with what is known of the account; `give_up` leaves it alone for the rest of the command."""
        self._lock = threading.RLock()
        self._give_up = give_up
        self.known = known
        """What is known so far, to be saved."""
        self.refused_before: Collection[str] = ()
        self.is_changed = False
        """Whether `known` differs from what the state has."""
        self.mode = Mode.USED
        self._last_failure: BaseException | None = None
        self._failed_tries = 0
        self._answered_tries = 0
        self._is_trying = False
        self._unclear_creates = 0
        self._refused: dict[str, AccountRefused] = {}
        self._refused_alone: dict[str, AccountRefused] = {}
        self._has_served = False
        self._untold: AccountUnavailable | None = None

    # -- what is known -------------------------------------------------------------------------------------------------

    def begin_with(self, known: Breaker, refused_before: Collection[str]) -> None:
        """Begin with what the state knows of the account. A moment in the future counts as the current time.

        `refused_before` are the codes whose calls were refused in earlier commands as for a whole account.
        """
        now = clock.now()
        with self._lock:
            self.known, self.refused_before = known, refused_before
            for moment in ("opened_at", "served_at", "back_at"):
                at = getattr(known, moment)
                if at is not None and at > now:
                    self._change(**{moment: now})

    def _change(self, **fields: object) -> None:
        self.known = replace(self.known, **fields)  # type: ignore[arg-type]  # of several types
        self.is_changed = True

    @property
    def creates_are_stopped(self) -> bool:
        """Whether this command makes no more creates, since three in a row ended unclear."""
        return self._unclear_creates >= _UNCLEAR_CREATES_IN_A_ROW

    @property
    def probes_made(self) -> int:
        """How many probes were made since the account is out, including the one of this command."""
        return self.known.probes + 1 if self.known.is_open else 0

    # -- probes --------------------------------------------------------------------------------------------------------

    def probe_failed(self, error: CallError | AccountUnavailable) -> None:
        """The probe of this command was not answered: the account is left alone."""
        with self._lock:
            self._change(probes=self.known.probes + 1)
            self._leave_alone(error.what)
        self._tell()

    def not_recognised(self, why: str) -> None:
        """The account changed, and none of the reads that would show whose it is was answered: it is out."""
        with self._lock:
            if not self.known.is_open:
                self._change(opened_at=clock.now(), why=why, probes=0)
                self._leave_alone(why)
        self._tell()

    def probe_answered(self) -> None:
        """The account answers again: a few returns are tried."""
        with self._lock:
            self.mode = Mode.ON_TRIAL
        logger.info("%s answers again; %d returns are tried first", self.known.account, TRIES)

    def begin_tries(self) -> None:
        """The effects in flight were looked for; a few returns are tried next."""
        with self._lock:
            self._failed_tries, self._answered_tries, self._is_trying = 0, 0, self.mode is Mode.ON_TRIAL

    def trial_ended(self) -> None:
        """The trial is over. The account is left alone where calls failed and no order was served."""
        with self._lock:
            if self.mode is Mode.ON_TRIAL:
                if self._failed_tries:
                    self._leave_alone(str(self._last_failure))
                elif self._answered_tries:
                    self._close()
                # nothing was asked: whether something waits for the account decides
        self._tell()

    def nothing_waits(self) -> None:
        """The probe was answered, and no order waits because a call for it failed: the account is no longer out."""
        with self._lock:
            if self.mode is Mode.ON_TRIAL:
                self._close()

    # -- calls ---------------------------------------------------------------------------------------------------------

    def call_failed(self, error: CallError | AccountUnavailable, *, others_answered: bool) -> None:
        """A call was not answered; `others_answered` says whether any other call was, in this command."""
        work = _working_on.get()
        with self._lock:
            if work is None or error is self._last_failure:
                return  # not a call for an order, or a call of another thread
            work.failed = True
            is_first, self._last_failure = self._last_failure is None, error
            if self.known.is_open:
                return  # `worked_on` counts it as a failed try
            if work.failed_before and self._has_served:
                return  # orders that failed before come last in each run, and show nothing while others are served
            if is_first and others_answered:
                # Something was answered since the failures of earlier runs, for example the list of reasons.
                self._change(failures=0, orders=())
            orders = tuple(dict.fromkeys((*self.known.orders, work.order)))[-_FAILURES_IN_A_ROW:]
            self._change(failures=self.known.failures + 1, orders=orders)
            if self.known.failures >= _FAILURES_IN_A_ROW and len(orders) >= _OF_SO_MANY_ORDERS:
                self._change(opened_at=clock.now(), why=error.what, probes=0)
                self._leave_alone(error.what)
        self._tell()

    def call_answered(self) -> None:
        """A call was answered, whatever the answer says."""
        work = _working_on.get()
        with self._lock:
            if work is not None:
                work.answered = True
            if self.known.failures and not self.known.is_open:
                self._change(failures=0, orders=())

    def create_ended(self, *, unclear: bool) -> None:
        """A create ended. After the third unclear one in a row, this command makes no more creates."""
        with self._lock:
            self._unclear_creates = self._unclear_creates + 1 if unclear else 0

    def worked_on(self, work: _Work) -> None:
        """Everything that could be done for one order was done."""
        with self._lock:
            if work.failed:
                self._try_failed()
            elif work.answered:
                self._answered_tries += 1
                if work.got_on:
                    self._served()
        self._tell()

    def _served(self) -> None:
        # Others are served, so the earlier refusals concern those orders alone.
        self._refused_alone |= self._refused
        self._refused.clear()
        self._has_served = True
        self._change(served=self.known.served + 1, served_at=clock.now())
        if self.known.is_open:
            self._close()

    def _try_failed(self) -> None:
        self._failed_tries += 1
        if self.mode is Mode.ON_TRIAL and self._is_trying and self._failed_tries >= TRIES:
            self._leave_alone(str(self._last_failure))

    def _close(self) -> None:
        logger.info("%s is no longer out; it was since %s", self.known.account, self.known.opened_at)
        self.mode = Mode.USED
        self._change(failures=0, orders=(), opened_at=None, why="", probes=0, back_at=clock.now())

    def _leave_alone(self, last: str) -> None:
        if self.mode is Mode.LEFT_ALONE:
            return
        self.mode = Mode.LEFT_ALONE
        self._untold = AccountUnavailable(
            self.known.account,
            f"{self.known.account} cannot be used since {self.known.opened_at:%Y-%m-%d %H:%M} UTC (last: {last})",
            "Nothing is lost, and no return is held for this. Each run makes one request; once that is answered, "
            "everything goes on by itself. If this lasts, check the provider's status page, and this machine's "
            "network.",
        )

    def _tell(self) -> None:
        """Give the account up if it is out. Called without our lock, since giving up takes another lock."""
        with self._lock:
            untold, self._untold = self._untold, None
        if untold is not None:
            self._give_up(untold)

    # -- refusals ------------------------------------------------------------------------------------------------------

    def refused_in_a_row(self, order: str, error: AccountRefused) -> int:
        """How many orders were refused as whole accounts are, since an order was last served in this command."""
        with self._lock:
            self._refused.setdefault(order, error)
            return len(self._refused)

    def refused_alone(self, order: str, error: AccountRefused) -> None:
        """Calls for an order were refused again as for a whole account, while other orders are served."""
        with self._lock:
            self._refused_alone.setdefault(order, error)

    @property
    def is_refused(self) -> bool:
        """Whether calls were refused as for a whole account, and no order at all was served in this command."""
        with self._lock:
            return bool(self._refused) and not self._has_served

    @property
    def troubles(self) -> Sequence[AccountError]:
        """The troubles that refusals amount to: the account's own trouble where no order at all was served."""
        with self._lock:
            alone = self._refused_alone | (self._refused if self._has_served else {})
            account = [] if self._has_served else list(self._refused.values())[:1]
        return [*account, *(_of_one_order(order, error) for order, error in alone.items())]


def _of_one_order(order: str, error: AccountRefused) -> RefusedForOrder:
    return RefusedForOrder(
        error.account,
        f"{error.what} That happened only for order {order}, while other orders were served.",
        "The next runs try it again; after the third time it is held.",
        foreign=error.foreign,
    )
