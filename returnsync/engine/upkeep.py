"""Upkeep of the state file: nothing that was erased stays in its unused parts."""

import logging
import os
import shutil
from pathlib import Path
from typing import NamedTuple

from returnsync.engine.context import Context
from returnsync.errors import ReturnsyncError
from returnsync.state import erasing

logger = logging.getLogger("returnsync.upkeep")


class Room(NamedTuple):
    """How much disk space rewriting the state file needs for a while, and how much is free, in bytes."""

    place: Path
    needed: int
    free: int


def write_anew_once(ctx: Context) -> None:
    """Rewrite the state file before the first erasing: earlier versions left in it what they removed.

    Where that cannot be done, for example for lack of disk space, it is reported, and the next run tries it again.
    """
    why = write_anew_unless_done(ctx)
    if why:
        text = f"{why} The next run tries it again."
        logger.warning("%s", text)
        ctx.tally.warnings.append(text)


def write_anew_unless_done(ctx: Context) -> str:
    """Rewrite the state file, so that nothing that earlier versions removed stays in unused parts of it.

    This is done once: from then on, removed data are overwritten. Returns a sentence with the reason where it could not
    be done, and an empty text where it was.
    """
    with ctx.db.reading() as q:
        if erasing.was_written_anew(q):
            return ""
    rooms = rooms_to_write_anew(ctx)
    lacking = next((room for room in rooms if room.free < room.needed), None)
    if lacking is not None:
        needed, free = (size // 2**20 + 1 for size in (lacking.needed, lacking.free))
        return _not_done(f"it needs {needed} MiB for a while on the disk of {lacking.place}, and {free} MiB are free")
    logger.warning(
        "the state file is rewritten now, once, so that nothing that was erased stays in it; this takes %d MiB for a "
        "while",
        sum(room.needed for room in rooms) // 2**20 + 1,
    )
    try:
        ctx.db.write_anew()
        with ctx.db.transaction() as q:
            erasing.note_written_anew(q)
    except ReturnsyncError as error:
        return _not_done(error.what.rstrip("."))
    return ""


def rooms_to_write_anew(ctx: Context) -> list[Room]:
    """The disk space needed in each place: SQLite copies the file to a temporary file, and back into its log."""
    state, temporary = ctx.config.state_path, _temporary_folder()
    size = state.stat().st_size
    if temporary.stat().st_dev == state.stat().st_dev:
        return [Room(state, 2 * size, shutil.disk_usage(state.parent).free)]
    places = ((state, state.parent), (temporary, temporary))
    return [Room(place, size, shutil.disk_usage(folder).free) for place, folder in places]


def _temporary_folder() -> Path:
    """Where SQLite puts its temporary files: the first of these that exists (https://sqlite.org/tempfiles.html)."""
    fixed = ("/var/tmp", "/usr/tmp", "/tmp")  # noqa: S108 - SQLite's own choice; nothing is made there here
    named = (os.environ.get("SQLITE_TMPDIR", ""), os.environ.get("TMPDIR", ""), *fixed)
    return next((Path(name) for name in named if name and os.access(name, os.W_OK | os.X_OK)), Path.cwd())


def _not_done(why: str) -> str:
    return f"The state file could not be rewritten ({why}), so what was erased may still be in unused parts of it."


def empty_log(ctx: Context) -> bool:
    """Leave nothing that was erased in the write-ahead log; returns whether that could be done.

    It cannot be done while another program reads the state: what that program reads stays in the log until then.
    """
    try:
        is_empty = ctx.db.empty_log()
    except ReturnsyncError as error:
        logger.info("the log of the state could not be emptied: %s", error.what)
        return False
    if not is_empty:
        logger.info("another program reads the state: its log is emptied by the next run that erases anything")
    return is_empty
