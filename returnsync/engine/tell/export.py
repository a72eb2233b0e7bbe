"""Export: every return as the state knows it, for other programs and for spreadsheets."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.mapping import reasons
from returnsync.model import Announcement, Return, ReturnLine, SourceId
from returnsync.redact import Masker
from returnsync.state import announcements, ledger, returns, sources

_OF_RETURN = (
    "source",
    "platform",
    "return_id",
    "return_number",
    "status",
    "platform_status",
    "created",
    "updated",
    "first_seen",
    "erased_at",
    "channel",
    "brand",
    "carrier",
    "tracking_code",
)
_OF_ANNOUNCEMENT = ("code", "warehouse", "progress", "cause", "announced_at", "labelled_at")
_OF_LINE = ("order_number", "sku", "barcode", "title", "quantity", "reason", "resolution")
_OF_CONSUMER = ("first_name", "last_name", "email", "locale")
_OF_ADDRESS = ("name", "street", "house_number", "postal_code", "city", "country", "phone")

_Object = dict[str, Any]

_BATCH = 200


def exported(ctx: Context, since: datetime | None, *, private: bool) -> Iterator[_Object]:
    """Each return that its platform made at or after `since`, by source, the oldest first, as one JSON object.

    Consumer, address and comments are included only with `private`; otherwise they are masked wherever a platform wrote
    them.
    """
    names = {source.id: source.name for source in ctx.sources.values()}
    with ctx.db.reading() as q:
        known = [source.id for source in sources.all_known(q)]
    for source in known:
        for batch in _batches(ctx, source, since):
            for one, items in batch:
                links = _links(ctx, items) if private else []
                yield _shown(
                    {"source": names.get(source, source), **_told(one, items)}, one.ret, links, private=private
                )


def _links(ctx: Context, items: list[Announcement]) -> list[str]:
    """The tracking pages of the labels that the warehouse made."""
    with ctx.db.reading() as q:
        labels = [label for item in items for label in ledger.labels(q, item.warehouse, item.code)]
    return [label["tracking_link"] for label in labels if label["tracking_link"]]


def _batches(
    ctx: Context, source: SourceId, since: datetime | None
) -> Iterator[list[tuple[returns.Known, list[Announcement]]]]:
    """Returns with their announcements, in batches: a slow reader of the output does not keep the state busy."""
    last: Return | None = None
    while True:
        with ctx.db.reading() as q:
            found = returns.created_since(q, source, since, last, _BATCH)
            batch = [(one, announcements.of_return(q, source, one.ret.id)) for one in found]
        if not batch:
            return
        yield batch
        last = found[-1].ret


def _told(known: returns.Known, items: list[Announcement]) -> _Object:
    ret = known.ret
    return {
        "platform": ret.platform,
        "return_id": ret.id,
        "return_number": ret.number,
        "status": ret.status.value,
        "platform_status": ret.raw_status,
        "created": clock.stamp(ret.created),
        "updated": clock.stamp(ret.updated),
        "first_seen": known.first_seen,
        "erased_at": known.erased_at,
        "channel": ret.channel,
        "brand": ret.brand,
        "carrier": ret.carrier,
        "tracking_code": ret.own_label.tracking_code if ret.own_label else "",
        "lines": [_line(line) for line in ret.lines if line.is_item],
        "announcements": list(map(_announcement, items)),
    }


def _shown(told: _Object, ret: Return, links: list[str], *, private: bool) -> _Object:
    """With the consumer and the comments, or without them and masked."""
    if private:
        comments = [line.comment for line in ret.lines if line.is_item]
        lines = [{**line, "comment": comment} for line, comment in zip(told["lines"], comments, strict=True)]
        return {**told, "lines": lines, **_consumer(ret), "label_links": links}
    mask = Masker(ret)
    return {key: mask.values(value) for key, value in told.items()}


def _line(line: ReturnLine) -> _Object:
    return {
        "order_number": line.order_number,
        "sku": line.sku,
        "barcode": line.barcode,
        "title": line.title,
        "quantity": line.quantity,
        "reason": "/".join(reasons.keys(line.reason)) if line.reason else "",
        "resolution": line.resolution,
    }


def _announcement(item: Announcement) -> _Object:
    return {
        "code": item.code,
        "warehouse": item.warehouse,
        "order_number": item.order_number,
        "progress": item.progress.value,
        "cause": item.cause or "",
        "announced_at": clock.stamp_or_none(item.announced_at),
        "labelled_at": clock.stamp_or_none(item.labelled_at),
    }


def _consumer(ret: Return) -> _Object:
    consumer, own = ret.consumer, ret.own_label
    return {
        "consumer": {name: getattr(consumer, name) if consumer else "" for name in _OF_CONSUMER},
        "addresses": [{name: getattr(address, name) for name in _OF_ADDRESS} for address in ret.addresses()],
        "own_label": {"tracking_link": own.tracking_link, "label_url": own.label_url} if own else None,
    }


def columns(*, private: bool) -> list[str]:
    """The columns of `rows`."""
    personal = [*_OF_CONSUMER, *(f"address_{name}" for name in _OF_ADDRESS), "comment"]
    return [*_OF_RETURN, *_OF_LINE, *_OF_ANNOUNCEMENT, *(personal if private else ())]


def rows(exported_return: _Object) -> Iterator[dict[str, str]]:
    """A return as rows of a table: one for each of its lines, or a single one where it lists none.

    Each line has the announcement of its order beside it, and with personal data the first of the addresses.
    """
    of_order = {item["order_number"]: item for item in exported_return["announcements"]}
    personal = dict(exported_return.get("consumer", {}))
    address: _Object = next(iter(exported_return.get("addresses", ())), {})
    personal |= {f"address_{name}": value for name, value in address.items()}
    for line in exported_return["lines"] or [{}]:
        announcement = of_order.get(line.get("order_number", next(iter(of_order), "")), {})
        row = {name: exported_return[name] for name in _OF_RETURN}
        row |= {name: announcement.get(name) for name in _OF_ANNOUNCEMENT} | line | personal
        yield {name: str(value) for name, value in row.items() if value is not None}
