"""How Returnless reads or refuses the query of a list: relations, filters, order, page and cursor.

Sections are those of docs/platforms/returnless.md.
"""

from __future__ import annotations

import base64
import binascii
import functools
import json
import operator
import re
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from returnsync.sandbox import wire
from returnsync.sandbox.returnless_shapes import RELATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from returnsync.sandbox.wire import Call, Record

OrderFilter: TypeAlias = Literal["kept", "ignored", "refused"]
"""What happens to `filter[order_number]`, which no document says (section 9)."""

_DEFAULT_PER_PAGE: Final = 15
_MAX_PER_PAGE: Final = 100
_FILTER: Final = re.compile(r"filter\[(\w+)\](?:\[(\w+)\])?")
_SIGNS: Final[Mapping[str, Callable[[datetime, datetime], bool]]] = {
    "eq": operator.eq,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}


class RefusedError(Exception):
    """A request that Returnless refuses: the status and the message."""

    def __init__(self, status_code: int, message: str) -> None:
        """Refuse with this status and this message."""
        super().__init__(message)
        self.status_code = status_code


def included(call: Call, *, refuse: bool) -> frozenset[str]:
    """Read which relations are asked for; with `refuse`, asking for any is refused. Raises RefusedError."""
    asked = frozenset(filter(None, (call.first("include") or "").split(",")))
    if asked and (refuse or asked - RELATIONS):
        raise RefusedError(422, "Requested include(s) are not allowed.")
    return asked


def filters(call: Call, order_filter: OrderFilter) -> Iterator[Callable[[Record], bool]]:
    """Read the conditions (section 1); all must be met. An unknown one is refused."""
    for name, values in call.query.items():
        if (match := _FILTER.fullmatch(name)) is None:
            continue
        what, sign = match[1], match[2] or "eq"
        if what == "created_at" and sign in _SIGNS:
            yield _is_made(sign, values[0])
        elif what == "return_type" and values[0] in {"request", "return"}:
            yield functools.partial(_is_of_type, values[0])
        elif what == "order_number" and order_filter != "refused":
            if order_filter == "kept":
                yield functools.partial(_is_of_order, values[0])
        else:
            raise RefusedError(400, f"Requested filter(s) `{what}` are not allowed.")


def _is_of_type(wanted: str, row: Record) -> bool:
    return str(row["state"]).casefold().startswith("request") is (wanted == "request")


def _is_of_order(wanted: str, row: Record) -> bool:
    return bool(row["sales_order"]["order_number"] == wanted)


def _is_made(sign: str, text: str) -> Callable[[Record], bool]:
    try:
        bound = wire.parse_instant(text)
    except ValueError:
        raise RefusedError(422, "The filter.created_at is not a valid date.") from None
    return lambda row: _SIGNS[sign](made(row), bound)


def made(row: Record) -> datetime:
    """When a record was made."""
    return wire.parse_instant(row["created_at"])


def sorted_down(call: Call) -> bool:
    """Whether the newest comes first, as it does unless asked otherwise."""
    sort = call.first("sort") or "-created_at"
    if sort.removeprefix("-") != "created_at":
        raise RefusedError(400, "Requested sort(s) are not allowed.")
    return sort.startswith("-")


def per_page(call: Call) -> int:
    """Read how many rows are wanted. Raises RefusedError."""
    text = call.first("per_page") or str(_DEFAULT_PER_PAGE)
    if not re.fullmatch(r"[1-9][0-9]{0,2}", text) or int(text) > _MAX_PER_PAGE:
        raise RefusedError(422, "The per page field must be between 1 and 100.")
    return int(text)


def cursor_of(content: Record) -> str:
    """Write a cursor."""
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def cursor_in(call: Call) -> Record:
    """Read the cursor; an invalid one gives the first page."""
    text = call.first("cursor") or ""
    try:
        content = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return content if isinstance(content, dict) else {}


def cursor_time(call: Call) -> datetime | None:
    """Read the time after which the next page begins; None on the first page."""
    text = cursor_in(call).get("created_at")
    return wire.parse_instant(text) if text else None
