"""Finds the configuration file and reads it, with every problem told at once."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from returnsync.config.problems import Problem
from returnsync.config.settings import Settings, compose
from returnsync.errors import ConfigError
from returnsync.http.account import CallSettings
from returnsync.secrets import SecretOf, SecretRef

FILE_NAME = "returnsync.toml"
VARIABLE = "RETURNSYNC_CONFIG"


@dataclass(frozen=True)
class Loaded:
    """A configuration that is valid, and the file it came from."""

    settings: Settings
    path: Path
    base: Path
    """The folder that relative paths in the file start from: the file's own."""

    @property
    def state_path(self) -> Path:
        """Where the state file lies, absolute."""
        return self._absolute(self.settings.state)

    @property
    def labels_path(self) -> Path:
        """The folder for label files, absolute."""
        return self._absolute(self.settings.labels)

    @property
    def reasons_path(self) -> Path:
        """Where the pairs of reasons lie, absolute."""
        return self._absolute(self.settings.reasons)

    def secrets_of_source(self, name: str) -> SecretOf:
        """Resolves the references of the source `name`, each when it is asked for and not before."""
        return _secrets(self.settings.sources[name], self.base, f"sources.{name}")

    def secrets_of_warehouse(self, name: str) -> SecretOf:
        """Resolves the references of the warehouse `name`, each when it is asked for and not before."""
        return _secrets(self.settings.warehouses[name], self.base, f"warehouses.{name}")

    def _absolute(self, path: str) -> Path:
        return self.base / Path(path).expanduser()


def _secrets(account: CallSettings, base: Path, where: str) -> SecretOf:
    def secret_of(key: str) -> str:
        reference = getattr(account, key, None)
        if not isinstance(reference, SecretRef):
            raise ConfigError(f"{where}.{key}: no secret is referred to.", f'Write e.g. {key} = "env:NAME".')
        return reference.resolve(base, f"{where}.{key}")

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
        places = {Path(named).expanduser(): f"${VARIABLE}"}
    else:
        places = {Path(FILE_NAME): "this folder"}
        if (folder := _user_folder()) is not None:
            places[folder / "returnsync" / FILE_NAME] = "the user's configuration"
    for place in places:
        if place.exists() and not place.is_dir():
            return place
    raise ConfigError(
        "There is no configuration file.",
        f"Write one with `returnsync init`, or name one with --config or ${VARIABLE}.",
        tuple(f"{place}: not found ({origin})" for place, origin in places.items()),
    )


def load(path: Path) -> Loaded:
    """Read and check the whole file. No secret is resolved, and nothing outside the file is looked at.

    Raises:
        ConfigError: the file cannot be read or has problems; all of them stand in it, in the order of the file.
    """
    text = _read(path)
    settings, problems = compose(_parse(path, text), path.absolute().parent)
    if settings is None:
        raise _error(path, _placed(text, problems))
    return Loaded(settings, path, path.absolute().parent)


def _user_folder() -> Path | None:
    given = os.environ.get("XDG_CONFIG_HOME", "")
    # A relative path there is to be ignored, says the XDG specification.
    if Path(given).is_absolute():
        return Path(given)
    try:
        return Path.home() / ".config"
    except RuntimeError:
        return None


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"The configuration file {path} cannot be read ({error.strerror}).", "Give this user the right to read it."
        ) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    raise _error(path, [(line, "is not UTF-8; save the file in that encoding")])


def _parse(path: Path, text: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
    except (ValueError, RecursionError) as error:
        # A number of thousands of digits, or arrays nested as deep.
        message = type(error).__name__
    # Raised out here, so that no exception that holds the text of the file stays attached.
    place = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", message)
    line = int(place[1]) if place and place[1] else max(1, len(text.splitlines()))
    what = message[: place.start()] if place else message
    raise _error(path, [(line, f"is no valid TOML: {what}")])


def _placed(text: str, problems: list[Problem]) -> list[tuple[int, str]]:
    """Each problem with its line, in the order of the file."""
    from returnsync.config.lines import key_lines, line_of, spelled

    lines = key_lines(text)
    return sorted({(line_of(lines, one.path), f"{spelled(one.path)}: {one.text}") for one in problems})


def _error(path: Path, problems: list[tuple[int, str]]) -> ConfigError:
    count = "a problem" if len(problems) == 1 else f"{len(problems)} problems"
    return ConfigError(
        f"The configuration has {count}.",
        "Mend the file; docs/configuration.md explains every key.",
        tuple(f"{path}:{line}: {text}" for line, text in problems),
    )
