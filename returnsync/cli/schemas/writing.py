"""A JSON Schema in a form that people can read: descriptions first, and short parts on one line. Pure."""

import json
import textwrap
from collections.abc import Collection
from typing import Any

_WIDTH = 118
_FIRST = ("description", "$ref", "type", "format", "enum", "const", "anyOf", "items", "properties")
_OF_ALL = frozenset({"Error", "Failure"})
"""Definitions that the schemas of all commands have."""


def tidied(schema: Any) -> Any:
    """A schema from pydantic, in a fixed order, and without the titles that it makes from names.

    Optional keys come after required ones.
    """
    if isinstance(schema, list):
        return [tidied(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    schema = _nullable({key: value for key, value in schema.items() if key != "title"})
    ordered = sorted(schema, key=lambda key: (key == "$defs", _FIRST.index(key) if key in _FIRST else len(_FIRST)))
    last = {"properties": schema.get("properties", {}).keys() - schema.get("required", ()), "$defs": _OF_ALL}
    return {key: _named(schema[key], last[key]) if key in last else tidied(schema[key]) for key in ordered}


def _named(schemas: dict[str, Any], last: Collection[str]) -> dict[str, Any]:
    """Schemas by name; the names in `last` come last."""
    return {name: tidied(schemas[name]) for name in sorted(schemas, key=lambda name: name in last)}


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """`{"type": ["string", "null"]}` for what is a text or `null`, which is shorter."""
    null = {"type": "null"}
    first, *others = schema.get("anyOf", [null])
    if others != [null] or not {"type"} <= first.keys() <= {"type", "format"}:
        return schema
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**rest, **first, "type": [first["type"], "null"]}


def written(schema: Any, indent: int = 0) -> str:
    """A schema as text; lists of names are filled like a paragraph."""
    line = json.dumps(schema, ensure_ascii=False)
    if indent + len(line) <= _WIDTH or not isinstance(schema, dict | list):
        return line
    inner = " " * (indent + 2)
    if isinstance(schema, dict):
        parts = ",\n".join(f"{inner}{json.dumps(key)}: {written(one, indent + 2)}" for key, one in schema.items())
        return f"{{\n{parts}\n{' ' * indent}}}"
    if all(isinstance(one, str) for one in schema):
        words = ", ".join(map(json.dumps, schema))
        # A word with a hyphen stays whole: a line break inside would be a part of it.
        parts = textwrap.fill(words, _WIDTH, initial_indent=inner, subsequent_indent=inner, break_on_hyphens=False)
    else:
        parts = ",\n".join(inner + written(one, indent + 2) for one in schema)
    return f"[\n{parts}\n{' ' * indent}]"
