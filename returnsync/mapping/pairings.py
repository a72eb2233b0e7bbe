"""Pairs of return reasons: what a platform's reason is sent as to the warehouse. Values only, and pure.

A pair belongs to one source, or to every source of a platform (a source's own wins), and may be another for single
sales channels. Both sides' ids and words are kept, so that a drift shows: what was paired is compared with what is
offered now.
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
"""What JSON and sheets call a reason's `PairStatus`: scripts and spreadsheets go by this name."""


class Choice(TomlModel):
    """What a reason is sent as: one of the warehouse's reasons by `id`, or its words alone (`text_only`)."""

    id: int | None = None
    warehouse_label: str = ""
    """What the warehouse called `id` when it was paired."""
    parent_id: int | None = None
    """The warehouse's main reason, where `id` is a sub-reason."""
    warehouse_parent: str = ""
    """What the warehouse called that."""
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
        """Whether it says anything: a pair in the file may have choices for channels alone."""
        return self.id is not None or self.text_only


class Place(NamedTuple):
    """Where a pair stands: with a source or a platform, under the key of a reason, perhaps for one channel."""

    scope: Scope
    name: str
    key: str
    channel: str = ""

    @property
    def folded(self) -> "Place":
        """The place as places are compared: neither case nor surplus blanks count in key and channel."""
        return self._replace(key=folded(self.key), channel=folded(self.channel))


class Pair(NamedTuple):
    """A choice in its place, with the platform's words for the reason, and for its main reason, at that time."""

    place: Place
    choice: Choice
    platform_label: str = ""
    main: str = ""


class Pairings:
    """All pairs. A value: `edited` gives others."""

    def __init__(self, pairs: Iterable[Pair] = ()) -> None:
        """Of several pairs in one place the last counts."""
        self._pairs: Mapping[Place, Pair] = {pair.place.folded: pair for pair in pairs}

    def __iter__(self) -> Iterator[Pair]:
        """Every pair, in a stable order."""
        yield from sorted(self._pairs.values(), key=lambda pair: pair.place.folded)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._pairs)

    def __eq__(self, other: object) -> bool:
        """Whether both hold the same pairs."""
        return isinstance(other, Pairings) and self._pairs == other._pairs

    def __hash__(self) -> int:
        """Equal ones have the same."""
        return hash(frozenset(self._pairs.items()))

    def in_place(self, place: Place) -> Pair | None:
        """What stands in a place."""
        return self._pairs.get(place.folded)

    def find(self, source: str, platform: str, reason: Reason, channel: str = "") -> Iterator[Pair]:
        """The pairs of a reason, the best first.

        A reason's own come before those of its main reason, a source's before its platform's, and in each of them the
        channel's before the general one. A pair of a sub-reason under another main reason is none of it: many main
        reasons have a sub-reason "Other".
        """
        for key in keys(reason):
            for pair in self.of_key(source, platform, key, channel):
                if key != reason.key or _is_under(pair, reason):
                    yield pair

    def of_key(self, source: str, platform: str, key: str, channel: str = "") -> Iterator[Pair]:
        """The pairs of one key, the best first; a main reason's do not count."""
        owners: tuple[tuple[Scope, str], ...] = (("sources", source), ("platforms", platform))
        for scope, name in owners:
            # the channel's own before the one for all channels
            for which in dict.fromkeys((channel, "")):
                if (pair := self.in_place(Place(scope, name, key, which))) is not None:
                    yield pair

    def edited(self, edits: Sequence[Pair | Place]) -> "Pairings":
        """The pairs after some changes, in order: a pair is put in its place, from a bare place one is taken."""
        pairs = dict(self._pairs)
        for edit in edits:
            if isinstance(edit, Place):
                pairs.pop(edit.folded, None)
            else:
                pairs[edit.place.folded] = edit
        return Pairings(pairs.values())


def _is_under(pair: Pair, reason: Reason) -> bool:
    """Whether a pair is of a reason under this main reason; one that names no main reason is of all."""
    if not pair.main or reason.parent is None:
        return True
    return folded(pair.main) in {folded(reason.parent.key), folded(own_words(reason.parent))}


class PairStatus(StrEnum):
    """How a reason is paired, given the pairs and what the warehouse offers now."""

    PAIRED = "paired"
    TEXT_ONLY = "text only"
    GONE = "gone"
    """Paired with a reason that the warehouse no longer offers; it is never sent."""
    UNPAIRED = "unpaired"


class Sent(NamedTuple):
    """What a reason is sent as: words, and the warehouse's ids where it is paired with one that is offered."""

    words: str
    id: int | None
    parent_id: int | None
    pair_status: PairStatus
    pair: Pair | None = None
    """The pair that decided."""


def sent_as(found: Iterable[Pair], reason: Reason, offered: Iterable[WarehouseReason]) -> Sent:
    """What a reason is sent as, given its pairs, the best first, and what the warehouse offers now.

    The best pair decides. Where its reason is no longer offered, none is sent rather than another.
    """
    text = words(reason)
    pair = next(iter(found), None)
    if pair is None:
        # nobody has chosen yet
        return Sent(text, None, None, PairStatus.UNPAIRED)
    text = pair.choice.words or text
    if pair.choice.text_only:
        # a person chose to send the words alone
        return Sent(text, None, None, PairStatus.TEXT_ONLY, pair)
    by_id = {one.id: one for one in offered}
    chosen = None if pair.choice.id is None else by_id.get(pair.choice.id)
    if chosen is None:
        # what was chosen is not offered any more
        return Sent(text, None, None, PairStatus.GONE, pair)
    # Whether the warehouse shows main reasons is not known: one that it shows counts, else the one that was paired, as
    # long as that is offered, too.
    paired_parent = pair.choice.parent_id if pair.choice.parent_id in by_id else None
    return Sent(text, chosen.id, chosen.parent_id or paired_parent, PairStatus.PAIRED, pair)


def drift(choice: Choice, offered: Iterable[WarehouseReason]) -> str:
    """What the warehouse calls a paired reason now, where that is not what it was called; else empty."""
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
