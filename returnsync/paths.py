"""Paths in a configuration: a relative path starts from the configuration's folder."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo

from returnsync.usable import usable


def _from_folder(path: str, info: ValidationInfo) -> str:
    """Relative paths start from the folder of the configuration, which is passed in the context."""
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
