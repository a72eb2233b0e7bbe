"""Entries: what is held, and what was released, as one list of announcements and of records that were set aside."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from returnsync.engine.context import Context
from returnsync.model import Announcement, Return, ReturnId, SourceId
from returnsync.redact import Masker
from returnsync.state import returns, set_aside
from returnsync.state.database import Queries


@dataclass(frozen=True, eq=False)
class Entry:
    """One announcement, or one record that could not be read or told apart."""

    source: SourceId
    shown: dict[str, Any]
    """What is shown of it: one JSON object, masked."""
    item: Announcement | None = None
    """`None` for a record."""
    order_numbers: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """The code of the announcement, or the key of the record."""
        return str(self.shown["code"])

    @property
    def return_id(self) -> ReturnId:
        """The return that it is of; for a record, its key."""
        return ReturnId(self.shown["return_id"])

    @property
    def cause(self) -> str:
        """What it is held for, or was when it was released."""
        return str(self.shown["cause"])


def source_names(ctx: Context) -> dict[SourceId, str]:
    """What the configuration calls each source."""
    return {source.id: source.name for source in ctx.sources.values()}


def entry_of(
    names: Mapping[SourceId, str], item: Announcement, ret: Return | None, *, answer: str = "", next_step: str = ""
) -> Entry:
    """An announcement of a return; `answer` is what the warehouse said, masked."""
    shown = {
        "source": names.get(item.source, item.source),
        "order_number": item.order_number,
        "return_number": ret.number if ret else "",
        "return_id": item.return_id,
        "code": item.code,
        "cause": item.cause or "",
        "what": item.what,
        "answer": answer,
        "next_step": next_step,
    }
    return Entry(item.source, shown, item, (item.order_number,))


def entry_of_record(
    q: Queries, names: Mapping[SourceId, str], record: Mapping[str, str], *, what: str = "", next_step: str = ""
) -> Entry:
    """A record that was set aside."""
    source = SourceId(record["source"])
    # the orders of one that can be read, as the platform wrote them
    unclear = set_aside.unclear_records(q, source, record["record"])
    numbers = tuple(dict.fromkeys(number for ret in unclear for number in ret.order_numbers()))
    shown = {
        "source": names.get(source, source),
        "order_number": ", ".join(numbers),
        "return_number": "",
        "return_id": record["record"],
        "code": record["record"],
        "cause": record["cause"],
        "what": what,
        "answer": "",
        "next_step": next_step,
    }
    return Entry(source, shown, None, numbers)


def with_returns(q: Queries, items: Iterable[Announcement]) -> Iterator[tuple[Announcement, Return | None, Masker]]:
    """Announcements, each with its return; a large return of many orders is not read anew for each of them."""

    @lru_cache(maxsize=100)
    def of(source: SourceId, return_id: ReturnId) -> tuple[Return | None, Masker]:
        ret = returns.get(q, source, return_id)
        return ret, Masker(ret)

    for item in items:
        yield item, *of(item.source, item.return_id)
