"""Finds the class of an adapter by its kind, and imports only that one module.

Our own kinds are in a small table, because reading the entry points of every installed package takes longer than
everything else in loading a configuration. A package that brings its own adapter registers it as an entry point.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Generic, TypeVar

from returnsync.errors import ConfigError

Adapter = TypeVar("Adapter")


class Registry(Generic[Adapter]):
    """One family of adapters: its name in messages, its entry point `group`, our own kinds and the base class."""

    def __init__(self, what: str, group: str, built_in: Mapping[str, str], base: Callable[[], type[Adapter]]) -> None:
        """`built_in` maps a kind to `module:Class`; `base` is called only where a class from outside is checked."""
        self.group = group
        self.built_in = built_in
        self._what = what
        self._base = base

    def find(self, kind: str) -> type[Adapter]:
        """The class for one `kind`.

        Raises:
            ConfigError: nothing of that kind is installed, or it cannot be loaded.
        """
        if kind in self.built_in:
            module, _, name = self.built_in[kind].partition(":")
            found: type[Adapter] = getattr(import_module(module), name)
            return found
        return self._from_entry_point(kind)

    def kinds(self) -> tuple[str, ...]:
        """Every kind that there is: ours first, then those of other packages."""
        from importlib.metadata import entry_points

        return tuple(dict.fromkeys((*self.built_in, *sorted(entry_points(group=self.group).names))))

    def _from_entry_point(self, kind: str) -> type[Adapter]:
        from importlib.metadata import entry_points

        for entry in entry_points(group=self.group, name=kind):
            try:
                found = entry.load()
            except Exception as error:
                raise ConfigError(
                    f"The {self._what} {kind!r} ({entry.value}) cannot be loaded: {type(error).__name__}.",
                    "Install the package that provides it again, in a version that fits this one.",
                ) from error
            if not (isinstance(found, type) and issubclass(found, self._base())):
                raise ConfigError(
                    f"{entry.value} is registered as the {self._what} {kind!r}, but is not one.",
                    "Tell the author of that package: the entry point must name a subclass of "
                    f"{self._base().__name__}.",
                )
            return found
        raise ConfigError(f"There is no {self._what} {kind!r}.", f"Write one of: {', '.join(self.kinds())}.")
