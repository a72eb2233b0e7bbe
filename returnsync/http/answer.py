"""What a server answered, and the careful reading of it.

A body comes from outside: it may be HTML where JSON was agreed, nested to break a parser, or hold numbers that no later
step can take. All of that ends here, as `BadAnswer`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

from returnsync.errors import BadAnswer
from returnsync.redact import mask

# Far above any id, price or count; what is longer could not be stored or would overflow a float.
_LONGEST_WHOLE_NUMBER = 30
_SHOWN = 2000

# Half of a surrogate pair, as programs that cut texts in UTF-16 leave behind: no database would take it. The first
# two alternatives are there to be skipped: an escaped backslash and a whole pair.
_HALF_PAIR = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: status, headers (any case) and the decoded body."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def date(self) -> datetime | None:
        """The server's clock when it answered, from its `Date` header, or `None` when it sent none that can be read."""
        return http_date(self.headers.get("Date", ""))

    def text(self) -> str:
        """The body as text, in the charset it names, else UTF-8; never fails, unreadable bytes are marked."""
        return decode_text(self.body, self.headers.get("Content-Type", ""))

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            BadAnswer: it is no JSON, too deeply nested, or holds numbers that nothing could handle.
        """
        try:
            return decode_json(self.body)
        except ValueError as error:
            page = is_page(self.body, self.headers.get("Content-Type", ""))
            kind = "HTML" if page else "something that cannot be read as JSON"
            raise BadAnswer(
                f"The server answered with {kind} instead of JSON ({error}).",
                status=self.status,
                foreign=mask(self.text())[:_SHOWN],
            ) from None


def decode_json(body: bytes | str) -> Any:
    """Parse JSON from outside, also from the `foreign` text of an exception.

    Raises:
        ValueError: no JSON, nested too deeply, or with numbers out of any range. Its message quotes nothing.
    """
    try:
        text = body if isinstance(body, str) else body.decode(json.detect_encoding(body))
    except UnicodeDecodeError:
        raise ValueError("not valid UTF-8") from None
    if not text.strip():
        raise ValueError("nothing in it")
    if "\\ud" in text or "\\uD" in text:
        text = _HALF_PAIR.sub(lambda found: "\\ufffd" if found["half"] else found[0], text)
    try:
        return _DECODER.decode(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise ValueError(f"broken at character {error.pos}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def is_page(body: bytes, content_type: str) -> bool:
    """Whether a body is a page for people, HTML or XML: a gateway's words, since no API here writes either."""
    return "html" in content_type.lower() or body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


def decode_text(body: bytes, content_type: str = "") -> str:
    """`body` in the charset that `content_type` names, else UTF-8; unreadable bytes become U+FFFD."""
    found = re.search(r"charset=[\"']?([\w.:-]{1,40})", content_type, re.IGNORECASE)
    try:
        return body.decode(found[1] if found else "utf-8", errors="replace")
    except (LookupError, UnicodeError):
        return body.decode("utf-8", errors="replace")


def http_date(text: str) -> datetime | None:
    """Read an HTTP date as an aware moment in UTC; `None` when it is none."""
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _whole(text: str) -> int:
    if len(text) > _LONGEST_WHOLE_NUMBER:
        raise ValueError("a number with too many digits")
    return int(text)


def _fraction(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number out of range")
    return number


def _no_number(_text: str) -> NoReturn:
    raise ValueError("a number that is none")


_DECODER = json.JSONDecoder(parse_int=_whole, parse_float=_fraction, parse_constant=_no_number)
