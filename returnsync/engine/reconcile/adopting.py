"""Adopting: take what is certain into the state, when a person asks. Nothing is sent, and no label is asked for."""

from collections.abc import Sequence
from functools import partial

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.deliver import adopt_standing
from returnsync.engine.faults import report_fault
from returnsync.engine.finish import finish, noted
from returnsync.engine.known_sources import refuse_renamed
from returnsync.engine.plan import save_changes_of
from returnsync.engine.probing import load_breakers
from returnsync.engine.pull import read_records, save_each
from returnsync.engine.reconcile.differences import ToAdopt
from returnsync.engine.sources import Source
from returnsync.errors import ExitCode, RunError
from returnsync.model import Announcement, Code, ReturnId
from returnsync.redact import knowing
from returnsync.state import announcements, returns, set_aside


def adopt(ctx: Context, wanted: Sequence[ToAdopt], adopted: set[ToAdopt]) -> bool:
    """Read the records again and save them, then adopt existing forecasts; what succeeded is added to `adopted`.

    Returns whether any of it is held afterwards. The caller holds the lock. What cannot be read or looked up now is
    reported and stays as it is. So is a fault of ours, which affects only the one concerned.

    Raises:
        ConfigError: a source or a warehouse was renamed.
        RunError: the state cannot be written.
    """
    started = clock.now()
    with noted(ctx, "reconcile", started):
        refuse_renamed(ctx)
        load_breakers(ctx)
        # Returns first: a forecast may belong to one of them.
        for one in sorted(wanted, key=lambda one: bool(one.code)):
            if ctx.stop.is_set():
                break
            try:
                done = _take_over(ctx, one) if one.code else _read(ctx, one)
            except RunError:
                raise
            except Exception as error:  # noqa: BLE001 - it affects only this one, and is reported
                report_fault(ctx.tally, one.code or one.source, error)
                continue
            if done:
                adopted.add(one)
        summary = finish(ctx, started, about=_about(ctx, wanted))
        return summary.exit_code is ExitCode.NEEDS_PERSON


def _take_over(ctx: Context, wanted: ToAdopt) -> bool:
    return adopt_standing(ctx, ctx.db, Code(wanted.code))


def _read(ctx: Context, wanted: ToAdopt) -> bool:
    """Read the records of one return again, save and plan it; returns whether all of it is in the state then."""
    source = next((source for source in ctx.chosen if source.name == wanted.source), None)
    if source is None:
        return False
    ctx.tally.source(source.name).error = None
    saved = save_each(ctx, source, partial(read_records, ctx, source, wanted.records))
    homes = list(dict.fromkeys(home for _, home in saved))
    _plan(ctx, source, homes)
    is_whole = ctx.tally.source(source.name).error is None
    return is_whole and bool(homes) and all(_is_kept(ctx, source, home) for home in homes)


def _plan(ctx: Context, source: Source, homes: Sequence[ReturnId]) -> None:
    """Save what these returns call for; other returns are left to the next run."""
    for home in homes:
        with ctx.db.transaction() as q:
            ret = returns.get(q, source.id, home)
            if ret is not None and returns.is_unplanned(q, source.id, home):
                with knowing(ret):
                    save_changes_of(ctx, q, source, ret)


def _is_kept(ctx: Context, source: Source, home: ReturnId) -> bool:
    """Whether its platform still had it: it is a return in the state, or a record that cannot be read."""
    with ctx.db.reading() as q:
        return returns.get(q, source.id, home) is not None or set_aside.get(q, source.id, home, clock.now()) is not None


def _about(ctx: Context, wanted: Sequence[ToAdopt]) -> list[Announcement]:
    """The announcements of what was to be adopted."""
    names = {source.name: source.id for source in ctx.chosen}
    with ctx.db.reading() as q:
        by_code = [item for one in wanted if one.code and (item := announcements.get(q, one.code)) is not None]
        by_return = [
            item
            for one in wanted
            for record in one.records
            for item in announcements.of_return(q, names[one.source], record)
        ]
    return [*by_code, *by_return]
