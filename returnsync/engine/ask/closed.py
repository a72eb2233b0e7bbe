"""Texts of a record without what gives access, and without what looks like a person's data. Pure."""

import ipaddress
import re
from collections.abc import Callable
from urllib.parse import unquote

from returnsync.redact import MASK

_END = r"[^\s\"'<>]"
_ADDRESS = re.compile(
    rf"(?P<scheme>(?:[A-Za-z][A-Za-z0-9+.-]{{1,20}}:)?(?:\\?/){{2}})(?P<user>[^\s/?#@]*@)?(?P<rest>{_END}*)"
)
# An address within another one, for example of a page to return to: encoded once or more often.
_ENCODED = re.compile(rf"([A-Za-z][A-Za-z0-9+.-]{{1,20}}%(?:25)*3A(?:%(?:25)*2F){{2}}){_END}+", re.IGNORECASE)
_WITHOUT_HOST = re.compile(rf"(?<![^\s\"'(<>=,])\.{{0,2}}/(?!/){_END}+")
_WITHOUT_SCHEME = re.compile(rf"(?<![\w/.@-])(?:[A-Za-z0-9-]{{1,63}}\.){{1,8}}[A-Za-z]{{2,24}}/{_END}+")
# Addresses of persons themselves.
_OF_PERSON = re.compile(rf"\b(tel|mailto|sms|callto|sip|whatsapp|geo)(:|%3A){_END}+", re.IGNORECASE)
_HOSTS_OF_PERSONS = re.compile(r"(?:.*[.@])?(?:wa\.me|whatsapp\.com|t\.me)(?::\d+)?", re.IGNORECASE)
_QUERY = re.compile(r"\?[^\s?=&]*=\S*")
# A part of a path that nobody can guess may give access to whatever the address leads to.
_KEY = re.compile(r"(?=.*\d)(?=.*[A-Za-z]).{8,}|.{16,}", re.DOTALL)

_INLINE = re.compile(r"data:[\w./+;=-]*,\S*")
_WRITTEN_FOR_PRINTER = re.compile(r"\^XA|%PDF")
# The same two in base64, and pictures.
_BEGINS_FILE = re.compile(r"(?:JVBERi|XlhB|iVBORw0KGgo|/9j/)[A-Za-z0-9+/=_-]{16,}")
_LONG = re.compile(r"[A-Za-z0-9+/=_-]{200,}")
_SHORT = re.compile(r"[A-Za-z0-9+/=_-]{24,}")
# A shorter part is more likely a word of a sentence than a line of a file.
_SHORTEST_LINE = 16
# What is said about a file: its kind, its state, its size. A longer text, or one with figures, may be the file.
_CAPTION = re.compile(
    r"(?!.*\w[./]\w)[^\W\d_]{1,20}(?:[ ,.'\u2019!?()/&_-]{1,4}[^\W\d_]{1,20}){0,11}[.!?)]?|.{1,4}|\d{1,6}[.,]\d{1,2}"
    r"|\d{4}-\d\d-\d\d[T \d:.Z+-]*"
)

_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)*")
_V4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
_V6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?::?\d{1,3}(?:\.\d{1,3}){3})?(?![\w:])")
_MAYBE_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ \u00a0-]?[A-Za-z0-9]){11,30}")
_LENGTHS_OF_IBAN = range(15, 35)


def without_keys(text: str, *, is_file: bool, is_number: bool, is_address: bool) -> str:
    """A text with its addresses closed, and with what looks like a person's data or a key masked.

    `is_file`: it belongs to a label or another file, of whose address only the host is shown. `is_number`: it is an id,
    or the number of a thing. `is_address`: its field says that it is an address, whatever it looks like.
    """
    if is_address and not _ADDRESS.search(text) and "/" in text and " " not in text.strip():
        text = _path(text, is_file=is_file)
    text = _OF_PERSON.sub(rf"\1\2{MASK}", text)
    text = _ENCODED.sub(rf"\1{MASK}", text)
    text = _ADDRESS.sub(lambda found: _closed(found, is_file=is_file), text)
    text = _QUERY.sub(f"?{MASK}", text)
    if not is_number:
        text = _WITHOUT_SCHEME.sub(lambda found: _of_host("", found[0], is_file=is_file), text)
        text = _WITHOUT_HOST.sub(lambda found: _path(found[0], is_file=is_file), text)
        text = _MAYBE_IBAN.sub(_without_iban, text)
    for pattern, is_one in ((_V4, _is_ip), (_V6, _is_ip)):
        text = pattern.sub(_masked_if(is_one), text)
    return _JWT.sub(MASK, _INLINE.sub(MASK, text))


def is_file(text: str, *, may_be_short: bool) -> bool:
    """Whether a text is or contains the content of a file; a short text only where its field may hold a file."""
    if _WRITTEN_FOR_PRINTER.search(text) or _LONG.search(text) or _BEGINS_FILE.match(text.lstrip()):
        return True
    parts = text.split()
    if any(len(part) < _SHORTEST_LINE for part in parts[:-1]):
        return False
    return (_SHORT if may_be_short else _LONG).fullmatch("".join(parts)) is not None


def is_caption(text: str) -> bool:
    """Whether a text beside a file describes it, and cannot be the file: a few words, or a time."""
    return not text.strip() or _CAPTION.fullmatch(text.strip()) is not None


def is_closed_address(text: str) -> bool:
    """Whether a text is an address and nothing else."""
    return _ADDRESS.fullmatch(text.strip()) is not None


def _closed(address: re.Match[str], *, is_file: bool) -> str:
    """An address without what gives access: user and password, parameters, query, and keys in its path.

    File storage signs its addresses in the query; other addresses have a secret part in the path.
    """
    user = f"{MASK}@" if address["user"] else ""
    return _of_host(f"{address['scheme']}{user}", address["rest"], is_file=is_file)


def _of_host(before: str, rest: str, *, is_file: bool) -> str:
    host = re.split(r"[/?#;\\]", rest, maxsplit=1)[0]
    path = rest[len(host) :]
    if _HOSTS_OF_PERSONS.fullmatch(host):
        return f"{before}{host}/{MASK}"
    return before + host + _path(path, is_file=is_file)


def _path(path: str, *, is_file: bool) -> str:
    where = re.split(r"[?#;]", path, maxsplit=1)[0]
    sign = path[len(where) : len(where) + 1]
    if is_file:
        begin = where[: len(where) - len(where.lstrip("./\\"))]
        where = begin + MASK if where != begin else where
    else:
        where = "/".join(MASK if _is_key(part) else part for part in where.split("/"))
    return where + (f"{sign}{MASK}" if sign else "")


def _is_key(part: str) -> bool:
    return part != MASK and any(_KEY.fullmatch(one) for one in (part, unquote(part)))


def _masked_if(holds: Callable[[str], bool]) -> Callable[[re.Match[str]], str]:
    return lambda found: MASK if holds(found[0]) else found[0]


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return text != "::"


def _without_iban(found: re.Match[str]) -> str:
    """The text without a bank account number at its beginning, if the check digits are right."""
    text = found[0]
    signs = ""
    for end, sign in enumerate(text, start=1):
        signs += sign if sign.isalnum() else ""
        ends = not text[end : end + 1].isalnum() and sign.isalnum()
        if ends and len(signs) in _LENGTHS_OF_IBAN and _adds_up(signs):
            return MASK + text[end:]
    return text


def _adds_up(iban: str) -> bool:
    return int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 == 1
