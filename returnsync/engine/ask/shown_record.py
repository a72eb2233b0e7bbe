"""How a platform's own record is shown: as it came, without what names a person or opens anything. Pure."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from returnsync.http.decoding import OddValue
from returnsync.model import Return
from returnsync.platforms.persons import Kind, holds_person, is_of_nobody, kind_of, texts_of_persons
from returnsync.redact import MASK, Masker, without_secrets

# Deeper than any record is.
_DEEPEST = 100
_TOO_DEEP = "nested too deeply"

_ADDRESS = re.compile(r"(?P<scheme>(?:[A-Za-z][A-Za-z0-9+.-]{1,20}:)?//)(?P<user>[^\s/?#@]*@)?(?P<rest>[^\s\"'<>]*)")
# What may open whatever an address leads to: a long part of its path, of letters and figures.
_KEY_IN_PATH = re.compile(r"(?=[A-Za-z_~-]*\d)(?=[\d_~-]*[A-Za-z])[A-Za-z0-9_~-]{20,}")
_QUERY = re.compile(r"\?[^\s?=&]*=\S*")
# A file inside a text, such as a label in base64: whose name stands in it, no search would find.
_FILE = re.compile(r"(?:data:[^,\s]*,)?[A-Za-z0-9+/=_-]{200,}")

_HIDDEN = frozenset({Kind.WRITTEN, Kind.SECRET})


class _At(NamedTuple):
    """Where in a record a value stands."""

    is_hidden: bool = False
    """Whether it is known of a person, was written by one, or opens something."""
    is_number: bool = False
    is_label: bool = False
    depth: int = 0


def shown(records: Iterable[Any], ret: Return | None, found: Iterable[Return], *, private: bool) -> list[Any]:
    """The records of one return as JSON that may be shown.

    Masked is what is known of the return's consumer, by the state (`ret`) and by the records as they were read
    (`found`), wherever it stands, also as the name of a field; what the records themselves call a person's; what
    somebody wrote; and of addresses what opens them. With `private` nothing but our own secrets is.
    """
    records = list(records)
    mask: Masker | None = None
    if not private:
        mask = Masker(ret, found)
        mask.know_of_order(text for record in records for text in texts_of_persons(record))
    return [_shown(record, mask, _At()) for record in records]


def _shown(value: Any, mask: Masker | None, at: _At) -> Any:
    if isinstance(value, dict | list) and at.depth > _DEEPEST:
        return _TOO_DEEP
    if isinstance(value, dict):
        return _object(value, mask, at)
    if isinstance(value, list):
        return [_shown(item, mask, at._replace(depth=at.depth + 1)) for item in value]
    if value is None or isinstance(value, bool):
        return value
    # A number may be one of a person's, or a secret.
    told = _text(str(value), mask, at)
    return value if told == str(value) and not isinstance(value, OddValue) else told


def _object(value: dict[str, Any], mask: Masker | None, at: _At) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, item in value.items():
        key = _text(name, mask, _At())
        while key in found:
            key += "'"  # two names that are masked are still two
        kind = kind_of(name)
        is_hidden = kind in _HIDDEN or holds_person(name, value) or (at.is_hidden and not is_of_nobody(name))
        is_number, is_label = kind is Kind.NUMBER, at.is_label or kind is Kind.LABEL
        found[key] = _shown(item, mask, _At(is_hidden, is_number, is_label, at.depth + 1))
    return found


def _text(text: str, mask: Masker | None, at: _At) -> str:
    if mask is None:
        return without_secrets(text)
    if (at.is_hidden and text.strip()) or _FILE.fullmatch(text.strip()):
        return MASK
    closed = _ADDRESS.sub(lambda found: _closed(found, is_label=at.is_label), text)
    return mask.of_record(_QUERY.sub(f"?{MASK}", closed), is_number=at.is_number)


def _closed(address: re.Match[str], *, is_label: bool) -> str:
    """An address without what opens it: user and password, query, and keys in its path; of a label's, all but its host.

    Storage of files signs its addresses in the query; others have one that nobody guesses in the path.
    """
    where, sign = re.match(r"([^?#]*)(.?)", address["rest"]).groups()  # type: ignore[union-attr]  # it matches anything
    host, slash, path = where.partition("/")
    path = MASK if is_label and path else _KEY_IN_PATH.sub(MASK, path)
    user = f"{MASK}@" if address["user"] else ""
    return f"{address['scheme']}{user}{host}{slash}{path}{f'{sign}{MASK}' if sign else ''}"
