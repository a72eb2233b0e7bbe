"""The figures for a monitoring system: from the state, the configuration, and the counts of requests."""

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.tell import outages_of
from returnsync.http.limits_file import counted_in_a_day, limits_path
from returnsync.http.windows import parse_limits
from returnsync.model import OPEN, Progress, SourceId
from returnsync.state import figures, sources
from returnsync.state.database import Queries
from returnsync.warehouses.registry import WAREHOUSES

if TYPE_CHECKING:
    from returnsync.notify.metrics import Figures, Series

_DAY = 86_400
_STATES = [state for state in Progress if state is not Progress.DUE]
_KINDS_OF_WAREHOUSES = ("warehouse", "labels")


def figures_of(ctx: Context) -> "Figures":
    """The figures as they are now. A command reads them last, since this closes the accounts.

    Announcements of removed sources count as long as they are in the state.

    Raises:
        StateError: the state cannot be read.
    """
    from returnsync.notify.metrics import Figures

    # Leased requests that were not used are given back first.
    ctx.accounts.close()
    requests, limits = requests_and_limits(ctx)
    names = {source.name for source in ctx.sources.values()}
    with ctx.db.reading() as q:
        returns, held, oldest = _counts(ctx, q)
        successes = figures.last_successes(q, names)
        called = all_source_names(ctx, q)
        held_since = [(called[source], since) for source, since in figures.held_since(q).items()]
        out = {(item["account"], item["kind"]) for item in outages_of(ctx, q)}
    shown = sorted({*names, *(labels[0] for labels in returns)})
    accounts = [(name, "source") for name in names]
    accounts += [(name, kind) for name in ctx.config.settings.warehouses for kind in _KINDS_OF_WAREHOUSES]
    return Figures(
        last_success_timestamp_seconds={
            (name,): successes[name].timestamp() if name in successes else 0 for name in names
        },
        returns={(name, state.value): returns[name, state.value] for name in shown for state in _STATES},
        returns_held=held,
        oldest_open_seconds=_ages(shown, oldest),
        oldest_held_seconds=_ages(shown, held_since),
        requests_today=requests,
        requests_limit=limits,
        breaker_open={account: float(account in out) for account in accounts},
    )


def all_source_names(ctx: Context, q: Queries) -> dict[SourceId, str]:
    """The name of each source, or the name that it had when it was last configured."""
    known = {source.id: source.name for source in sources.all_known(q)}
    return known | {source.id: source.name for source in ctx.sources.values()}


def _counts(
    ctx: Context, q: Queries
) -> tuple[Counter[tuple[str, ...]], Counter[tuple[str, ...]], list[tuple[str, datetime]]]:
    """Counts by source and state, counts of what is held by source and cause, and since when each source has open ones.

    A removed source may have had the name that another one has now: both are counted together.
    """
    names = all_source_names(ctx, q)
    returns, held = Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
    oldest: list[tuple[str, datetime]] = []
    for count in figures.counts(q):
        name = names.get(count.source, count.source)
        # What is due goes on by itself, like everything that waits.
        state = Progress.WAITING if count.progress is Progress.DUE else count.progress
        returns[name, state.value] += count.number
        if count.progress is Progress.HELD:
            held[name, count.cause] += count.number
        if count.progress in OPEN:
            oldest.append((name, count.since))
    return returns, held, oldest


def _ages(names: list[str], since: list[tuple[str, datetime]]) -> "Series":
    """How many seconds ago the oldest of each source began; 0 where there is none, or where a clock was ahead."""
    now = clock.now()
    oldest = dict.fromkeys(names, now)
    for name, moment in since:
        oldest[name] = min(oldest.get(name, now), moment)
    return {(name,): (now - moment).total_seconds() for name, moment in oldest.items()}


def requests_in_a_day(ctx: Context) -> dict[str, dict[str, int]]:
    """For each account with limits: the requests `made` in a day, by any command, and the number that is `allowed`.

    It closes the accounts.
    """
    ctx.accounts.close()
    made, allowed = requests_and_limits(ctx)
    return {name[0]: {"made": int(made.get(name, 0)), "allowed": int(most)} for name, most in allowed.items()}


def requests_and_limits(ctx: Context) -> "tuple[Series, Series]":
    """The requests of each account with limits in the last 24 hours, and the number that its limits allow, by name.

    Where the file in which they are counted cannot be read, the first one is empty.
    """
    settings = ctx.config.settings
    limits = {name: one.limits or WAREHOUSES.find(one.kind).default_limits for name, one in settings.warehouses.items()}
    limits |= {one.name: one.settings.limits or one.kind.default_limits for one in ctx.sources.values()}
    allowed: dict[tuple[str, ...], float] = {
        (name,): float(min(window.requests * max(_DAY // window.seconds, 1) for window in parse_limits(windows)))
        for name, windows in limits.items()
        if windows
    }
    counted = counted_in_a_day(limits_path(ctx.config.state_path))
    if counted is None:
        return {}, allowed
    return {labels: counted.get(labels[0], 0) for labels in allowed}, allowed
