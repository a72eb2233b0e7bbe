"""How Sendcloud reads or refuses a request for a list: the dates, the size of a page, and the cursor.

Sections and questions are those of docs/platforms/sendcloud.md.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import parse_qs, urlencode

from returnsync.sandbox import wire
from returnsync.sandbox.records import AMSTERDAM

if TYPE_CHECKING:
    from returnsync.sandbox.wire import Answer, Call, Record

_PAGE_SIZE: Final = 40
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)


class BadRequestError(Exception):
    """Something that Sendcloud answers with 400: the field, a code and a text, in the first of its four shapes."""

    def __init__(self, field: str, code: str, message: str) -> None:
        """Say what is wrong with which field."""
        super().__init__(message)
        self.body: Record = {"errors": [{"field": field, "code": code, "message": message}]}


def json_api(status: int, code: str, detail: str, *, parameter: str | None = None) -> Answer:
    """Refuse in the form of JSON:API, one of several that are in use (section 3.3)."""
    source = {"parameter": parameter} if parameter else {"pointer": "/data"}
    error = {"status": str(status), "code": code, "detail": detail, "source": source}
    return wire.json_answer({"errors": [error]}, status)


def date_in(call: Call, name: str) -> datetime:
    """Read one of the two dates: required, in one form, as wall-clock time of Amsterdam (questions 3 and 5)."""
    text = call.first(name)
    if text is None:
        raise BadRequestError(name, "required", "This field is required.")
    problem = BadRequestError(name, "invalid", "Enter a valid date and time.")
    if not _DATE.fullmatch(text):
        raise problem
    try:
        return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM).astimezone(UTC)
    except (ValueError, OverflowError):
        raise problem from None


def page_size(call: Call) -> int:
    """Read how many rows are wanted (section 3.2). Raises BadRequestError."""
    text = call.first("page_size") or str(_PAGE_SIZE)
    if not re.fullmatch(r"[1-9]\d?", text, re.ASCII) or int(text) > _PAGE_SIZE:
        raise BadRequestError("page_size", "max_value", f"Give a number from 1 to {_PAGE_SIZE}.")
    return int(text)


class Cursor(NamedTuple):
    """Where a listing continues: a number of rows after the last time that was shown, in the order of that listing."""

    turned: bool = False
    """Whether returns of the same instant come in the other order."""
    position: datetime | None = None
    """The time of the last row that was shown; `None` on the first page."""
    offset: int = 0
    """How many rows of that very time were shown."""

    def __str__(self) -> str:
        """The cursor as it is written in an address."""
        position = self.position.isoformat() if self.position else ""
        return base64.b64encode(urlencode({"o": self.offset, "r": int(self.turned), "p": position}).encode()).decode()


def cursor_in(text: str) -> Cursor:
    """Read a cursor. Raises BadRequestError."""
    try:
        parts = parse_qs(base64.b64decode(text, validate=True).decode(), strict_parsing=True)
        return Cursor(bool(int(parts["r"][0])), wire.parse_instant(parts["p"][0]), int(parts["o"][0]))
    except (binascii.Error, UnicodeDecodeError, ValueError, KeyError):
        raise BadRequestError("cursor", "invalid", "Invalid cursor.") from None
