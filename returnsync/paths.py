"""Paths that a configuration names: where it is relative, one starts from the configuration's folder."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo


def _from_folder(path: str, info: ValidationInfo) -> str:
    """Relative paths start from the folder of the configuration, which is handed in as context."""
    folder = (info.context or {}).get("folder")
    if not folder or not path:
        return path
    try:
        return str(Path(folder) / Path(path).expanduser())
    except RuntimeError:
        raise ValueError("begins with a home folder that is not there") from None


ConfigPath = Annotated[str, AfterValidator(_from_folder)]
"""A path, or a pattern of paths, that may be relative to the configuration's folder."""
