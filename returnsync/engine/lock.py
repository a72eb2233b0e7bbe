"""The lock of a state file: one command at a time acts on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from returnsync.errors import LockedError, StateError
from returnsync.folders import make_private


@contextmanager
def locked(state: Path) -> Iterator[None]:
    """Only one command at a time acts on a state file; the lock dies with its holder.

    Raises:
        LockedError: another one works right now.
        StateError: the lock file cannot be made.
    """
    from filelock import FileLock, Timeout

    path = state.with_name(state.name + ".lock")
    try:
        make_private(path.parent)
        lock = FileLock(path, mode=0o600)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise LockedError(
            f"Another returnsync works on {state} right now.", "Nothing was done; the next run goes on."
        ) from error
    except OSError as error:
        raise StateError(f"The lock file {path} cannot be made ({error.strerror}).", "Check the folder.") from error
    try:
        yield
    finally:
        lock.release()
