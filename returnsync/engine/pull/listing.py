"""Pull: read what changed on one source, page by page, and save each page together with the mark."""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic

from returnsync import clock
from returnsync.engine.about import about
from returnsync.engine.context import Context
from returnsync.engine.pull import saving
from returnsync.engine.pull.completing import Completing, Patience, Taken, fault_of_platform, over_time
from returnsync.engine.pull.turns import MOST, Turns
from returnsync.engine.sources import Source
from returnsync.engine.summary import SourceTally
from returnsync.errors import AccountError, AccountUnavailable, CallError, Interrupted, RunError, Unclear
from returnsync.model import ReturnId, UnreadableRecord
from returnsync.platforms.interface import Found, Page, Platform
from returnsync.platforms.records import HASHED
from returnsync.state import parts, returns, set_aside, sources
from returnsync.state.database import Queries
from returnsync.state.sources import Look, Mark

logger = logging.getLogger("returnsync.pull")
steps = logging.getLogger("returnsync.steps")

# A record may become visible a little after its own time of change; once an hour we look back much further.
DEEP_EVERY = timedelta(hours=1)
# Before any moment at which something was read: only what was never read since a person asked for it.
_ASKED_FOR = datetime(1, 1, 1, tzinfo=UTC)

# Where listing by change cannot be trusted, each open return is read again once a day, for as long as returns live.
READ_AGAIN_AFTER = timedelta(days=1)
READ_AGAIN_FOR = timedelta(days=60)
READ_AGAIN_MOST = 100


def pull(ctx: Context, source: Source) -> None:
    """Bring the state up to date with one source. What goes wrong is tallied; other sources go on."""
    with about(source=source.name):
        _pull(ctx, source, ctx.tally.source(source.name))


def _pull(ctx: Context, source: Source, tally: SourceTally) -> None:
    patience = Patience(clock.now(), monotonic() + source.settings.time_budget, Turns(ctx, source))
    try:
        platform = ctx.accounts.platform(source)
        _pull_changes(ctx, source, platform, tally, patience)
        for ids_of in (_set_aside, _open_again):
            if not ctx.stop.is_set():
                _read_each(ctx, source, platform, ids_of(ctx, source, patience), tally, patience)
    except Interrupted as error:
        tally.error = error.what  # the exit code tells of it
    except (AccountError, CallError) as error:
        tally.error = error.what
        ctx.tally.trouble(error)
    except RunError:
        raise
    except Exception as error:  # noqa: BLE001 - another package's fault costs no other source its run, and is told
        tally.error = fault_of_platform(ctx, source, error)


def _pull_changes(ctx: Context, source: Source, platform: Platform, tally: SourceTally, patience: Patience) -> None:
    began = patience.began
    completing = Completing(ctx, source, platform, patience)
    with ctx.db.reading() as q:
        known = sources.mark_of(q, source.id)
    deep = known is None or began - known.deep_from >= DEEP_EVERY
    # Until the whole of it is read, a long look back does not count as done.
    deep_from = known.deep_from if known else began - DEEP_EVERY
    look_began = known.look.began if known and known.look else began
    unjoined: dict[ReturnId, None] = {}
    for page, looks_back in _pages(source, platform, known, deep=deep):
        steps.debug("page read")
        if deep and page.mark is not None and source.kind.capabilities.lists_by == "change":
            # But as far as it came it does: were it begun anew each time, a long backlog would have no end.
            deep_from = max(deep_from, min(page.mark, began))

        note: Callable[[Queries], None] | None = None
        if page.mark is not None and looks_back:
            note = partial(sources.looked_so_far, source=source.id, look=Look(look_began, page.mark))
        elif page.mark is not None:
            note = partial(sources.set_mark, source=source.id, mark=Mark(page.mark, deep_from))
        _save_page(ctx, source, completing, page, tally, unjoined, note)
        steps.debug("page saved")
        ctx.observer.listed(source.name, len(page.returns) + len(page.unreadable) + page.skipped)
        if ctx.stop.is_set():
            return
        if completing.error is not None:
            raise completing.error
        if monotonic() > patience.until:
            raise over_time(source)
    with ctx.db.reading() as q:
        waiting = parts.unjoined(q, source.id)
    if not (deep or waiting):
        return
    with ctx.db.transaction() as q:
        # Everything is read, so no other part is to come.
        saving.join_parts(ctx, q, source.id, waiting, tally)
        if deep:
            sources.looked_back(q, source.id, look_began)


