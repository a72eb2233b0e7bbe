"""The lock of a state file: only one command at a time works on it.

The lock is a file of its own. The state file itself is never locked or opened for this: closing any handle on a file
releases every POSIX lock that this process holds on it, including SQLite's own.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from returnsync import clock
from returnsync.errors import LockedError, StateError
from returnsync.folders import make_private, open_private, real_path, whose
from returnsync.labels.room import FULL
from returnsync.state.failures import no_room, refuse_another_users

_LONGEST_SIGNATURE = 100
_IT_ENDS = (
    "Nothing was done; the next run goes on once that one has ended. If it does not end, look at that process, and "
    "end it. Never remove the lock file."
)

# Never follow a link, which could lead anywhere, and never wait for the other end of a named pipe.
_OPENING = os.O_RDWR | os.O_NONBLOCK | getattr(os, "O_NOFOLLOW", 0)


@contextmanager
def locked(state: Path) -> Iterator[None]:
    """Let only one command at a time work on a state file, by whatever path. The lock ends with its process.

    Raises:
        LockedError: another command works on it right now.
        StateError: the lock file cannot be made, the state belongs to another user, or the state file has several
            names, each of which would have its own lock.
    """
    # Beside the file itself, not beside a link to it: two links would make two locks.
    real = real_path(state)
    # Checked before a lock file is made that the owner of the state could not use.
    refuse_another_users(real)
    _refuse_several_names(real)
    handle = _open(real)
    try:
        _take(handle, real)
        # The state file may have got another name meanwhile.
        _refuse_several_names(real)
        _sign(handle)
        try:
            yield
        finally:
            _sign(handle, with_nothing=True)
    finally:
        os.close(handle)


def _lock_of(state: Path) -> Path:
    return state.with_name(state.name + ".lock")


def _open(state: Path) -> int:
    """A descriptor of the lock file, which is created where it is missing. Raises `StateError`."""
    lock = _lock_of(state)
    try:
        make_private(lock.parent)
        return open_private(lock, _OPENING)
    except OSError as error:
        if error.errno in FULL:
            raise no_room(state, error) from error
        raise _unusable(lock, error) from error


def _take(handle: int, state: Path) -> None:
    """Lock the open file, and make sure that it is still the lock file. Raises as `locked`."""
    from filelock import lock_descriptor

    lock = _lock_of(state)
    try:
        is_free = lock_descriptor(handle, blocking=False)
    except OSError as error:
        raise _unusable(lock, error) from error
    if not is_free:
        holder = _holder(handle)
        which = f" It is process {holder[0]}, since {holder[1]:%Y-%m-%d %H:%M}." if holder else ""
        taken = LockedError(f"Another returnsync is working on {state}.{which}", _IT_ENDS)
        taken.holder = holder
        raise taken
    # Since it was opened, the file may have been removed, moved or replaced; then another file is the lock.
    try:
        is_the_lock = os.path.samestat(os.fstat(handle), lock.stat())
    except OSError:
        is_the_lock = False
    if not is_the_lock:
        raise LockedError(
            f"The lock file {lock} was moved or replaced just now: somebody works on the state.",
            "Nothing was done; the next run goes on.",
        )


def _sign(handle: int, *, with_nothing: bool = False) -> None:
    """Write into the lock file who holds it and since when, for other commands. A full disk is ignored."""
    text = b"" if with_nothing else f"{os.getpid()} {clock.stamp(clock.now())}\n".encode()
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, text, 0)


def _holder(handle: int) -> tuple[int, datetime] | None:
    """Who holds the lock and since when (local time), as it says itself; `None` where it does not (older versions)."""
    try:
        process, since = os.pread(handle, _LONGEST_SIGNATURE, 0).decode().split()
        return int(process), clock.parse(since).astimezone()
    except (OSError, ValueError, OverflowError):
        return None


def _unusable(lock: Path, error: OSError) -> StateError:
    return StateError(
        f"The lock file {lock} cannot be made or locked ({error.strerror or error}).{whose(lock)}",
        "Run returnsync as the user who owns the state, or give the lock file and its folder to this one. Never remove "
        "the lock file while a command works. Nothing was changed.",
    )


def _refuse_several_names(state: Path) -> None:
    """Refuse a file with several hard links: it has as many locks as names, and the other names are not known."""
    try:
        names = state.stat().st_nlink
    except OSError:
        return  # it is created, or the error is reported, where it is opened
    if names > 1:
        raise StateError(
            f"The state file {state} has {names} names (hard links), and each would have a lock of its own, so that "
            "two commands could work at once.",
            f"Find them: find / -xdev -samefile {state}. Keep one, and remove the others or make them symbolic links.",
        )
