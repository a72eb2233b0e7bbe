"""Folders for what only their owner may read."""

from pathlib import Path


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, each for its owner alone; what exists stays as it is.

    Raises:
        OSError: one cannot be made.
    """
    # `mkdir(parents=True)` would make those above with the usual rights.
    for missing in reversed([place for place in (folder, *folder.parents) if not place.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
