"""The return reasons of one source: those that its platform lists, and those that came with returns."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeGuard

from returnsync.engine.context import Context
from returnsync.engine.sources import Source
from returnsync.mapping.pairings import PairStatus
from returnsync.mapping.reasons import folded, own_words, words
from returnsync.model import UNREADABLE_WORDS, Reason, Return
from returnsync.redact import Masker
from returnsync.state import returns
from returnsync.state.database import Queries

RECENT = timedelta(days=30)

# A reason with different statuses in several channels gets the first of these.
_WORST_FIRST = (PairStatus.GONE, PairStatus.UNPAIRED, PairStatus.TEXT_ONLY, PairStatus.PAIRED)


@dataclass
class SourceReason:
    """A return reason of one source: how often and when it last came, and whether its platform lists it."""

    source: Source
    reason: Reason
    listed: bool
    seen: int = 0
    last_seen: datetime | None = None
    channels: Counter[str] = field(default_factory=Counter)
    """How often it came in each sales channel, where the platform gives channels."""

    words: str = ""
    """The reason in the platform's words, with its main reason, masked for showing."""
    shown_key: str = ""
    """Its key, masked for showing."""
    holds_consumer: bool = False
    """Whether its texts have data of the consumer of the return with which it came last."""

    def __post_init__(self) -> None:
        """Set the shown texts of a reason that no consumer can have written: it needs no mask."""
        self.words, self.shown_key = self.words or words(self.reason), self.shown_key or self.reason.key

    @property
    def main(self) -> str:
        """Its main reason in words, where it is a sub-reason; else empty."""
        return own_words(self.reason.parent) if self.reason.parent else ""

    def is_recent(self, now: datetime) -> bool:
        """Whether it came in the last 30 days."""
        return self.last_seen is not None and self.last_seen >= now - RECENT


def worst(found: Iterable[PairStatus]) -> PairStatus:
    """The status of a reason that has these statuses in its channels."""
    among = set(found)
    return next(status for status in _WORST_FIRST if status in among)


def reasons_of(
    q: Queries,
    source: Source,
    listed: Sequence[Reason] = (),
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[SourceReason]:
    """The reasons of a source: those that its platform lists, and those that came with returns.

    Only returns count that their platform made at or after `since`, and before `until`.
    """
    found = {(folded(reason.key), ""): SourceReason(source, reason, listed=True) for reason in listed}
    last: dict[tuple[str, str], Return] = {}
    for ret, reason in _reasons_seen(q, source, since, until):
        main = folded(reason.parent.key) if reason.parent else ""
        key = (folded(reason.key), main)
        item = found.setdefault(key, SourceReason(source, reason, listed=False))
        if not item.listed:
            item.reason = reason  # its words and its main reason as they last came
            last[key] = ret
        item.seen += 1
        item.last_seen = max(item.last_seen or ret.created, ret.created)
        if ret.channel:
            item.channels[ret.channel] += 1
    _mask(found, last)
    return list(found.values())


def _reasons_seen(
    q: Queries, source: Source, since: datetime | None, until: datetime | None
) -> Iterator[tuple[Return, Reason]]:
    """Every reason on every line of the returns of a source, each with its return, the oldest return first."""
    for ret in returns.each(q, source.id, since, until):
        yield from ((ret, line.reason) for line in ret.lines if _is_to_pair(line.reason))


def _is_to_pair(reason: Reason | None) -> TypeGuard[Reason]:
    """Whether there is a reason, and it can be read."""
    return reason is not None and reason.key != UNREADABLE_WORDS


def _mask(found: Mapping[tuple[str, str], SourceReason], last: Mapping[tuple[str, str], Return]) -> None:
    """Mask the consumers in reasons that came with returns: marketplaces may write anything into a reason."""
    for key, ret in last.items():
        item, mask = found[key], Masker(ret)
        item.words, item.shown_key = mask(words(item.reason)), mask(item.reason.key)
        parent = item.reason.parent.key if item.reason.parent else ""
        shown = (item.words, item.shown_key, mask(parent))
        item.holds_consumer = shown != (words(item.reason), item.reason.key, parent)


def chosen_for(ctx: Context, item: SourceReason) -> PairStatus:
    """How the user's own choice pairs a reason, without asking the warehouse whether it still offers that choice."""
    return worst(_chosen_in(ctx, item, channel) for channel in item.channels or ("",))


def _chosen_in(ctx: Context, item: SourceReason, channel: str) -> PairStatus:
    pair = next(iter(ctx.pairs_of(item.source, item.reason, channel)), None)
    if pair is None:
        return PairStatus.UNPAIRED
    return PairStatus.TEXT_ONLY if pair.choice.text_only else PairStatus.PAIRED
