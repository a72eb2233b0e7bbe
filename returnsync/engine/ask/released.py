"""Taking back a release: the return is looked at again under all rules, and nothing is done twice."""

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.lifecycle import RELEASED, state_of, taken_up_again
from returnsync.engine.plan import RELEASED_WITH_ITS_RECORD
from returnsync.engine.tell import Chosen, Entry, entry_of, entry_of_record, source_names, with_returns
from returnsync.errors import NotThereError
from returnsync.model import Announcement, Cause, ReturnId
from returnsync.state import announcements, identity, returns, set_aside, told
from returnsync.state.database import Queries
from returnsync.state.history import ByPerson


def list_released(ctx: Context) -> list[Entry]:
    """What a person released, each with the cause for which it was held."""
    names = source_names(ctx)
    with ctx.db.reading() as q:
        found = [
            entry_of(names, item, ret, mask, is_held=False)
            for item, ret, mask in with_returns(q, announcements.released(q))
        ]
        aside = [entry_of_record(ctx, q, record) for record in set_aside.released(q)]
    return found + aside


def refuse_without_source(ctx: Context, chosen: Chosen) -> None:
    """Refuse to take back what has no configured source: its platform is read first, so it would wait unnoticed.

    Raises:
        NotThereError: a source is not configured.
    """
    missing = sorted({entry.shown["source"] for entry in chosen.entries if entry.source not in ctx.sources})
    if missing:
        raise NotThereError(
            f"Some of these belong to a source that is not configured: {', '.join(missing)}. Nothing was changed.",
            f"Put [sources.{missing[0]}] back into the configuration, or name only those of another source: --source "
            "NAME.",
        )


def take_back(ctx: Context, entry: Entry) -> None:
    """Have one that was released looked at again, as if it had not been released."""
    with ctx.db.transaction() as q:
        told.tell_held_anew(q, entry.source, entry.code)
        if entry.item is not None:
            item = announcements.get(q, entry.code) or entry.item
            _take_up(ctx, q, item)
            _take_up_records_of(q, item)
            return
        record = ReturnId(entry.code)
        set_aside.end_release(q, entry.source, record)
        home = identity.home_of(q, entry.source, record)
        for item in announcements.of_return(q, entry.source, home) if home else ():
            if item.what == RELEASED_WITH_ITS_RECORD:
                _take_up(ctx, q, item)


def _take_up(ctx: Context, q: Queries, item: Announcement) -> None:
    """Let it wait until its platform was read: the return may be cancelled, changed or gone since then."""
    if state_of(item) != RELEASED:
        return  # taken back with its record, a moment ago
    announcements.save(q, taken_up_again(item, clock.now()))
    returns.read_again(q, item.source, item.return_id)
    ctx.story.tell(q, item.source, item.return_id, ByPerson.TAKEN_BACK, item.code, cause=item.cause)


def _take_up_records_of(q: Queries, item: Announcement) -> None:
    """Hold the unreadable record of its return again: otherwise it would wait without a visible reason."""
    for key in (item.return_id, *identity.keys_of(q, item.source, item.return_id)):
        aside = set_aside.get(q, item.source, key, clock.now())
        if aside is not None and aside.record.cause is Cause.UNREADABLE:
            set_aside.end_release(q, item.source, key)
