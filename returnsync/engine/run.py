"""One run, from lock to summary."""

import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from returnsync import clock
from returnsync.engine import guard
from returnsync.engine.channels import warn_of_several
from returnsync.engine.context import Context, Source
from returnsync.engine.deliver import deliver
from returnsync.engine.plan import Plan, make_plan, settle_changes
from returnsync.engine.pull import pull_all
from returnsync.engine.reason_sending import let_paired_go_on
from returnsync.engine.recover import recover
from returnsync.engine.summary import Summary, Tally, worst
from returnsync.errors import ConfigError, ExitCode, LockedError, StateError
from returnsync.folders import make_private
from returnsync.model import Cause, SourceId
from returnsync.state import announcements, runs, set_aside, sources
from returnsync.state.database import Queries
from returnsync.state.sources import KnownSource

logger = logging.getLogger("returnsync.run")

# What may still be on its way is certain after half a minute: a run waits that long for it rather than leave it to the
# next one, but for nothing else.
_WAIT_FOR_CERTAINTY = timedelta(seconds=31)


@contextmanager
def locked(state: Path) -> Iterator[None]:
    """Only one command at a time acts on a state file; the lock dies with its holder.

    Raises:
        LockedError: another one works right now.
        StateError: the lock file cannot be made.
    """
    from filelock import FileLock, Timeout

    path = state.with_name(state.name + ".lock")
    try:
        make_private(path.parent)
        lock = FileLock(path, mode=0o600)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise LockedError(
            f"Another returnsync works on {state} right now.", "Nothing was done; the next run goes on."
        ) from error
    except OSError as error:
        raise StateError(f"The lock file {path} cannot be made ({error.strerror}).", "Check the folder.") from error
    try:
        yield
    finally:
        lock.release()


def run(ctx: Context, *, past_guard: bool = False) -> Summary:
    """One pass: recover, pull, plan, guard, deliver. The caller holds the lock, unless it is a dry run.

    Raises:
        RunError: the run cannot go on at all.
    """
    started = clock.now()
    _ = ctx.pairings  # a mistake in their file is told before anything is done
    with ctx.db.transaction() as q:
        runs.begin(q, ctx.run_id, started)
    know_sources(ctx)
    ctx.observer.phase("recovering")
    recover(ctx)
    ctx.observer.phase("pulling")
    pull_all(ctx, ctx.chosen)
    ctx.observer.phase("planning")
    for source in ctx.chosen:
        settle_changes(ctx, source)
    let_paired_go_on(ctx)
    plan = make_plan(ctx)
    refused = set() if past_guard else _refused(ctx, plan)
    ctx.observer.phase("delivering")
    # A dry run shows also what would be refused: that is how a person finds out whether it is right.
    deliver(ctx, plan if ctx.dry_run else plan.without(refused))
    _deliver_what_is_certain_soon(ctx, refused)
    _count_deliveries(ctx)
    # At the end, so that a read that fails slowly holds up nothing else.
    warn_of_several(ctx)
    return finish(ctx, started)


def know_sources(ctx: Context) -> None:
    """Remember the configured sources, and notice one that was renamed: its codes would all change.

    Raises:
        ConfigError: a source vanished while a new one of its platform and account appeared.
    """
    with ctx.db.transaction() as q:
        known = {source.id: source for source in sources.all_known(q)}
        for source in ctx.sources.values():
            if source.id in known:
                _weigh_anew(q, source, known[source.id])
            else:
                _refuse_rename(ctx, source, known.values())
            sources.save(q, _as_known(source))


def _as_known(source: Source) -> KnownSource:
    settings = source.settings
    deciding = json.dumps(
        {name: getattr(settings, name) for name in ("announce_delivered", *settings.selecting)}, sort_keys=True
    )
    return KnownSource(
        source.id, source.name, settings.platform, source.account, settings.start_from, deciding, largest=0, runs=0
    )


def _weigh_anew(q: Queries, source: Source, before: KnownSource) -> None:
    """Settings that decide what is left alone count for what is known already, too.

    What was passed over while reading is not known: where settings decide about that, the source is read again.
    """
    now = _as_known(source)
    if now.account != before.account:
        # Another account has another past: it is read from its start. What is known of the first stays.
        logger.warning("%s: its account is another than in the last run, so it is read from start_from", source.name)
        sources.start_earlier(q, source.id, now.starts)
    if (now.starts, now.policy) != (before.starts, before.policy):
        sources.weigh_again(q, source.id)
        if now.starts < before.starts or (now.policy != before.policy and source.settings.selecting):
            sources.start_earlier(q, source.id, now.starts)


