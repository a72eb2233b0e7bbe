"""How a platform's own record is shown: as it came, without what names a person or gives access. Pure."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from returnsync.engine.ask import closed
from returnsync.http.decoding import OddValue
from returnsync.model import Return
from returnsync.platforms.persons import (
    Kind,
    holds_address,
    holds_person,
    is_of_nobody,
    kind_of,
    may_hold_file,
    tells_of_file,
    texts_of_persons,
)
from returnsync.redact import MASK, Masker, without_secrets

# No record is nested this deeply.
_DEEPEST = 100
_TOO_DEEP = "nested too deeply"

_HIDDEN = frozenset({Kind.WRITTEN, Kind.SECRET, Kind.AT_WORK})


class _At(NamedTuple):
    """The place of a value in a record."""

    is_hidden: bool = False
    """Whether it is a person's data, was written by one, or gives access."""
    is_number: bool = False
    is_label: bool = False
    """Whether it belongs to a label or another file."""
    may_be_file: bool = False
    """Whether a short text may be the content of a file."""
    tells_of_file: bool = False
    is_address: bool = False
    depth: int = 0


def shown(records: Iterable[Any], ret: Return | None, found: Iterable[Return], *, private: bool) -> list[Any]:
    """The records of one return as JSON that may be shown.

    Masked are: the known data of the return's consumer, from the state (`ret`) and from the records as read (`found`),
    in any place, also in names of fields; fields that the records themselves mark as a person's; texts that somebody
    wrote; and those parts of addresses that give access. With `private` only our own secrets are masked.
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
    # A number may be a person's, or a secret.
    told = _text(str(value), mask, at)
    return value if told == str(value) and not isinstance(value, OddValue) else told


def _object(value: dict[str, Any], mask: Masker | None, at: _At) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, item in value.items():
        key = _text(name, mask, _At())
        while key in found:
            key += "'"  # two names that are masked stay two
        kind = kind_of(name)
        is_hidden = kind in _HIDDEN or holds_person(name, value) or (at.is_hidden and not is_of_nobody(name))
        found[key] = _shown(
            item,
            mask,
            _At(
                is_hidden,
                is_number=kind is Kind.NUMBER,
                tells_of_file=tells_of_file(name),
                is_label=at.is_label or kind is Kind.LABEL,
                may_be_file=may_hold_file(name),
                is_address=holds_address(name),
                depth=at.depth + 1,
            ),
        )
    return found


def _text(text: str, mask: Masker | None, at: _At) -> str:
    if mask is None:
        return without_secrets(text)
    if at.is_hidden and text.strip():
        return MASK
    told = closed.without_keys(text, is_file=at.is_label, is_number=at.is_number, is_address=at.is_address)
    if at.is_label and not (at.tells_of_file or closed.is_caption(told) or closed.is_closed_address(told)):
        return MASK
    if closed.is_file(told, may_be_short=at.may_be_file):
        return MASK
    return mask.of_record(told, is_number=at.is_number)
