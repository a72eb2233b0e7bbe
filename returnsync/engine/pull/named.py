"""Read and save single records that a person names, beside what a run reads by itself."""

from collections.abc import Callable, Iterator, Sequence

from returnsync.engine import glimpsed
from returnsync.engine.context import Context
from returnsync.engine.pull.keys import found_by_any_key
from returnsync.engine.pull.saving import save_found
from returnsync.engine.sources import Source
from returnsync.errors import AccountError, CallError
from returnsync.model import ReturnId, SourceId
from returnsync.platforms.interface import Found
from returnsync.redact import masking_for

# No record has this key.
_END = (None, None)

Answers = Iterator[tuple[ReturnId, Found]]


def read_records(ctx: Context, source: Source, records: Sequence[ReturnId]) -> Answers:
    """Read records by their ids; gives each id with the result.

    Raises:
        CallError, AccountError: one cannot be read for now; the results before it were given.
    """
    with ctx.db.reading() as q:
        mask = glimpsed.mask_for_all(q, source.id, records)
    answers = found_by_any_key(ctx.accounts.platform(source).each(records), source, ctx.db)
    while True:
        with masking_for(mask):
            record, found = next(answers, _END)
        if record is None:
            return
        if isinstance(found, CallError):
            raise found
        yield record, found


def save_each(
    ctx: Context, source: Source, read: Callable[[], Answers], *, is_single: bool = True
) -> list[tuple[SourceId, ReturnId]]:
    """Save what was read (found in a list where it is not `is_single`); returns the returns that it belongs to.

    What cannot be read is noted; what was read before it is saved.
    """
    tally = ctx.tally.source(source.name)
    saved: list[tuple[SourceId, ReturnId]] = []
    try:
        for record, item in read():
            homes = save_found(ctx, source, ctx.accounts.platform(source), record, item, tally, is_single=is_single)
            tally.listed += 1
            saved += [(source.id, home) for home in homes or [record]]
    except (AccountError, CallError) as error:
        tally.error = error.at(source.name).what
        ctx.tally.trouble(error)
    return saved
