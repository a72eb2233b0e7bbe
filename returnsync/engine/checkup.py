"""Check: configuration, credentials, channel, reasons, clock and disk; each line fine, or what to do. No effect."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial

from returnsync.engine.context import Context, Source
from returnsync.errors import CallError, ExitCode, Refused, ReturnsyncError
from returnsync.model import Finding, WarehouseName

_ENOUGH_DISK = 100 * 1024 * 1024
_CLOCK_SECONDS = 30


def check(ctx: Context) -> Iterator[tuple[str, Finding]]:
    """Every finding with the name of what it is about, as it is found."""
    yield "configuration", Finding("file", ok=True, text=str(ctx.config.path))
    yield "state", _disk(ctx)
    yield from _guarded("reasons", partial(_reasons, ctx))
    for source in ctx.chosen:
        yield from _guarded(source.name, partial(_platform, ctx, source))
    for name in sorted({name for source in ctx.chosen for name in source.settings.warehouses()}):
        yield from _guarded(name, partial(_warehouse, ctx, WarehouseName(name)))
    yield from _clocks(ctx)


def _platform(ctx: Context, source: Source) -> Iterator[Finding]:
    return ctx.platform(source).check()


def _warehouse(ctx: Context, name: WarehouseName) -> Iterator[Finding]:
    yield from ctx.warehouse(name).check()
    gone = ctx.pairings.ids() - ctx.offered_reasons(name)
    if gone:
        yield Finding(
            "reasons",
            ok=False,
            text=f"paired with {len(gone)} that the warehouse no longer offers: {', '.join(map(str, sorted(gone)))}",
            next_step=f"Pair them anew in {ctx.config.reasons_path}; until then they are sent in words or held.",
        )


def _guarded(subject: str, find: Callable[[], Iterator[Finding]]) -> Iterator[tuple[str, Finding]]:
    try:
        for finding in find():
            yield subject, finding
    except Refused as error:
        next_step = "Check this account's settings, and what its credentials may read."
        yield subject, Finding("allowed", ok=False, text=error.what, next_step=next_step)
    except CallError as error:
        next_step = "Check `base_url` and the network; if both are right, try again later."
        yield subject, Finding("reachable", ok=False, text=error.what, next_step=next_step, temporary=True)
    except ReturnsyncError as error:
        temporary = error.exit_code is ExitCode.TEMPORARY
        yield subject, Finding("usable", ok=False, text=error.what, next_step=error.next_step, temporary=temporary)


def _disk(ctx: Context) -> Finding:
    folder = ctx.config.state_path.parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < _ENOUGH_DISK:
        return Finding("disk", ok=False, text=f"{free // 2**20} MiB free", next_step=f"Make room where {folder} lies.")
    return Finding("disk", ok=True, text=f"{free // 2**20} MiB free")


def _reasons(ctx: Context) -> Iterator[Finding]:
    paired = sum(map(len, (*ctx.pairings.sources.values(), *ctx.pairings.platforms.values())))
    yield Finding("pairings", ok=True, text=f"{paired} in {ctx.config.reasons_path}")


def _clocks(ctx: Context) -> Iterator[tuple[str, Finding]]:
    """The servers' own `Date`, compared with ours: marks and waits hang on the clock."""
    for name, off in ctx.clock_offsets.items():
        seconds = abs(off.total_seconds())
        fine = seconds < _CLOCK_SECONDS
        next_step = "" if fine else "Set this machine's clock by NTP."
        yield name, Finding("clock", ok=fine, text=f"{seconds:.0f} s away from this machine's", next_step=next_step)
