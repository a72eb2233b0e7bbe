"""List a source again from some moment, whatever was read of it before: for comparing, on a copy of the state."""

from dataclasses import replace
from datetime import datetime

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.pull.budget import Budget
from returnsync.engine.pull.listing import read_changes
from returnsync.engine.pull.pulling import Pulling
from returnsync.engine.sources import Source
from returnsync.state import sources
from returnsync.state.sources import Mark

# A person waits for it and watches its progress, so it may take longer than a source may in a run.
_SECONDS = 3600.0


def list_again(ctx: Context, source: Source, since: datetime) -> None:
    """List what changed (or was made, where listings go by creation) since a moment, and save it.

    This moves the mark back, so the state must be a copy that nothing else reads. Unlike in a run, no record that is
    set aside or open is read singly.

    Raises:
        CallError, AccountError: the source cannot be read, or not to its end. What was saved stays.
    """
    now = clock.now()
    begins = max(since, source.settings.start_from)
    mark = min(begins + source.kind.look_back(source.settings).usual, now)
    with ctx.db.transaction() as q:
        sources.start_earlier(q, source.id, mark)
        # With a look back recorded as just made, none is made again.
        sources.set_mark(q, source.id, Mark(mark, deep_from=now))
    patient = replace(source, settings=source.settings.model_copy(update={"time_budget": _SECONDS}))
    tally = ctx.tally.source(source.name)
    read_changes(Pulling(ctx, patient, ctx.accounts.platform(source), tally, Budget(ctx, patient)))
