"""One request on the wire: a connection, the bytes that come back, and the meaning of a failure.

Built on the adapter of `requests` rather than on its `Session`. On every single call, a session parses the same address
four times, looks for `.netrc`, proxies and certificates in the environment, merges cookies and copies headers. That
costs more than everything else in a call. The adapter brings what matters (TLS settings, proxies, connection reuse), is
safe to share between threads, and stores no cookies, which no API here needs.
"""

import os
import ssl
import threading
from collections.abc import Mapping
from typing import cast

import requests
import urllib3
from requests.utils import get_environ_proxies
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    LocationValueError,
    NewConnectionError,
    ProxyError,
    SSLError,
)

from returnsync.errors import BadAnswer, ConfigError, Interrupted, NotSent, Unclear
from returnsync.http.certificates import untrusted
from returnsync.http.connection import Adapter
from returnsync.http.deadline import Cut, Exchange, Watchdog
from returnsync.http.exchange import Bounds, Reply
from returnsync.http.origin import Origin, is_loopback
from returnsync.http.retry import Again

_AT_ONCE = 64 * 1024
# Of an unsuccessful answer, only the text matters; this is enough for every kind of error body.
_ERROR_BODY = 64 * 1024
_CONNECTIONS = 40
# 1xx and 304: these do not bring what was asked for.
_NO_FINAL_ANSWER = frozenset({*range(100, 200), 304})

# Raised before a single byte of the request was written, whatever the state of the server.
_NO_CONNECTION = (NewConnectionError, ConnectTimeoutError, LocationValueError)


