"""Pairing by likeness: an unpaired reason is paired with the warehouse's reason that is clearly most like it."""

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
    """The result of pairing by likeness: a pair for each reason that was alike enough, and the reasons left."""

    paired: list[tuple[SourceReason, Suggestion, Pair]]
    left: list[tuple[SourceReason, Suggestion | None]]
    """Each with the best suggestion; `None` where the warehouse offers no reason."""


def pair_by_likeness(found: Survey, pairs: Pairings, above: int) -> PairedByLikeness:
    """Pair each reason without a pair, or with an automatic one that is gone, where the best suggestion scores enough.

    The score must be above `above`. No pair is made where two suggestions score equally. A person's choice stays, even
    if its reason is gone.
    """
    result = PairedByLikeness([], [])
    for item in found.to_pair(pairs):
        if not found.is_to_be_paired(item, pairs):
            # The pair that was just made for another source of its platform counts for it, too.
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
    """Whether the best suggestion may be used without asking a person."""
    best, *others = ranked
    if others and others[0].score >= best.score:
        # Two suggestions score equally.
        return False
    if any(pair.choice.chosen_by == "person" for pair in pairs_of_itself(item, pairs, "")):
        # A person chose another one, which is gone.
        return False
    return min(best.score, _score_by_main_reasons(item, best, offered)) > above


def _score_by_main_reasons(item: SourceReason, best: Suggestion, offered: Sequence[WarehouseReason]) -> int:
    """The highest score that the main reasons allow for a suggestion: "too long" of a delivery means something else.

    Two main reasons must be as alike as the reasons themselves. Where the warehouse has no main reason, the suggestion
    must at least be about the same as the platform's.
    """
    if item.reason.parent is None:
        return best.score
    main = next((one for one in offered if one.id == best.reason.parent_id), None)
    (alike,) = rank(item.reason.parent, [main or best.reason])
    return alike.score if main or alike.score < _ABOUT_THE_SAME else best.score
