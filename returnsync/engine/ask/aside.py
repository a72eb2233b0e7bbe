"""What was set aside, as a person knows it: a record that cannot be read still tells an order, a parcel or a time."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from returnsync import clock, typed
from returnsync.engine.context import Context
from returnsync.model import Cause, ReturnId, SourceId, UnreadableRecord
from returnsync.platforms.glimpse import Glimpse, Names, glimpse, private_in
from returnsync.redact import Masker, personal_texts
from returnsync.state import content, set_aside
from returnsync.state.database import Queries

_MOST_SHOWN = 5


def seen(ctx: Context, source_id: SourceId, record: UnreadableRecord) -> Glimpse:
    """What a record tells that was set aside."""
    if record.cause is Cause.IDENTITY_UNCLEAR:
        # it can be read; what is not clear is which return it is
        rets = content.parsed_all(record.raw)
        return Glimpse(
            tuple(dict.fromkeys(number for ret in rets for number in ret.order_numbers())),
            tuple(dict.fromkeys(ret.own_label.tracking_code for ret in rets if ret.own_label)),
            min((ret.created for ret in rets), default=None),
        )
    source = ctx.sources.get(source_id)
    return glimpse(record.raw, Names() if source is None else source.kind.named_in_records)


def mask_of(record: UnreadableRecord) -> Masker:
    """What masks the persons of whom a record tells that was set aside, as far as it can be read."""
    mask = Masker(None)
    if record.cause is Cause.IDENTITY_UNCLEAR:
        mask.know_of_order(text for ret in content.parsed_all(record.raw) for text in personal_texts(ret))
    else:
        mask.know_of_order(private_in(record.raw))
    return mask


def find(ctx: Context, q: Queries, text: str) -> list[tuple[SourceId, ReturnId]]:
    """The records that were set aside and go by a name: their key, an order number or a tracking number in them."""
    known = []
    for source_id, record in set_aside.each(q):
        shown = seen(ctx, source_id, record)
        names = (record.key, *shown.order_numbers, *shown.tracking_numbers)
        known.append(((source_id, ReturnId(record.key)), names))
    return typed.meant(text, known)


def _some(numbers: Iterable[str]) -> str:
    first = list(islice(numbers, _MOST_SHOWN + 1))
    return ", ".join([*first[:_MOST_SHOWN], *(["…"] if len(first) > _MOST_SHOWN else [])])


def shown(glimpsed: Glimpse) -> dict[str, Any]:
    """The keys of one entry that tell which return a record may be."""
    return {
        "order_number": _some(glimpsed.order_numbers),
        "tracking_number": _some(filter(None, glimpsed.tracking_numbers)),
        "created": None if glimpsed.created is None else clock.stamp(glimpsed.created),
    }
