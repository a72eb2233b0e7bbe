"""Which errors show that a server is down, rather than that it was asked for something odd."""

from returnsync.errors import AccountUnavailable, CallError, Interrupted, NotSent, Unclear


def is_outage(error: BaseException) -> bool:
    """Whether a call failed as calls fail when a server is down: 5xx, 429, no connection, no answer, or a bad one.

    A call that was never made does not count: it was over our own limits, or we were asked to stop.
    """
    if isinstance(error, AccountUnavailable):
        return not isinstance(error, Interrupted) and isinstance(error.__cause__, CallError)
    return isinstance(error, NotSent | Unclear)
