"""Pull: read what changed on one source, and save it page by page together with the mark."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from returnsync import clock
from returnsync.engine.about import about
from returnsync.engine.context import Context, Source
from returnsync.engine.policy import vanish
from returnsync.engine.summary import SourceTally
from returnsync.errors import AccountError, CallError, ReturnsyncError, RunError
from returnsync.model import Return, ReturnId, UnreadableRecord
from returnsync.platforms.interface import Page, Platform
from returnsync.platforms.records import HASHED
from returnsync.state import announcements, ledger, returns, sources
from returnsync.state.database import Queries
from returnsync.state.sources import Mark

logger = logging.getLogger("returnsync.pull")
steps = logging.getLogger("returnsync.steps")

# A record may become visible a little after its own time of change; once an hour we look back much further.
DEEP_EVERY = timedelta(hours=1)

# Where listing by change cannot be trusted, each open return is read again once a day, for as long as returns live.
READ_AGAIN_AFTER = timedelta(days=1)
READ_AGAIN_FOR = timedelta(days=60)
READ_AGAIN_MOST = 100


def pull(ctx: Context, source: Source) -> None:
    """Bring the state up to date with one source. What goes wrong is tallied; other sources go on."""
    with about(source=source.name):
        _pull(ctx, source, ctx.tally.source(source.name))


def _pull(ctx: Context, source: Source, tally: SourceTally) -> None:
    try:
        platform = ctx.platform(source)
        _pull_changes(ctx, source, platform, tally)
        if not ctx.stop.is_set():
            _try_set_aside(ctx, source, platform, tally)
            _read_open_again(ctx, source, platform, tally)
    except (AccountError, CallError) as error:
        tally.error = error.what
        if not ctx.stop.is_set():
            ctx.tally.trouble(error)
    except RunError:
        raise
    except Exception as error:
        # A fault in one platform's code, which may be another package's, must not cost the other sources their run.
        tally.error = f"a fault in the platform's code ({type(error).__name__})"
        logger.exception("a fault in the platform's code")
        ctx.tally.trouble(ReturnsyncError(f"{source.name}: {tally.error}.", "Run again with --verbose and report it."))


def _pull_changes(ctx: Context, source: Source, platform: Platform, tally: SourceTally) -> None:
    began = clock.now()
    with ctx.db.reading() as q:
        known = sources.mark_of(q, source.id)
    deep = known is None or began - known.deep_from >= DEEP_EVERY
    # Until the whole of it is read, a long look back does not count as done.
    deep_from = known.deep_from if known else began - DEEP_EVERY
    for page in platform.changes(_since(source, known, deep=deep)):
        steps.debug("page read")
        _save_page(ctx, source, page, deep_from, tally)
        steps.debug("page saved")
        ctx.observer.listed(source.name, len(page.returns) + len(page.unreadable) + page.skipped)
        if ctx.stop.is_set():
            return
    if deep:
        with ctx.db.transaction() as q:
            sources.looked_back(q, source.id, began)


def _since(source: Source, known: Mark | None, *, deep: bool) -> datetime:
    """From when to read: a little before the mark, and once an hour long before it."""
    if known is None:
        return source.settings.start_from
    back = source.kind.look_back(source.settings)
    return known.mark - (back.deep if deep else back.usual)


def _save_page(ctx: Context, source: Source, page: Page, deep_from: datetime, tally: SourceTally) -> None:
    """One transaction: the records, and the mark that says that they were saved."""
    with ctx.db.transaction() as q:
        for ret in page.returns:
            _save_return(ctx, q, ret, tally)
        for record in page.unreadable:
            returns.set_aside(q, source.id, record)
        if page.mark is not None:
            sources.set_mark(q, source.id, Mark(page.mark, deep_from))
    tally.listed += len(page.returns) + len(page.unreadable) + page.skipped
    tally.set_aside += len(page.unreadable)
    for record in page.unreadable:
        logger.warning("record %s cannot be read: %s", record.key, record.problem)


def _save_return(ctx: Context, q: Queries, ret: Return, tally: SourceTally) -> None:
    saved = returns.save(q, ret)
    returns.take_back(q, ret.source, ret.id)
    if saved.new or saved.changed:
        ctx.story.tell(q, ret.source, ret.id, "read" if saved.new else "changed", status=ret.raw_status)
        tally.new += saved.new
        tally.changed += saved.changed


def _try_set_aside(ctx: Context, source: Source, platform: Platform, tally: SourceTally) -> None:
    """Records that could not be read are tried again each run, from the platform where they have an id."""
    with ctx.db.reading() as q:
        keys = [record["record"] for record in returns.all_set_aside(q) if record["source"] == source.id]
    with_id = [ReturnId(key) for key in keys if not key.startswith(HASHED)]
    _read_each(ctx, source, platform, with_id[:READ_AGAIN_MOST], tally)


def _read_open_again(ctx: Context, source: Source, platform: Platform, tally: SourceTally) -> None:
    """A label or a cancelled request may not move the time of change: look at open returns once a day."""
    if platform.capabilities.lists_changes:
        return
    at = clock.now()
    with ctx.db.reading() as q:
        stale = returns.to_read_again(
            q, source.id, before=at - READ_AGAIN_AFTER, youngest=at - READ_AGAIN_FOR, most=READ_AGAIN_MOST
        )
    _read_each(ctx, source, platform, stale, tally)


def _read_each(ctx: Context, source: Source, platform: Platform, ids: list[ReturnId], tally: SourceTally) -> None:
    """Read returns singly; one that cannot be read now is read by a later run, and the others go on."""
    for return_id in ids:
        if ctx.stop.is_set():
            return
        try:
            found = platform.one(return_id)
        except CallError as error:
            logger.warning("return %s: %s", return_id, error.what)
            with ctx.db.transaction() as q:
                returns.tried_in_vain(q, source.id, return_id)
        else:
            save_anew(ctx, source, return_id, found, tally)


def save_anew(
    ctx: Context,
    source: Source,
    return_id: ReturnId,
    found: Return | UnreadableRecord | None,
    tally: SourceTally,
) -> None:
    """Save what reading one return by its id gave: the return, something unreadable, or nothing any more."""
    with ctx.db.transaction() as q:
        if isinstance(found, Return):
            _save_return(ctx, q, found, tally)
        elif found is not None:
            returns.set_aside(q, source.id, found)
        else:
            _vanished(ctx, q, source, return_id)


def _vanished(ctx: Context, q: Queries, source: Source, return_id: ReturnId) -> None:
    """The platform no longer has it. What was to be announced needs a person; what was announced stays as it is."""
    # A record that was set aside and is gone now stays visible until a person says that it is none of ours.
    returns.tried_in_vain(q, source.id, return_id)
    returns.close(q, source.id, return_id)
    for announcement in announcements.of_return(q, source.id, return_id):
        if ledger.is_in_flight(q, announcement.code):
            continue  # it may stand at the warehouse already: that is settled first
        if (changed := vanish(announcement)) is not announcement:
            announcements.save(q, changed)
            ctx.story.tell(q, source.id, return_id, "held", changed.code, cause=changed.cause, what=changed.what)


def pull_all(ctx: Context, chosen: Iterable[Source]) -> None:
    """Every source in a thread of its own, so that a slow one holds up nobody."""
    chosen = list(chosen)
    if len(chosen) == 1:
        pull(ctx, chosen[0])
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=max(1, len(chosen)), thread_name_prefix="pull") as pool:
        for future in [pool.submit(pull, ctx, source) for source in chosen]:
            future.result()
