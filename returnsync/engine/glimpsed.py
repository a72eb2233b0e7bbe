"""What can be read of a record that was set aside, and which parts of it name persons."""

import json
from collections.abc import Iterable
from dataclasses import replace

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.model import Cause, Return, ReturnId, SourceId, UnreadableRecord
from returnsync.platforms.glimpse import Glimpse, Names, glimpse, private_in, reduced
from returnsync.redact import Masker, personal_texts
from returnsync.state import content, erasing, identity, parts, returns, set_aside
from returnsync.state.database import Queries


def seen(ctx: Context, source_id: SourceId, record: UnreadableRecord) -> Glimpse:
    """What can be read of a record that was set aside."""
    if record.cause is Cause.IDENTITY_UNCLEAR:
        # The record can be read, but it is not clear which return it is.
        rets = content.parsed_all(record.raw)
        return Glimpse(
            tuple(dict.fromkeys(number for ret in rets for number in ret.order_numbers())),
            tuple(dict.fromkeys(ret.own_label.tracking_code for ret in rets if ret.own_label)),
            min((ret.created for ret in rets), default=None),
        )
    source = ctx.sources.get(source_id)
    return glimpse(record.raw, Names() if source is None else source.kind.named_in_records)


def mask_of(record: Return | UnreadableRecord) -> Masker:
    """What masks the persons that a record names, as far as the record can be read."""
    if isinstance(record, Return):
        return Masker(record)
    mask = Masker(None)
    mask.know_of_order(_named_in(record))
    return mask


def _named_in(record: UnreadableRecord) -> Iterable[str]:
    if record.cause is Cause.IDENTITY_UNCLEAR:
        return (text for ret in content.parsed_all(record.raw) for text in personal_texts(ret))
    return private_in(record.raw)


def mask_for(q: Queries, source: SourceId, key: ReturnId, ret: Return | None) -> Masker:
    """What masks the consumer of a return; where `ret` is `None`, the persons named in the record set aside."""
    known = None if ret else set_aside.get(q, source, key, clock.now())
    return Masker(ret) if known is None else mask_of(known.record)


def mask_for_all(q: Queries, source: SourceId, keys: Iterable[ReturnId]) -> Masker:
    """What masks everybody who is named in the records with these keys, as far as they were read."""
    rets, texts = list[Return](), list[str]()
    for key in keys:
        part = parts.get(q, source, key)
        ret = part.ret if part else returns.get(q, source, identity.home_of(q, source, key) or key)
        if ret is not None:
            rets.append(ret)
        elif (known := set_aside.get(q, source, key, clock.now())) is not None:
            texts += _named_in(known.record)
    mask = Masker(None, rets)
    mask.know_of_order(texts)
    return mask


def without_persons(ctx: Context, source_id: SourceId, record: UnreadableRecord) -> str:
    """A record that cannot be read, reduced to orders, parcels and time, by which a person may recognise it."""
    told, mask = seen(ctx, source_id, record), mask_of(record)
    return reduced(
        told._replace(
            order_numbers=tuple(map(mask.values, told.order_numbers)),
            tracking_numbers=tuple(map(mask.values, told.tracking_numbers)),
        )
    )


def without_what_was_erased(ctx: Context, q: Queries, source: SourceId, record: UnreadableRecord) -> UnreadableRecord:
    """A record of an erased return, with a hash in place of what is not kept of it; any other record as it is."""
    if record.cause is not Cause.UNREADABLE or erasing.erased_at(q, source, ReturnId(record.key)) is None:
        return record
    if set_aside.is_as_erased(q, source, record):
        return record  # a person released it as it is: it is not saved again
    told = {**json.loads(without_persons(ctx, source, record)), "sha256": set_aside.digest_of(record)}
    return replace(record, raw=json.dumps(told, ensure_ascii=False))
