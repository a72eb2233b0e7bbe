"""Each source is pulled in a thread of its own; its failures are counted, and the others go on."""

import logging
from collections.abc import Iterable
from dataclasses import replace

from returnsync import clock
from returnsync.engine.about import about
from returnsync.engine.context import Context
from returnsync.engine.outages import is_outage
from returnsync.engine.pull.budget import Budget
from returnsync.engine.pull.completing import fault_of_platform
from returnsync.engine.pull.listing import read_changes
from returnsync.engine.pull.pulling import Pulling
from returnsync.engine.pull.singly import read_older_copies, read_open_returns, read_set_aside
from returnsync.engine.sources import Source
from returnsync.engine.summary import SourceTally
from returnsync.errors import AccountError, AccountUnavailable, CallError, Interrupted, RunError
from returnsync.state import breakers
from returnsync.state.breakers import Kind

logger = logging.getLogger("returnsync.pull")


def pull_all(ctx: Context, chosen: Iterable[Source]) -> None:
    """Pull every source in a thread of its own, so that a slow one delays no other."""
    chosen = list(chosen)
    if len(chosen) == 1:
        pull(ctx, chosen[0])
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=max(1, len(chosen)), thread_name_prefix="pull") as pool:
        for future in [pool.submit(pull, ctx, source) for source in chosen]:
            future.result()


def pull(ctx: Context, source: Source) -> None:
    """Bring the state up to date with one source. Failures are noted; other sources go on."""
    with about(source=source.name):
        _pull(ctx, source, ctx.tally.source(source.name))


def _pull(ctx: Context, source: Source, tally: SourceTally) -> None:
    budget = Budget(ctx, source)
    try:
        pulling = Pulling(ctx, source, ctx.accounts.platform(source), tally, budget)
        _list(pulling)
        for read in (read_older_copies, read_set_aside, read_open_returns):
            if ctx.stop.is_set():
                logger.info("asked to stop; what is left of the source is read by the next run")
                return
            read(pulling)
    except Interrupted as error:
        # A signal ended it; the exit code shows that.
        tally.error = error.what
    except (AccountError, CallError) as error:
        # The source cannot be read, or not any further.
        tally.error = error.at(source.name).what
        ctx.tally.trouble(error)
    except RunError:
        # The state fails, and that stops every source.
        raise
    except Exception as error:  # noqa: BLE001 - another package's fault must not stop the other sources, and is reported
        tally.error = fault_of_platform(ctx, source, error)


def _list(pulling: Pulling) -> None:
    """List what changed. If the last listing of a source failed, it is out: its first page is requested only once.

    Raises:
        CallError, AccountError: as `read_changes`.
    """
    ctx, source = pulling.ctx, pulling.source
    with ctx.db.reading() as q:
        known = breakers.of(q, Kind.SOURCE, source.id)
    if known.is_open:
        ctx.accounts.try_once_until_answered(source)
    try:
        read_changes(pulling)
    except (CallError, AccountUnavailable) as error:
        if isinstance(error, CallError) or is_outage(error):
            opened_at = known.opened_at or clock.now()
            failed = replace(known, failures=known.failures + 1, opened_at=opened_at, why=error.at(source.name).what)
            with ctx.db.transaction() as q:
                breakers.save(q, failed)
        raise
    if known.is_open:
        logger.info("%s is no longer out; it was since %s", source.name, known.opened_at)
        with ctx.db.transaction() as q:
            breakers.save(q, replace(known, failures=0, opened_at=None, why=""))
