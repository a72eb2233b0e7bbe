"""Records from outside: one tolerant base for every platform and every warehouse.

Servers write the same thing differently on different days: `orderNumber` for `order_number`, a list of one where an
object was agreed, a number as text. An unambiguous value is read; one that could mean two things is refused.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache, lru_cache
from typing import Any, ClassVar, NamedTuple, TypeVar, get_args, get_origin

from pydantic import AliasChoices, BaseModel, ConfigDict, ValidationError, model_validator


class Record(BaseModel):
    """A record, or a part of one, as a server writes it.

    Unknown fields are ignored; each field that may be missing or null needs a default. Use the types of
    `returnsync.http.fields`, so that odd values and placeholders mean the same everywhere.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="ignore", defer_build=True, coerce_numbers_to_str=True)

    @model_validator(mode="before")
    @classmethod
    def _as_agreed(cls, given: Any) -> Any:
        """Give values the names of our fields, one object where one is meant, and a list where a list is meant."""
        if not isinstance(given, dict):
            return given
        shape = _shape_of(cls)
        record = _named(given, shape)
        for name in shape.objects.keys() & record.keys():
            record[name] = _object_in(record[name])
        for name in shape.lists.keys() & record.keys():
            record[name] = _list_in(record[name], shape.lists[name])
        return record


_R = TypeVar("_R", bound=Record)


def look_up(record: object, name: str) -> Any:
    """A value of a raw record by its name, however that is spelled; an exact name wins. `None` where it is missing."""
    if not isinstance(record, Mapping):
        return None
    if name in record:
        return record[name]
    folded = _folded(name)
    return next((value for key, value in record.items() if _folded(key) == folded), None)


def items_in(content: object, *known_by: str) -> list[Any] | None:
    """A list of records. A single record, recognised by the field names that each record has, is a list of one.

    `None` where it is neither.
    """
    if isinstance(content, dict) and all(look_up(content, name) is not None for name in known_by):
        return [content]
    return content if isinstance(content, list) else None


def object_in(content: object) -> object:
    """A value that is meant as one object: itself, or the only item of a list of one."""
    return content[0] if isinstance(content, list) and len(content) == 1 else content


def has(record: object, name: str) -> bool:
    """Whether a raw record has a field, however its name is spelled, whatever its value is."""
    return isinstance(record, Mapping) and any(_folded(key) == _folded(name) for key in record)


def read_each(kind: type[_R], rows: Iterable[object]) -> list[_R]:
    """The records of a list that can be read; the others are left out."""
    found: list[_R] = []
    for row in rows:
        with suppress(ValidationError):
            found.append(kind.model_validate(row))
    return found


class _Shape(NamedTuple):
    """The fields of a model of records."""

    exact: frozenset[str]
    """Every name that any of its fields may have."""
    folded: Mapping[str, tuple[str, ...]]
    """For each name without case and punctuation, the names of the field that it belongs to."""
    objects: Mapping[str, type[Record]]
    """The names of fields that are records themselves, …"""
    lists: Mapping[str, type[Record]]
    """… and of fields that are lists of records."""


@cache
def _shape_of(kind: type[Record]) -> _Shape:
    folded: dict[str, tuple[str, ...]] = {}
    objects: dict[str, type[Record]] = {}
    lists: dict[str, type[Record]] = {}
    generator = kind.model_config.get("alias_generator")
    for field, info in kind.model_fields.items():
        alias = info.validation_alias or info.alias
        if alias is None:
            alias = generator(field) if callable(generator) else field
        choices = alias.choices if isinstance(alias, AliasChoices) else (alias,)
        names = tuple(choice for choice in choices if isinstance(choice, str))
        folded |= {_folded(name): names for name in reversed(names) if _folded(name) not in folded}
        for inner, is_list in _records_in(info.annotation):
            (lists if is_list else objects).update(dict.fromkeys(names, inner))
    exact = frozenset(name for names in folded.values() for name in names)
    return _Shape(exact, folded, objects, lists)


def _records_in(annotation: object, *, is_list: bool = False) -> Iterator[tuple[type[Record], bool]]:
    """The model of records inside the type of a field, such as `Item | None` or `list[Item]`; and whether in a list."""
    if isinstance(annotation, type) and get_origin(annotation) is None:
        if issubclass(annotation, Record):
            yield annotation, is_list
        return
    for part in get_args(annotation):
        yield from _records_in(part, is_list=is_list or get_origin(annotation) is list)


def _named(given: dict[str, Any], shape: _Shape) -> dict[str, Any]:
    """The record with the names of its fields. An exact name wins over one that is only similar.

    Raises:
        ValueError: two names for one field, neither of them exact, have different values.
    """
    record = dict(given)
    found: dict[str, Any] = {}
    for key, value in given.items():
        names = () if key in shape.exact else shape.folded.get(_folded(key), ())
        if not names or value is None or not given.keys().isdisjoint(names):
            continue
        if names[0] in found and found[names[0]] != value:
            raise ValueError("two fields whose names differ only in spelling hold different values")
        found[names[0]] = value
    return record | found


def _object_in(value: Any) -> Any:
    is_none = value == [] or (isinstance(value, str) and not value.strip())
    return None if is_none else object_in(value)


def _list_in(value: Any, item: type[Record]) -> Any:
    """Turn a single object that has a field of the items into a list of one."""
    if isinstance(value, dict) and any(_folded(key) in _shape_of(item).folded for key in value):
        return [value]
    return None if isinstance(value, str) and not value.strip() else value


@lru_cache(maxsize=4096)
def _folded(name: str) -> str:
    """A name without case, blanks and the punctuation between its words."""
    return "".join(filter(str.isalnum, name)).casefold()
