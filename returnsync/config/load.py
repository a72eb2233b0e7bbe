"""Reads the configuration file, and reports all of its problems at once."""

import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from returnsync.config.sandbox_only import refuse_outside
from returnsync.config.settings import Settings, compose
from returnsync.config.toml_file import TomlFile, placed
from returnsync.errors import ConfigError
from returnsync.folders import real_path
from returnsync.secrets import SecretOf, SecretRef

_FILE = TomlFile("configuration", "Correct the file; docs/configuration.md explains every key.")


@dataclass(frozen=True)
class Loaded:
    """A configuration that is valid, and the file it came from."""

    settings: Settings
    path: Path
    base: Path
    """The folder that relative paths in the file start from: the file's own."""

    @cached_property
    def state_path(self) -> Path:
        """The path of the state file: absolute, and with links resolved once, so that one command uses one file."""
        return real_path(self._absolute(self.settings.state))

    @property
    def labels_path(self) -> Path:
        """The folder for label files, absolute."""
        return self._absolute(self.settings.labels)

    @property
    def reasons_path(self) -> Path:
        """The file of the pairs of reasons, absolute."""
        return self._absolute(self.settings.reasons)

    def secrets_of_source(self, name: str, stop: threading.Event | None = None) -> SecretOf:
        """Resolves the references of the source `name`, each when it is needed; a wait ends when `stop` is set."""
        return _secrets(self.settings.sources[name], self.base, f"sources.{name}", stop)

    def secrets_of_warehouse(self, name: str, stop: threading.Event | None = None) -> SecretOf:
        """Resolves the references of the warehouse `name`, as `secrets_of_source`."""
        return _secrets(self.settings.warehouses[name], self.base, f"warehouses.{name}", stop)

    def secret_of_mail(self, stop: threading.Event | None = None) -> SecretOf:
        """Resolves the reference of `[mail]`, as `secrets_of_source`."""
        return _secrets(self.settings.mail, self.base, "mail", stop)

    def _absolute(self, path: str) -> Path:
        return self.base / Path(path).expanduser()


def _secrets(account: object, base: Path, where: str, stop: threading.Event | None) -> SecretOf:
    def secret_of(key: str) -> str:
        reference = getattr(account, key, None)
        if not isinstance(reference, SecretRef):
            raise ConfigError(f"{where}.{key}: no secret is referred to.", f'Write e.g. {key} = "env:NAME".')
        return reference.resolve(base, f"{where}.{key}", stop)

    return secret_of


def load(path: Path) -> Loaded:
    """Read and check the whole file. No secret is resolved, and nothing outside the file is looked at.

    Raises:
        ConfigError: the file cannot be read or has problems; it lists all of them, in the order of the file.
    """
    content = _FILE.read(path)
    settings, problems = compose(content.raw, path.absolute().parent)
    if settings is None:
        raise _FILE.error(path, placed(content.text, problems))
    refuse_outside(settings, path)
    return Loaded(settings, path, path.absolute().parent)
