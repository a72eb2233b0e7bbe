"""What one run may spend on one source: time, and tries of records that could not be read before.

A record that nobody corrects must not use up the requests that new returns need. So at most a tenth of what the
account's limits allow goes to such records, and at most `MOST` in an hour. Records that a person asked for are tried
beyond that share, up to `MOST` in a run; they count against the share of the following hour, too.
"""

from collections.abc import Mapping
from time import monotonic

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.sources import Source
from returnsync.http.limits import parse_limits
from returnsync.state import set_aside

MOST = 100
_SHARE = 10
_HOUR = 3600


def tries_an_hour(limits: Mapping[str, int]) -> int:
    """How many records may be tried again in an hour, at least one, by the limits of an account.

    limits             requests an hour    tries
    none               any number          100
    10s = 10           3,600               100
    1d = 5000          208                 20
    1d = 100           4                   1
    """
    an_hour = min((window.requests * _HOUR // window.seconds for window in parse_limits(limits)), default=MOST * _SHARE)
    return max(1, min(MOST, an_hour // _SHARE))


class Budget:
    """What one run may still spend on one source."""

    def __init__(self, ctx: Context, source: Source) -> None:
        """Begin; the tries of earlier runs in the last hour count."""
        self.began = clock.now()
        """When it began: what was set aside since then is left to the next run."""
        self._until = monotonic() + source.settings.time_budget
        with ctx.db.reading() as q:
            tried = set_aside.tried_lately(q, source.id)
        self._tries_left = MOST
        self._unasked_tries_left = tries_an_hour(source.settings.limits or source.kind.default_limits) - tried

    @property
    def is_time_up(self) -> bool:
        """Whether its `time_budget` is over."""
        return monotonic() > self._until

    def spend_try(self, *, asked: bool) -> bool:
        """Spend a try on a record that could not be read; `asked` if a person wants it. False where no try is left."""
        if self._tries_left <= 0 or not (asked or self._unasked_tries_left > 0):
            return False
        self._tries_left -= 1
        self._unasked_tries_left -= not asked
        return True
