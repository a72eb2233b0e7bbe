"""A survey of return reasons: what each source gives, how often, and how it is paired with the warehouse's reasons.

It reads the state, the platforms' lists where they have one, and the warehouse's list. It changes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.reasons.seen import SourceReason, reasons_of, worst
from returnsync.engine.sources import Source
from returnsync.errors import AccountError, CallError, ReturnsyncError
from returnsync.mapping import pairings
from returnsync.mapping.pairings import Choice, Pair, Pairings, PairStatus, Place, Sent
from returnsync.mapping.reasons import folded, own_words
from returnsync.model import WarehouseName, WarehouseReason

TO_PAIR = frozenset({PairStatus.UNPAIRED, PairStatus.GONE})
"""Nothing was chosen yet, or the chosen reason is not offered any more."""


@dataclass(frozen=True)
class Survey:
    """All reasons of the sources that a command works on, with what their warehouses offer."""

    sources: Sequence[Source]
    """The sources whose warehouse could be read."""
    reasons: Sequence[SourceReason]
    offered: Mapping[str, tuple[WarehouseReason, ...]]
    """By the name of a source: what its warehouse offers."""
    lists: Mapping[str, frozenset[str]]
    """By the name of a source: the folded keys that its platform lists, where its list could be read."""
    shared: frozenset[str]
    """The names of the sources whose pairs count for the whole platform."""
    owners: frozenset[str]
    """The names of all configured sources and platforms, chosen or not."""
    troubles: Sequence[ReturnsyncError]
    """What could not be read."""

    def sent(self, item: SourceReason, pairs: Pairings, channel: str = "") -> Sent:
        """How a reason is sent."""
        source = item.source
        found = pairs.find(source.name, source.settings.platform, item.reason, channel)
        return pairings.sent_as(found, item.reason, self.offered[source.name])

    def pair_status(self, item: SourceReason, pairs: Pairings) -> PairStatus:
        """How a reason is paired; where it came in several channels, the worst of them."""
        return worst(self.sent(item, pairs, channel).pair_status for channel in item.channels or ("",))

    def to_pair(self, pairs: Pairings) -> list[SourceReason]:
        """The reasons that are unpaired, or paired with a reason that is gone, the most frequent first."""
        to_pair = [item for item in self.reasons if self.is_to_be_paired(item, pairs)]
        return sorted(to_pair, key=lambda item: -item.seen)

    def is_to_be_paired(self, item: SourceReason, pairs: Pairings) -> bool:
        """Whether it is unpaired, or paired with a reason that is gone."""
        return self.pair_status(item, pairs) in TO_PAIR

    def place(self, item: SourceReason, channel: str = "") -> Place:
        """Where a pair belongs: to the platform if its reasons are the same for all accounts, else to the source."""
        if item.source.name in self.shared:
            return Place("platforms", item.source.settings.platform, item.reason.key, channel)
        return Place("sources", item.source.name, item.reason.key, channel)

    def pair(self, item: SourceReason, choice: Choice, channel: str = "") -> Pair:
        """A choice for a reason, as a pair in its place."""
        main = item.reason.parent.key if item.reason.parent else ""
        return Pair(self.place(item, channel), choice, own_words(item.reason), main)

    def owned_by(self, place: Place) -> list[Source]:
        """The sources to which a pair in this place applies."""
        return [
            source
            for source in self.sources
            if place.name == (source.name if place.scope == "sources" else source.settings.platform)
        ]

    def offered_at(self, place: Place) -> list[WarehouseReason]:
        """The reasons that the warehouses of these sources offer."""
        offered = (reason for source in self.owned_by(place) for reason in self.offered[source.name])
        return list({reason.id: reason for reason in offered}.values())


@dataclass(frozen=True)
class PairingProblem:
    """Something that `map-reasons --check` finds."""

    kind: Literal["unpaired", "gone-at-warehouse", "gone-at-platform", "unknown-owner"]
    owner: str
    key: str
    words: str
    channel: str = ""
    seen: int = 0
    last_seen: datetime | None = None


def pairs_of_itself(item: SourceReason, pairs: Pairings, *channels: str) -> Iterator[Pair]:
    """The pairs of a reason itself in some channels ("" for all channels), without those of its main reason."""
    for channel in channels:
        yield from pairs.of_key(item.source.name, item.source.settings.platform, item.reason.key, channel)


def survey(ctx: Context) -> Survey:
    """Every reason that the chosen sources list or gave so far. What cannot be read affects only its own source."""
    sources: list[Source] = []
    reasons: list[SourceReason] = []
    offered: dict[str, tuple[WarehouseReason, ...]] = {}
    lists: dict[str, frozenset[str]] = {}
    troubles: list[ReturnsyncError] = []
    for source in ctx.chosen:
        try:
            offered[source.name] = ctx.accounts.offered_reasons(WarehouseName(source.settings.warehouse))
        except (AccountError, CallError) as error:
            # Without the warehouse's list, nothing can be said about this source.
            troubles.append(error)
            continue
        listed = None
        try:
            listed = ctx.accounts.platform(source).reasons()
        except (AccountError, CallError) as error:
            # Without the platform's list, the reasons given so far are shown all the same.
            troubles.append(error.at(source.name))
        if listed is not None:
            lists[source.name] = frozenset(folded(reason.key) for reason in listed)
        with ctx.db.reading() as q:
            reasons += reasons_of(q, source, listed or ())
        sources.append(source)
    configured = ctx.config.settings.sources
    owners = frozenset({*configured, *(settings.platform for settings in configured.values())})
    shared = frozenset(source.name for source in sources if _is_shared(ctx, source))
    return Survey(sources, reasons, offered, lists, shared, owners, troubles)


def _is_shared(ctx: Context, source: Source) -> bool:
    """Whether a platform's reasons are the same for all accounts, and all its sources send to one warehouse."""
    alike = [one for one in ctx.sources.values() if one.settings.platform == source.settings.platform]
    warehouses = {name for one in alike for name in one.settings.warehouses()}
    return source.kind.capabilities.reasons_are_shared and len(warehouses) == 1


