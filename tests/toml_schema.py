"""A TOML file checked by a JSON Schema, as tools do that know both."""

from datetime import date, datetime, time
from functools import cache

from jsonschema import Draft202012Validator

from returnsync.config.schema import made
from returnsync.errors import ConfigError
from returnsync.platforms.registry import PLATFORMS
from returnsync.warehouses.registry import WAREHOUSES


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
def _validator(_installed):
    return validator(made().schema)


def _installed():
    """What the schema depends on: a test may bring a platform that the next one has not."""
    return tuple(
        (kind, registry.find(kind))
        for registry in (PLATFORMS, WAREHOUSES)
        for kind in registry.kinds()
        if _loads(registry, kind)
    )


def _loads(registry, kind):
    try:
        return bool(registry.find(kind))
    except ConfigError:
        return False


def validator(schema):
    """Formats are checked, too, as far as the library can."""
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def mistakes(raw, checked_by=None):
    """Each mistake in a parsed file, as `$.path: what`; by the schema of what is installed unless another is given."""
    found = (checked_by or _validator(_installed())).iter_errors(as_json(raw))
    return sorted(f"{one.json_path}: {one.message}" for one in found)
