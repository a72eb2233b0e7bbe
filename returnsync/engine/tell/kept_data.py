"""How old the personal data in the state are, and how long it keeps them: for `check` and `status`."""

from collections.abc import Iterator
from typing import Any

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.upkeep import rooms_to_write_anew
from returnsync.model import Finding
from returnsync.state import erasing
from returnsync.state.database import Queries


def kept_data(ctx: Context, q: Queries) -> dict[str, Any]:
    """When the oldest return with personal data last changed, and for how many days such data are kept."""
    return {
        "oldest": clock.stamp_or_none(erasing.oldest(q)),
        "retention_days": ctx.config.settings.retention_days,
    }


def kept_in_words(kept: dict[str, Any]) -> str:
    """The same as a text for a person; empty where no personal data are kept."""
    if kept["oldest"] is None:
        return ""
    days = max((clock.now() - clock.parse(kept["oldest"])).days, 0)
    oldest = f"the oldest have not changed for {days} {'day' if days == 1 else 'days'}"
    if kept["retention_days"] is None:
        return f"{oldest}; all is kept for ever, since `retention_days` is not set"
    ended, others = kept["retention_days"], max(kept["retention_days"], 180)
    return (
        f"{oldest}; those of returns that their platform has ended are erased after {ended} days, all others that "
        f"are done after {others} days"
    )


def check_kept_data(ctx: Context) -> Iterator[Finding]:
    """Report that, and, before the state file is rewritten for the first time, how much disk space this needs."""
    with ctx.db.reading() as q:
        text, is_prepared = kept_in_words(kept_data(ctx, q)), erasing.was_written_anew(q)
    if text:
        yield Finding("personal data", ok=True, text=text)
    if ctx.config.settings.retention_days is None or is_prepared or not ctx.config.state_path.exists():
        return
    rooms = rooms_to_write_anew(ctx)
    needed = sum(room.needed for room in rooms) // 2**20 + 1
    told = f"the next run rewrites the state file, once, which needs {needed} MiB for a while"
    lacking = next((room for room in rooms if room.free < room.needed), None)
    if lacking is None:
        yield Finding("retention", ok=True, text=told)
    else:
        next_step = f"Make room on the disk of {lacking.place}: {lacking.free // 2**20} MiB are free."
        yield Finding("retention", ok=False, text=told, next_step=next_step, temporary=True)
