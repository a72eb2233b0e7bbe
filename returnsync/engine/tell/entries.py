"""Entries: what is held, and what was released, as one list of announcements and of records that were set aside."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from returnsync import clock
from returnsync.engine import glimpsed
from returnsync.engine.context import Context
from returnsync.engine.tell import aside
from returnsync.model import Announcement, Return, ReturnId, SourceId
from returnsync.platforms.glimpse import Glimpse
from returnsync.redact import Masker
from returnsync.state import returns, set_aside
from returnsync.state.database import Queries

_FROM_OUTSIDE = ("order_number", "return_number", "return_id", "code", "what", "next_step", "tracking_number")
"""The keys of an entry whose texts come from outside and may contain data of the consumer."""


@dataclass(frozen=True, eq=False)
class Entry:
    """One announcement, or one record that could not be read or identified."""

    source: SourceId
    shown: dict[str, Any]
    """What is shown of it: one JSON object, masked."""
    item: Announcement | None = None
    """`None` for a record."""
    key: str = ""
    """The key of a record, unmasked; `shown` has it masked."""
    goes_by: tuple[str, ...] = ()
    """Its order number; for a record, all order and tracking numbers in it."""

    @property
    def code(self) -> str:
        """The code of the announcement, or the key of the record."""
        return self.key if self.item is None else self.item.code

    @property
    def return_id(self) -> ReturnId:
        """The return to which it belongs; for a record, its key."""
        return ReturnId(self.key) if self.item is None else self.item.return_id

    @property
    def cause(self) -> str:
        """The cause for which it is held, or was held when it was released."""
        return str(self.shown["cause"])


def source_names(ctx: Context) -> dict[SourceId, str]:
    """The name of each source in the configuration."""
    return {source.id: source.name for source in ctx.sources.values()}


def words_left(masked: str) -> str:
    """A server's text, masked; empty where only masks are left of it."""
    return masked if any(map(str.isalnum, masked)) else ""


def entry_of(
    names: Mapping[SourceId, str], item: Announcement, ret: Return | None, mask: Masker, *, is_held: bool
) -> Entry:
    """An announcement of a return, masked; if it `is_held`, with the warehouse's answer and the next step."""
    shown = {
        "source": names.get(item.source, item.source),
        "order_number": item.order_number,
        "return_number": ret.number if ret else "",
        "return_id": item.return_id,
        "code": item.code,
        "cause": item.cause or "",
        "what": item.what,
        "answer": words_left(mask(item.foreign)) if is_held and item.foreign else "",
        "next_step": item.next_step if is_held else "",
        "tracking_number": ret.own_label.tracking_code if ret and ret.own_label else "",
        "created": clock.stamp(ret.created) if ret else None,
    }
    masked = {key: mask.values(shown[key]) for key in _FROM_OUTSIDE}
    return Entry(item.source, {**shown, **masked}, item, goes_by=(item.order_number,))


def entry_of_record(
    ctx: Context, q: Queries, record: Mapping[str, str], *, what: str = "", next_step: str = ""
) -> Entry:
    """A record that was set aside, described by its own data, masked of the persons that it names."""
    source, key = SourceId(record["source"]), ReturnId(record["record"])
    known = set_aside.get(q, source, key, clock.now())
    seen = Glimpse() if known is None else glimpsed.seen(ctx, source, known.record)
    mask = Masker(None) if known is None else glimpsed.mask_of(known.record)
    shown = {
        "source": source_names(ctx).get(source, source),
        "return_number": "",
        "return_id": key,
        "code": key,
        "cause": record["cause"],
        "what": what,
        "answer": "",
        "next_step": next_step,
        **aside.shown(seen),
    }
    masked = {name: mask.values(shown[name]) for name in _FROM_OUTSIDE}
    goes_by = (*seen.order_numbers, *seen.tracking_numbers)
    return Entry(source, {**shown, **masked}, key=key, goes_by=goes_by)


def with_returns(q: Queries, items: Iterable[Announcement]) -> Iterator[tuple[Announcement, Return | None, Masker]]:
    """Announcements, each with its return; a large return of many orders is not read again for each of them."""

    @lru_cache(maxsize=100)
    def of(source: SourceId, return_id: ReturnId) -> tuple[Return | None, Masker]:
        ret = returns.get(q, source, return_id)
        return ret, Masker(ret)

    for item in items:
        yield item, *of(item.source, item.return_id)
