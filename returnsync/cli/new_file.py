"""A file that a command prints, or writes to a place that its user names: whole or not at all."""

import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from returnsync.cli import streams
from returnsync.errors import ConfigError, NoRoomError, StateError
from returnsync.folders import write_by_rename
from returnsync.system_errors import NO_ROOM, in_words

if TYPE_CHECKING:
    from returnsync.config.load import Loaded

# A file of ours is recognised by its first bytes, at most this many.
_BEGINNING = 1000
_FOR_OWNER = 0o600


def write_new(path: Path, text: str) -> None:
    """Write a text as UTF-8 into a new file; a file that could not be written whole is removed.

    Raises:
        FileExistsError: something exists there. It is not changed.
        OSError: it cannot be written there.
    """
    file = path.open("x", encoding="utf-8", newline="")
    try:
        with file:
            file.write(text)
    except BaseException as error:
        if isinstance(error, OSError):
            error.filename = str(path)
        # Otherwise the next try would find it, and take half a file for a person's work.
        with suppress(OSError):
            path.unlink()
        raise


def write_over_earlier(path: Path, text: str, mark: str) -> None:
    """Write a text as UTF-8 to a file. It replaces an empty file, or an earlier one that begins with `mark`.

    A reader sees either the earlier file or this one. A new file can be read only by its owner; one that is replaced
    keeps its rights.

    Raises:
        ConfigError: something else exists there, which was not changed; or it cannot be written there.
        NoRoomError: there is no room for it.
    """
    try:
        mode = _mode_of_earlier(path, mark)
        # A name of its own: another command may be writing the same file.
        aside = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
        write_by_rename(path, text.encode(), mode, aside=aside)
    except OSError as error:
        error.filename, error.filename2 = str(path), None
        raise in_words(error) or ConfigError(f"{path} cannot be written ({error}).", "Name another file.") from error


def refuse_own(path: Path, loaded: "Loaded") -> None:
    """Refuse a file that returnsync itself uses, even an empty or missing one: the lock of the state can be both.

    Raises:
        ConfigError: it is one of those of the state, or the configuration, the pairs or the log.
    """
    from returnsync.config.log_settings import taken_by

    own = {
        "state": loaded.state_path,
        "configuration": loaded.path.absolute(),
        "pairs of reasons": loaded.reasons_path,
    }
    if loaded.settings.log is not None:
        own["log"] = loaded.base / Path(loaded.settings.log.file).expanduser()
    known = {name: str(file) for name, file in own.items()}
    if (name := taken_by(str(path.absolute()), {}, known, loaded.base)) is not None:
        raise ConfigError(f"{path} is a file of the {name}. It was not changed.", "Name another file.")


def _mode_of_earlier(path: Path, mark: str) -> int:
    """The rights of the file that is replaced, or of a new one.

    Raises:
        ConfigError: what exists there is no such file.
        OSError: it cannot be looked at.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return _FOR_OWNER
    if not stat.S_ISREG(mode):
        raise ConfigError(
            f"{path} is not a file but a link, a folder, a device or a pipe. It was not changed.",
            "Name a file. For standard output, write - in its place.",
        )
    with path.open("rb") as file:
        beginning = file.read(_BEGINNING)
    if beginning and mark.encode() not in beginning:
        raise ConfigError(
            f"{path} exists already and was not written by this command. It was not changed.",
            "Name another file.",
        )
    return stat.S_IMODE(mode)


def print_whole(text: str, what: str) -> None:
    """Print what is a whole file, such as a CSV, as UTF-8; it is an error if only a part of it was printed.

    Raises:
        StateError: stdout took only a part of it, as on a full disk.
    """
    streams.write_utf8()
    typer.echo(text, nl=False)
    failed = streams.failure()
    if failed is not None:
        kind = NoRoomError if failed.errno in NO_ROOM else StateError
        raise kind(f"The {what} could not be written to stdout ({failed.strerror}).", "Write it somewhere else.")
