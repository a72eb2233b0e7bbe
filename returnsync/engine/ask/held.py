"""What a person does about what is held: retry it, or release it."""

import logging

from returnsync.engine.context import Context
from returnsync.engine.lifecycle import Event, forget, move, retried
from returnsync.engine.plan import RELEASED_WITH_ITS_RECORD
from returnsync.engine.tell import Entry
from returnsync.model import OPEN, Announcement, Progress, ReturnId, SourceId, Step
from returnsync.state import announcements, identity, returns, set_aside, told
from returnsync.state.database import Queries
from returnsync.state.history import ByPerson

logger = logging.getLogger("returnsync.held")


def retry(ctx: Context, entry: Entry) -> None:
    """Have one looked at again by the next run."""
    with ctx.db.transaction() as q:
        if entry.item is None:
            # It is no announcement, but a record that could not be read.
            set_aside.retry(q, entry.source, entry.code)
            told.tell_held_anew(q, entry.source, entry.code)
            return
        item = announcements.get(q, entry.code) or entry.item
        again = retried(item)
        if again is not None:
            announcements.save(q, forget(again))
        else:
            logger.info("%s goes on only when its platform shows otherwise; it is read again", item.code)
        if item.step is Step.HAND_OVER:
            # The address may have been corrected at its platform.
            returns.read_again(q, item.source, item.return_id)
        if item.announced_at is None or item.unread_since is not None:
            # Settings or the platform may have changed: it is read and evaluated again.
            returns.read_again(q, item.source, item.return_id)
        if item.source in ctx.sources:
            # The answer of a lookup may have been corrected there.
            ctx.numbers.forget(q, ctx.sources[item.source], item)
        ctx.story.tell(q, item.source, item.return_id, ByPerson.RETRY, item.code)
        told.tell_held_anew(q, item.source, item.code)


def release(ctx: Context, entry: Entry) -> None:
    """Release one: it stays in the state, and nothing more is done for it."""
    with ctx.db.transaction() as q:
        item = announcements.get(q, entry.code) if entry.item is not None else None
        if item is not None:
            _release(ctx, q, item, "A person released it.")
            return
        record = ReturnId(entry.code)
        set_aside.release(q, entry.source, record)
        _release_unannounced(ctx, q, entry.source, record)
        for home in identity.candidates(q, entry.source, record):
            # That return waited meanwhile, and what is known of it may be old.
            returns.read_again(q, entry.source, home)


def _release(ctx: Context, q: Queries, item: Announcement, what: str) -> None:
    if item.progress is Progress.RELEASED:
        return  # released with its record, a moment ago
    announcements.save(q, move(item, Event.RELEASED, item.cause, what))
    ctx.story.tell(q, item.source, item.return_id, ByPerson.RELEASED, item.code, cause=item.cause)


def _release_unannounced(ctx: Context, q: Queries, source: SourceId, record: ReturnId) -> None:
    """Release the return of a record that cannot be read, too; an announced return stays as it is."""
    if set_aside.unclear_records(q, source, record):
        return  # then it is not clear which return it is
    home = identity.home_of(q, source, record)
    for item in announcements.of_return(q, source, home) if home else ():
        if item.announced_at is None and item.progress in OPEN:
            _release(ctx, q, item, RELEASED_WITH_ITS_RECORD)
