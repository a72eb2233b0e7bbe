"""The state of every source and return, from the state file only."""

from collections.abc import Mapping
from typing import Any

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.rehearsal import count_kept_back, told_of_rehearsals
from returnsync.engine.sources import Source, starts_too_late, yet_to_start
from returnsync.engine.tell.kept_data import kept_data
from returnsync.model import Cause, Code, Progress, SourceId, WarehouseName
from returnsync.redact import Masker
from returnsync.state import announcements, breakers, figures, label_calls, returns, runs, set_aside, sources
from returnsync.state.breakers import Kind
from returnsync.state.database import Queries
from returnsync.state.label_calls import Stop
from returnsync.state.sources import KnownSource

_RUNS = 5


def outages_of(ctx: Context, q: Queries) -> list[dict[str, Any]]:
    """The accounts that are out, and the warehouses whose label calls are stopped: each since when, and why.

    For stopped label calls, `codes` has the announcement refused last, or one that waits; `show` has the answer to it.

    Accounts that the configuration no longer has are left out: no run uses them.
    """
    warehouses = ctx.config.settings.warehouses
    names = {(Kind.WAREHOUSE, name): name for name in warehouses}
    names |= {(Kind.SOURCE, source.id): source.name for source in ctx.sources.values()}
    accounts: list[dict[str, Any]] = [
        {
            "account": names[item.kind, item.account],
            "kind": item.kind.value,
            "since": clock.stamp(item.opened_at),
            "why": item.why,
            "codes": [],
        }
        for item in breakers.all_open(q)
        if item.opened_at is not None and (item.kind, item.account) in names
    ]
    labels = [
        {
            "account": item.warehouse,
            "kind": "labels",
            "since": clock.stamp(item.since),
            "why": Stop(item.stop).why or item.stop,
            "codes": _refused_last(q, item.warehouse),
        }
        for item in breakers.labels_stopped(q)
        if item.warehouse in warehouses
    ]
    return [*accounts, *labels]


def _refused_last(q: Queries, warehouse: WarehouseName) -> list[Code]:
    """The announcement whose label was last refused, with its answer; else one that waits for label calls."""
    refused = label_calls.refusals(q, warehouse, label_calls.of(q, warehouse).made)
    codes = [one.code for one in refused[:1]] or announcements.waiting_for(q, warehouse, Cause.LABELS_STOPPED, 1)
    known = [announcements.get(q, code) for code in codes]
    return [Masker(returns.get(q, item.source, item.return_id)).values(item.code) for item in known if item is not None]


def status_of(ctx: Context) -> dict[str, Any]:
    """Sources with their marks and counts, the oldest open announcement, and the last runs; as one JSON object."""
    with ctx.db.reading() as q:
        counts = _counts(q)
        newest = figures.newest_runs(q, {source.name for source in ctx.sources.values()}, runs.LAST)
        known = {source.id: source for source in sources.all_known(q)}
        marks = {source_id: sources.mark_of(q, source_id) for source_id in {*known, *ctx.sources}}
        oldest = announcements.oldest_open(q)
        return {
            "sources": [
                {
                    "name": ctx.sources[source_id].name if source_id in ctx.sources else known[source_id].name,
                    "id": source_id,
                    "configured": source_id in ctx.sources,
                    "read_up_to": clock.stamp(mark.mark) if (mark := marks[source_id]) else None,
                    "announcements": counts.get(source_id, {}),
                    **_success(ctx.sources.get(source_id), newest),
                    "refused_since": _refused_since(known.get(source_id)),
                    **_rehearsal(q, ctx.sources.get(source_id)),
                }
                for source_id in sorted({*known, *ctx.sources})
            ],
            "waiting": announcements.count_waiting(q),
            "held": announcements.count_held(q) + set_aside.count(q),
            "unreadable": set_aside.count(q),
            "out": outages_of(ctx, q),
            "warnings": [
                *(text for source in ctx.sources.values() if (text := _warning(source))),
                *told_of_rehearsals(ctx, q),
            ],
            "oldest_open": clock.stamp(oldest) if oldest else None,
            "personal_data": kept_data(ctx, q),
            "runs": [
                {**{key: run[key] for key in ("run", "command", "started", "finished", "exit_code")}, **_why(run)}
                for run in runs.last(q, _RUNS)
            ],
        }


def _counts(q: Queries) -> dict[SourceId, dict[str, int]]:
    """The number of each source in each state; what is due counts as waiting, and records set aside as held."""
    found: dict[SourceId, dict[str, int]] = {}
    for count in figures.counts(q):
        state = Progress.WAITING if count.progress is Progress.DUE else count.progress
        of_source = found.setdefault(count.source, {})
        of_source[state.value] = of_source.get(state.value, 0) + count.number
    in_order = [state.value for state in Progress]
    return {source: {name: of[name] for name in in_order if name in of} for source, of in found.items()}


def _why(run: Mapping[str, Any]) -> dict[str, Any]:
    """Why a run did not end well, and what the guard refused in it, as it was reported then."""
    summary = run["summary"] or {}
    return {"error": summary.get("error"), "refused": summary.get("refused", [])}


def _success(source: Source | None, newest: Mapping[str, figures.Runs]) -> dict[str, Any]:
    """When a run of a configured source last succeeded, and whether that is too long ago."""
    if source is None:
        return {"last_success": None, "stale": False}
    runs_of = newest[source.name]
    success = clock.stamp(runs_of.success) if runs_of.success else None
    if not runs_of.started:
        return {"last_success": success, "stale": False}  # no run has used it yet
    since = runs_of.success or runs_of.started[-1]
    return {"last_success": success, "stale": clock.now() - since > runs.patience(runs_of.started)}


def _refused_since(known: KnownSource | None) -> str | None:
    return clock.stamp_or_none(known.refused_at) if known else None


def _rehearsal(q: Queries, source: Source | None) -> dict[str, Any]:
    """The only orders that a source delivers, and how many announcements wait for others; empty without `only`."""
    if source is None or source.settings.only is None:
        return {}
    return {"only": list(source.settings.only), "kept_back": count_kept_back(q, source)}


def _warning(source: Source) -> str:
    """What is unusual about the start of a source; empty where nothing is."""
    refusal = starts_too_late(source)
    return refusal.what if refusal else yet_to_start(source)
