"""Pairing by likeness: an unpaired reason is paired with the one of the warehouse that it is clearly most like."""

from collections.abc import Sequence
from typing import NamedTuple

from returnsync.engine.reasons.seen import SourceReason
from returnsync.engine.reasons.survey import Survey, pairs_of_itself
from returnsync.mapping import pairings
from returnsync.mapping.likeness import Suggestion, rank
from returnsync.mapping.pairings import Pair, Pairings
from returnsync.model import WarehouseReason

_ABOUT_THE_SAME = 50


class PairedByLikeness(NamedTuple):
    """What pairing by likeness came to: a pair for each reason that was alike enough, and all that it left."""

    paired: list[tuple[SourceReason, Suggestion, Pair]]
    left: list[tuple[SourceReason, Suggestion | None]]
    """Each with the best suggestion; `None` where the warehouse offers no reason."""


def pair_by_likeness(found: Survey, pairs: Pairings, above: int) -> PairedByLikeness:
    """Pair what is unpaired, or was paired so before and is gone, where the best suggestion scores above a number.

    Two that are equally alike are not told apart. What a person chose stays, also where it is gone.
    """
    result = PairedByLikeness([], [])
    for item in found.to_pair(pairs):
        if not found.is_to_be_paired(item, pairs):
            # the pair that was just made for another source of its platform counts for it too
            continue
        offered = found.offered[item.source.name]
        ranked = rank(item.reason, offered)
        best = next(iter(ranked), None)
        if best is None or not _is_sure(item, ranked, offered, pairs, above):
            result.left.append((item, best))
            continue
        pair = found.pair(item, pairings.choice_of(best.reason, offered, "auto"))
        result.paired.append((item, best, pair))
        pairs = pairs.edited([pair])
    return result


def _is_sure(
    item: SourceReason, ranked: Sequence[Suggestion], offered: Sequence[WarehouseReason], pairs: Pairings, above: int
) -> bool:
    """Whether the best of some suggestions may be taken without asking a person."""
    best, *others = ranked
    if others and others[0].score >= best.score:
        # two are equally alike
        return False
    if any(pair.choice.chosen_by == "person" for pair in pairs_of_itself(item, pairs, "")):
        # a person chose another, which is gone
        return False
    return min(best.score, _score_by_main_reasons(item, best, offered)) > above


def _score_by_main_reasons(item: SourceReason, best: Suggestion, offered: Sequence[WarehouseReason]) -> int:
    """How well a suggestion may score at most, by the main reasons: "too long" means one thing of a delivery.

    Two main reasons must be as alike as the reasons themselves; one that the warehouse has none for must at least be
    about the same.
    """
    if item.reason.parent is None:
        return best.score
    main = next((one for one in offered if one.id == best.reason.parent_id), None)
    (alike,) = rank(item.reason.parent, [main or best.reason])
    return alike.score if main or alike.score < _ABOUT_THE_SAME else best.score
