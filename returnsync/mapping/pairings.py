"""Pairs of return reasons: what the warehouse gets for a platform's reason. Values only, and pure.

A pair belongs to one source, or to every source of a platform; a source's own pair wins. It may differ for single sales
channels. Both sides' ids and words are kept, so that a drift shows: what was paired is compared with what is offered
now.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Literal, NamedTuple, Self

from pydantic import model_validator

from returnsync.mapping.reasons import folded, keys, own_words, words
from returnsync.model import Reason, WarehouseReason
from returnsync.toml_model import TomlModel

Scope = Literal["sources", "platforms"]
Chooser = Literal["person", "auto"]
STATUS_KEY = "standing"
"""The name of a reason's `PairStatus` in JSON and sheets, on which scripts and spreadsheets rely."""


class Choice(TomlModel):
    """What is sent for a reason: one of the warehouse's reasons by `id`, or only its words (`text_only`)."""

    id: int | None = None
    warehouse_label: str = ""
    """The warehouse's words for `id` when it was paired."""
    parent_id: int | None = None
    """The warehouse's main reason, where `id` is a sub-reason."""
    warehouse_parent: str = ""
    """The warehouse's words for that main reason."""
    words: str = ""
    """Sent instead of the platform's words, such as the reason's code in the warehouse's portal."""
    text_only: bool = False
    chosen_by: Chooser = "person"

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        if self.id is not None and self.text_only:
            raise ValueError("has both `id` and `text_only`; a reason is sent as the one or the other")
        if self.id is None and self.parent_id is not None:
            raise ValueError("has a `parent_id` without the `id` of its sub-reason")
        return self

    @property
    def is_made(self) -> bool:
        """Whether it chooses anything: a pair in the file may have choices only for channels."""
        return self.id is not None or self.text_only


class Place(NamedTuple):
    """Where a pair belongs: a source or a platform, the key of a reason, and perhaps one channel."""

    scope: Scope
    name: str
    key: str
    channel: str = ""

    @property
    def folded(self) -> "Place":
        """The place in the form in which places are compared: without case and extra blanks in key and channel."""
        return self._replace(key=folded(self.key), channel=folded(self.channel))


class Pair(NamedTuple):
    """A choice in its place, with the platform's words for the reason and its main reason at that time."""

    place: Place
    choice: Choice
    platform_label: str = ""
    main: str = ""


class Pairings:
    """All pairs. A value: `edited` returns a new one."""

    def __init__(self, pairs: Iterable[Pair] = ()) -> None:
        """Take the pairs; of several in one place, the last counts."""
        self._pairs: Mapping[Place, Pair] = {pair.place.folded: pair for pair in pairs}

    def __iter__(self) -> Iterator[Pair]:
        """Every pair, in a stable order."""
        yield from sorted(self._pairs.values(), key=lambda pair: pair.place.folded)

    def __len__(self) -> int:
        """The number of pairs."""
        return len(self._pairs)

    def __eq__(self, other: object) -> bool:
        """Whether both have the same pairs."""
        return isinstance(other, Pairings) and self._pairs == other._pairs

    def __hash__(self) -> int:
        """Equal values have the same hash."""
        return hash(frozenset(self._pairs.items()))

    def in_place(self, place: Place) -> Pair | None:
        """The pair in a place, if any."""
        return self._pairs.get(place.folded)

    def find(self, source: str, platform: str, reason: Reason, channel: str = "") -> Iterator[Pair]:
        """The pairs of a reason, the best first.

        A reason's own pairs come before those of its main reason, a source's before its platform's, and in each of
        these the channel's before the general one. A pair of a sub-reason under another main reason does not count:
        many main reasons have a sub-reason "Other".
        """
        for key in keys(reason):
            for pair in self.of_key(source, platform, key, channel):
                if key != reason.key or _is_under(pair, reason):
                    yield pair

    def of_key(self, source: str, platform: str, key: str, channel: str = "") -> Iterator[Pair]:
        """The pairs of one key, the best first; those of a main reason do not count."""
        owners: tuple[tuple[Scope, str], ...] = (("sources", source), ("platforms", platform))
        for scope, name in owners:
            # the channel's own before the one for all channels
            for which in dict.fromkeys((channel, "")):
                if (pair := self.in_place(Place(scope, name, key, which))) is not None:
                    yield pair

    def edited(self, edits: Sequence[Pair | Place]) -> "Pairings":
        """The pairs after some changes, in order: a pair is put in its place, and a bare place is emptied."""
        pairs = dict(self._pairs)
        for edit in edits:
            if isinstance(edit, Place):
                pairs.pop(edit.folded, None)
            else:
                pairs[edit.place.folded] = edit
        return Pairings(pairs.values())


def _is_under(pair: Pair, reason: Reason) -> bool:
    """Whether a pair is for a reason under this main reason; a pair without a main reason is for all."""
    if not pair.main or reason.parent is None:
        return True
    return folded(pair.main) in {folded(reason.parent.key), folded(own_words(reason.parent))}


class PairStatus(StrEnum):
    """The state of a reason's pairing, given the pairs and what the warehouse offers now."""

    PAIRED = "paired"
    TEXT_ONLY = "text only"
    GONE = "gone"
    """Paired with a reason that the warehouse no longer offers; it is never sent."""
    UNPAIRED = "unpaired"


class Sent(NamedTuple):
    """What is sent for a reason: words, and the warehouse's ids where it is paired with an offered reason."""

    words: str
    id: int | None
    parent_id: int | None
    pair_status: PairStatus
    pair: Pair | None = None
    """The pair that decided."""


def sent_as(found: Iterable[Pair], reason: Reason, offered: Iterable[WarehouseReason]) -> Sent:
    """What is sent for a reason, given its pairs, the best first, and what the warehouse offers now.

    The best pair decides. Where its reason is no longer offered, no id is sent, rather than another one.
    """
    text = words(reason)
    pair = next(iter(found), None)
    if pair is None:
        # nobody has chosen yet
        return Sent(text, None, None, PairStatus.UNPAIRED)
    text = pair.choice.words or text
    if pair.choice.text_only:
        # a person chose to send only the words
        return Sent(text, None, None, PairStatus.TEXT_ONLY, pair)
    by_id = {one.id: one for one in offered}
    chosen = None if pair.choice.id is None else by_id.get(pair.choice.id)
    if chosen is None:
        # the chosen reason is no longer offered
        return Sent(text, None, None, PairStatus.GONE, pair)
    # It is not known whether the warehouse shows main reasons: one that it shows counts, else the paired one, as long
    # as that is still offered.
    paired_parent = pair.choice.parent_id if pair.choice.parent_id in by_id else None
    return Sent(text, chosen.id, chosen.parent_id or paired_parent, PairStatus.PAIRED, pair)


def drift(choice: Choice, offered: Iterable[WarehouseReason]) -> str:
    """The warehouse's present words for a paired reason, where they differ from the words at pairing; else empty."""
    chosen = next((one for one in offered if one.id == choice.id), None)
    if chosen is None or not choice.warehouse_label or not chosen.label or chosen.label == choice.warehouse_label:
        return ""
    return chosen.label


def choice_of(reason: WarehouseReason, offered: Iterable[WarehouseReason], chosen_by: Chooser = "person") -> Choice:
    """The choice of one of the warehouse's reasons, with its main reason where the warehouse shows it."""
    parent = next((one for one in offered if one.id == reason.parent_id), None)
    return Choice(
        id=reason.id,
        warehouse_label=reason.label,
        parent_id=reason.parent_id,
        warehouse_parent=parent.label if parent else "",
        chosen_by=chosen_by,
    )
