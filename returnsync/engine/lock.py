"""The lock of a state file: one command at a time acts on it.

It is a file of its own. The state file itself is never locked or opened for it: closing any handle on a file drops
every POSIX lock that this process holds on it, and those are SQLite's own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from returnsync.errors import LockedError, StateError
from returnsync.folders import make_private


@contextmanager
def locked(state: Path) -> Iterator[None]:
    """Only one command at a time acts on a state file, by whatever path; the lock dies with its holder.

    Raises:
        LockedError: another one works right now.
        StateError: the lock file cannot be made, or the state has several names of which each would have its own lock.
    """
    from filelock import FileLock, Timeout

    try:
        # Beside the file itself, and not beside a link to it: two links would be two locks.
        real = state.resolve()
        _refuse_several_names(real)
        path = real.with_name(real.name + ".lock")
        make_private(path.parent)
        lock = FileLock(path, mode=0o600)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise LockedError(
            f"Another returnsync works on {state} right now.", "Nothing was done; the next run goes on."
        ) from error
    except OSError as error:
        raise StateError(
            f"The lock file of {state} cannot be made ({error.strerror or error}).", "Check the folder."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _refuse_several_names(state: Path) -> None:
    """A file with several hard links has as many locks as names, and nobody can tell which others there are."""
    if state.exists() and state.stat().st_nlink > 1:
        raise StateError(
            f"The state file {state} has {state.stat().st_nlink} names (hard links), and each would have a lock of its "
            "own, so that two commands could work at once.",
            f"Find them: find / -xdev -samefile {state}. Keep one, and remove the others or make them symbolic links.",
        )
