"""Every setting as its own class describes it; the sample and the reference page are made from this."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from returnsync.config.draft import gist
from returnsync.config.explain import is_secret
from returnsync.config.log_settings import LogSettings
from returnsync.config.notify_settings import NotifySettings
from returnsync.config.settings import Settings
from returnsync.config.written import written
from returnsync.http.account import CallSettings
from returnsync.mail.settings import MailSettings
from returnsync.platforms.registry import PLATFORMS
from returnsync.platforms.source_settings import IN_SAMPLE, SourceSettings
from returnsync.warehouses.interface import WarehouseSettings
from returnsync.warehouses.registry import WAREHOUSES

# Names that a shop might choose. With the kind as the name, readers would think that the name has to be the kind.
_NAMES = {
    "returnista": "shop-nl",
    "sendcloud": "portal",
    "channable": "marketplaces",
    "returnly": "legacy",
    "returnless": "forms",
    "loop": "shop-us",
}
_TYPES = ((bool, "true or false"), (str, "text"), (int, "whole number"), (float, "number"), (date, "date or moment"))


@dataclass(frozen=True)
class Key:
    """One setting, each part as text for a reader; `default` is empty where there is none, `example` never is."""

    name: str
    type: str
    required: bool
    default: str
    description: str
    example: str
    sampled: bool
    """Whether a sample writes it without a `#` before it: it is required, or is marked for that in code."""

    @property
    def gist(self) -> str:
        """The first sentence of the description, without its full stop."""
        return gist(self.description)


@dataclass(frozen=True)
class Adapter:
    """A platform or a warehouse system with the settings that only it has."""

    kind: str
    title: str
    name: str
    """The name of an account of it in samples."""
    keys: tuple[Key, ...]


def built_in_platforms() -> Iterator[Adapter]:
    """The platforms of this package, in the order of their table."""
    for kind in PLATFORMS.built_in:
        adapter = PLATFORMS.find(kind)
        yield Adapter(kind, adapter.title, _NAMES.get(kind, kind), own_keys(adapter.settings, SourceSettings))


def built_in_warehouses() -> Iterator[Adapter]:
    """The warehouse systems of this package, in the order of their table."""
    for kind in WAREHOUSES.built_in:
        adapter = WAREHOUSES.find(kind)
        yield Adapter(kind, adapter.title, kind, own_keys(adapter.settings, WarehouseSettings))


def own_keys(model: type[BaseModel], beside: type[BaseModel] | None = None) -> tuple[Key, ...]:
    """The settings that `model` itself declares or overrides, in order; inherited ones are left out.

    With `beside`, settings that it inherits from classes between the two are included, too.
    """
    fields = model.model_fields
    classes = [model] if beside is None else [one for one in model.__mro__ if not issubclass(beside, one)]
    names = dict.fromkeys(name for one in classes for name in inspect.get_annotations(one))
    return tuple(_key(name, fields[name]) for name in names if name in fields)


def source_keys() -> tuple[Key, ...]:
    """The settings that every source has."""
    return own_keys(SourceSettings)


def warehouse_keys() -> tuple[Key, ...]:
    """The settings that every warehouse account has."""
    return own_keys(WarehouseSettings)


def top_keys() -> tuple[Key, ...]:
    """The settings at the top of a file, outside its tables."""
    tables = ("log", "notify", "mail", "warehouses", "sources")
    return tuple(key for key in own_keys(Settings) if key.name not in tables)


def log_keys() -> tuple[Key, ...]:
    """The settings of `[log]`."""
    return own_keys(LogSettings)


def notify_keys() -> tuple[Key, ...]:
    """The settings of `[notify]`."""
    return own_keys(NotifySettings)


def mail_keys() -> tuple[Key, ...]:
    """The settings of `[mail]`."""
    return own_keys(MailSettings)


def call_keys() -> tuple[Key, ...]:
    """The settings of calls, the same for every account; `base_url` is listed at each adapter, with its default."""
    return tuple(key for key in own_keys(CallSettings) if key.name != "base_url")


def _key(name: str, field: FieldInfo) -> Key:
    default = None if field.is_required() else field.get_default(call_default_factory=True, validated_data={})
    shown = "" if default is None or default in ("", {}, ()) else written(default)
    example = written(field.examples[0]) if field.examples else shown
    extra = field.json_schema_extra
    return Key(
        name=field.alias or name,
        type="secret reference" if is_secret(field) else _type(field.annotation),
        required=field.is_required(),
        default=shown,
        description=field.description or "",
        example=example or '"…"',
        sampled=field.is_required() or bool(isinstance(extra, dict) and extra.get(IN_SAMPLE)),
    )


def _type(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin is Literal:
        return " or ".join(written(choice) for choice in get_args(annotation))
    if origin in (Union, UnionType):
        return _type(next(one for one in get_args(annotation) if one is not type(None)))
    if origin is Annotated:
        return _type(get_args(annotation)[0])
    if origin is dict:
        return "table"
    if origin in (tuple, list):
        return "list"
    return next((words for kind, words in _TYPES if isinstance(annotation, type) and issubclass(annotation, kind)), "")