class Wire:
    """The connections of one account. Safe to share between threads."""

    def __init__(self, account: str, origin: Origin, bounds: Bounds, stop: threading.Event) -> None:
        """Prepare; nothing is opened before the first request.

        When `stop` is set, reads end at once, and no new one begins.
        """
        self.account = account
        self.requests = 0
        self._origin = origin
        self._timeout = urllib3.Timeout(connect=bounds.connect_timeout, read=bounds.read_timeout)
        self._watchdog = Watchdog(bounds.exchange_timeout, stop)
        self._max_body = bounds.max_body
        self._stop = stop
        self._adapter = Adapter(pool_connections=1, pool_maxsize=_CONNECTIONS)
        self._pool: urllib3.HTTPConnectionPool | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            pool, self._pool = self._pool, None
            if pool is not None:
                # The adapter leaves this to the garbage collector, which may come late.
                pool.close()
            self._adapter.close()

    def exchange(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None, *, effect: bool = False
    ) -> Reply:
        """Send one request, once, and read the whole answer, whatever its status.

        An `effect` in progress is given its full time when the command is asked to stop; anything else is cut.

        Raises:
            Again: with `NotSent` when it surely never left, with `Unclear` when it may have arrived, with `BadAnswer`
                when the body of a success was cut.
            BadAnswer: the body is too large.
            Interrupted: the command was asked to stop, and this is not an effect. Nothing was changed.
            AccountUnavailable: the server's certificate is not accepted.
            ConfigError: proxy or certificate settings of the environment, or the credentials, cannot be used.
        """
        pool = self._pool or self._open()
        if self._stop.is_set() and not effect:
            raise self._stopped()
        exchange = self._watchdog.begin(effect=effect)
        try:
            with exchange:
                reply = self._transfer(exchange, pool, method, target, headers, body)
        except Exception as error:
            if exchange.cut is None:
                raise
            came = error.failure if isinstance(error, Again) else error
            raise self._cut_short(exchange, came.content if isinstance(came, BadAnswer) else b"") from error
        finally:
            with self._lock:
                self.requests += exchange.sent
        # Without a length, a body that was cut looks like a complete one.
        if exchange.cut is not None:
            raise self._cut_short(exchange, reply.body)
        return reply

    def _transfer(
        self,
        exchange: Exchange,
        pool: urllib3.HTTPConnectionPool,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Reply:
        try:
            response = pool.urlopen(
                method, target, body, headers,
                retries=_NO_RETRIES, redirect=False, assert_same_host=False, timeout=self._timeout,
                preload_content=False, decode_content=False,
            )  # fmt: skip
        except HTTPError as error:
            raise self._failure(error) from error
        except ValueError:
            # The message of that error contains the header itself.
            raise ConfigError(
                f"{self.account}: the credentials cannot be sent in a header.", "Look at the secret where it is stored."
            ) from None
        if exchange.cut is None:
            # An answer that was cut inside its headers looks as if these were complete.
            exchange.status = response.status
        body, whole = self._body(response)
        return Reply(response.status, response.headers, body, whole)

    def _body(self, response: urllib3.BaseHTTPResponse) -> tuple[bytes, bool]:
        """The body, and whether it is whole; that of a success always is."""
        if response.status in _NO_FINAL_ANSWER:
            # The real answer may still follow; the next request on this connection would take it as its own.
            _abandon(response)
            return b"", False
        success = 200 <= response.status < 300
        limit = self._max_body if success else _ERROR_BODY
        parts: list[bytes] = []
        size = 0
        try:
            while part := response.read1(_AT_ONCE, decode_content=True):
                parts.append(part)
                size += len(part)
                if size > limit:
                    break
            else:
                return (parts[0] if len(parts) == 1 else b"".join(parts)), True
        except HTTPError as error:
            _abandon(response)
            if success:
                kind = "could not be unpacked" if isinstance(error, DecodeError) else "was cut"
                cut = BadAnswer(f"{self.account}: the body of the answer {kind}.", status=response.status)
                cut.content = b"".join(parts)
                raise Again(cut) from error
            return b"".join(parts), False
        _abandon(response)
        if success:
            large = BadAnswer(f"{self.account}: the answer is larger than {limit:,} bytes.", status=response.status)
            large.content = b"".join(parts)
            raise large
        return b"".join(parts)[:limit], False

    def _cut_short(self, exchange: Exchange, came: bytes) -> Exception:
        """The error for an exchange that we cut, whatever its connection reports; `came` is the body so far."""
        if exchange.cut is Cut.STOPPED:
            return self._stopped()
        seconds = f"{self._watchdog.seconds:g} s (exchange_timeout)"
        if not exchange.sent:
            return Again(NotSent(f"{self.account}: no connection could be made within {seconds}."))
        what, status = f"{self.account}: the whole answer did not come within {seconds}.", exchange.status
        success = status is not None and 200 <= status < 300
        if not success:
            return Again(Unclear(what, status=status))
        cut = BadAnswer(what, status=status)
        cut.content = came
        return Again(cut)

    def _stopped(self) -> Interrupted:
        return Interrupted(self.account, f"{self.account}: asked to stop before it had answered.")

    def _failure(self, error: HTTPError) -> Exception:
        """The error for a lost request, as its caller needs it."""
        if _never_sent(error):
            return Again(NotSent(f"{self.account}: no connection could be made ({_kind(error)})."))
        if isinstance(error, SSLError) and error.args and isinstance(error.args[0], ssl.SSLCertVerificationError):
            return untrusted(self.account, self._origin, error.args[0])
        # This includes a kept-alive connection that turned out dead: the request may have been read before that.
        return Again(Unclear(f"{self.account}: the connection was lost before the answer ({_kind(error)})."))

    def _open(self) -> urllib3.HTTPConnectionPool:
        """Choose proxy and certificates once, from the environment, for the one host of this account."""
        with self._lock:
            if self._pool is not None:
                return self._pool
            url = self._origin.url + "/"
            proxies = {} if is_loopback(self._origin.host) else get_environ_proxies(url)
            verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
            request = requests.Request("GET", url).prepare()
            try:
                pool = cast(
                    "urllib3.HTTPConnectionPool",
                    self._adapter.get_connection_with_tls_context(request, verify, proxies),
                )
                self._adapter.cert_verify(pool, url, verify, None)  # type: ignore[no-untyped-call]  # `requests` has no types there
            except (OSError, ValueError) as error:
                raise ConfigError(
                    f"{self.account}: the proxy or the CA bundle that the environment names cannot be used.",
                    "Check HTTPS_PROXY, ALL_PROXY, REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE.",
                ) from error
            self._pool = pool
            return pool


_NO_RETRIES = urllib3.Retry(False)  # noqa: FBT003 - the library's word for none at all


def _abandon(response: urllib3.BaseHTTPResponse) -> None:
    """Give up the remaining part of an answer, and with it its connection."""
    response.close()
    response.release_conn()


def _never_sent(error: HTTPError) -> bool:
    """Whether the request surely never left.

    Through a proxy, urllib3 also raises `ProxyError` for an answer that was lost. Only failures to make the connection
    or the tunnel count here.
    """
    if not isinstance(error, ProxyError):
        return isinstance(error, _NO_CONNECTION)
    cause = error.original_error
    return isinstance(cause, _NO_CONNECTION) or str(cause).startswith("Tunnel connection failed")


def _kind(error: HTTPError) -> str:
    """The kind of a network failure in words; its own text could contain the query."""
    return type(error).__name__.removesuffix("Error")
