"""How a command ends: the summary of what it did, which is saved, and its exit code."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.probing import save_breakers
from returnsync.engine.summary import NOT_KNOWN, Summary, Tally, worst
from returnsync.errors import AccountError, ExitCode, ReturnsyncError
from returnsync.mail import NAME as MAIL
from returnsync.model import Announcement, Progress
from returnsync.state import announcements, figures, runs, set_aside


def finish(ctx: Context, started: datetime, about: Sequence[Announcement] | None = None, aside: int = 0) -> Summary:
    """Sum up what was done, and save that in the state.

    The exit code depends on what is held, of every source, and on failing calls, of the sources that were worked on. A
    command that was `about` some announcements counts only these, and `aside`, the number of records set aside.
    """
    ctx.accounts.tell_troubles()
    save_breakers(ctx)
    if ctx.dry_run and about is None:
        _tell_unasked(ctx)
    with ctx.db.reading() as q:
        waiting, all_held = announcements.count_waiting(q), announcements.count_held(q) + set_aside.count(q)
        failing = announcements.failing(q, started)
    in_use = set(ctx.in_use(ctx.chosen))
    ours = [item for item in failing if item.source in in_use]
    held = all_held
    if about is not None:
        codes = {item.code for item in about}
        ours = [item for item in ours if item.code in codes]
        held = aside + sum(item.progress is Progress.HELD for item in about)
    summary = Summary(
        run=ctx.run_id,
        started=started,
        finished=clock.now(),
        exit_code=_exit_code(ctx, _troubles(ctx, about), held, is_failing=bool(ours)),
        tally=ctx.tally,
        waiting=waiting,
        held=all_held,
        failing_at=frozenset(item.warehouse for item in ours),
        requests=ctx.accounts.requests,
        dry_run=ctx.dry_run,
    )
    shut = {name for name in ctx.warehouses if ctx.accounts.breaker(name).is_refused}
    hindered = [
        source.name
        for source in ctx.chosen
        if ctx.is_hindered(source) or shut.intersection(source.settings.warehouses())
    ]
    kept = {**summary.as_json(), figures.HINDERED: hindered}
    with ctx.db.transaction() as q:
        runs.finish(q, ctx.run_id, summary.finished, summary.exit_code, kept)
    return summary


def _tell_unasked(ctx: Context) -> None:
    """List in a dry run what could not be decided because a warehouse could not be asked: such a run has news, too."""
    chosen = {source.id: source.name for source in ctx.chosen}
    decided = ctx.tally.decided_on
    with ctx.db.reading() as q:
        due = announcements.to_do(q, clock.now())
    for item in due:
        if item.source in chosen and item.code not in decided and ctx.accounts.is_broken(item.warehouse):
            what = f"{item.warehouse} could not be asked."
            ctx.tally.decided(code=item.code, source=chosen[item.source], would=NOT_KNOWN, what=what)


@contextmanager
def noted(ctx: Context, command: str, started: datetime) -> Iterator[None]:
    """Save in the state that a command began, and how it ended, also where an error ended it."""
    with ctx.db.transaction() as q:
        runs.begin(q, ctx.run_id, started, command)
    try:
        yield
    except BaseException as error:
        code = _code_of(error)
        # The state may be what failed; then the run stays recorded as not finished.
        with suppress(ReturnsyncError), ctx.db.transaction() as q:
            runs.finish(q, ctx.run_id, clock.now(), code, broken_off(started, ctx, code))
        raise


def _code_of(error: BaseException) -> ExitCode:
    """The exit code of a command that an error ends."""
    if isinstance(error, KeyboardInterrupt):
        return ExitCode.SIGINT
    return error.exit_code if isinstance(error, ReturnsyncError) else ExitCode.FAULT


def broken_off(started: datetime, ctx: Context | None, code: ExitCode) -> dict[str, Any]:
    """The `run --json` object of a run that was broken off, or that (without a context) never began.

    What waits and what is held is not counted, since the state may be what failed.
    """
    summary = Summary(
        run=ctx.run_id if ctx else "",
        started=started,
        finished=clock.now(),
        exit_code=code,
        tally=ctx.tally if ctx else Tally(),
        waiting=None,
        held=None,
        requests=ctx.accounts.requests if ctx else {},
        dry_run=ctx.dry_run if ctx else False,
    )
    return summary.as_json()


def _troubles(ctx: Context, about: Sequence[Announcement] | None) -> list[ReturnsyncError]:
    """The troubles that decide the exit code: not those of accounts that the command was not about."""
    if about:
        names = {ctx.sources[item.source].name for item in about if item.source in ctx.sources}
        names |= {str(item.warehouse) for item in about} | {MAIL}
    elif ctx.only:
        names = {source.name for source in ctx.chosen} | set(ctx.warehouses) | {MAIL}
    else:
        return ctx.tally.troubles
    return [error for error in ctx.tally.troubles if not isinstance(error, AccountError) or error.account in names]


def _exit_code(ctx: Context, troubles: Sequence[ReturnsyncError], held: int, *, is_failing: bool) -> ExitCode:
    """The worst of all codes that apply: see the contract of the commands (docs/reference.md)."""
    codes = {trouble.exit_code for trouble in troubles}
    if is_failing:
        # calls for some returns failed
        codes.add(ExitCode.TEMPORARY)
    if ctx.stopped_by is not None:
        # a signal
        codes.add(ctx.stopped_by)
    if held or ctx.tally.refused:
        # returns are held, or the guard refused a source
        codes.add(ExitCode.NEEDS_PERSON)
    return worst(codes)
