"""A TOML file checked by a JSON Schema, as tools do that know both."""

from datetime import date, datetime, time
from functools import cache

from jsonschema import Draft202012Validator

from returnsync.config.schema import made


def as_json(value):
    """What check-jsonschema makes of TOML: moments become texts, and those without a zone are taken for UTC."""
    if isinstance(value, dict):
        return {key: as_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(one) for one in value]
    if isinstance(value, datetime | time):
        return value.isoformat() + ("" if value.tzinfo else "Z")
    return value.isoformat() if isinstance(value, date) else value


@cache
def _validator():
    return validator(made().schema)


def validator(schema):
    """Formats are checked, too, as far as the library can."""
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def mistakes(raw, checked_by=None):
    """Each mistake in a parsed file, as `$.path: what`; by the schema of what is installed unless another is given."""
    found = (checked_by or _validator()).iter_errors(as_json(raw))
    return sorted(f"{one.json_path}: {one.message}" for one in found)
