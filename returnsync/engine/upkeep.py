"""Upkeep of the state file: nothing that was erased stays in parts of it that are not used any more."""

import logging
import shutil

from returnsync.engine.context import Context
from returnsync.errors import ReturnsyncError
from returnsync.state import erasing

logger = logging.getLogger("returnsync.upkeep")


def write_anew_once(ctx: Context) -> None:
    """Write the state file anew before the first erasing: earlier versions left what they removed in it.

    Where that cannot be done now, such as for want of room, it is told, and the next run tries it.
    """
    with ctx.db.reading() as q:
        if erasing.was_written_anew(q):
            return
    needed, _ = room_to_write_anew(ctx)
    logger.warning(
        "the state file is written anew now, once, since `retention_days` is set; that takes %d MiB for a while",
        needed // 2**20 + 1,
    )
    why = write_anew(ctx)
    if why:
        text = f"{why} The next run tries it again."
        logger.warning("%s", text)
        ctx.tally.warnings.append(text)


def room_to_write_anew(ctx: Context) -> tuple[int, int]:
    """How many bytes it takes for a while to write the state file anew, and how many are free."""
    place = ctx.config.state_path
    return 2 * place.stat().st_size, shutil.disk_usage(place.parent).free


def write_anew(ctx: Context) -> str:
    """Write the state file anew, so that nothing that was erased stays in unused parts of it.

    Gives why that could not be done, as a sentence; empty where it was.
    """
    needed, free = room_to_write_anew(ctx)
    try:
        if free < needed:
            return _not_done(f"it takes {needed // 2**20 + 1} MiB for a while, and {free // 2**20} MiB are free")
        ctx.db.write_anew()
        with ctx.db.transaction() as q:
            erasing.note_written_anew(q)
    except ReturnsyncError as error:
        return _not_done(error.what.rstrip("."))
    return ""


def _not_done(why: str) -> str:
    return (
        f"The state file could not be written anew ({why}), so what was erased may still stand in unused parts of it."
    )


def empty_log(ctx: Context) -> None:
    """Leave nothing that was erased in the write-ahead log."""
    try:
        if not ctx.db.empty_log():
            logger.info("another program reads the state: its log is emptied by whoever closes it last")
    except ReturnsyncError as error:
        logger.info("the log of the state could not be emptied: %s", error.what)
