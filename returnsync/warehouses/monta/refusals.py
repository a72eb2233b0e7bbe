"""What Monta says when it refuses: there is no single format (section 2 of the facts)."""

import re
from http import HTTPStatus
from typing import Any

from returnsync.errors import CallError, Refused
from returnsync.http.decoding import decode_json
from returnsync.http.records import items_in, look_up

# "No order found for that order number": it comes with status 400, not 404.
_UNKNOWN_ORDER = "23"


# What proxies and web servers write for a 404 of their own: "404 page not found", "default backend - 404", "Not Found".
_OF_A_PROXY = re.compile(
    r"\W*((http |error )*404\b.*|default backend\b.*|(file |page |resource |route )?not found|no route matched.*)\W*",
    re.IGNORECASE | re.DOTALL,
)


def names_no_order(error: Refused) -> bool:
    """400 with code 23: Monta's own word that it does not know the order (section 2)."""
    return error.status == HTTPStatus.BAD_REQUEST and _UNKNOWN_ORDER in _reason_codes(error.foreign)


def is_not_found(error: CallError) -> bool:
    """404, whoever wrote it."""
    return error.status == HTTPStatus.NOT_FOUND


def says_not_there(error: Refused) -> bool:
    """404 with a bare string, with or without JSON quotes: how Monta writes that something is not there (section 2).

    An empty body, a JSON object and what proxies write in plain text are not Monta's: whether it is there stays open.
    """
    if not is_not_found(error):
        return False
    try:
        content = decode_json(error.foreign)
    except ValueError:
        content = error.foreign
        if content.lstrip()[:1] in ("{", "[") or _OF_A_PROXY.fullmatch(content):
            return False
    return isinstance(content, str) and bool(content.strip())


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
    """What an error body says, in whichever of Monta's shapes it comes (section 2: there is no single format)."""
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
