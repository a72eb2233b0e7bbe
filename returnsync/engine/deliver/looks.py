"""Two looks in vain prove that a call changed nothing, if enough time lies between them by a clock that nobody sets.

    both looks were made                 the time between them is measured by
    within one boot of the machine       the time since that boot
    in different ones, or not known      the `Date` of the warehouse's two answers
    and neither is available             nothing: both looks begin again

Whatever either look finds was made.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from returnsync import clock
from returnsync.engine.deliver.delivery import Delivery
from returnsync.state.ledger import Effect, Look

# The clocks of two servers behind one name differ by less, and one look may end a while after the next one began.
_SERVERS_DIFFER = timedelta(minutes=5)


class Looking:
    """One look: the reads at the warehouse that are made inside `looking`."""

    def __init__(self, delivery: Delivery) -> None:
        """Begin the look."""
        self._delivery = delivery
        self._began = clock.elapsed()
        self.first: Look
        """As a first look, from which the time is measured: the moment at which it ended."""
        self.second: Look
        """As a second look, up to which the time is measured: the moment at which it began."""

    def end(self) -> None:
        """End the look: all answers came."""
        ended = clock.elapsed()
        server_time = self._delivery.warehouse.server_time
        lasted = timedelta(seconds=max(0.0, ended - self._began))
        self.first = Look(clock.now(), clock.boot(), ended, server_time)
        began = None if server_time is None else server_time - lasted
        self.second = Look(clock.now() - lasted, clock.boot(), self._began, began)


@contextmanager
def looking(delivery: Delivery) -> Iterator[Looking]:
    """A look: the reads of the warehouse that are made inside, in this thread."""
    look = Looking(delivery)
    yield look
    look.end()


def still_to_pass(first: Look, second: Look, settle_after: timedelta) -> timedelta | None:
    """How much time is still missing between two looks, zero or less where it is enough. `None`: no clock can tell."""
    passed = _between(first, second)
    return None if passed is None else settle_after - passed


def _between(first: Look, second: Look) -> timedelta | None:
    # In a container that was restarted, the machine's own clock may have been set back.
    if first.boot == second.boot and second.elapsed >= first.elapsed:
        return timedelta(seconds=second.elapsed - first.elapsed)
    if first.server_time is None or second.server_time is None:
        return None
    passed = second.server_time - first.server_time
    # A clock that went back was wrong at one of the looks; waiting until it reaches that time again could take years.
    return None if passed < -_SERVERS_DIFFER else passed


def may_be_certain(effect: Effect, settle_after: timedelta) -> bool:
    """Whether a look now would be the second one, far enough from the first; the clock that people set is not used."""
    if effect.first_look is None or effect.unanswered_since is not None:
        return False
    now = Look(clock.now(), clock.boot(), clock.elapsed(), None)
    left = still_to_pass(effect.first_look, now, settle_after)
    return left is not None and left <= timedelta(0)
