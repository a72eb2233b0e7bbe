"""Folders for what only their owner may read, and what it takes that a change in one outlasts a power cut."""

import glob
import os
from contextlib import suppress
from pathlib import Path


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, each for its owner alone; what exists stays as it is.

    Each one that is made is on disk when the call returns: else a power cut could take it, with what was saved in it.

    Raises:
        OSError: one cannot be made.
    """
    # `mkdir(parents=True)` would make those above with the usual rights.
    for missing in reversed([place for place in (folder, *folder.parents) if not place.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
        with suppress(PermissionError):  # a folder that may be written need not be readable, and then cannot be synced
            sync(missing.parent)


def give_to_owner_of(file: Path) -> None:
    """Where root worked with another user's file, what lies beside it under its name becomes that user's, too.

    Else the next command of that user could not open a lock or a count that root made.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not file.exists():
        return
    owner = file.stat()
    for beside in file.parent.glob(f"{glob.escape(file.name)}[.-]*"):
        if beside.stat().st_uid != owner.st_uid:
            os.chown(beside, owner.st_uid, owner.st_gid, follow_symlinks=False)


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
