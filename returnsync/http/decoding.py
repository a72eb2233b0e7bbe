"""JSON from outside, read so that one odd value costs only the record that contains it, not the page.

A number that no later step could take (NaN, 1e999, forty digits) becomes an `OddValue`, which no field of a record
accepts. Bytes and characters that cannot be stored become U+FFFD. Raw control characters inside texts are accepted: the
fields of `fields.py` decide what happens to them.
"""

import codecs
import json
import re
from dataclasses import dataclass
from typing import Any

# Far above any id, price or count; a longer number could not be stored or would overflow a float.
_LONGEST_WHOLE_NUMBER = 30
# Deeper than any record is; deeper values are cut out of a body that cannot be read whole.
_DEEPEST = 100

# Half of a surrogate pair, left by programs that cut texts in UTF-16: no database would accept it. The first two
# alternatives are there to be skipped: an escaped backslash and a whole pair.
_HALF_PAIR = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_TEXT_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
_CHARSET = re.compile(r"charset=[\"']?([\w.:-]{1,40})", re.IGNORECASE)
# Charsets of one byte per character, as older systems write them; other charsets would decode anything to something.
_OF_ONE_BYTE = re.compile(r"(?:iso8859-\d{1,2}|cp125\d)")


@dataclass(frozen=True, slots=True)
class OddValue:
    """A value in JSON that no later step can take, as it was written. It counts neither as a text nor as a number."""

    text: str

    def __str__(self) -> str:
        """Return it as it was written."""
        return self.text


def decode_json(body: bytes | str, content_type: str = "") -> Any:
    """Parse JSON from outside, also from the `foreign` text of an exception. Numbers out of range become `OddValue`s.

    Raises:
        ValueError: it is not JSON, or was cut. Its message quotes nothing.
    """
    text = body if isinstance(body, str) else _json_text(body, content_type)
    if not text.strip():
        raise ValueError("nothing in it")
    if "\\ud" in text or "\\uD" in text:
        text = _HALF_PAIR.sub(lambda found: "\\ufffd" if found["half"] else found[0], text)
    try:
        return _parse(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise ValueError(f"broken at character {error.pos}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def dump_json(value: object, *, ascii_only: bool = False, sort: bool = False) -> str:
    """JSON text of a result of `decode_json`; an `OddValue` becomes a text, as it was written."""
    try:
        return json.dumps(value, ensure_ascii=ascii_only, sort_keys=sort, default=str)
    except RecursionError:
        return json.dumps(_shallow(value), ensure_ascii=ascii_only, sort_keys=sort, default=str)


def charset_of(content_type: str) -> str:
    """The charset that a `Content-Type` names, empty where it names none."""
    found = _CHARSET.search(content_type)
    return found[1] if found else ""


def _json_text(body: bytes, content_type: str) -> str:
    """Decode JSON. By its standard it is UTF-8 (or -16, -32); another charset counts only where the bytes are not."""
    encoding = json.detect_encoding(body)
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        return body.decode(_named(content_type) or encoding, errors="replace")


def _named(content_type: str) -> str:
    charset = charset_of(content_type)
    try:
        name = codecs.lookup(charset).name if charset else ""
    except LookupError:
        return ""
    return name if _OF_ONE_BYTE.fullmatch(name) else ""


def _parse(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except RecursionError:
        return _DECODER.decode(_cut_down(text))


def _cut_down(text: str) -> str:
    """The same JSON, with an invalid value in place of each that is nested too deep, so that the rest can be read."""
    kept, kept_to, depth = [], 0, 0
    for found in _TEXT_OR_BRACKET.finditer(text):
        if found[0] in "[{":
            depth += 1
            if depth == _DEEPEST + 1:
                kept += [text[kept_to : found.start()], "NaN"]
        elif found[0] in "]}":
            depth -= 1
            if depth == _DEEPEST:
                kept_to = found.end()
    if depth > _DEEPEST:
        raise ValueError("nested too deeply, and not whole")
    return "".join([*kept, text[kept_to:]])


def _shallow(value: object, levels: int = _DEEPEST) -> object:
    if isinstance(value, dict | list) and not levels:
        return "nested too deeply"
    if isinstance(value, dict):
        return {name: _shallow(item, levels - 1) for name, item in value.items()}
    return [_shallow(item, levels - 1) for item in value] if isinstance(value, list) else value


def _whole(text: str) -> int | OddValue:
    return OddValue(text) if len(text) > _LONGEST_WHOLE_NUMBER else int(text)


def _fraction(text: str) -> float | OddValue:
    number = float(text)
    return OddValue(text) if number in (float("inf"), float("-inf")) else number


# `strict=False` allows raw control characters in texts.
_DECODER = json.JSONDecoder(parse_int=_whole, parse_float=_fraction, parse_constant=OddValue, strict=False)
