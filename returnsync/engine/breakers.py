"""A breaker for each warehouse account: while the account is out, a run asks it one thing, and nothing else.

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

An outage would else be found out anew in each run, once for each of its returns, and each of them would wait for it.
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
"""So many returns are tried once the probe was answered; and so many orders may be refused before the account is."""
_UNCLEAR_CREATES_IN_A_ROW = 3


class Mode(Enum):
    """How an account is used in this command."""

    USED = "used"
    """As ever; also where a person asks for one order by name, whatever the state says of the account."""
    LEFT_ALONE = "left alone"
    """It is out, and nothing more is asked of it."""
    ON_TRIAL = "on trial"
    """It was out, and its probe was answered: a few returns are tried first."""


@dataclass(slots=True)
class _Work:
    """One order while this thread works on it."""

    order: str
    failed_before: bool = False
    """Whether a call for it failed when it was tried last."""
    failed: bool = False
    """Whether a call for it failed."""
    answered: bool = False
    """Whether a call for it was answered; a label that was found in a file takes none."""
    got_on: bool = False
    """Whether it is further than before: announced, compared, or at its end."""


_working_on: ContextVar[_Work | None] = ContextVar("working_on", default=None)


@contextmanager
def working_on(breaker: "AccountBreaker", order: str, *, failed_before: bool = False) -> Iterator[_Work]:
    """For the time of the block this thread works on an order (its number); the caller notes whether it got on."""
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
        """What is known by now, to be kept."""
        self.refused_before: Collection[str] = ()
        self.is_changed = False
        """Whether that is other than what the state has."""
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
        """Begin with what the state knows of the account; a moment that a clock ahead wrote is not believed.

        `refused_before` are the codes that earlier commands were refused as whole accounts are.
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
        """Whether so many creates in a row ended unclear that this command makes no more of them."""
        return self._unclear_creates >= _UNCLEAR_CREATES_IN_A_ROW

    @property
    def probes_made(self) -> int:
        """How many probes there were since it is out, the one of this command included."""
        return self.known.probes + 1 if self.known.is_open else 0

    # -- probes --------------------------------------------------------------------------------------------------------

    def probe_failed(self, error: CallError | AccountUnavailable) -> None:
        """The one read of this command was not answered: it is left alone."""
        with self._lock:
            self._change(probes=self.known.probes + 1)
            self._leave_alone(error.what)
        self._tell()

    def not_recognised(self, why: str) -> None:
        """Its account changed, and not one read was answered of those that show whose it is: it is out."""
        with self._lock:
            if not self.known.is_open:
                self._change(opened_at=clock.now(), why=why, probes=0)
                self._leave_alone(why)
        self._tell()

    def probe_answered(self) -> None:
        """It answers again: a few returns are tried."""
        with self._lock:
            self.mode = Mode.ON_TRIAL
        logger.info("%s answers again; %d returns are tried first", self.known.account, TRIES)

    def begin_tries(self) -> None:
        """What was in flight was looked for; a few returns are tried now."""
        with self._lock:
            self._failed_tries, self._answered_tries, self._is_trying = 0, 0, self.mode is Mode.ON_TRIAL

    def trial_ended(self) -> None:
        """What there was to try was tried; it is left alone where calls failed and no order was served."""
        with self._lock:
            if self.mode is Mode.ON_TRIAL:
                if self._failed_tries:
                    self._leave_alone(str(self._last_failure))
                elif self._answered_tries:
                    self._close()
                # else nothing was asked: whether something waits for it decides
        self._tell()

    def nothing_waits(self) -> None:
        """Its probe was answered, and no order waits since a call for it failed: it is no longer out."""
        with self._lock:
            if self.mode is Mode.ON_TRIAL:
                self._close()

    # -- calls ---------------------------------------------------------------------------------------------------------

    def call_failed(self, error: CallError | AccountUnavailable, *, others_answered: bool) -> None:
        """A call was not answered; `others_answered` is whether any other one was in this command."""
        work = _working_on.get()
        with self._lock:
            if work is None or error is self._last_failure:
                return  # for no order, or another thread's call
            work.failed = True
            is_first, self._last_failure = self._last_failure is None, error
            if self.known.is_open:
                return  # counted by its tries
            if work.failed_before and self._has_served:
                return  # odd orders, which come last in each run, show nothing while others are served
            if is_first and others_answered:
                # Since the failures of earlier runs something was answered: the list of reasons, for one.
                self._change(failures=0, orders=())
            orders = tuple(dict.fromkeys((*self.known.orders, work.order)))[-_FAILURES_IN_A_ROW:]
            self._change(failures=self.known.failures + 1, orders=orders)
            if self.known.failures >= _FAILURES_IN_A_ROW and len(orders) >= _OF_SO_MANY_ORDERS:
                self._change(opened_at=clock.now(), why=error.what, probes=0)
                self._leave_alone(error.what)
        self._tell()

    def call_answered(self) -> None:
        """A call was answered, with whatever."""
        work = _working_on.get()
        with self._lock:
            if work is not None:
                work.answered = True
            if self.known.failures and not self.known.is_open:
                self._change(failures=0, orders=())

    def create_ended(self, *, unclear: bool) -> None:
        """A create came to its end. The third in a row that is unclear stops them."""
        with self._lock:
            self._unclear_creates = self._unclear_creates + 1 if unclear else 0

    def worked_on(self, work: _Work) -> None:
        """All that could be done for one order was done."""
        with self._lock:
            if work.failed:
                self._try_failed()
            elif work.answered:
                self._answered_tries += 1
                if work.got_on:
                    self._served()
        self._tell()

    def _served(self) -> None:
        # Others are served: the refusals before it were those orders' own.
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
            "Nothing is lost, and no return is held for it. Each run asks it one thing; once that is answered, all "
            "goes on by itself. If it stays so, look at the provider's status page, and at this machine's network.",
        )

    def _tell(self) -> None:
        """Give it up, where that was found out. Not under our own lock: who gives up takes another one."""
        with self._lock:
            untold, self._untold = self._untold, None
        if untold is not None:
            self._give_up(untold)

    # -- refusals ------------------------------------------------------------------------------------------------------

    def refused_in_a_row(self, order: str, error: AccountRefused) -> int:
        """Of how many orders calls were refused, as whole accounts are, since an order was served in this command."""
        with self._lock:
            self._refused.setdefault(order, error)
            return len(self._refused)

    def refused_alone(self, order: str, error: AccountRefused) -> None:
        """Calls for an order were refused once more, as whole accounts are, while others are served."""
        with self._lock:
            self._refused_alone.setdefault(order, error)

    @property
    def is_refused(self) -> bool:
        """Whether calls were refused as for the whole account, and no order at all was served in this command."""
        with self._lock:
            return bool(self._refused) and not self._has_served

    @property
    def troubles(self) -> Sequence[AccountError]:
        """What the refusals of single orders come to: the account's own trouble where no order at all was served."""
        with self._lock:
            alone = self._refused_alone | (self._refused if self._has_served else {})
            account = [] if self._has_served else list(self._refused.values())[:1]
        return [*account, *(_of_one_order(order, error) for order, error in alone.items())]


def _of_one_order(order: str, error: AccountRefused) -> RefusedForOrder:
    return RefusedForOrder(
        error.account,
        f"{error.what} That was so for order {order} alone, while other orders were served.",
        "The next runs try it again; it is held at the third time.",
        foreign=error.foreign,
    )
