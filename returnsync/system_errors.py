"""Errors of the operating system, in words: no room, no right, a file where a folder belongs. None is our fault."""

import errno

from returnsync.errors import ConfigError, NoRoomError, ReturnsyncError, RunError

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
"""The error numbers of a disk that is full and of a quota that is used up."""
_TOO_MUCH = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN})
_NEXT_STEP = {
    errno.EACCES: "Give this user the right to it, and to the folder that it is in.",
    errno.EPERM: "Give this user the right to it, and to the folder that it is in.",
    errno.EROFS: "Its file system is mounted read-only: name a place that can be written.",
    errno.ENOENT: "Create it, or the folder that it is in, or name another place.",
    errno.ENOTDIR: "There is a file where a folder is needed: name another place.",
    errno.EISDIR: "There is a folder where a file is needed: name another place.",
    errno.EEXIST: "There is already something else in its place: name another place.",
    errno.ENOTEMPTY: "It is not empty: name another place.",
    errno.ENAMETOOLONG: "Name another place, with a shorter path.",
    errno.ELOOP: "Its symbolic links form a loop: name another place.",
    errno.ENXIO: "It is not a regular file: name another place.",
    errno.EINVAL: "It is not a regular file: name another place.",
    errno.EFBIG: "The file may not become this large: name another place, or raise the limit.",
    errno.EIO: "The disk reports an error: check its health.",
}


def in_words(error: Exception) -> ReturnsyncError | None:
    """What happened and what to do, where the system refused a file or ran out of something; else `None`."""
    if not isinstance(error, OSError) or error.errno is None:
        return None
    why = error.strerror or type(error).__name__
    place = f"{error.filename}: " if isinstance(error.filename, str) and error.filename else ""
    if error.errno in NO_ROOM:
        return NoRoomError(f"{place}there is no room on the disk ({why}).", "Make room there, then try again.")
    if error.errno in _TOO_MUCH:
        found = RunError(
            f"{place}the system has run out of a resource ({why}).", "Try again when fewer programs run at once."
        )
        found.exit_code = NoRoomError.exit_code
        return found
    if not place or error.errno not in _NEXT_STEP:
        return None
    return ConfigError(f"{error.filename} cannot be used ({why}).", _NEXT_STEP[error.errno])
