"""Folders for what only their owner may read, and what it takes that a change in one outlasts a power cut."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# What lies beside a state under its name. Not the files of the state itself: SQLite gives those to its owner, and
# closing another descriptor on one would drop SQLite's own locks.
_BESIDE = (".lock", "-limits", "-limits-wal", "-limits-shm")


def real_path(path: Path) -> Path:
    """Where a path leads to, links followed; links that lead in a circle are left as they are, and cannot be opened."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path


def nearest(path: Path) -> Path:
    """The folder nearest above a path that is there, as far as this user can see it."""
    for place in path.parents:
        with suppress(OSError):  # a folder that this user may not enter hides what is in it
            if place.exists():
                return place
    return Path()


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, each for its owner alone; what exists stays as it is.

    Each one that is made is on disk when the call returns: else a power cut could take it, with what was saved in it.

    Raises:
        OSError: one cannot be made.
    """
    # `mkdir(parents=True)` would make those above with the usual rights.
    for missing in reversed([place for place in (folder, *folder.parents) if not place.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
        _give_folder(missing)
        with suppress(PermissionError):  # a folder that may be written need not be readable, and then cannot be synced
            sync(missing.parent)


def open_private(file: Path, flags: int) -> int:
    """A descriptor of a file, which is made for its owner alone where it is not there yet; the caller closes it.

    Raises:
        OSError: it can neither be made nor opened; `FileExistsError` with `O_EXCL` where something lies there.
    """
    try:
        handle = os.open(file, flags | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if flags & os.O_EXCL:
            raise
        # Between the two calls it may have gone.
        return os.open(file, flags | os.O_CREAT, 0o600)
    give(handle)
    return handle


def read_file(file: Path, megabytes: int) -> bytes:
    """What stands in a file, which may be a pipe.

    Raises:
        OSError: it cannot be read, or is larger, as a device without an end is.
    """
    return _read(file, megabytes)


def read_regular_file(file: Path, megabytes: int) -> bytes:
    """What stands in a file of a disk; nothing else is waited for, as a pipe that nobody writes to would be.

    Raises:
        OSError: it is no such file, cannot be read, or is larger.
    """

    def open_at_once(path: str, flags: int) -> int:
        handle = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
        if stat.S_ISREG(os.fstat(handle).st_mode):
            return handle
        os.close(handle)
        raise OSError(errno.EINVAL, "it is no file of a disk", path)

    return _read(file, megabytes, open_at_once)


def _read(file: Path, megabytes: int, opener: Callable[[str, int], int] | None = None) -> bytes:
    most = megabytes * 1_000_000
    with open(file, "rb", opener=opener) as opened:
        content = opened.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it is larger than {megabytes} MB", str(file))
    return content


def write_by_rename(file: Path, content: bytes, mode: int = 0o600, *, aside: Path | None = None) -> None:
    """Put a file in its place, whole or not at all, with the rights `mode`.

    It is written as `aside` first. Where several commands may write the same file at once, each needs one of its own.

    Raises:
        OSError: it cannot be written there, or its folder is not there.
    """
    aside = aside or file.with_name(f".{file.name}.new")
    with suppress(FileNotFoundError):
        aside.unlink()  # left by a run that was killed
    handle = open_private(aside, os.O_WRONLY | os.O_EXCL)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(content)
            os.fchmod(handle, mode)
            opened.flush()
            os.fsync(handle)  # else a power cut could leave an empty file in the earlier one's place
        aside.replace(file)
    except BaseException:
        with suppress(OSError):
            aside.unlink()
        raise


class _Owner:
    """Whose files root works with, where they are not its own."""

    def __init__(self) -> None:
        self.of: os.stat_result | None = None


_owner = _Owner()


@contextmanager
def working_for_owner_of(file: Path) -> Iterator[None]:
    """Inside, what root makes belongs to whom a file belongs to; where it is not there yet, to whom its folder does.

    Else the next command of that user could not use what a command of root left: a lock, a count, a label, a log. What
    another command left beside the file, under its name, is given to that user at the end.
    """
    before, _owner.of = _owner.of, _owner_of(file)
    try:
        yield
    finally:
        for suffix in _BESIDE if _owner.of is not None else ():
            _give_left(file.with_name(file.name + suffix))
        _owner.of = before


def _owner_of(file: Path) -> os.stat_result | None:
    """The owner to work for; `None` where that is this user, or this user is not root and cannot give anything away."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None
    with suppress(OSError):
        there = next(place for place in (file, *file.parents) if place.exists())
        found = there.stat()
        return found if found.st_uid != 0 else None
    return None


def give(made: int) -> None:
    """Give an open file that was made just now to the owner that is worked for."""
    if _owner.of is not None:
        with suppress(OSError):  # some file systems know no owners
            os.fchown(made, _owner.of.st_uid, _owner.of.st_gid)


def _give_folder(folder: Path) -> None:
    if _owner.of is not None:
        with suppress(OSError):
            os.chown(folder, _owner.of.st_uid, _owner.of.st_gid, follow_symlinks=False)


def _give_left(file: Path) -> None:
    # Whoever may write to the folder could have put a link there, to a file that root must not give away.
    with suppress(OSError):
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            about = os.fstat(handle)
            if stat.S_ISREG(about.st_mode) and about.st_nlink == 1:
                give(handle)
        finally:
            os.close(handle)


def sync(folder: Path) -> None:
    """Have the names in a folder written to disk: what was made, moved or removed in it.

    Raises:
        OSError: it cannot be read or written.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def whose(path: Path) -> str:
    """A sentence: whose a file or a folder is, or the nearest folder that is there, and who asks; empty if unknown."""
    if not hasattr(os, "geteuid"):
        return ""
    for place in (path, *path.parents):
        try:
            found = place.stat()
        except OSError:
            continue
        mode = stat.S_IMODE(found.st_mode)
        return f" {place} belongs to {_user(found.st_uid)} with mode {mode:04o}; this is {_user(os.geteuid())}."
    return ""


def _user(number: int) -> str:
    import pwd

    try:
        return f"user {pwd.getpwuid(number).pw_name}"
    except KeyError:
        return f"user {number}"
