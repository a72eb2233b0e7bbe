"""Finds the configuration file and reads it, with every problem told at once."""

import os
import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from returnsync.config.settings import Settings, compose
from returnsync.config.toml_file import TomlFile, placed
from returnsync.errors import ConfigError
from returnsync.folders import real_path
from returnsync.http.account import CallSettings
from returnsync.paths import usable
from returnsync.secrets import SecretOf, SecretRef

FILE_NAME = "returnsync.toml"
VARIABLE = "RETURNSYNC_CONFIG"
_FILE = TomlFile("configuration", "Mend the file; docs/configuration.md explains every key.")


@dataclass(frozen=True)
class Loaded:
    """A configuration that is valid, and the file it came from."""

    settings: Settings
    path: Path
    base: Path
    """The folder that relative paths in the file start from: the file's own."""

    @cached_property
    def state_path(self) -> Path:
        """Where the state file lies: absolute, and links followed once, so that one command works on one file."""
        return real_path(self._absolute(self.settings.state))

    @property
    def labels_path(self) -> Path:
        """The folder for label files, absolute."""
        return self._absolute(self.settings.labels)

    @property
    def reasons_path(self) -> Path:
        """Where the pairs of reasons lie, absolute."""
        return self._absolute(self.settings.reasons)

    def secrets_of_source(self, name: str, stop: threading.Event | None = None) -> SecretOf:
        """Resolves the references of the source `name`, each when it is asked for; a wait ends when `stop` is set."""
        return _secrets(self.settings.sources[name], self.base, f"sources.{name}", stop)

    def secrets_of_warehouse(self, name: str, stop: threading.Event | None = None) -> SecretOf:
        """Resolves the references of the warehouse `name`, as `secrets_of_source`."""
        return _secrets(self.settings.warehouses[name], self.base, f"warehouses.{name}", stop)

    def _absolute(self, path: str) -> Path:
        return self.base / Path(path).expanduser()


def _secrets(account: CallSettings, base: Path, where: str, stop: threading.Event | None) -> SecretOf:
    def secret_of(key: str) -> str:
        reference = getattr(account, key, None)
        if not isinstance(reference, SecretRef):
            raise ConfigError(f"{where}.{key}: no secret is referred to.", f'Write e.g. {key} = "env:NAME".')
        return reference.resolve(base, f"{where}.{key}", stop)

    return secret_of


def find(path: Path | None = None) -> Path:
    """The configuration file: `path`, else what `$RETURNSYNC_CONFIG` names, else here, else the user's folder.

    A file that was asked for by name is never replaced by another that happens to be there.

    Raises:
        ConfigError: there is none; every place that was looked at is listed in order.
    """
    named = os.environ.get(VARIABLE, "")
    if path is not None:
        places = {path: "--config"}
    elif named:
        places = {_path_in_variable(named): f"${VARIABLE}"}
    else:
        places = {Path(FILE_NAME): "this folder"}
        if (folder := _user_folder()) is not None:
            places[folder / "returnsync" / FILE_NAME] = "the user's configuration"
    for place in places:
        if _is_there(place):
            return place
    raise ConfigError(
        "There is no configuration file.",
        f"Write one with `returnsync init`, or name one with --config or ${VARIABLE}.",
        tuple(
            f"{place}: {'is a folder' if place.is_dir() else 'not found'} ({origin})"
            for place, origin in places.items()
        ),
    )


def is_named_by_variable(path: Path | None) -> bool:
    """Whether the file is the one that `$RETURNSYNC_CONFIG` names, since the command line names none (`path`)."""
    return path is None and bool(os.environ.get(VARIABLE))


def load(path: Path) -> Loaded:
    """Read and check the whole file. No secret is resolved, and nothing outside the file is looked at.

    Raises:
        ConfigError: the file cannot be read or has problems; all of them stand in it, in the order of the file.
    """
    content = _FILE.read(path)
    settings, problems = compose(content.raw, path.absolute().parent)
    if settings is None:
        raise _FILE.error(path, placed(content.text, problems))
    return Loaded(settings, path, path.absolute().parent)


def _path_in_variable(named: str) -> Path:
    try:
        return usable(named)
    except ValueError as error:
        raise ConfigError(f"The path in ${VARIABLE} {error}.", "Write another, or name one with --config.") from None


def _is_there(place: Path) -> bool:
    """Whether something but a folder lies there.

    Raises:
        ConfigError: it cannot even be asked for: too long, or in a folder that this user may not enter.
    """
    try:
        return place.exists() and not place.is_dir()
    except OSError as error:
        raise ConfigError(
            f"The configuration file {place} cannot be looked for ({error.strerror}).",
            f"Name one that this user may read with --config or ${VARIABLE}.",
        ) from error


def _user_folder() -> Path | None:
    given = os.environ.get("XDG_CONFIG_HOME", "")
    # A relative path there is to be ignored, says the XDG specification.
    if Path(given).is_absolute():
        return Path(given)
    try:
        return Path.home() / ".config"
    except RuntimeError:
        return None
