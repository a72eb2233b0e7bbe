"""The client of one account: a `Reader` that can only read, and a `Sender` that can also make effects.

The meaning of each answer is decided in `outcome`.
"""

import json as jsonlib
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import quote, urlencode

from returnsync.clock import now
from returnsync.errors import AccountError, AccountRefused, BadAnswer, NotSent
from returnsync.http import outcome
from returnsync.http.answer import Answer
from returnsync.http.auth import Auth
from returnsync.http.exchange import Bounds, Reply
from returnsync.http.gate import Gate
from returnsync.http.oauth import ClientCredentials, TokenAuth
from returnsync.http.origin import Origin
from returnsync.http.retry import Again, RetryPolicy
from returnsync.http.transport import Limiter, Transport
from returnsync.redact import as_kept, mask

if TYPE_CHECKING:
    from datetime import datetime, timedelta

__all__ = ["Limiter", "Params", "Reader", "Sender"]

_MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

Params = Sequence[tuple[str, str]]


class Reader:
    """One account's client that can only read. Safe to share between threads; close it after use."""

    _methods: ClassVar[frozenset[str]] = frozenset({"GET"})
    _follows: ClassVar[bool] = True
    """Whether a redirect of a read is followed, if it stays on our own host."""

    def __init__(  # noqa: PLR0913 - composed of parts that each come from elsewhere
        self,
        account: str,
        base_url: str,
        auth: Auth | ClientCredentials | None,
        *,
        retry: RetryPolicy,
        limiter: Limiter | None = None,
        stop: threading.Event | None = None,
        connect_timeout: float = Bounds.connect_timeout,
        read_timeout: float = Bounds.read_timeout,
        exchange_timeout: float = Bounds.exchange_timeout,
        max_body: int = Bounds.max_body,
        retry_401_once: bool = False,
        at_once: int | None = None,
        credentials: str = "",
    ) -> None:
        """Prepare a client; nothing is opened or sent yet.

        `account` is the name in the configuration. When `stop` is set, every wait and every read ends at once. Timeouts
        are in seconds, `exchange_timeout` for one exchange as a whole; `max_body` is in bytes after unpacking. With
        `retry_401_once`, a read that is answered with 401 is retried once, for servers that answer so now and then. No
        more than `at_once` requests are in progress at a time; `None` is any number. `credentials` names the settings
        that hold the account's credentials, in words.

        Raises:
            ConfigError: `base_url` is no address that credentials may be sent to.
        """
        self.account = account
        self._credentials = credentials
        self._origin = Origin.parse(base_url)
        self._retry = retry
        self._limiter = limiter
        self._stop = stop or threading.Event()
        self._retry_401_once = retry_401_once
        self._bounds = Bounds(connect_timeout, read_timeout, exchange_timeout, max_body)
        self._transport = Transport(
            account,
            self._origin,
            auth,
            methods=self._methods,
            limiter=limiter,
            retry=self._retry,
            at_once=at_once,
            bounds=self._bounds,
            stop=self._stop,
        )
        self._others: list[Reader] = []
        self._gate = Gate()
        self.clock_offset: timedelta | None = None
        """How far the server's clock, by the `Date` of its first answer, is ahead of ours."""

    @property
    def server_time(self) -> "datetime | None":
        """The server's clock at its last answer to this thread, whatever its status; `None` where that gave no time."""
        return self._transport.server_time

    def trying_once(self) -> AbstractContextManager[None]:
        """Inside, nothing is retried in this thread."""
        return self._retry.once()

    def try_once_until_answered(self) -> None:
        """Retry nothing until something was answered."""
        self._retry.once_until_answered()

    @property
    def requests(self) -> int:
        """How many HTTP requests were really sent so far, including retries, redirects and requests for tokens."""
        return self._transport.requests + sum(other.requests for other in self._others)

    def without_credentials(self, base_url: str) -> "Reader":
        """A reader for public data at another address of the same account; it shares the account's limits and counts.

        Raises:
            ConfigError: `base_url` is no address that may be asked.
        """
        other = Reader(
            self.account,
            base_url,
            None,
            retry=self._retry,
            limiter=self._limiter,
            stop=self._stop,
            **asdict(self._bounds),
        )
        self._others.append(other)
        return other

    def get(self, *segments: str, params: Params | None = None) -> Answer:
        """Read one resource. Each of `segments` is one segment of the path and may contain any character.

        Raises:
            ValueError: a segment that would change the path's meaning: empty, `.` or `..`.
            Refused: 4xx, also 403 and 404; the caller knows what they mean here.
            NotSent, Unclear: after the last attempt.
            BadAnswer: cut, too large, a 4xx that is a web page, or a redirect to elsewhere or in circles (any redirect
                at a warehouse).
            AccountRefused: 401.
            Interrupted: `stop` was set.
            AccountUnavailable: no time is left for a retry, or our own rate limits are exceeded.
            AccountError: the one that `read_no_more` was given.
        """
        route, target = self._route(segments, params)
        second_try = _SecondTry(self._transport.tokens, always=self._retry_401_once)

        def attempt() -> Answer:
            try:
                return self._read(route, target)
            except AccountRefused as error:
                if not second_try.take():
                    raise
                raise Again(error) from None

        return self._gate.call(lambda: self._retry.call(self.account, self._stop, attempt))

    def read_no_more(self, error: AccountError) -> None:
        """Send nothing more: every later read raises `error` at once."""
        self._gate.close(error)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()
        for other in self._others:
            other.close()

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    def __repr__(self) -> str:
        """Name the account only."""
        return f"{type(self).__name__}({self.account!r})"

    def _read(self, route: str, target: str) -> Answer:
        """One attempt at a read, redirects included. Messages mask the route: an id may be what a consumer typed."""
        for _hop in range(_MAX_REDIRECTS + 1):
            reply = self._transport.exchange("GET", route, target)
            if reply.status not in _REDIRECTS:
                break
            target = self._follow(route, target, reply)
        else:
            raise BadAnswer(f"{self.account}: GET {mask(route)} was redirected more than {_MAX_REDIRECTS} times.")
        if 200 <= reply.status < 300:
            answer = Answer(reply.status, reply.headers, reply.body)
            if self.clock_offset is None and self.server_time is not None:
                self.clock_offset = self.server_time - now()
            return answer
        raise outcome.of_read(outcome.Failure(self.account, "GET", mask(route), reply, self._credentials))

    def _follow(self, route: str, target: str, reply: Reply) -> str:
        location = reply.headers.get("Location", "")
        if not self._follows:
            raise BadAnswer(
                f"{self.account}: GET {mask(route)} was answered with a redirect ({reply.status}), which is never "
                "followed at a warehouse: it could lead to a call that makes something. Check the base_url of this "
                "account, and any proxy on the way.",
                status=reply.status,
                foreign=as_kept(location),
            )
        new = self._origin.target_of(location, target)
        if new is None:
            raise BadAnswer(
                f"{self.account}: GET {mask(route)} was redirected to another server, which was not followed. "
                "The base_url may be out of date.",
                status=reply.status,
                foreign=as_kept(location),
            )
        return new

    def _route(self, segments: Sequence[str], params: Params | None) -> tuple[str, str]:
        """The path, and the path with its query."""
        for segment in segments:
            # Encoding does not help against dots: every server and proxy on the way would still resolve them.
            if segment in ("", ".", ".."):
                raise ValueError(f"not a segment of a path: {segment!r}")
        path = "/".join([self._origin.path, *(quote(segment, safe="") for segment in segments)]) or "/"
        return path, f"{path}?{urlencode(params)}" if params else path


