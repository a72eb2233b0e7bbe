"""A value written as TOML on one line, for samples and for messages that say what to write."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

_SHORT_ESCAPES = {"\\": r"\\", '"': r"\"", "\n": r"\n", "\t": r"\t", "\r": r"\r"}


def written(value: Any) -> str:
    """`value` as TOML on one line; tables become inline tables."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{written_key(key)} = {written(one)}" for key, one in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(written(one) for one in value) + "]"
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return str(value)


def _text(value: str) -> str:
    # A pattern is easiest to read as a literal string, without doubled backslashes.
    if "\\" in value and "'" not in value and value.isprintable():
        return f"'{value}'"
    return '"' + "".join(_escaped(char) for char in value) + '"'


def _escaped(char: str) -> str:
    if char in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[char]
    return char if char.isprintable() else f"\\U{ord(char):08x}"


def written_key(key: str) -> str:
    """One key, in quotes where TOML needs them."""
    bare = key and all(char.isascii() and (char.isalnum() or char in "-_") for char in key)
    return key if bare else _text(key)
