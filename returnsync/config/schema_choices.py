"""A JSON Schema for a table of one of several kinds, such as a source, whose keys depend on its platform. Pure.

`anyOf` would accept the same tables. But for a table with a mistake, validators then only report that no kind matches.
And editors offer and explain the keys in `properties`, but not those in an `if`/`then`. So `properties` has the keys of
all kinds, each with the rules on which those kinds agree that have the key. The other rules are in an `if`/`then` for
each kind.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

Schema = dict[str, Any]

# The parts of a schema that are for people. Validators check all others.
_NOTES = ("title", "description", "default", "examples")


class Choice(NamedTuple):
    """One kind of table: the condition that tells it from the other kinds, its schema, and its name for people."""

    condition: Schema
    table: Schema
    name: str = ""


def one_of(choices: Sequence[Choice]) -> Schema:
    """The schema of a table of one of these kinds.

    It assumes that a valid table meets the condition of one choice. The caller adds a rule for that, such as an enum.
    """
    names = dict.fromkeys(name for choice in choices for name in _keys(choice))
    together = {name: _together(name, choices) for name in names}
    required = [name for name in names if all(name in _required(choice) for choice in choices)]
    return {
        "type": "object",
        "required": required,
        "properties": together,
        "additionalProperties": True,
        "allOf": [
            {"if": {"type": "object", **choice.condition}, "then": _rest(choice, together, required)}
            for choice in choices
        ],
    }


def by_own_key(tables: Sequence[Schema]) -> Schema | None:
    """The schema of a table of one of several kinds, each with a required key that no other kind has.

    `None` where one kind has no such key, or allows keys that its schema does not name.
    """
    names = [name for table in tables for name in table.get("properties", ())]
    choices: list[Choice] = []
    needing: dict[str, list[str]] = {}
    for table in tables:
        own = next((name for name in table.get("required", ()) if names.count(name) == 1), None)
        if own is None or table.get("additionalProperties") is not False:
            return None
        choices.append(Choice({"required": [own]}, table))
        needing |= {name: [own] for name in table["properties"] if name != own and names.count(name) == 1}
    # With these rules, every key but those of several kinds requires the key that tells the kind.
    return {**one_of(choices), "minProperties": 1, "additionalProperties": False, "dependentRequired": needing}


def _keys(choice: Choice) -> Schema:
    keys: Schema = choice.table.get("properties", {})
    return keys


def _together(name: str, choices: Sequence[Choice]) -> Schema:
    """The rules for a key on which all kinds agree that have it, and its descriptions."""
    having = [choice for choice in choices if name in _keys(choice)]
    parts = [_keys(choice)[name] for choice in having]
    forms = _each_once(map(_without_notes, parts))
    # A kind that does not name the key, but allows other keys, allows any value for it.
    open_to_all = any(
        choice.table.get("additionalProperties") is not False for choice in choices if choice not in having
    )
    form = {} if open_to_all else forms[0] if len(forms) == 1 else {"anyOf": forms}
    defaults = _each_once(part.get("default") for part in parts)
    told = {
        "description": _description(having, parts, of_all=len(having) == len(choices)),
        "examples": _each_once(example for part in parts for example in part.get("examples", ())),
        "default": defaults[0] if len(defaults) == 1 else None,
    }
    return {**form, **{note: value for note, value in told.items() if value not in (None, "", [])}}


def _description(having: Sequence[Choice], parts: Sequence[Schema], *, of_all: bool) -> str:
    """The descriptions of a key, with the names of the kinds unless all kinds have the key and describe it alike."""
    by_text: dict[str, list[str]] = {}
    for choice, part in zip(having, parts, strict=True):
        by_text.setdefault(part.get("description", ""), []).append(choice.name)
    if of_all and len(by_text) == 1:
        return next(iter(by_text))
    told = ((", ".join(filter(None, names)), text) for text, names in by_text.items() if text)
    return "\n\n".join(": ".join(filter(None, one)) for one in told)


def _rest(choice: Choice, together: Schema, required: Sequence[str]) -> Schema:
    """The rules and notes of one kind that are not part of the schema for all kinds."""
    keys = {}
    for name, part in _keys(choice).items():
        said = together[name]
        notes = {note: part[note] for note in _NOTES if note in part and part[note] != said.get(note)}
        keys[name] = notes if _without_notes(part) == _without_notes(said) else part
    rest = {**choice.table, "properties": keys, "required": [one for one in _required(choice) if one not in required]}
    return {key: value for key, value in rest.items() if value not in ({}, [])}


def _required(choice: Choice) -> Sequence[str]:
    required: Sequence[str] = choice.table.get("required", ())
    return required


def _without_notes(part: Schema) -> Schema:
    return {key: value for key, value in part.items() if key not in _NOTES}


def _each_once(values: Iterable[Any]) -> list[Any]:
    """The values in their order without repetitions. They need not be hashable."""
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found
