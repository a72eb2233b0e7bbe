"""One request on the wire: a connection, the bytes that come back, and what a failure means.

Built on the adapter of `requests` rather than on its `Session`: a session parses the same address four times, looks for
`.netrc`, proxies and certificates in the environment, merges cookies and copies headers on every single call, which
costs more than all the rest of a call. The adapter brings what matters (TLS settings, proxies, connection reuse), is
safe to share between threads, and keeps no cookies, which no API here wants.
"""

import os
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
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
from urllib3.exceptions import TimeoutError as SlowError

from returnsync.errors import AccountUnavailable, BadAnswer, ConfigError, NotSent, Unclear
from returnsync.http.retry import Again

_AT_ONCE = 64 * 1024
# Of an answer that is no success, only the words count; this is plenty for every error shape.
_ERROR_BODY = 64 * 1024
_CONNECTIONS = 40
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

# Raised before a single byte of the request was written, whatever the server's state.
_NO_CONNECTION = (NewConnectionError, ConnectTimeoutError, LocationValueError)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an account lives: the only place its credentials ever go to."""

    scheme: str
    host: str
    port: int
    path: str
    """The path that every route starts with; no slash at its end."""

    @classmethod
    def parse(cls, base_url: str, name: str = "base_url") -> "Origin":
        """Read a base address; `name` is the setting that it comes from, for what is said of it.

        Raises:
            ConfigError: it is no plain http(s) address, or http to another machine.
        """
        try:
            parts = urlsplit(base_url.strip())
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise _bad_address(name, "cannot be read as an address") from None
        if parts.scheme not in ("http", "https") or not host:
            raise _bad_address(name, "is not of the form https://host/path")
        if parts.username is not None or parts.query or parts.fragment:
            raise _bad_address(name, "holds a user name, a query or a fragment")
        if parts.scheme == "http" and not is_loopback(host):
            raise _bad_address(name, "is not https: credentials would travel in clear text")
        return cls(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), parts.path.rstrip("/"))

    @property
    def url(self) -> str:
        """Scheme, host and port as an address."""
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    def target_of(self, location: str, target: str) -> str | None:
        """Path and query of a redirect from `target`, or `None` when it leads to any other origin, or nowhere.

        Only these are ever used: the next request goes to our own host whatever else the server wrote.
        """
        try:
            parts = urlsplit(urljoin(self.url + target, location))
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            return None
        if (
            not location
            or "@" in parts.netloc
            or (parts.scheme, parts.hostname, port) != (self.scheme, self.host, self.port)
        ):
            return None
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine itself."""
    return host in _LOOPBACK or (host.startswith("127.") and host.replace(".", "").isdigit())


