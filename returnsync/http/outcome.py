"""What an unsuccessful answer means: one table, for reads and for effects.

    answer                      read                            effect
    2xx                         the answer                      the answer
    301, 302, 303, 307, 308     followed, on our own host only; Unclear
                                BadAnswer at a warehouse
    401                         AccountRefused                  AccountRefused
    429                         retried, then NotSent           retried, then NotSent
    408, 425, 5xx               retried, then Unclear           Unclear
    407                         Refused                         NotSent
    any other 4xx               Refused                         Refused
    400, 404 … as a web page    BadAnswer                       Unclear
    no connection               retried, then NotSent           retried, then NotSent
    lost on the way, or cut by  retried, then Unclear           Unclear
      its exchange_timeout
    a stop was asked for        Interrupted, at once            as if none was
    cut body of a 2xx           retried, then BadAnswer         BadAnswer
    too large, other statuses   BadAnswer                       BadAnswer, Unclear

When the time for retries is used up, `AccountUnavailable` is raised instead. An effect for which a refusal can mean
something else brings its own table for answers with a status other than 2xx (`Sender.send`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from returnsync.errors import AccountRefused, BadAnswer, NotSent, Refused, Unclear
from returnsync.http.answer import decode_text, is_page
from returnsync.http.exchange import Reply
from returnsync.http.retry import Again, retry_after
from returnsync.redact import as_kept

# The server gave up waiting for the request, or does not accept it yet: temporary, unlike the other 4xx.
_PASSING = frozenset({408, 425})
_UNAUTHORIZED = 401
_NOT_THERE = frozenset({404, 410})
# A proxy on the way wants credentials of its own, and did not forward the request.
_PROXY_UNAUTHORIZED = 407
_TOO_MANY = 429
# 401 and 403 are about the account, and 429 about its rate.
_ABOUT_ACCOUNT = frozenset({401, 403, 429})


@dataclass(frozen=True, slots=True)
class Failure:
    """An unsuccessful answer, and the request that it answers."""

    account: str
    method: str
    route: str
    """The path without the query, which is private."""
    reply: Reply
    credentials: str = ""
    """The settings that hold the account's credentials, in words."""

    @property
    def status(self) -> int:
        """Its HTTP status."""
        return self.reply.status

    @property
    def what(self) -> str:
        """What happened, in one sentence without the server's own words."""
        return f"{self.account}: {self.method} {self.route} was answered with {self.status}."

    @property
    def words(self) -> str:
        """The server's text without our secrets: it is stored, and shown by commands that resolve no secrets."""
        return as_kept(decode_text(self.reply.body, self.reply.headers.get("Content-Type", "")))

    @property
    def is_page(self) -> bool:
        """Whether it is a page for people, which no API here writes."""
        return _is_page(self.reply)


Meaning: TypeAlias = Callable[[Failure], Exception]
"""Decides what an unsuccessful answer to an effect means."""


def of_read(failure: Failure) -> Exception:
    """What an answer to a read means that is neither a success nor a redirect."""
    reply, what, foreign = failure.reply, failure.what, failure.words
    if reply.status in _NOT_THERE and not reply.whole:
        # Whether it is believed depends on who wrote it, and a cut body does not show that.
        what = f"{what} The rest of the answer did not come."
        return BadAnswer(what, status=reply.status, foreign=foreign)
    return passing(reply, what, foreign=foreign) or _refusal(failure)


def passing(reply: Reply, what: str, *, foreign: str = "") -> Again | None:
    """The error that retries a read, or a request for a token, after such an answer; `None` where it is not retried."""
    status = reply.status
    if status == _TOO_MANY:
        return Again(NotSent(what, status=status, foreign=foreign), retry_after(reply.headers))
    if status >= 500 or status in _PASSING:
        return Again(Unclear(what, status=status, foreign=foreign), retry_after(reply.headers))
    return None


def of_effect(failure: Failure) -> Exception:
    """What an unsuccessful answer to an effect means."""
    if failure.status == _PROXY_UNAUTHORIZED:
        return not_let_through(failure)
    if not 400 <= failure.status < 500 or failure.status in _PASSING or _is_foreign_page(failure):
        return unclear(failure)
    return _refusal(failure)


def not_let_through(failure: Failure) -> NotSent:
    """What 407 means: an effect never reached its server. Asking the proxy again at once would not help."""
    what = f"{failure.what} A proxy on the way asks for credentials of its own."
    return NotSent(what, status=failure.status, foreign=failure.words)


def too_many(failure: Failure) -> Again:
    """What 429 means: nothing was done, and it may be sent again."""
    error = NotSent(failure.what, status=failure.status, foreign=failure.words)
    return Again(error, retry_after(failure.reply.headers))


def unclear(failure: Failure) -> Unclear:
    """The error that says that it is unknown whether an effect was made."""
    return Unclear(failure.what, status=failure.status, foreign=failure.words)


def _refusal(failure: Failure) -> Exception:
    """What an answer means that is neither a success nor a server error."""
    account, status, foreign = failure.account, failure.status, failure.words
    if status == _UNAUTHORIZED:
        return AccountRefused(
            account,
            f"{account}: the server does not accept the credentials of this account (HTTP 401).",
            f"Check {failure.credentials or 'its credentials'} in the configuration; they may have been replaced or "
            "disabled at the provider. Until they are right nothing is done with this account, and nothing is lost.",
            foreign=foreign,
        )
    if status == _TOO_MANY:
        return too_many(failure)
    if _is_foreign_page(failure):
        return BadAnswer(
            f"{account}: {failure.method} {failure.route} was answered with {status} and a web page, not by the API "
            "itself. There may be a gateway in between, or the base_url may be wrong.",
            status=status,
            foreign=foreign,
        )
    kind = Refused if 400 <= status < 500 else BadAnswer
    return kind(failure.what, status=status, foreign=foreign)


def _is_foreign_page(failure: Failure) -> bool:
    """Whether something in front of the API refused in its place, which says nothing about what was asked for.

    A refusal of the account itself never counts as such: it holds, whoever wrote it.
    """
    return failure.status not in _ABOUT_ACCOUNT and failure.is_page


def _is_page(reply: Reply) -> bool:
    return is_page(reply.body, reply.headers.get("Content-Type", ""))
