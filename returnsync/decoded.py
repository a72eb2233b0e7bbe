r"""The decoded form of a text, and where in the text each of its characters came from.

Web servers and gateways quote what they received with entities (`&uuml;`), percent-encoding (`%C3%BC`) or JSON escapes
(`\u00fc`), perhaps one inside another. A search in such a text must look at both forms.
"""

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

# Escapes inside escapes inside escapes: no server nests them deeper.
_MOST_ROUNDS = 3

_ESCAPE = re.compile(
    r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});?"
    r"|(?:%u[0-9a-fA-F]{4})+"
    r"|(?:%[0-9a-fA-F]{2})+"
    r"|(?:\\u[0-9a-fA-F]{4})+"
    r"|\\x[0-9a-fA-F]{2}"
    r"|\\[\"'\\/bfnrt]"
)
_BEGINS_AN_ESCAPE = re.compile(r"[&%\\]")
# "surrogateescape" adds a byte that is not valid UTF-8 to this.
_SURROGATE = 0xDC00
_SIMPLE = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class Decoded(NamedTuple):
    """A decoded text; its character `n` comes from `begins[n]` to `ends[n]` of the original text."""

    text: str
    begins: list[int]
    ends: list[int]


def decoded(text: str) -> Decoded | None:
    """The decoded text; `None` where nothing in it is encoded. Takes time in proportion to the length of `text`."""
    found: Decoded | None = None
    for _ in range(_MOST_ROUNDS):
        given = text if found is None else found.text
        if _BEGINS_AN_ESCAPE.search(given) is None:
            break
        once = _once(given)
        if once.text == given:
            break
        found = once if found is None else _through(found, once)
    return found


def _through(first: Decoded, second: Decoded) -> Decoded:
    """Two rounds combined: where the characters of the second came from in the text before the first."""
    begins = [first.begins[at] for at in second.begins]
    ends = [first.ends[at - 1] for at in second.ends]
    return Decoded(second.text, begins, ends)


def _once(text: str) -> Decoded:
    chars, begins, ends = list[str](), list[int](), list[int]()
    done = 0
    for match in _ESCAPE.finditer(text):
        chars += text[done : match.start()]
        begins += range(done, match.start())
        ends += range(done + 1, match.start() + 1)
        for char, begin, end in _read(match[0]):
            chars.append(char)
            begins.append(match.start() + begin)
            ends.append(match.start() + end)
        done = match.end()
    chars += text[done:]
    begins += range(done, len(text))
    ends += range(done + 1, len(text) + 1)
    return Decoded("".join(chars), begins, ends)


def _read(escape: str) -> Iterator[tuple[str, int, int]]:
    """The characters that one run of escapes stands for, each with where it begins and ends in the run."""
    match escape[:2]:
        case "\\u" | "%u":
            yield from _of_code_units(escape)
        case "\\x":
            yield bytes.fromhex(escape[2:]).decode("latin-1"), 0, len(escape)
        case _ if escape[0] == "%":
            yield from _of_bytes(escape)
        case _ if escape[0] == "&":
            for char in html.unescape(escape):
                yield char, 0, len(escape)
        case _:
            yield _SIMPLE.get(escape[1], escape[1]), 0, len(escape)


def _of_code_units(escape: str) -> Iterator[tuple[str, int, int]]:
    units = bytes.fromhex(escape.replace("\\u", "").replace("%u", ""))
    at = 0
    for char in units.decode("utf-16-be", "replace"):
        end = at + (12 if char > "\uffff" else 6)
        yield char, at, end
        at = end


def _of_bytes(escape: str) -> Iterator[tuple[str, int, int]]:
    """Decode UTF-8, which nearly everybody writes; a byte that is not valid UTF-8 becomes its Latin-1 character."""
    content = bytes.fromhex(escape.replace("%", ""))
    at = 0
    for char in content.decode(errors="surrogateescape"):
        end = at + 3 * len(char.encode(errors="surrogateescape"))
        yield _of_latin_1(char), at, end
        at = end


def _of_latin_1(char: str) -> str:
    """The Latin-1 character of a lone surrogate, which Python decodes from a byte that is not UTF-8; else `char`."""
    return chr(ord(char) - _SURROGATE) if _SURROGATE < ord(char) < _SURROGATE + 0x100 else char
