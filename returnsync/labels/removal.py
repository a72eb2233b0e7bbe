"""Removing label files, once their consumer's data are erased and the user has asked for it."""

import logging
import os
from pathlib import Path

from returnsync.folders import sync
from returnsync.labels import files
from returnsync.labels.kinds import EXTENSIONS
from returnsync.model import Code

steps = logging.getLogger("returnsync.steps")


def files_of(folder: Path, code: Code) -> list[Path]:
    """Every file of a code in a warehouse's folder.

    Besides its label, these are earlier labels that made room for it, unusable content that came as a label, and files
    that a killed run left aside.
    """
    places = [folder / f"{code}.{extension}" for extension in EXTENSIONS]
    found = [place for place in places if os.path.lexists(place)]
    found += [earlier for place in places for earlier in files.earlier(place)]
    found += sorted(folder.glob(f"{code}.unusable*.bin"))
    found += [aside for aside in sorted(folder.glob(f".{code}-*")) if files.code_of_aside(aside.name) == code]
    return found


def remove(folder: Path, code: Code) -> list[str]:
    """Remove every file of a code, and return the names of those that existed. A second call changes nothing.

    Raises:
        OSError: one cannot be removed; the others may be gone.
    """
    found = files_of(folder, code)
    for place in found:
        place.unlink(missing_ok=True)
        steps.debug("label file removed")
    if found:
        sync(folder)
    return [place.name for place in found]
