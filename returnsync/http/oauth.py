"""OAuth 2.0 client credentials: two keys are exchanged for a token, kept in memory until shortly before it expires.

The token lives as long as the process. It is never written anywhere, since a file with a token is another secret to
lose.
"""

import math
import re
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from returnsync import events
from returnsync.errors import AccountRefused, BadAnswer
from returnsync.http.auth import Basic
from returnsync.http.decoding import decode_json
from returnsync.http.exchange import Bounds, Reply
from returnsync.http.origin import Origin
from returnsync.http.outcome import passing
from returnsync.redact import register_secret

if TYPE_CHECKING:
    from requests import PreparedRequest

_EARLY = 60.0
_LARGEST = 64 * 1024
# A token without a stated lifetime is used for a minute; one that expires sooner is replaced once it is refused.
_UNSAID = 60.0 + _EARLY


class ClientCredentials:
    """Two keys, and the address where they are exchanged for a token."""

    def __init__(
        self,
        account: str,
        token_url: str,
        client_id: str,
        client_secret: str,
        *,
        connect_timeout: float = Bounds.connect_timeout,
        read_timeout: float = Bounds.read_timeout,
        exchange_timeout: float = Bounds.exchange_timeout,
    ) -> None:
        """Fetch tokens at `token_url`; both keys are sent only there, in HTTP Basic. Timeouts are in seconds.

        Raises:
            ConfigError: credentials may not be sent to the address, or a key cannot be put in a header.
        """
        self.account = account
        self.origin = Origin.parse(token_url, "token_url")
        # As it was written: for some servers, a slash at the end makes it another address.
        self.path = urlsplit(token_url.strip()).path or "/"
        self.keys = Basic(client_id, client_secret)
        self.bounds = Bounds(connect_timeout, read_timeout, exchange_timeout, max_body=_LARGEST)


class TokenAuth:
    """A token in `Authorization: Bearer …`, fetched when it is first needed. Safe to share between threads."""

    def __init__(self, credentials: ClientCredentials, stop: threading.Event) -> None:
        """Prepare; nothing is fetched yet, and nothing will be once `stop` is set."""
        from returnsync.http.wire import Wire

        self._credentials = credentials
        self._account = credentials.account
        self._wire = Wire(self._account, credentials.origin, credentials.bounds, stop)
        self._lock = threading.Lock()
        self._token: str | None = None
        self._until = 0.0
        self._of_thread = threading.local()

    @property
    def requests(self) -> int:
        """How many tokens were asked for."""
        return self._wire.requests

    def __call__(self, r: "PreparedRequest") -> "PreparedRequest":
        """Put the token on a request; first fetch one where there is none that is still valid.

        Raises:
            Again: it could not be fetched for now.
            AccountRefused: the keys are refused.
            BadAnswer: something other than a token came back.
            Interrupted: the command was asked to stop.
        """
        self._of_thread.sent = None
        with self._lock:
            if self._token is None or time.monotonic() >= self._until:
                self._token = self._fetch()
            self._of_thread.sent = self._token
        r.headers["Authorization"] = f"Bearer {self._of_thread.sent}"
        return r

    def drop_refused(self) -> bool:
        """Forget the token that this thread sent last, since the server refused it before it expired.

        False where none was sent: then the keys were refused. A token that another thread fetched meanwhile is kept,
        because a server may accept only the latest.
        """
        with self._lock:
            if self._token == self._of_thread.sent:
                self._token = None
        return self._of_thread.sent is not None

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()

    def _fetch(self) -> str:
        """A new token. The caller holds the lock, so that one thread fetches and the others wait for it."""
        body = urlencode({"grant_type": "client_credentials"}).encode()
        headers = {
            **self._credentials.keys.headers,
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        with events.request(self._account, "POST", self._credentials.path) as made:
            reply = self._wire.exchange("POST", self._credentials.path, headers, body)
            made.status = reply.status
        if reply.status != 200:
            raise self._failure(reply)
        token, lasts = _token_of(self._account, reply)
        register_secret(token)
        self._until = time.monotonic() + max(0.0, lasts - _EARLY)
        return token

    def _failure(self, reply: Reply) -> Exception:
        what = f"{self._account}: the request for an access token was answered with {reply.status}."
        return passing(reply, what) or AccountRefused(
            self._account,
            what,
            "Check both keys of this account in the configuration, and that it is set up for OAuth2 at the platform.",
        )


def _token_of(account: str, reply: Reply) -> tuple[str, float]:
    """The token, and for how many seconds it is valid; a short time where the answer does not say."""
    try:
        content = decode_json(reply.body)
    except ValueError:
        content = None
    token = content.get("access_token") if isinstance(content, dict) else None
    if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]+", token):
        raise BadAnswer(f"{account}: the answer to the keys is not an access token.")
    try:
        lasts = float(content["expires_in"])
    except (KeyError, TypeError, ValueError, OverflowError):
        lasts = _UNSAID
    return token, lasts if math.isfinite(lasts) else _UNSAID
