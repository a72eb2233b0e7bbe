"""What Monta says when it refuses: there is no single format (section 2 of the facts)."""

import json
from http import HTTPStatus
from typing import Any

from returnsync.errors import Refused

# "No order found for that order number": it comes with status 400, not 404.
_UNKNOWN_ORDER = 23


def is_unknown_order(error: Refused) -> bool:
    """404, or 400 with code 23 (section 2)."""
    if error.status == HTTPStatus.NOT_FOUND:
        return True
    return error.status == HTTPStatus.BAD_REQUEST and _UNKNOWN_ORDER in _reason_codes(error.foreign)


def _reason_codes(body: str) -> set[int]:
    content = _json_or_none(body)
    if not isinstance(content, dict):
        return set()
    return {
        reason["Code"]
        for key, reasons in content.items()
        if key.endswith("InvalidReasons") and isinstance(reasons, list)
        for reason in reasons
        if isinstance(reason, dict) and isinstance(reason.get("Code"), int)
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
        if key.endswith("InvalidReasons") and isinstance(value, list):
            said += [str(item.get("Message") or "") if isinstance(item, dict) else str(item) for item in value]
    said += [str(content[key]) for key in ("ErrorMessage", "Message", "title", "detail") if content.get(key)]
    return "; ".join(dict.fromkeys(filter(None, (text.strip() for text in said)))) or body.strip()


def _json_or_none(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
