"""Reading again what a person names: what the state knows by that name, and what the sources know by it."""

from collections.abc import Iterator
from functools import partial

from returnsync import typed
from returnsync.engine import glimpsed
from returnsync.engine.context import Context
from returnsync.engine.pull import read_records, records_of, save_each
from returnsync.engine.sources import Source
from returnsync.engine.tell import named
from returnsync.model import Return, ReturnId, SourceId, UnreadableRecord
from returnsync.platforms.interface import Found
from returnsync.platforms.records import HASHED
from returnsync.redact import masking_for
from returnsync.state import announcements, returns


def fetch(ctx: Context, wanted: str, *, by_label: bool = True) -> list[tuple[SourceId, ReturnId]]:
    """Read again what the state knows by that name, and what the sources know by it; only the state knows codes.

    The state is asked first, since only it can tell to which source a return belongs. `by_label` is as in `named.find`.
    """
    with ctx.db.reading() as q:
        # A record without an id of its own cannot be read singly.
        chosen = {source.id for source in ctx.chosen}
        known = [(source, ret) for source, ret in named.find(ctx, q, wanted, by_label=by_label) if source in chosen]
        known = [(source, ret) for source, ret in known if not ret.startswith(HASHED)]
        is_code = any(announcements.get(q, written) is not None for written in typed.spellings(wanted))
    with ctx.db.transaction() as q:
        for source_id, return_id in known:
            if ctx.sources[source_id].settings.label_setting:
                # An earlier version may not have read whether it has a shipment.
                returns.read_soon(q, source_id, return_id)
    touched: dict[tuple[SourceId, ReturnId], None] = {}
    for source in ctx.chosen if not is_code else ():
        with ctx.db.reading() as q:
            mask = glimpsed.mask_for_all(q, source.id, [return_id for of, return_id in known if of == source.id])
        with masking_for(mask):
            touched |= dict.fromkeys(save_each(ctx, source, partial(_search, ctx, source, wanted), is_single=False))
    for source_id, return_id in known:
        if (source_id, return_id) not in touched:
            source = ctx.sources[source_id]
            touched |= dict.fromkeys(save_each(ctx, source, partial(_read_known, ctx, source, return_id)))
            touched[source_id, return_id] = None
    return list(touched)


_Read = Iterator[tuple[ReturnId, Found]]


def _search(ctx: Context, source: Source, wanted: str) -> _Read:
    platform, found = ctx.accounts.platform(source), list[Return | UnreadableRecord]()
    asked = dict.fromkeys(filter(None, (typed.cleaned(wanted), typed.plain(wanted))))
    for written in asked:
        found = found or list(platform.find(written))
    # Of a return in parts all are needed: if one was found by its id, the others are found by the return's number.
    whole = dict.fromkeys(item.number for item in found if isinstance(item, Return) and item.group)
    for number in whole:
        if number not in asked:
            found += platform.find(number)
    yield from {(item.id if isinstance(item, Return) else ReturnId(item.key)): item for item in found}.items()


def _read_known(ctx: Context, source: Source, return_id: ReturnId) -> _Read:
    with ctx.db.reading() as q:
        records = records_of(q, source.id, return_id)
    yield from read_records(ctx, source, records)
