"""What every platform needs of raw records: a key to keep each by, and what is wrong with one, without its values."""

import hashlib
import json

from pydantic import ValidationError

from returnsync.model import UnreadableRecord

HASHED = "sha256:"
"""What the key of a record begins with that has no id of its own."""


class UntranslatableError(ValueError):
    """A record that is well formed and still cannot be understood. Its text names no value: those are a consumer's."""


def key_of(record: object, id_field: str = "id") -> str:
    """The record's id, else a hash of it, so that it can be kept apart and found again.

    An id of dots and spaces alone is none: it could not be asked for by address.
    """
    if isinstance(record, dict) and isinstance(key := record.get(id_field), str) and key.strip(". "):
        return key
    return HASHED + hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def unreadable(record: object, error: ValueError, id_field: str = "id") -> UnreadableRecord:
    """A record that is set aside, raw, with what is wrong with it."""
    raw = json.dumps(record, ensure_ascii=False)
    return UnreadableRecord(key_of(record, id_field), raw, _problem(error))


def _problem(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, item['loc'])) or 'record'}: {item['type']}" for item in error.errors())
    return str(error) if isinstance(error, UntranslatableError) else "it is not understood"
