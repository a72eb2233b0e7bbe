"""What a server answered, and how it is read with care.

HTML in place of JSON, and JSON that was cut, become a `BadAnswer` here. A single odd value inside JSON is left to the
record that contains it (`decoding.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from returnsync.errors import BadAnswer
from returnsync.http.decoding import charset_of, decode_json
from returnsync.redact import as_kept

_SHOWN = 2000


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: status, headers (names in any case) and the unpacked body."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def date(self) -> datetime | None:
        """The server's clock when it answered, from its `Date` header; `None` where that is missing or unreadable."""
        return http_date(self.headers.get("Date", ""))

    @property
    def is_nothing(self) -> bool:
        """Whether the server answered with 204 and no body: an empty list, where a list was asked for."""
        return self.status == HTTPStatus.NO_CONTENT and not self.body.strip()

    def text(self) -> str:
        """The body as text, in the charset it names, else UTF-8; never fails, unreadable bytes are marked."""
        return decode_text(self.body, self.headers.get("Content-Type", ""))

    def json(self) -> Any:
        """The body as JSON, in which values that no code could handle are `OddValue`s.

        Raises:
            BadAnswer: it is not JSON, or was cut.
        """
        try:
            return decode_json(self.body, self.headers.get("Content-Type", ""))
        except ValueError as error:
            page = is_page(self.body, self.headers.get("Content-Type", ""))
            kind = "HTML" if page else "something that cannot be read as JSON"
            raise BadAnswer(
                f"The server answered with {kind} instead of JSON ({error}).",
                status=self.status,
                foreign=as_kept(self.text())[:_SHOWN],
            ) from None


def is_page(body: bytes, content_type: str) -> bool:
    """Whether a body is a page for people, HTML or XML: it comes from a gateway, since no API here writes either."""
    return "html" in content_type.lower() or body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def decode_text(body: bytes, content_type: str = "") -> str:
    """`body` in the charset that `content_type` names, else UTF-8; unreadable bytes become U+FFFD."""
    try:
        return body.decode(charset_of(content_type) or "utf-8", errors="replace")
    except (LookupError, UnicodeError):
        return body.decode("utf-8", errors="replace")


def http_date(text: str) -> datetime | None:
    """Read an HTTP date as an aware moment in UTC; `None` when it is no date."""
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