class _SecondTry:
    """Decides whether a read that is answered with 401 is retried once."""

    def __init__(self, tokens: TokenAuth | None, *, always: bool) -> None:
        """Allow one for an account that fetches tokens, and where the server refuses good credentials now and then."""
        self._tokens = tokens
        self._left = always or tokens is not None

    def take(self) -> bool:
        """Use up the second try, and replace a refused token by a new one. False where there is no second try."""
        if not self._left:
            return False
        if self._tokens is not None and not self._tokens.drop_refused():
            return False  # the keys themselves were refused, before anything was read
        self._left = False
        return True


class Sender(Reader):
    """One account's client that can also make effects. Only warehouses get one."""

    _methods: ClassVar[frozenset[str]] = frozenset({"GET", "POST", "PUT"})
    # A warehouse's label call is a GET: a read that is redirected to its path would make a label.
    _follows: ClassVar[bool] = False

    def send(
        self,
        method: str,
        *segments: str,
        params: Params | None = None,
        json: Any = None,
        meaning: outcome.Meaning = outcome.of_effect,
    ) -> Answer:
        """Make an effect, whatever its `method`: a GET can be one, too. `json` is sent as the body unless `None`.

        It is sent again only when it surely never left, or when the answer was 429. An effect that is in progress when
        `stop` is set is given its full time, and is not sent again. `meaning` decides what an unsuccessful answer
        means, for effects where it is not what is listed here.

        Raises:
            ValueError: as for `get`.
            Refused: 4xx; nothing was changed.
            NotSent: surely nothing was changed.
            Unclear: it may have taken effect: a 5xx, a redirect, a web page, a timeout, a lost connection. `BadAnswer`
                when its status is a success and the body is cut or too large.
            AccountRefused, AccountUnavailable: nothing was changed, and the account cannot be used (for now).
            Exception: what `meaning` returns.
        """
        route, target = self._route(segments, params)
        body = None if json is None else jsonlib.dumps(json, allow_nan=False, separators=(",", ":")).encode()
        return self._retry.call(self.account, self._stop, lambda: self._act(method, route, target, body, meaning))

    def _act(self, method: str, route: str, target: str, body: bytes | None, meaning: outcome.Meaning) -> Answer:
        """One attempt at an effect."""
        try:
            reply = self._transport.exchange(method, route, target, body, effect=True)
        except Again as again:
            if isinstance(again.failure, NotSent):
                raise
            raise again.failure from again.__cause__
        if 200 <= reply.status < 300:
            return Answer(reply.status, reply.headers, reply.body)
        raise meaning(outcome.Failure(self.account, method, route, reply, self._credentials))
