"""OAuth 2.0 client credentials: a token for two keys, kept in memory until shortly before it expires.

The token lives as long as the process. It is never written anywhere: a file with a token is one more secret to lose.
"""

import math
import re
import threading
import time
from urllib.parse import urlencode, urlsplit

from requests import PreparedRequest
from requests.auth import AuthBase

from returnsync.errors import AccountRefused, BadAnswer
from returnsync.http.auth import Basic
from returnsync.http.decoding import decode_json
from returnsync.http.origin import Origin
from returnsync.http.outcome import passing
from returnsync.http.wire import Reply, Wire
from returnsync.redact import register_secret

_EARLY = 60.0
_CONNECT, _READ, _EXCHANGE = 5.0, 30.0, 90.0
_LARGEST = 64 * 1024
# A token of which nothing is said lasts a minute here; one that ends sooner is renewed once it is refused.
_UNSAID = 60.0 + _EARLY


class ClientCredentials(AuthBase):
    """A token in `Authorization: Bearer …`, fetched when it is first needed. Safe to share between threads."""

    def __init__(
        self,
        account: str,
        token_url: str,
        client_id: str,
        client_secret: str,
        *,
        connect_timeout: float = _CONNECT,
        read_timeout: float = _READ,
        exchange_timeout: float = _EXCHANGE,
    ) -> None:
        """Fetch tokens at `token_url`, where both keys go in HTTP Basic, and nowhere else. Timeouts are in seconds.

        Raises:
            ConfigError: the address is none that credentials may be sent to, or a key cannot stand in a header.
        """
        origin = Origin.parse(token_url, "token_url")
        self._account = account
        self._basic = Basic(client_id, client_secret)
        # As it was written: to some servers, a slash at its end is another address.
        self._path = urlsplit(token_url.strip()).path or "/"
        self._wire = Wire(
            account,
            origin,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            exchange_timeout=exchange_timeout,
            max_body=_LARGEST,
        )
        self._lock = threading.Lock()
        self._token = ""
        self._until = 0.0
        self._sent = threading.local()

    @property
    def requests(self) -> int:
        """How many tokens were asked for."""
        return self._wire.requests

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Put the token on a request; fetch one first where there is none that lasts.

        Raises:
            Again: it could not be fetched for now.
            AccountRefused: the keys are refused.
            BadAnswer: something else than a token came back.
            Interrupted: the command was asked to stop.
        """
        self._sent.token = ""
        with self._lock:
            if not self._token or time.monotonic() >= self._until:
                self._fetch()
            self._sent.token = self._token
        r.headers["Authorization"] = f"Bearer {self._sent.token}"
        return r

    def renew(self) -> bool:
        """Forget the token that this thread sent last, since the server refused it before its time.

        False where none was sent: the keys were refused. One that another thread fetched meanwhile stays, for a server
        may let only the latest live.
        """
        with self._lock:
            if self._token == self._sent.token:
                self._token = ""
        return bool(self._sent.token)

    def stop_with(self, stop: threading.Event) -> None:
        """Ask for no more tokens once `stop` is set."""
        self._wire.stop_with(stop)

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()

    def _fetch(self) -> None:
        body = urlencode({"grant_type": "client_credentials"}).encode()
        headers = {
            **self._basic.headers,
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        reply = self._wire.exchange("POST", self._path, headers, body)
        if reply.status != 200:
            raise self._failure(reply)
        self._token, lasts = _token_of(self._account, reply)
        register_secret(self._token)
        self._until = time.monotonic() + max(0.0, lasts - _EARLY)

    def _failure(self, reply: Reply) -> Exception:
        what = f"{self._account}: the request for an access token was answered with {reply.status}."
        return passing(reply, what) or AccountRefused(
            self._account, what, "Check both keys of this account, and that it is set up for OAuth2 at the platform."
        )


def _token_of(account: str, reply: Reply) -> tuple[str, float]:
    """The token, and for how many seconds it is good; where the answer does not say, a little while."""
    try:
        content = decode_json(reply.body)
    except ValueError:
        content = None
    token = content.get("access_token") if isinstance(content, dict) else None
    if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]+", token):
        raise BadAnswer(f"{account}: what came back for the keys is no access token.")
    try:
        lasts = float(content["expires_in"])
    except (KeyError, TypeError, ValueError, OverflowError):
        lasts = _UNSAID
    return token, lasts if math.isfinite(lasts) else _UNSAID
