"""The place of the configuration file. The file itself is not read here, so finding it costs next to nothing."""

import os
from pathlib import Path

from returnsync.errors import ConfigError
from returnsync.usable import usable

FILE_NAME = "returnsync.toml"
VARIABLE = "RETURNSYNC_CONFIG"


def find(path: Path | None = None) -> Path:
    """The configuration file: `path`, else what `$RETURNSYNC_CONFIG` names, else here, else the user's folder.

    If a file is named, no other place is tried, even if that file does not exist.

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
    """Whether something other than a folder is there.

    Raises:
        ConfigError: that cannot be found out: the path is too long, or in a folder that this user may not enter.
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
    # The XDG specification says that a relative path there is to be ignored.
    if Path(given).is_absolute():
        return Path(given)
    try:
        return Path.home() / ".config"
    except RuntimeError:
        return None
