"""One message to an address that was given as a whole: sent once, within a time limit, following no redirect.

The address is a capability: anybody who knows it may send. Logs and errors show only the `end` that is added to it.
"""

import threading
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

from returnsync import __version__, events
from returnsync.errors import BadAnswer, CallError, ConfigError, NotSent, Refused, Unclear
from returnsync.http.exchange import Bounds, Reply
from returnsync.http.origin import Origin
from returnsync.http.retry import Again

if TYPE_CHECKING:
    from returnsync.http.wire import Wire

# Characters that may be in a path or a query unencoded; `%` is among them because the address is written encoded.
_AS_WRITTEN = "/?%:@!$&'()*+,;=[]"
_LARGEST_ANSWER = 64 * 1024


class Address(NamedTuple):
    """Where messages go, split into its parts."""

    origin: Origin
    path: str
    """Encoded, without a slash at its end."""
    query: str
    """Encoded, with its question mark; empty where there is none."""

    @classmethod
    def parse(cls, url: str, name: str) -> "Address":
        """Split an address; `name` is the setting that it comes from, for messages.

        Raises:
            ConfigError: it is no plain https address (http only to this machine). The address is not repeated.
        """
        try:
            parts = urlsplit(url.strip())
        except ValueError:
            parts = urlsplit("")
        origin = Origin.parse(f"{parts.scheme}://{parts.netloc}", name)
        if parts.fragment:
            raise ConfigError(f"The {name} holds a fragment.", "Write it as the receiver gives it.")
        query = quote(parts.query, safe=_AS_WRITTEN)
        return cls(origin, quote(parts.path, safe=_AS_WRITTEN).rstrip("/"), f"?{query}" if query else "")


def send(
    name: str, address: Address, end: str, body: bytes, *, seconds: float, stop: threading.Event | None = None
) -> None:
    """POST JSON, or nothing, to an address with `end` added to its path. Of the answer only the status counts.

    `name` is the setting that the address comes from. The exchange takes at most `seconds`, less when `stop` is set.

    Raises:
        CallError: it did not arrive, or may not have arrived, or the answer is not a success.
        AccountError: the server's certificate is not accepted, or `stop` was set.
        ConfigError: proxy or certificate settings of the environment cannot be used.
    """
    from returnsync.http.wire import Wire

    bounds = Bounds(seconds, seconds, seconds, _LARGEST_ANSWER)
    wire = Wire(name, address.origin, bounds, stop or threading.Event())
    try:
        with events.request(name, "POST", end or "/", attempt=1) as made:
            status = made.status = _status(wire, (address.path + end or "/") + address.query, body)
    finally:
        wire.close()
    if 300 <= status < 400:
        raise Refused(f"{name}: the answer was a redirect ({status}), which is not followed.", status=status)
    if not 200 <= status < 300:
        raise Refused(f"{name}: the answer was {status}.", status=status)


def _status(wire: "Wire", target: str, body: bytes) -> int:
    """The status of the answer, also where its body is too large, cut or late. Raises as `send`."""
    headers = {"User-Agent": f"returnsync/{__version__}", "Accept": "*/*", "Content-Length": str(len(body))}
    if body:
        headers["Content-Type"] = "application/json"
    try:
        reply: Reply = wire.exchange("POST", target, headers, body or None)
    except BadAnswer as error:
        return _status_of(error)
    except Again as error:
        failure = error.failure
        if isinstance(failure, NotSent):
            raise NotSent(f"{wire.account}: no connection could be made.") from error
        if isinstance(failure, CallError) and failure.status is not None:
            return failure.status
        raise Unclear(f"{wire.account}: no answer came in time, or the connection was lost.") from error
    return reply.status


def _status_of(error: CallError) -> int:
    if error.status is None:
        raise error
    return error.status
