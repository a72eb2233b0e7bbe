"""The list of everything: returns by their announcements, and records that could not be read. For `returns`."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from returnsync import clock, typed
from returnsync.engine.context import Context
from returnsync.engine.tell.choosing import refuse_unknown_sources
from returnsync.engine.tell.entries import entry_of_record, source_names
from returnsync.model import Announcement, OrderNumber, Return, SourceId
from returnsync.platforms.glimpse import private_in
from returnsync.redact import Masker
from returnsync.state import announcements, ledger, overview, returns, sent, set_aside, sources
from returnsync.state.database import Queries
from returnsync.state.ledger import Kind
from returnsync.state.overview import Listed, Span

COLUMNS = (
    *("since", "state", "source", "order_number", "order_at_warehouse", "return_number", "return_id", "code", "cause"),
    *("created", "announced_at", "labelled_at", "articles", "carrier", "platform_carrier", "tracking_number", "label"),
)
"""The columns of each entry, each a text, in this order."""
PRIVATE = ("name", "email", "label_link")
"""The additional columns where personal data are asked for."""

_BATCH = 200

Row = dict[str, str]


@dataclass(frozen=True)
class Which:
    """Which entries are wanted: those of a span, of these sources, with this carrier, and containing this text."""

    span: Span = field(default_factory=Span)
    sources: Sequence[str] = ()
    carrier: str = ""
    search: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """The words that an entry must contain, in upper or lower case; a `#` before a word is ignored."""
        return tuple(
            filter(None, (overview.as_searched(word.lstrip("#")) for word in typed.plain(self.search).split()))
        )

    @property
    def is_sifted(self) -> bool:
        """Whether each entry has to be read to decide whether it is wanted."""
        return bool(self.carrier or self.words)


def list_returns(ctx: Context, which: Which, most: int | None, *, private: bool = False) -> Iterator[Row]:
    """Entries by `COLUMNS`, the latest change of state first; at most `most`, or all.

    Text that a platform or a warehouse wrote is masked of the consumer. With `private` it is given as it is, with
    `PRIVATE` in addition.

    Raises:
        NotThereError: a source is not known.
    """
    with ctx.db.reading() as q:
        keys = _keys(ctx, q, which, None if which.is_sifted else most)
    return islice(_rows(ctx, which, keys, private=private), most)


def count_returns(ctx: Context, which: Which) -> int:
    """How many entries there are.

    Raises:
        NotThereError: a source is not known.
    """
    if which.is_sifted:
        return sum(1 for _ in list_returns(ctx, which, None))
    with ctx.db.reading() as q:
        return sum(overview.count(q, source, which.span) for source in sources_called(ctx, q, which.sources))


def sources_called(ctx: Context, q: Queries, wanted: Iterable[str]) -> list[SourceId | None]:
    """The ids of named sources, each once, also of those no longer configured; `[None]`, for all, without names.

    Raises:
        NotThereError: a name is not known.
    """
    wanted = list(wanted)
    configured = {name: source for source, name in source_names(ctx).items()}
    ids = {source.id: source.id for source in sources.all_known(q) if source.id not in configured.values()} | configured
    refuse_unknown_sources(ids, wanted)
    return list({ids[name]: None for name in wanted}) or [None]


def _keys(ctx: Context, q: Queries, which: Which, most: int | None) -> list[Listed]:
    each = sources_called(ctx, q, which.sources)
    keys = overview.latest_first(one for source in each for one in overview.listed(q, source, which.span, most))
    if which.is_sifted:
        telling = overview.telling(q, [*which.words, *filter(None, [which.carrier])])
        keys = [key for key in keys if (key.source, key.return_id) in telling]
    return keys[:most]


def _rows(ctx: Context, which: Which, keys: Sequence[Listed], *, private: bool) -> Iterator[Row]:
    """The entries of keys, in batches: a slow reader of the output does not keep the state busy."""
    for first in range(0, len(keys), _BATCH):
        with ctx.db.reading() as q:
            batch = [_entry(ctx, q, key) for key in keys[first : first + _BATCH]]
        yield from (entry.shown(private=private) for entry in batch if entry.is_meant(which))


@dataclass(frozen=True)
class _Entry:
    """One entry, with what is known of its return and of its announcement, if it has them."""

    row: Row
    ret: Return | None = None
    links: Sequence[str] = ()
    """The tracking pages of its labels, the newest last."""
    more: Sequence[str] = ()
    """Further texts by which it is found."""

    def is_meant(self, which: Which) -> bool:
        """Whether it has the wanted carrier and contains the wanted words."""
        carrier = self.row["carrier"] or self.row["platform_carrier"]
        if which.carrier and which.carrier.casefold() != carrier.casefold():
            return False
        told = [overview.as_searched(text) for text in self._searched()]
        return all(any(word in text for text in told) for word in which.words)

    def _searched(self) -> Iterable[str]:
        names = ("order_number", "order_at_warehouse", "return_number", "return_id", "code", "tracking_number")
        yield from (self.row[name] for name in names)
        yield from self.more
        yield from self._personal().values()
        if self.ret is not None:
            yield from self.ret.aliases
            yield from (address.name for address in self.ret.addresses())

    def _personal(self) -> Row:
        consumer = self.ret.consumer if self.ret else None
        if consumer is None:
            return {"name": "", "email": ""}
        name = f"{consumer.first_name} {consumer.last_name}".strip()
        return {"name": name or (consumer.address.name if consumer.address else ""), "email": consumer.email}

    def shown(self, *, private: bool) -> Row:
        """The entry as a row."""
        if private:
            return {**self.row, **self._personal(), "label_link": self.links[-1] if self.links else ""}
        mask = Masker(self.ret)
        return {name: mask.values(text) for name, text in self.row.items()}


def _entry(ctx: Context, q: Queries, key: Listed) -> _Entry:
    row = dict.fromkeys(COLUMNS, "") | {
        "since": key.since,
        "state": key.state.value,
        "source": source_names(ctx).get(key.source, key.source),
        "return_id": key.return_id,
        "code": key.code or "",
        "cause": key.cause,
    }
    if key.is_record:
        known = set_aside.get(q, key.source, key.return_id, clock.now())
        return _Entry({**row, **_of_record(ctx, q, key)}, more=private_in(known.record.raw) if known else ())
    ret = _return_of(q, key)
    item = announcements.get(q, key.code) if key.code else None
    if ret is not None:
        row |= _of_return(ret, [item.order_number] if item else ret.order_numbers())
    if item is None:
        return _Entry(row, ret)
    labels = ledger.labels(q, item.warehouse, item.code)
    row |= _of_announcement(q, item) | {"label": labels[-1]["file"] if labels else ""}
    links = [label["tracking_link"] for label in labels]
    return _Entry(row, ret, links, [*links, item.order_ref])


def _return_of(q: Queries, key: Listed) -> Return | None:
    """Its return; `None` where it cannot be read, so that only the cells of one row are missing."""
    try:
        return returns.get(q, key.source, key.return_id)
    except ValueError:
        return None


def _of_record(ctx: Context, q: Queries, key: Listed) -> Row:
    """The data of a record, masked of the persons that it names."""
    found = (one for one in set_aside.of_return(q, key.source, key.return_id) if one["record"] == key.return_id)
    record = next(found, None)
    if record is None:
        return {}  # it is no longer set aside
    told = entry_of_record(ctx, q, {**record, "source": key.source}).shown
    return {name: told[name] or "" for name in ("order_number", "return_id", "code", "created", "tracking_number")}


def _of_return(ret: Return, numbers: Sequence[OrderNumber]) -> Row:
    """The columns of a return, or of some of its orders."""
    lines = [line for line in ret.lines if line.is_item and line.order_number in numbers]
    return {
        "order_number": ", ".join(numbers),
        "return_number": ret.number,
        "created": clock.stamp(ret.created),
        "articles": ", ".join(f"{line.quantity} × {line.sku or line.barcode or line.title}" for line in lines),
        "platform_carrier": ret.carrier,
        "tracking_number": ret.own_label.tracking_code if ret.own_label else "",
    }


def _of_announcement(q: Queries, item: Announcement) -> Row:
    """What was done for an announcement: its order at the warehouse, and the carrier of its label."""
    created = ledger.newest_made(q, item.warehouse, item.code, Kind.CREATE)
    label = ledger.newest_made(q, item.warehouse, item.code, Kind.LABEL)
    asked: dict[str, Any] = json.loads(label.request) if label and label.request else {}
    return {
        "order_number": item.order_number,
        "order_at_warehouse": sent.requested(created)[0].order_number if created and created.request else "",
        "announced_at": clock.stamp_or_none(item.announced_at) or "",
        "labelled_at": clock.stamp_or_none(item.labelled_at) or "",
        "carrier": str(asked.get("carrier", "")),
    }
