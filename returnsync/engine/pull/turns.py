"""How many of the records that could not be read one run may try again.

A record that nobody mends must not cost the account the requests that new returns need: of what its limits allow, at
most a tenth goes to such records, and never more than `MOST` in an hour. What a person asked for has its turn in any
case; it counts for the hour that follows, too.
"""

from collections.abc import Mapping

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


class Turns:
    """What is left of them in one run of one source."""

    def __init__(self, ctx: Context, source: Source) -> None:
        """Count what earlier runs tried in the last hour."""
        with ctx.db.reading() as q:
            lately = set_aside.tried_lately(q, source.id)
        self._left = MOST
        self._by_itself = tries_an_hour(source.settings.limits or source.kind.default_limits) - lately

    def take(self, *, asked: bool) -> bool:
        """Whether one more may be tried; `asked` when a person wants it."""
        if self._left <= 0 or not (asked or self._by_itself > 0):
            return False
        self._left -= 1
        self._by_itself -= not asked
        return True