def _bad_address(name: str, problem: str) -> ConfigError:
    return ConfigError(f"The {name} {problem}.", "Leave it out, or write it as the provider's documentation does.")


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; of anything but a success, the body may be cut."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """The connections of one account. Safe to share between threads."""

    def __init__(
        self, account: str, origin: Origin, *, connect_timeout: float, read_timeout: float, max_body: int
    ) -> None:
        """Prepare; nothing is opened before the first request. Timeouts in seconds, `max_body` in decoded bytes."""
        self.account = account
        self.requests = 0
        self._origin = origin
        self._timeout = urllib3.Timeout(connect=connect_timeout, read=read_timeout)
        # The read timeout starts anew with every byte; this bounds a server that drips.
        self._body_seconds = 10 * read_timeout
        self._max_body = max_body
        self._adapter = HTTPAdapter(pool_connections=1, pool_maxsize=_CONNECTIONS)
        self._pool: urllib3.HTTPConnectionPool | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            self._pool = None
            self._adapter.close()

    def exchange(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """Send one request, once, and read the whole answer, whatever its status.

        Raises:
            Again: with `NotSent` when it surely never left, with `Unclear` when it may have arrived, with `BadAnswer`
                when the body of a success was cut.
            BadAnswer: the body is too large.
            AccountUnavailable: the server cannot prove who it is.
            ConfigError: proxy or certificate settings of the environment, or the credentials, cannot be used.
        """
        pool = self._pool or self._open()
        try:
            response = pool.urlopen(
                method, target, body, headers,
                retries=_NO_RETRIES, redirect=False, assert_same_host=False, timeout=self._timeout,
                preload_content=False, decode_content=False,
            )  # fmt: skip
        except HTTPError as error:
            raise self._failure(error) from error
        except ValueError:
            # The message below holds the header itself.
            raise ConfigError(
                f"{self.account}: the credentials cannot be sent in a header.", "Look at the secret where it is stored."
            ) from None
        with self._lock:
            self.requests += 1
        return Reply(response.status, response.headers, self._body(response))

    def _body(self, response: urllib3.BaseHTTPResponse) -> bytes:
        success = 200 <= response.status < 300
        limit = self._max_body if success else _ERROR_BODY
        parts: list[bytes] = []
        size = 0
        until = time.monotonic() + self._body_seconds
        try:
            while part := response.read1(_AT_ONCE, decode_content=True):
                parts.append(part)
                size += len(part)
                if size > limit:
                    break
                if time.monotonic() > until:
                    raise SlowError(f"The body took longer than {self._body_seconds:g} s.")
            else:
                return parts[0] if len(parts) == 1 else b"".join(parts)
        except HTTPError as error:
            _abandon(response)
            if success:
                kind = "could not be unpacked" if isinstance(error, DecodeError) else "was cut"
                raise Again(
                    BadAnswer(f"{self.account}: the body of the answer {kind}.", status=response.status)
                ) from error
            return b"".join(parts)
        _abandon(response)
        if success:
            raise BadAnswer(f"{self.account}: the answer is larger than {limit:,} bytes.", status=response.status)
        return b"".join(parts)[:limit]

    def _failure(self, error: HTTPError) -> Exception:
        """What a lost request means for the one who made it."""
        with self._lock:
            self.requests += not _never_sent(error)
        if _never_sent(error):
            return Again(NotSent(f"{self.account}: no connection could be made ({_kind(error)})."))
        if isinstance(error, SSLError) and error.args and isinstance(error.args[0], ssl.SSLCertVerificationError):
            return AccountUnavailable(
                self.account,
                f"{self.account}: the server's certificate cannot be verified.",
                "Check this machine's clock; behind a proxy that inspects TLS, set REQUESTS_CA_BUNDLE.",
            )
        # Also when a kept-alive connection turned out dead: the request may have been read before that.
        return Again(Unclear(f"{self.account}: the connection was lost before the answer ({_kind(error)})."))

    def _open(self) -> urllib3.HTTPConnectionPool:
        """Settle proxy and certificates once, from the environment, for the one host of this account."""
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
                self._adapter.cert_verify(pool, url, verify, None)  # type: ignore[no-untyped-call]
            except (OSError, ValueError) as error:
                raise ConfigError(
                    f"{self.account}: the proxy or the CA bundle that the environment names cannot be used.",
                    "Check HTTPS_PROXY, ALL_PROXY, REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE.",
                ) from error
            self._pool = pool
            return pool


_NO_RETRIES = urllib3.Retry(False)  # noqa: FBT003 - the library's word for none at all


def _abandon(response: urllib3.BaseHTTPResponse) -> None:
    """Give up the rest of an answer, and with it the connection that it would come through."""
    response.close()
    response.release_conn()


def _never_sent(error: HTTPError) -> bool:
    """Whether the request surely never left.

    Through a proxy, urllib3 tells an answer that was lost as a `ProxyError` too: only what stood in the way of the
    connection or of the tunnel counts.
    """
    if not isinstance(error, ProxyError):
        return isinstance(error, _NO_CONNECTION)
    cause = error.original_error
    return isinstance(cause, _NO_CONNECTION) or str(cause).startswith("Tunnel connection failed")


def _kind(error: HTTPError) -> str:
    """The kind of a network failure in words; its text could hold the query."""
    return type(error).__name__.removesuffix("Error")
