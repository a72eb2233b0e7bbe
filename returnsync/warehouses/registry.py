"""Finds the class of a warehouse system by its kind, and imports that one module only.

Our own kinds stand in a small table, because reading the entry points of every installed package takes longer than the
rest of loading a configuration. A package that brings its own warehouse system registers it in the group below.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from returnsync.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from returnsync.warehouses.interface import Warehouse

GROUP = "returnsync.warehouses"

BUILT_IN: "Mapping[str, str]" = {
    "monta": "returnsync.warehouses.monta:Monta",
}


def warehouse(kind: str) -> "type[Warehouse]":
    """The class for one `kind`, as warehouse accounts name it in the setting `kind`.

    Raises:
        ConfigError: nothing of that kind is installed, or it is and cannot be loaded.
    """
    if kind in BUILT_IN:
        module, _, name = BUILT_IN[kind].partition(":")
        found: type[Warehouse] = getattr(import_module(module), name)
        return found
    return _from_entry_point(kind)


def kinds() -> tuple[str, ...]:
    """Every kind there is: ours first, then those that other packages bring."""
    from importlib.metadata import entry_points

    return tuple(dict.fromkeys((*BUILT_IN, *sorted(entry_points(group=GROUP).names))))


def _from_entry_point(kind: str) -> "type[Warehouse]":
    from importlib.metadata import entry_points

    from returnsync.warehouses.interface import Warehouse

    for entry in entry_points(group=GROUP, name=kind):
        try:
            found = entry.load()
        except Exception as error:
            raise ConfigError(
                f"The warehouse system {kind!r} ({entry.value}) cannot be loaded: {type(error).__name__}.",
                "Install the package that brings it anew, in a version that fits this one.",
            ) from error
        if not (isinstance(found, type) and issubclass(found, Warehouse)):
            raise ConfigError(
                f"{entry.value} is registered as the warehouse system {kind!r}, but is none.",
                "Tell the author of that package: the entry point must name a subclass of Warehouse.",
            )
        return found
    raise ConfigError(f"There is no warehouse system {kind!r}.", f"Write one of: {', '.join(kinds())}.")
