"""Erasing one return, or one record that was released, and removing its label files."""

from returnsync import clock
from returnsync.engine import glimpsed
from returnsync.engine.context import Context
from returnsync.engine.plan import RELEASED_WITH_ITS_RECORD
from returnsync.labels import removal
from returnsync.model import ReturnId, SourceId
from returnsync.state import announcements, erasing, set_aside
from returnsync.state.database import Queries


def remove_files(ctx: Context, source: SourceId, return_id: ReturnId) -> list[str]:
    """Remove the label files of a return, and return their paths, relative to the labels folder.

    Raises:
        OSError: one cannot be removed.
    """
    with ctx.db.reading() as q:
        known = announcements.of_return(q, source, return_id)
    removed: list[str] = []
    for item in known:
        names = removal.remove(ctx.labels.path / item.warehouse, item.code)
        removed += [f"{item.warehouse}/{name}" for name in names]
    if known:
        with ctx.db.transaction() as q:
            for item in known:
                erasing.files_removed(q, item.warehouse, [item.code])
    return removed


def erase_return(ctx: Context, q: Queries, source: SourceId, return_id: ReturnId) -> None:
    """Erase a return, and the records of it that were set aside and released.

    Raises:
        ValueError: a row cannot be read; the transaction must be rolled back.
    """
    erasing.erase(q, source, return_id, RELEASED_WITH_ITS_RECORD)
    for record in list(set_aside.of_return(q, source, return_id)):
        if record["released"]:
            erase_record(ctx, q, source, ReturnId(record["record"]))


def erase_record(ctx: Context, q: Queries, source: SourceId, key: ReturnId) -> None:
    """Erase a released record, except the orders, parcels and time by which a person may recognise it.

    Raises:
        ValueError: it cannot be read.
    """
    known = set_aside.get(q, source, key, clock.now())
    if known is not None:
        set_aside.erase(q, source, known.record, glimpsed.without_persons(ctx, source, known.record))
