"""The configuration as far as completion needs it: only names. No setting is checked."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from returnsync.config.place import find
from returnsync.errors import ReturnsyncError
from returnsync.folders import read_regular_file

_MEGABYTES = 20
_STATE = "returnsync.db"  # where the configuration names no other
_Table = Mapping[str, Any]


class Setup:
    """The names in a configuration file; none if there is no file, or if it is not valid TOML."""

    def __init__(self, words: Sequence[str]) -> None:
        """`words` are those of the command line, which may name the file."""
        self._words = words

    @cached_property
    def _path(self) -> Path | None:
        named = [Path(word).expanduser() for word in _named_by(self._words)]
        with suppress(ReturnsyncError, RuntimeError):
            return find(named[-1] if named else None)
        return None

    @cached_property
    def _content(self) -> _Table:
        with suppress(OSError, ValueError):
            if self._path is not None:
                return tomllib.loads(read_regular_file(self._path, _MEGABYTES).decode("utf-8-sig"))
        return {}

    @property
    def sources(self) -> _Table:
        """The tables of the sources by their names."""
        return _table(self._content, "sources")

    @property
    def warehouses(self) -> _Table:
        """The tables of the warehouses by their names."""
        return _table(self._content, "warehouses")

    def carriers(self) -> list[str]:
        """The warehouse's carriers that the configuration names, each once."""
        return sorted({name for name in self._carriers() if isinstance(name, str)})

    def _carriers(self) -> Iterator[object]:
        for account in (*self.warehouses.values(), *self.sources.values()):
            if isinstance(account, Mapping):
                yield account.get("carrier")
                for key in ("carriers", "carriers_by_country"):
                    yield from _table(account, key).values()

    @property
    def state(self) -> Path | None:
        """The path of the state file; `None` if there is no configuration, or it has no usable path."""
        place = self._content.get("state", _STATE)
        if self._path is None or not isinstance(place, str):
            return None
        with suppress(RuntimeError):  # a home folder that is not there
            return self._path.absolute().parent / Path(place).expanduser()
        return None


def _table(content: _Table, key: str) -> _Table:
    value = content.get(key)
    return value if isinstance(value, Mapping) else {}


def _named_by(words: Sequence[str]) -> Iterator[str]:
    """The values of `--config`, in their order."""
    for word, following in zip(words, (*words[1:], ""), strict=True):
        if word in ("--config", "-c"):
            yield following
        elif word.startswith("--config="):
            yield word.partition("=")[2]
