"""The folder of `returnsync demo`: what an earlier demo made there makes room for the next, and nothing else ever does.

Names prove nothing: a demo's configuration may have been copied to begin a real one with, beside a real state and
labels that were paid for. So each demo notes which files it left, and how it left them.
"""

import json
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from returnsync.cli.new_file import write_new
from returnsync.errors import ConfigError, ReturnsyncError
from returnsync.folders import make_private
from returnsync.system_errors import in_words

_NOTE = ".made-by-demo.json"
_STATE = "returnsync.db"
# Beside an unchanged state, these are its own: counts, locks, and what SQLite keeps there while it is read.
_BESIDE_STATE = frozenset(
    f"{_STATE}{ending}" for ending in (".lock", "-wal", "-shm", "-limits", "-limits-wal", "-limits-shm")
)
_MADE = (_STATE, "returnsync.toml", "reasons.toml", "*.secret", "labels/*/*", "mails/*")
# What was handed over is noted beside the labels.
_HANDED_OVER = "/.handed-over"
_SHOWN = 5


def prepare(folder: Path) -> None:
    """Make an empty folder for a demo; what lies there goes only where an earlier demo left every bit of it so.

    Raises:
        ConfigError: something else lies there. Nothing was touched.
    """
    try:
        foreign = [str(path.relative_to(folder)) for path in _foreign(folder)] if folder.is_dir() else []
        if foreign:
            raise _not_ours(folder, sorted(foreign, key=lambda name: (name.count("/"), name)))
        if folder.is_dir():
            clear(folder)
        make_private(folder)
    except OSError as error:
        raise cannot_be_used(folder, error) from error


def note(folder: Path) -> None:
    """Note what the demo has made there up to now. What was not noted stays, and is in the way of the next demo."""
    _write_note(folder, _made_in(folder))


def note_more(folder: Path, labels: Collection[bytes]) -> None:
    """Note what was done since with its sandbox: in the same state, and label files of which that made the content."""
    noted, now = _noted(folder), _made_in(folder)
    before, after = noted.get(_STATE), now.get(_STATE)
    if before and after and before[0] == after[0]:
        # the same file, in which more was done
        noted[_STATE] = after
    for name in (name for name in now if now[name] != noted.get(name)):
        with suppress(OSError):
            if name.endswith(_HANDED_OVER) or (
                (folder / name).parent.parent == folder / "labels" and (folder / name).read_bytes() in labels
            ):
                noted[name] = now[name]
    _write_note(folder, noted)


def _made_in(folder: Path) -> dict[str, Any]:
    return {
        str(path.relative_to(folder)): _marks(path)
        for pattern in _MADE
        for path in folder.glob(pattern)
        if path.is_file() and not path.is_symlink()
    }


def _write_note(folder: Path, made: dict[str, Any]) -> None:
    with suppress(OSError):
        (folder / _NOTE).unlink(missing_ok=True)
        write_new(folder / _NOTE, json.dumps(made))


def cannot_be_used(folder: Path, error: OSError) -> ReturnsyncError:
    """Why no demo can be made in a folder."""
    error.filename = error.filename or str(folder)
    return in_words(error) or ConfigError(f"The folder {folder} cannot be used ({error}).", "Name another: --folder")


def _not_ours(folder: Path, foreign: list[str]) -> ConfigError:
    shown = ", ".join(foreign[:_SHOWN]) + (f" and {len(foreign) - _SHOWN} more" if len(foreign) > _SHOWN else "")
    return ConfigError(
        f"The folder {folder} is not empty, and holds what no demo made, or what was changed since: {shown}.",
        "Nothing was touched. Name another with --folder, or remove it yourself.",
    )


def _foreign(folder: Path) -> Iterator[Path]:
    """Everything in a folder that a demo did not leave there as it is now. Raises OSError."""
    made = _noted(folder)
    is_state_ours = made.get(_STATE) == _marks(folder / _STATE)
    for path in _all_in(folder):
        name = str(path.relative_to(folder))
        if name in made and made[name] == _marks(path):
            continue
        if made and (name == _NOTE or (is_state_ours and name in _BESIDE_STATE)):
            continue
        yield path


def _all_in(folder: Path) -> Iterator[Path]:
    """Everything in a folder but the folders `labels/WAREHOUSE` and `mails`; a link is never followed."""
    for path in folder.iterdir():
        is_ours = path.name in ("labels", "mails") or path.parent.name == "labels"
        if is_ours and path.is_dir() and not path.is_symlink():
            yield from _all_in(path)
        else:
            yield path


def _marks(path: Path) -> list[int] | None:
    """What tells a file from a copy of it and from what it was changed into; `None` where there is none."""
    try:
        about = path.lstat()
    except FileNotFoundError:
        return None
    return [about.st_ino, about.st_size, about.st_mtime_ns]


def _noted(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / _NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def clear(folder: Path) -> None:
    """Remove what an earlier demo made, which is all that lies there. Raises OSError."""
    for path in list(_all_in(folder)):
        path.unlink()
    for below in (*folder.glob("labels/*"), folder / "labels", folder / "mails"):
        with suppress(OSError):
            below.rmdir()
