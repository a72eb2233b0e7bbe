"""Whether a path can be given to the system at all."""

import os
import sys
from pathlib import Path

# The limits of Linux and macOS for one name, and of Linux for a whole path without the byte that ends it.
_LONGEST_NAME = 255
_LONGEST_PATH = 4095


def usable(path: str) -> Path:
    """A path with its home folder filled in, which can be given to the system.

    Raises:
        ValueError: it cannot be a path here; the text says why, to be put after the path's name.
    """
    if "\0" in path:
        raise ValueError("contains a character that no path can have")
    try:
        found = Path(path).expanduser()
        names = [len(os.fsencode(name)) for name in found.parts]
    except RuntimeError:
        raise ValueError("begins with a home folder that does not exist") from None
    except UnicodeEncodeError:
        encoding = sys.getfilesystemencoding()
        raise ValueError(
            f"contains a character that the locale of this process ({encoding}) does not have; set LC_ALL=C.UTF-8"
        ) from None
    if max(names, default=0) > _LONGEST_NAME:
        raise ValueError(f"has a name in it that is longer than the {_LONGEST_NAME} bytes that a file's name may have")
    if sum(names) + len(names) > _LONGEST_PATH:
        raise ValueError(f"is longer than the {_LONGEST_PATH} bytes that a path may have")
    return found