def _refuse_rename(ctx: Context, source: Source, known: Iterable[KnownSource]) -> None:
    for old in known:
        same_account = (old.platform, old.account) == (source.settings.platform, source.account)
        if same_account and old.id not in ctx.sources:
            raise ConfigError(
                f"Source {source.name} looks like {old.name} under a new name: platform and account are the same. "
                "Under a new id every return would be announced a second time.",
                f'Set `id = "{old.id}"` in [sources.{source.name}].',
            )


def _refused(ctx: Context, plan: Plan) -> set[SourceId]:
    """The sources that look like an accident, each told with why and with what it would have done."""
    with ctx.db.reading() as q:
        known = {source.id: source for source in sources.all_known(q)}
    refused: set[SourceId] = set()
    for source_id, new in plan.new_announcements().items():
        source = ctx.sources[source_id]
        why = guard.refusal(source, known.get(source_id), new)
        if why is not None:
            refused.add(source_id)
            counts = ", ".join(f"{action} {number}" for action, number in sorted(plan.counts(source_id).items()))
            ctx.tally.refused.append(f"{source.name}: {why}. Nothing of it was delivered. It would have: {counts}.")
    return refused


def _deliver_what_is_certain_soon(ctx: Context, refused: set[SourceId]) -> None:
    """What became of a lost call is certain 30 s after the first look: the run that knows of it finishes it."""
    if ctx.dry_run:
        return
    with ctx.db.reading() as q:
        soon = announcements.certain_by(q, clock.now() + _WAIT_FOR_CERTAINTY)
    ours = {source.id for source in ctx.chosen} - refused
    moments = [
        item.due_at for item in soon if item.source in ours and item.due_at and not ctx.is_broken(item.warehouse)
    ]
    if not moments:
        return
    logger.info("waiting until %s for what became of a call", f"{max(moments):%H:%M:%S}")
    clock.wait(ctx.stop, (max(moments) - clock.now()).total_seconds())
    deliver(ctx, make_plan(ctx, Cause.IN_FLIGHT).of(ours))


def _count_deliveries(ctx: Context) -> None:
    """The guard's measure for the next run; a run that announced nothing says nothing about what is usual."""
    with ctx.db.transaction() as q:
        for source in ctx.chosen:
            announced = ctx.tally.source(source.name).announced
            if announced:
                sources.count_delivery(q, source.id, announced)


def finish(ctx: Context, started: datetime, held: int | None = None) -> Summary:
    """Sum up what was done, and keep that in state.

    What is held decides the exit code: all of it, unless the command was about some of it only (`held`).
    """
    ctx.tell_troubles()
    with ctx.db.reading() as q:
        waiting, all_held = announcements.count_waiting(q), announcements.count_held(q) + set_aside.count(q)
        failing = announcements.count_failing(q)
    summary = Summary(
        run=ctx.run_id,
        started=started,
        finished=clock.now(),
        exit_code=_exit_code(ctx, all_held if held is None else held, failing),
        tally=ctx.tally,
        waiting=waiting,
        held=all_held,
        requests=ctx.requests,
        dry_run=ctx.dry_run,
    )
    with ctx.db.transaction() as q:
        runs.finish(q, ctx.run_id, summary.finished, summary.exit_code, summary.as_json())
    return summary


def broken_off(started: datetime, ctx: Context | None, code: ExitCode) -> dict[str, Any]:
    """What `run --json` tells of a run that was broken off, or that (without a context) never began.

    What waits and what is held is not counted: the state may be what failed.
    """
    summary = Summary(
        run=ctx.run_id if ctx else "",
        started=started,
        finished=clock.now(),
        exit_code=code,
        tally=ctx.tally if ctx else Tally(),
        waiting=None,
        held=None,
        requests=ctx.requests if ctx else {},
        dry_run=ctx.dry_run if ctx else False,
    )
    return summary.as_json()


def _exit_code(ctx: Context, held: int, failing: int) -> ExitCode:
    codes = {trouble.exit_code for trouble in ctx.tally.troubles}
    if failing:
        codes.add(ExitCode.TEMPORARY)
    if ctx.stopped_by is not None:
        codes.add(ctx.stopped_by)
    if held or ctx.tally.refused:
        codes.add(ExitCode.NEEDS_PERSON)
    return worst(codes)