def _pages(source: Source, platform: Platform, known: Mark | None, *, deep: bool) -> Iterator[tuple[Page, bool]]:
    """What is to be read now, each page with whether it belongs to a look back at earlier creations.

    From a little before the mark, and once an hour from long before it. The long look back starts from the last one:
    what that one saw may have changed since, however long ago it was. One that was broken off goes on where it stopped.
    """
    if known is None:
        yield from ((page, False) for page in platform.changes(source.settings.start_from))
        return
    back = source.kind.look_back(source.settings)
    usual, far = known.mark - back.usual, min(known.mark, known.deep_from) - back.deep
    if source.kind.capabilities.lists_by == "change":
        yield from ((page, False) for page in platform.changes(far if deep else usual))
        return
    yield from ((page, False) for page in platform.changes(usual))
    far = known.look.to if known.look else far
    if deep and far < usual:
        yield from ((page, True) for page in platform.earlier(far, usual))


def _save_page(
    ctx: Context,
    source: Source,
    completing: Completing,
    page: Page,
    tally: SourceTally,
    unjoined: dict[ReturnId, None],
    note: Callable[[Queries], None] | None,
) -> None:
    """Save the records, and with them what the page says of how far the reading came.

    Where some could not be completed for now, the others are saved and nothing is said of how far: the page comes again
    with the next run, to which what was saved is no news. `unjoined` are the returns that parts were read of since
    everything up to some moment had been: until that is so again, another part may be on the next page.
    """
    taken = [*completing.each(page.returns), *map(Taken, page.unreadable)]
    postponed = completing.postponed
    tally.listed += len(page.returns) + len(page.unreadable) + page.skipped - len(postponed)
    for record in taken:
        if isinstance(record.ret, UnreadableRecord):
            tally.set_aside += 1
            logger.warning("record %s cannot be read: %s", record.ret.key, record.ret.problem)

    def finish(q: Queries, homes: Iterable[ReturnId]) -> None:
        unjoined.update(dict.fromkeys(homes))
        saving.await_parts(q, postponed)
        if note is not None and completing.error is None:
            saving.join_parts(ctx, q, source.id, unjoined, tally)
            unjoined.clear()
            note(q)

    saving.save(ctx, source.id, taken, tally, also=finish)


def _set_aside(ctx: Context, source: Source, patience: Patience) -> list[ReturnId]:
    """Records that could not be read and whose turn has come, where they have an id by which they can be asked for."""
    with ctx.db.reading() as q:
        due = set_aside.due(q, source.id, patience.began, HASHED, MOST)
    return [record.key for record in due if patience.turns.take(asked=record.asked)]


def _open_again(ctx: Context, source: Source, patience: Patience) -> list[ReturnId]:
    """Open returns that no listing showed for a day: a label or a cancelled request may not move the time of change.

    Where every change is listed, only those that a person wants to have read again.
    """
    at = patience.began
    before = _ASKED_FOR if source.kind.capabilities.lists_changes else at - READ_AGAIN_AFTER
    oldest = max(READ_AGAIN_FOR, source.kind.look_back(source.settings).deep)
    with ctx.db.reading() as q:
        stale = returns.to_read_again(q, source.id, before=before, youngest=at - oldest, most=READ_AGAIN_MOST)
        return [record for return_id in stale for record in saving.records_of(q, source.id, return_id)]


def _read_each(
    ctx: Context, source: Source, platform: Platform, ids: list[ReturnId], tally: SourceTally, patience: Patience
) -> None:
    """Read records singly; one that cannot be read now is read by a later run, and the others go on."""
    for record, found in _answers(ctx, source, platform, ids):
        if isinstance(found, CallError):
            logger.warning("return %s: %s", record, found.what)
            if not ctx.stop.is_set():
                _tried_in_vain(ctx, source, record)
        else:
            saving.save_anew(ctx, source, platform, record, found, tally)
        if ctx.stop.is_set() or monotonic() > patience.until:
            return


def _answers(
    ctx: Context, source: Source, platform: Platform, ids: list[ReturnId]
) -> Iterator[tuple[ReturnId, Found | CallError]]:
    """What each of some records is now. The one at which the account gave up has its turn last next time."""
    unread = dict.fromkeys(ids)
    try:
        for record, found in platform.each(ids) if ids else ():
            unread.pop(record, None)
            yield record, found
    except AccountUnavailable as error:
        if unread and isinstance(error.__cause__, Unclear):
            _tried_in_vain(ctx, source, next(iter(unread)))
        raise


def _tried_in_vain(ctx: Context, source: Source, record: ReturnId) -> None:
    with ctx.db.transaction() as q:
        set_aside.tried_in_vain(q, source.id, record)


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
