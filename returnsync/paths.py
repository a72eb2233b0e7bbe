"""Paths that a configuration names: where it is relative, one starts from the configuration's folder."""

import os
import sys
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo

# What Linux and macOS allow for one name, and Linux for a whole path with the byte that ends it.
_LONGEST_NAME = 255
_LONGEST_PATH = 4095


def usable(path: str) -> Path:
    """A path with its home folder filled in, which the system can at least be asked for.

    Raises:
        ValueError: it can be no path here; why, in words that follow its name.
    """
    if "\0" in path:
        raise ValueError("holds a character that no path can have")
    try:
        found = Path(path).expanduser()
        names = [len(os.fsencode(name)) for name in found.parts]
    except RuntimeError:
        raise ValueError("begins with a home folder that is not there") from None
    except UnicodeEncodeError:
        encoding = sys.getfilesystemencoding()
        raise ValueError(
            f"holds a character that the locale of this process ({encoding}) does not have; set LC_ALL=C.UTF-8"
        ) from None
    if max(names, default=0) > _LONGEST_NAME:
        raise ValueError(f"has a name in it that is longer than the {_LONGEST_NAME} bytes that a file's name may have")
    if sum(names) + len(names) > _LONGEST_PATH:
        raise ValueError(f"is longer than the {_LONGEST_PATH} bytes that a path may have")
    return found


def _from_folder(path: str, info: ValidationInfo) -> str:
    """Relative paths start from the folder of the configuration, which is handed in as context."""
    folder = (info.context or {}).get("folder")
    found = usable(path) if path else Path()
    return str(usable(str(folder / found))) if folder and path else path


def _as_written(path: str) -> str:
    usable(path)
    return path


ConfigPath = Annotated[str, AfterValidator(_from_folder)]
"""A path, or a pattern of paths, that may be relative to the configuration's folder."""

PathText = Annotated[str, AfterValidator(_as_written)]
"""A path that is kept as it is written."""
