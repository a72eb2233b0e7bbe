"""How each request of one account is sent: if it is allowed, within the rate, with credentials, and logged.

The libraries that make connections are imported only when there is an account to connect to: commands that ask no
server do without them.
"""

import logging
import threading
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import datetime
from typing import Protocol

from returnsync import __version__, events
from returnsync.http.answer import http_date
from returnsync.http.auth import Auth, HeaderAuth
from returnsync.http.exchange import Bounds, Reply
from returnsync.http.oauth import ClientCredentials, TokenAuth
from returnsync.http.origin import Origin
from returnsync.http.retry import RetryPolicy

# Named points at which tests kill the process.
steps = logging.getLogger("returnsync.steps")


class Limiter(Protocol):
    """Keeps an account below its request rates."""

    def acquire(self, stop: threading.Event) -> None:
        """Return when one request may be made; raises `AccountUnavailable` when that would take too long."""


class Transport:
    """Makes single requests of one account. Safe to share between threads."""

    def __init__(  # noqa: PLR0913 - composed of parts that each come from elsewhere
        self,
        account: str,
        origin: Origin,
        auth: Auth | ClientCredentials | None,
        *,
        methods: frozenset[str],
        limiter: Limiter | None,
        retry: RetryPolicy,
        at_once: int | None,
        bounds: Bounds,
        stop: threading.Event,
    ) -> None:
        """Prepare; nothing is opened or sent yet. `methods` are the methods that this account may use.

        No more than `at_once` requests are in progress at a time; `None` is any number.
        """
        from returnsync.http.wire import Wire

        self.tokens = TokenAuth(auth, stop) if isinstance(auth, ClientCredentials) else None
        """Fetches the account's tokens, where it uses any."""
        self._account = account
        self._origin = origin
        self._methods = methods
        self._limiter = limiter
        self._retry = retry
        self._stop = stop
        self._places = nullcontext() if at_once is None else threading.Semaphore(at_once)
        self._wire = Wire(account, origin, bounds, stop)
        self._of_thread = threading.local()
        self._headers = {
            "User-Agent": f"returnsync/{__version__}",
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
        }
        self._auth: Auth | None = self.tokens
        if isinstance(auth, HeaderAuth):
            # The same on every request, so they are computed once.
            self._headers |= auth.headers
        elif not isinstance(auth, ClientCredentials):
            self._auth = auth

    @property
    def requests(self) -> int:
        """How many HTTP requests were really sent so far, including those for tokens."""
        return self._wire.requests + (self.tokens.requests if self.tokens else 0)

    @property
    def server_time(self) -> datetime | None:
        """The server's clock at its last answer to this thread; `None` where that gave no usable time."""
        return getattr(self._of_thread, "server_time", None)

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()
        if self.tokens:
            self.tokens.close()

    def exchange(
        self, method: str, route: str, target: str, body: bytes | None = None, *, effect: bool = False
    ) -> Reply:
        """One real request for `target` (path and query). `route` is the path for the log, since queries are private.

        Raises:
            PermissionError: the account may not use this method. That is a fault of ours.
            Exception: those of `Limiter.acquire`, `Wire.exchange` and the authentication.
        """
        if method not in self._methods:
            raise PermissionError(f"{self._account} may only be read, and {method} was about to be sent")
        if self._limiter is not None:
            self._limiter.acquire(self._stop)
        headers: Mapping[str, str] = self._headers
        if body is not None:
            headers = {**self._headers, "Content-Type": "application/json"}
        if self._auth is not None:
            headers = self._signed(self._auth, method, target, headers, body)
        steps.debug("request about to be sent")
        self._of_thread.server_time = None
        with self._places, events.request(self._account, method, route, attempt=self._retry.attempt) as made:
            reply = self._wire.exchange(method, target, headers, body, effect=effect)
            made.status = reply.status
        # An answer from a cache on the way gives the time of another request.
        kept = reply.headers.get("Age", "0").strip() != "0"
        self._of_thread.server_time = None if kept else http_date(reply.headers.get("Date", ""))
        steps.debug("answer received")
        return reply

    def _signed(
        self, auth: Auth, method: str, target: str, headers: Mapping[str, str], body: bytes | None
    ) -> Mapping[str, str]:
        """The headers after an authentication object made for `requests` has added its own."""
        from requests import PreparedRequest
        from requests.structures import CaseInsensitiveDict

        request = PreparedRequest()
        request.method, request.url, request.body = method, self._origin.url + target, body
        request.headers = CaseInsensitiveDict(headers)
        return auth(request).headers
