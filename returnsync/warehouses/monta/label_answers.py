"""What an unsuccessful answer to an effect means. Label calls have a table of their own, since a label costs money.

    answer                                          means
    407, 429                                        NotSent: no label was made; after 429 it is retried
    400 or 404 with words, and no page              Refused: Monta made none
    403, no page                                    NotAllowed: it made none, and makes none for this account
    401, 402, 423, 426, 451; 403 or 404 as a page   AccountShut: the whole account is refused, by Monta or by something
                                                    in front of it, and a label may have been made before that
    anything else                                   Unclear

Only the words that Monta itself is known to write when it refuses a label show that none was made
(docs/warehouses/monta.md, sections 2 and 3.4). A page for people, HTML or XML, is written by a gateway.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from returnsync.errors import AccountShut, NotAllowed, Refused
from returnsync.http import outcome
from returnsync.http.outcome import Failure
from returnsync.warehouses.monta.refusals import NOTHING_IS_LOST, SHUT, words_of

# A byte order mark, and characters that are blank in a text.
_BLANK: Final = b"\xef\xbb\xbf \t\r\n\0"
# As a page, these come from a gateway.
_SHUT_BY_PAGE: Final[dict[int, tuple[str, str]]] = {
    HTTPStatus.FORBIDDEN: (
        "something in front of Monta forbids access, with a web page",
        "Check whether this machine's address is on the list of allowed ones in Monta's portal, or blocked on the way.",
    ),
    HTTPStatus.NOT_FOUND: (
        "something in front of Monta answers, with a web page",
        "Check `base_url` of this warehouse, and whether there is a proxy or gateway in between.",
    ),
}


def meaning_of(failure: Failure) -> Exception:
    """What an unsuccessful answer to a label call means, by the table above."""
    shut = shut_by(failure, "a label was asked for", _SHUT_BY_PAGE)
    if shut is not None:
        return shut
    match failure.status:
        case HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            return outcome.not_let_through(failure)
        case HTTPStatus.TOO_MANY_REQUESTS:
            return outcome.too_many(failure)
        case HTTPStatus.FORBIDDEN:
            return NotAllowed(failure.what, status=failure.status, foreign=words_of(failure.words))
        case HTTPStatus.BAD_REQUEST | HTTPStatus.NOT_FOUND if _has_words(failure) and not failure.is_page:
            return Refused(failure.what, status=failure.status, foreign=words_of(failure.words))
        case _:
            return outcome.unclear(failure)


def meaning_of_forecast(failure: Failure) -> Exception:
    """What an unsuccessful answer to a create or an update means: as for any effect, but a shut account is unclear.

    Something in front of Monta may refuse Monta's answer as well as our request.
    """
    shut = shut_by(failure, "a forecast was sent", {HTTPStatus.FORBIDDEN: _SHUT_BY_PAGE[HTTPStatus.FORBIDDEN]})
    return shut or outcome.of_effect(failure)


def shut_by(failure: Failure, when: str, pages: Mapping[int, tuple[str, str]]) -> AccountShut | None:
    """The error where the whole account is refused, by its status or as one of these `pages`; else `None`."""
    shut = SHUT.get(failure.status) or (pages.get(failure.status) if failure.is_page else None)
    if shut is None:
        return None
    said, next_step = shut
    what = f"{failure.account}: {when}, and {said} (HTTP {failure.status})."
    next_step = f"{next_step} {NOTHING_IS_LOST}"
    return AccountShut(failure.account, what, next_step, status=failure.status, foreign=words_of(failure.words))


def _has_words(failure: Failure) -> bool:
    """Whether the answer contains any words: an empty refusal may be a gateway's, after Monta made the label."""
    return bool(failure.reply.body.strip(_BLANK) and words_of(failure.words).strip())
