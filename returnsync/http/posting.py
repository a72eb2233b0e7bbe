"""One message to an address that is nobody's account: posted once, within its time, and never led elsewhere."""

import threading
from urllib.parse import urlsplit

from returnsync import __version__
from returnsync.errors import CallError, ReturnsyncError
from returnsync.http.origin import Origin
from returnsync.http.retry import Again
from returnsync.http.wire import Bounds, Wire

_SUCCESS = range(200, 300)
_LARGEST_ANSWER = 64 * 1024


def post(name: str, address: str, body: bytes, seconds: float, stop: threading.Event) -> None:
    """Post JSON to an address, and return where the answer is a 2xx, whatever it says.

    `name` is what the address is called in what is said of it: the address itself may be a secret. It takes `seconds`
    at most, the looking up of the name included. A redirect is not followed.

    Raises:
        ReturnsyncError: it was not taken, or whether it was is not known.
        ConfigError: it is no https address (http to this machine alone).
    """
    parts = urlsplit(address.strip())
    origin = Origin.parse(f"{parts.scheme}://{parts.netloc}", name)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    bounds = Bounds(seconds, seconds, seconds, _LARGEST_ANSWER)
    wire = Wire(name, origin, bounds, stop)
    headers = {"User-Agent": f"returnsync/{__version__}", "Content-Type": "application/json"}
    try:
        reply = wire.exchange("POST", target, headers, body, effect=True)
    except Again as error:
        raise ReturnsyncError(error.failure.what) from error
    finally:
        wire.close()
    if reply.status not in _SUCCESS:
        raise CallError(f"{name} was answered with {reply.status}.", status=reply.status)
