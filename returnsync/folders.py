"""Private folders and files, readable by their owner only, and how a change in one survives a power cut."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Files beside a state, whose names begin with its name. The files of the state itself are not among them: SQLite gives
# those to the state's owner, and closing another descriptor on one would drop SQLite's own locks.
_BESIDE = (".lock", "-limits", "-limits-wal", "-limits-shm")


def real_path(path: Path) -> Path:
    """Where a path leads, with links followed; links in a circle are left as they are, and cannot be opened."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path


def nearest(path: Path) -> Path:
    """The nearest folder above a path that exists, as far as this user can see."""
    for place in path.parents:
        with suppress(OSError):  # a folder that this user may not enter hides what is in it
            if place.exists():
                return place
    return Path()


def make_private(folder: Path) -> None:
    """Make a folder and its missing parents, each for its owner only; existing folders stay as they are.

    Each new folder is on disk when the call returns. Otherwise a power cut could remove it, with what was saved in it.

    Raises:
        OSError: one cannot be made.
    """
    # `mkdir(parents=True)` would make the parents with the usual rights.
    for missing in reversed([place for place in (folder, *folder.parents) if not place.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
        _give_folder(missing)
        with suppress(PermissionError):  # a folder that may be written need not be readable, and then cannot be synced
            sync(missing.parent)


def open_private(file: Path, flags: int) -> int:
    """A descriptor of a file, which is created for its owner only where it does not exist yet; the caller closes it.

    Raises:
        OSError: it can neither be created nor opened; `FileExistsError` with `O_EXCL` where something is there.
    """
    try:
        handle = os.open(file, flags | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if flags & os.O_EXCL:
            raise
        # The file may have gone between the two calls.
        return os.open(file, flags | os.O_CREAT, 0o600)
    give(handle)
    return handle


def read_file(file: Path, megabytes: int) -> bytes:
    """The content of a file, which may be a pipe.

    Raises:
        OSError: it cannot be read, or is too large, as an endless device is.
    """
    return _read(file, megabytes)


def read_regular_file(file: Path, megabytes: int) -> bytes:
    """The content of a regular file; nothing else is waited for, such as a pipe that nobody writes to.

    Raises:
        OSError: it is no regular file, cannot be read, or is too large.
    """

    def open_at_once(path: str, flags: int) -> int:
        handle = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
        if stat.S_ISREG(os.fstat(handle).st_mode):
            return handle
        os.close(handle)
        raise OSError(errno.EINVAL, "it is not a regular file", path)

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

    It is written as `aside` first. Where several commands may write the same file at once, each needs an `aside` of its
    own.

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
            os.fsync(handle)  # else a power cut could leave an empty file in place of the earlier one
        aside.replace(file)
    except BaseException:
        with suppress(OSError):
            aside.unlink()
        raise


class _Owner:
    """The owner of the files that root works on, where that is another user."""

    def __init__(self) -> None:
        self.of: os.stat_result | None = None


_owner = _Owner()


@contextmanager
def working_for_owner_of(file: Path) -> Iterator[None]:
    """Inside, files that root makes go to the owner of `file`; where it does not exist yet, to the owner of its folder.

    Otherwise the next command of that user could not use what a command of root left: a lock, a count, a label, a log.
    At the end, files beside `file` that begin with its name are given to that user, too, whichever command left them.
    """
    before, _owner.of = _owner.of, _owner_of(file)
    try:
        yield
    finally:
        for suffix in _BESIDE if _owner.of is not None else ():
            _give_left(file.with_name(file.name + suffix))
        _owner.of = before


def _owner_of(file: Path) -> os.stat_result | None:
    """The owner to work for; `None` where it is this user, or this user is not root and cannot give files away."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None
    with suppress(OSError):
        there = next(place for place in (file, *file.parents) if place.exists())
        found = there.stat()
        return found if found.st_uid != 0 else None
    return None


def give(made: int) -> None:
    """Give an open file that was just created to the owner that is worked for."""
    if _owner.of is not None:
        with suppress(OSError):  # some file systems have no owners
            os.fchown(made, _owner.of.st_uid, _owner.of.st_gid)


def _give_folder(folder: Path) -> None:
    if _owner.of is not None:
        with suppress(OSError):
            os.chown(folder, _owner.of.st_uid, _owner.of.st_gid, follow_symlinks=False)


def _give_left(file: Path) -> None:
    # A user who may write to the folder could have put a link there, to a file that root must not give away.
    with suppress(OSError):
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            about = os.fstat(handle)
            if stat.S_ISREG(about.st_mode) and about.st_nlink == 1:
                give(handle)
        finally:
            os.close(handle)


def sync(folder: Path) -> None:
    """Write the names in a folder to disk: what was made, moved or removed in it.

    Raises:
        OSError: it cannot be read or written.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def whose(path: Path) -> str:
    """A sentence that says who owns a path, or the nearest folder that exists, and who asks; empty if unknown."""
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
