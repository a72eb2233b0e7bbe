"""Adopting: what is certain is taken into the state, at a person's word. Nothing is sent, and no label is asked for."""

from collections.abc import Sequence
from functools import partial

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.deliver import adopt_standing
from returnsync.engine.finish import finish, noted
from returnsync.engine.known_sources import know_sources
from returnsync.engine.plan import save_changes
from returnsync.engine.probing import load_breakers
from returnsync.engine.pull import read_records, save_each
from returnsync.engine.reconcile.differences import ToAdopt
from returnsync.model import Code


def adopt(ctx: Context, wanted: Sequence[ToAdopt]) -> list[ToAdopt]:
    """Read the records again and save them, then adopt the forecasts that stand; gives what was taken into the state.

    The caller holds the lock. What cannot be read or looked up for now is tallied, and stays as it is.

    Raises:
        RunError: the state cannot be written.
    """
    started = clock.now()
    with noted(ctx, "reconcile", started):
        know_sources(ctx)
        load_breakers(ctx)
        # Returns first: a forecast may be of one of them.
        adopted = [one for one in wanted if one.records and _read(ctx, one)]
        adopted += [one for one in wanted if one.code and _take_over(ctx, Code(one.code))]
        finish(ctx, started, about=())
        return adopted


def _take_over(ctx: Context, code: Code) -> bool:
    return not ctx.stop.is_set() and adopt_standing(ctx, ctx.db, code)


def _read(ctx: Context, wanted: ToAdopt) -> bool:
    """Read the records of one return again, save and plan them; whether that was done."""
    source = next((source for source in ctx.chosen if source.name == wanted.source), None)
    if source is None or ctx.stop.is_set():
        return False
    saved = save_each(ctx, source, partial(read_records, ctx, source, wanted.records))
    save_changes(ctx, source)
    return bool(saved)
