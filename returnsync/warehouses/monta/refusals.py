"""Monta's refusals, and what follows from them. They have no single format (docs/warehouses/monta.md, section 2).

Sections are those of that page.
"""

import re
from http import HTTPStatus
from typing import Any, Final

from returnsync.errors import AccountRefused, BadAnswer, CallError, HoldError, Refused
from returnsync.http.decoding import decode_json
from returnsync.http.records import items_in, look_up
from returnsync.http.refusals import OF_ACCOUNT
from returnsync.model import Cause

# "No order found for that order number": this comes with status 400, not 404.
_UNKNOWN_ORDER = "23"
# Monta's texts are short: "Return forecast not found", "Order has no shipping boxes." (section 2).
_LONGEST_WORDS = 200
# Plain text counts only where it names what Monta was asked for; a JSON string, which is Monta's way, always counts.
_OF_MONTA = re.compile(r"forecast|return ?label|vooraanmelding|retour|bestelling|(?<!in )\border", re.IGNORECASE)
# What proxies, gateways and web servers write where they find no page or site, or cannot find their server. Between
# hyphens these words are part of our code, which Monta may repeat.
_OF_A_PROXY = re.compile(
    r"(?<![\w-])(pages?|file|ur[li]|path|route|(web)?site|host|(web)?server|domain|tunnel|gateway|backend|upstream|app"
    r"|application|resource|deployment|bucket|endpoint|service|https?|nginx|apache|cloudflare|request id)(?![\w-])"
    r"|^\W*404\b|[<>\ufffd]",
    re.IGNORECASE,
)

NOTHING_IS_LOST: Final = "Nothing is lost: once that is settled, everything goes on by itself."

# Statuses with which the whole account is refused: what each means, and what to check.
SHUT: Final[dict[int, tuple[str, str]]] = {
    HTTPStatus.UNAUTHORIZED: (
        "Monta refuses user name and password",
        "Check `username` and `password` of the REST API account in Monta's portal, and that it was not disabled.",
    ),
    HTTPStatus.PAYMENT_REQUIRED: (
        "Monta asks for a payment first",
        "Check with Monta whether an invoice is open, or the account is suspended for one.",
    ),
    HTTPStatus.LOCKED: (
        "Monta has blocked this account",
        "Check in Monta's portal whether the REST API account is blocked, and ask Monta's support why.",
    ),
    HTTPStatus.UPGRADE_REQUIRED: (
        "the server expects another kind of request",
        "Check `base_url` of this warehouse, and any proxy on the way; or look for a newer version of returnsync.",
    ),
    HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS: (
        "access is blocked for legal reasons",
        "Check with Monta, and with the operator of the network, why this machine is blocked.",
    ),
}
# Further ones for reads. At an effect, these also say that nothing was made.
_REFUSED_ON_READS: Final[dict[int, tuple[str, str]]] = {
    HTTPStatus.FORBIDDEN: (
        "Monta refuses this account",
        "Check in Monta's portal whether this machine's address is on the REST API account's list of allowed ones.",
    ),
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: OF_ACCOUNT[HTTPStatus.PROXY_AUTHENTICATION_REQUIRED],
}


def names_no_order(error: Refused) -> bool:
    """400 with code 23, with which Monta itself says that it does not know the order (section 2)."""
    return error.status == HTTPStatus.BAD_REQUEST and _UNKNOWN_ORDER in _reason_codes(error.foreign)


def is_not_found(error: CallError) -> bool:
    """A 404, whoever wrote it."""
    return error.status == HTTPStatus.NOT_FOUND


def says_not_there(error: Refused) -> bool:
    """404 with a bare string, with or without JSON quotes: how Monta writes that something is not there (section 2).

    An empty body, a JSON object, a page, and a proxy's text about itself are not Monta's: then it is unknown.
    """
    if not is_not_found(error):
        return False
    try:
        words, is_json = decode_json(error.foreign), True
    except ValueError:
        words, is_json = error.foreign.strip(), False
    if not isinstance(words, str) or not words.strip() or len(words) > _LONGEST_WORDS or not words.isprintable():
        return False
    if _OF_A_PROXY.search(words):
        return False
    return is_json or (not words.startswith('"') and _OF_MONTA.search(words) is not None)


def _reason_codes(body: str) -> set[str]:
    content = _json_or_none(body)
    if not isinstance(content, dict):
        return set()
    return {
        str(code).strip()
        for key, reasons in content.items()
        if _lists_reasons(key)
        for reason in items_in(reasons, "Code") or ()
        if isinstance(code := look_up(reason, "Code"), int | str)
    }


def words_of(body: str) -> str:
    """The message of an error body, in whichever of Monta's formats it is."""
    content = _json_or_none(body)
    if isinstance(content, str):
        return content.strip()
    if not isinstance(content, dict):
        return body.strip()
    said: list[str] = []
    for key, value in content.items():
        if _lists_reasons(key):
            items = items_in(value, "Message") or ()
            said += [str(look_up(item, "Message") or "") if isinstance(item, dict) else str(item) for item in items]
    said += [str(look_up(content, key) or "") for key in ("ErrorMessage", "Message", "title", "detail")]
    return "; ".join(dict.fromkeys(filter(None, (text.strip() for text in said)))) or body.strip()


def _json_or_none(body: str) -> Any:
    try:
        return decode_json(body)
    except ValueError:
        return None


def _lists_reasons(key: str) -> bool:
    return key.casefold().endswith("invalidreasons")


def concerns_account(error: Refused) -> bool:
    """Whether a refused read is refused to the account, not for its subject: Monta refuses addresses with 403."""
    return error.status in SHUT or error.status in _REFUSED_ON_READS


def account_refused(account: str, error: Refused) -> AccountRefused:
    """A refusal of the account, so that no other call will succeed."""
    status = error.status or 0
    said, next_step = SHUT.get(status) or _REFUSED_ON_READS.get(status) or _REFUSED_ON_READS[HTTPStatus.FORBIDDEN]
    what = f"{account}: {said} (HTTP {error.status}). Nothing is announced there for now."
    return AccountRefused(account, what, f"{next_step} {NOTHING_IS_LOST}", foreign=error.foreign)


def existence_open(account: str, what: str, error: Refused) -> CallError | HoldError:
    """The error for a thing that is not shown, where that must not count as "there is none"."""
    if not is_not_found(error):
        return read_refused(what, error)
    # A gateway also answers 404, even for things that exist.
    return BadAnswer(
        f"{account}: the answer about {what} was a 404 that is not Monta's own, so whether it exists stays open.",
        status=error.status,
        foreign=error.foreign,
    )


def read_refused(what: str, error: Refused) -> HoldError:
    """A refusal of this one thing: a person must look."""
    return HoldError(
        Cause.LOOKUP_REFUSED,
        f"Monta refuses to show {what} (HTTP {error.status}).",
        "Look the order up in Monta's portal, then: returnsync held retry <CODE>.",
        foreign=words_of(error.foreign),
    )
