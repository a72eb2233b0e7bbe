"""Where the configuration file is. Nothing of it is read here, so that asking costs next to nothing."""

import os
from pathlib import Path

from returnsync.errors import ConfigError
from returnsync.usable import usable

FILE_NAME = "returnsync.toml"
VARIABLE = "RETURNSYNC_CONFIG"


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
