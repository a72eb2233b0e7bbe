"""A file that a command writes where its user says: new, and whole or not at all."""

from contextlib import suppress
from pathlib import Path


def write_new(path: Path, text: str) -> None:
    """Write a text as UTF-8 into a file that is not there yet; what could not be written whole is removed.

    Raises:
        FileExistsError: something lies there. It is not touched.
        OSError: it cannot be written there.
    """
    file = path.open("x", encoding="utf-8", newline="")
    try:
        with file:
            file.write(text)
    except BaseException as error:
        if isinstance(error, OSError):
            error.filename = str(path)
        # Else the next try would find it, and take half a file for a person's work.
        with suppress(OSError):
            path.unlink()
        raise
