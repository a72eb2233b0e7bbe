"""What an answer means that did not bring what was asked for: one table, for reads and for effects.

    answer                      read                            effect
    2xx                         the answer                      the answer
    301, 302, 303, 307, 308     followed, on our own host only; Unclear
                                BadAnswer at a warehouse
    401                         AccountRefused                  AccountRefused
    429                         tried again, then NotSent       tried again, then NotSent
    408, 425, 5xx               tried again, then Unclear       Unclear
    any other 4xx               Refused                         Refused
    400, 404 … as a web page    BadAnswer                       Unclear
    no connection               tried again, then NotSent       tried again, then NotSent
    lost on the way, or cut by  tried again, then Unclear       Unclear
      its exchange_timeout
    a stop was asked for        Interrupted, at once            as if none was
    cut body of a 2xx           tried again, then BadAnswer     BadAnswer
    too large, other statuses   BadAnswer                       BadAnswer, Unclear

When the time for trying again is used up, it is `AccountUnavailable` instead.
"""

from returnsync.errors import AccountRefused, BadAnswer, NotSent, Refused, Unclear
from returnsync.http.answer import decode_text, is_page
from returnsync.http.retry import Again, retry_after
from returnsync.http.wire import Reply
from returnsync.redact import mask

# The server gave up waiting for the request, or will not take it yet: passing, unlike the other 4xx.
_PASSING = frozenset({408, 425})
_UNAUTHORIZED = 401
_NOT_THERE = frozenset({404, 410})
_TOO_MANY = 429
# 401 and 403 concern the account, and 429 its rate.
_ABOUT_ACCOUNT = frozenset({401, 403, 429})


def of_read(account: str, route: str, reply: Reply) -> Exception:
    """What an answer to a read means that is no success and no redirect."""
    what, foreign = _what(account, "GET", route, reply), _words(reply)
    if reply.status in _NOT_THERE and not reply.whole:
        # Whose words they are decides whether it is believed, and half of them do not tell.
        return BadAnswer(f"{what} The rest of what it said did not come.", status=reply.status, foreign=foreign)
    return passing(reply, what, foreign=foreign) or _refusal(account, "GET", route, reply)


def passing(reply: Reply, what: str, *, foreign: str = "") -> Again | None:
    """That a read, or a request for a token, is tried again after such an answer; `None` where it is not."""
    if reply.status == _TOO_MANY:
        return Again(NotSent(what, status=reply.status, foreign=foreign), retry_after(reply.headers))
    if reply.status >= 500 or reply.status in _PASSING:
        return Again(Unclear(what, status=reply.status, foreign=foreign), retry_after(reply.headers))
    return None


def of_effect(account: str, method: str, route: str, reply: Reply) -> Exception:
    """What an answer to an effect means that is no success."""
    if not 400 <= reply.status < 500 or reply.status in _PASSING or _is_foreign_page(reply):
        return _unclear(account, method, route, reply)
    return _refusal(account, method, route, reply)


def _refusal(account: str, method: str, route: str, reply: Reply) -> Exception:
    """What an answer means that is neither a success nor a fault of the server's."""
    status, foreign = reply.status, _words(reply)
    what = _what(account, method, route, reply)
    if status == _UNAUTHORIZED:
        return AccountRefused(
            account,
            f"{account}: the credentials are refused (401).",
            "Check the credentials of this account, and that they have not been replaced or switched off.",
            foreign=foreign,
        )
    if status == _TOO_MANY:
        return Again(NotSent(what, status=status, foreign=foreign), retry_after(reply.headers))
    if _is_foreign_page(reply):
        return BadAnswer(
            f"{account}: {method} {route} was answered with {status} and a web page, not by the API itself. "
            "A gateway may stand in between, or the base_url may be wrong.",
            status=status,
            foreign=foreign,
        )
    if 400 <= status < 500:
        return Refused(what, status=status, foreign=foreign)
    return BadAnswer(what, status=status, foreign=foreign)


def _unclear(account: str, method: str, route: str, reply: Reply) -> Unclear:
    return Unclear(_what(account, method, route, reply), status=reply.status, foreign=_words(reply))


def _what(account: str, method: str, route: str, reply: Reply) -> str:
    return f"{account}: {method} {route} was answered with {reply.status}."


def _is_foreign_page(reply: Reply) -> bool:
    """Whether something in front of the API refused in its place: it says nothing of what was asked for.

    Not where the account itself is refused: that is so whoever says it.
    """
    return reply.status not in _ABOUT_ACCOUNT and is_page(reply.body, reply.headers.get("Content-Type", ""))


def _words(reply: Reply) -> str:
    """What the server wrote, without our secrets: it is kept, and shown by commands that resolve none."""
    return mask(decode_text(reply.body, reply.headers.get("Content-Type", "")))
