"""JSON from outside, read so that one odd value costs the record that it stands in, and not the page.

A number that no later step could take (NaN, 1e999, forty digits) becomes an `OddValue`, which no record's field takes.
Bytes and characters that cannot be kept become U+FFFD, and raw control characters inside texts are let through: the
fields of `fields.py` decide what they may do there.
"""

import codecs
import json
import re
from dataclasses import dataclass
from typing import Any

# Far above any id, price or count; what is longer could not be stored or would overflow a float.
_LONGEST_WHOLE_NUMBER = 30
# Deeper than any record is; what is deeper still is cut out of a body that cannot be read whole.
_DEEPEST = 100

# Half of a surrogate pair, as programs that cut texts in UTF-16 leave behind: no database would take it. The first
# two alternatives are there to be skipped: an escaped backslash and a whole pair.
_HALF_PAIR = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_TEXT_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
_CHARSET = re.compile(r"charset=[\"']?([\w.:-]{1,40})", re.IGNORECASE)
# Charsets of one byte a character, as older systems write them; the others would read anything as something.
_OF_ONE_BYTE = re.compile(r"(?:iso8859-\d{1,2}|cp125\d)")


@dataclass(frozen=True, slots=True)
class OddValue:
    """A value that stood in JSON and that no later step can take, as it was written. Neither a text nor a number."""

    text: str

    def __str__(self) -> str:
        """As it was written."""
        return self.text


def decode_json(body: bytes | str, content_type: str = "") -> Any:
    """Parse JSON from outside, also from the `foreign` text of an exception. Numbers out of range are `OddValue`s.

    Raises:
        ValueError: it is no JSON, or not whole. Its message quotes nothing.
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
    """JSON text of what `decode_json` gave, an `OddValue` as the text that was written."""
    try:
        return json.dumps(value, ensure_ascii=ascii_only, sort_keys=sort, default=str)
    except RecursionError:
        return json.dumps(_shallow(value), ensure_ascii=ascii_only, sort_keys=sort, default=str)


def charset_of(content_type: str) -> str:
    """The charset that a `Content-Type` names, empty where it names none."""
    found = _CHARSET.search(content_type)
    return found[1] if found else ""


def _json_text(body: bytes, content_type: str) -> str:
    """JSON is UTF-8 (or -16, -32) by its standard, so another charset counts only where those bytes are not."""
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
    """The same JSON with a value that is none in place of each that lies too deep, so that the rest can be read."""
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


# `strict=False` lets raw control characters stand in texts.
_DECODER = json.JSONDecoder(parse_int=_whole, parse_float=_fraction, parse_constant=OddValue, strict=False)