def problems(found: Survey, pairs: Pairings) -> Iterator[PairingProblem]:
    """What needs a person: reasons of the last 30 days without a pair, and pairs with a reason that one side lacks."""
    now = clock.now()
    for item in found.to_pair(pairs):
        if item.is_recent(now) and found.pair_status(item, pairs) is PairStatus.UNPAIRED:
            owner = item.source.name
            yield PairingProblem("unpaired", owner, item.shown_key, item.words, "", item.seen, item.last_seen)
    recent = {(item.source.name, folded(item.reason.key)) for item in found.reasons if item.is_recent(now)}
    for pair in pairs:
        kind = _problem_of(found, pair, recent)
        if kind is not None:
            place = pair.place
            yield PairingProblem(kind, place.name, place.key, pair.platform_label or place.key, place.channel)


def _problem_of(
    found: Survey, pair: Pair, recent: set[tuple[str, str]]
) -> Literal["gone-at-warehouse", "gone-at-platform", "unknown-owner"] | None:
    """What is wrong with a pair, if anything; about sources that were not chosen nothing is known."""
    place, key = pair.place, folded(pair.place.key)
    if place.name not in found.owners:
        # It is neither a source nor a platform of the configuration.
        return "unknown-owner"
    names = [source.name for source in found.owned_by(place)]
    if not names:
        # It belongs to sources that were not chosen, or could not be read.
        return None
    if pair.choice.id is not None and all(one.id != pair.choice.id for one in found.offered_at(place)):
        # Its reason is not offered any more.
        return "gone-at-warehouse"
    # Lists have main reasons only, so they show nothing about a sub-reason.
    may_be_listed = pair.main or any(name not in found.lists or key in found.lists[name] for name in names)
    if not may_be_listed and not any((name, key) in recent for name in names):
        # Its platform does not list it, and has not given it lately.
        return "gone-at-platform"
    return None
