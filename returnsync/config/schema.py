"""The JSON Schema of a configuration file, made from the settings of every installed platform and warehouse.

The schema accepts every file that the loader accepts. It also accepts files that break a rule about several keys, or a
rule about the content of a path, an address or an expression.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel

from returnsync import __version__
from returnsync.config.checks import NAME
from returnsync.config.log_settings import LogSettings
from returnsync.config.notify_settings import NotifySettings
from returnsync.config.schema_choices import Choice, Schema, one_of
from returnsync.config.schema_of_models import of_models
from returnsync.config.settings import Settings
from returnsync.errors import ConfigError
from returnsync.mail.settings import MailSettings
from returnsync.platforms.registry import PLATFORMS
from returnsync.plugins import Registry
from returnsync.warehouses.registry import WAREHOUSES

_TABLES: Mapping[str, type[BaseModel]] = {"log": LogSettings, "notify": NotifySettings, "mail": MailSettings}
_REFERENCE = re.compile(r'"#/\$defs/([^"]+)"')


class _Group(NamedTuple):
    """A table of accounts by name: the key that gives the kind of an account, and the registry of the kinds."""

    name: str
    kind_key: str
    registry: Registry[Any]


_GROUPS = (_Group("warehouses", "kind", WAREHOUSES), _Group("sources", "platform", PLATFORMS))


class Made(NamedTuple):
    """The schema, and the reason for each kind that it does not cover."""

    schema: Schema
    left_out: tuple[ConfigError, ...]


def made() -> Made:
    """The schema of a configuration file, for all installed kinds, also those from other packages.

    A kind that cannot be loaded is left out. The loader refuses every file that names it.
    """
    left_out: list[ConfigError] = []
    adapters = {group: _installed(group.registry, left_out) for group in _GROUPS}
    models = (adapter.settings for kinds in adapters.values() for adapter in kinds.values())
    found, definitions = of_models([Settings, *_TABLES.values(), *models])
    file = found[Settings]
    properties = {**file["properties"]}
    properties |= {name: {**found[model], **properties[name]} for name, model in _TABLES.items()}
    for group, kinds in adapters.items():
        choices = [_choice(group.kind_key, kind, adapter, found) for kind, adapter in kinds.items()]
        told = properties[group.name]["description"]
        properties[group.name] = _accounts(group.kind_key, list(kinds), choices, told)
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The configuration of returnsync",
        "description": f"Printed by `returnsync config schema`, version {__version__}.",
        **{key: file[key] for key in ("type", "required", "additionalProperties")},
        "properties": properties,
    }
    return Made({**schema, "$defs": _used(schema, definitions)}, tuple(left_out))


def _installed(registry: Registry[Any], left_out: list[ConfigError]) -> dict[str, Any]:
    """The classes in a registry by kind; the error of each that cannot be loaded is added to `left_out`."""
    found = {}
    for kind in registry.kinds():
        try:
            found[kind] = registry.find(kind)
        except ConfigError as error:
            left_out.append(error)
    return found


def _choice(kind_key: str, kind: str, adapter: Any, found: Mapping[type[BaseModel], Schema]) -> Choice:
    """The schema of an account of one kind, with the condition that its kind is named."""
    condition = {"properties": {kind_key: {"const": kind}}, "required": [kind_key]}
    return Choice(condition, {"title": adapter.title, **found[adapter.settings]}, adapter.title)


def _accounts(kind_key: str, kinds: Sequence[str], choices: Sequence[Choice], description: str) -> Schema:
    """The schema of a table of accounts by name, each with the keys of its kind."""
    account = one_of(choices)
    account["properties"][kind_key] = {
        "description": f"{account['properties'][kind_key]['description']} The other keys depend on it.",
        "type": "string",
        "enum": list(kinds),
    }
    return {
        "description": description,
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": f"^{NAME.pattern}$"},
        "additionalProperties": account,
    }


def _used(schema: Schema, definitions: Mapping[str, Schema]) -> dict[str, Schema]:
    """The definitions to which a schema refers, directly or through other definitions."""
    used: dict[str, Schema] = {}
    looked_at = [schema]
    while looked_at:
        for name in _REFERENCE.findall(json.dumps(looked_at.pop())):
            if name not in used:
                used[name] = definitions[name]
                looked_at.append(definitions[name])
    return used
