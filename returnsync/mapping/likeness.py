"""How similar a platform's return reason is to each of the warehouse's reasons, in any language. Pure.

Both sides are understood as concepts (`concepts.toml`), and are compared by these and by their words. The scores are
cautious: 90 and more is safe to pair without a person, and doubtful pairs stay below that.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

from returnsync.mapping import concepts
from returnsync.mapping.meanings import EXACT, alike, meanings, only_close
from returnsync.mapping.reasons import readable
from returnsync.mapping.wording import fold, words
from returnsync.model import Reason, WarehouseReason

_OPPOSED = 0.2
"""The highest score for reasons that must never be paired."""
_WORDED = 0.99
"""The highest score for the same words in another order: similar, but not the same text."""
_UNLIKE = 0.7
"""The highest score for texts with similar words that are known to mean different things."""
_HEARD = 0.7
"""From this score on, a text means something by itself, and its main reason only helps."""
_DOUBTFUL = 0.85
"""The highest score where two reasons fit equally well."""
_OTHER_MAIN = 0.95
"""The factor for the same words under main reasons that have nothing in common."""
_AGREE = 0.5
"""From this score on, two main reasons agree."""

_ASIDE = re.compile(r"\s*[(\[][^)\]]*[)\]]")
_STEP = re.compile(r"\s*(?::|>|→|»|(?<=\s)[-–—](?=\s))\s*")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A warehouse reason and how well it fits: 100 is the same, 90 is safe to pair unseen, below 50 is noise."""

    reason: WarehouseReason
    score: int


@dataclass(frozen=True, slots=True)
class _Said:
    """The meaning of one reason's own words: as written, as words, and as concepts (each with how well it is said)."""

    written: frozenset[str]
    words: tuple[frozenset[str], ...]
    meant: Mapping[str, float]
    vague: bool

    @property
    def heard(self) -> bool:
        """Whether it has a known meaning by itself."""
        return not self.vague and max(self.meant.values(), default=0.0) >= _HEARD


def rank(reason: Reason, offered: Sequence[WarehouseReason]) -> list[Suggestion]:
    """All of `offered`, the most similar first; equally similar ones stay in the order offered.

    A reason's own words count first. Its main reason counts for it where these words mean nothing known, and otherwise
    only decides between equal scores. Sub-reasons that differ only in their main reasons score below 90 where the
    platform names no main reason. The same reason and list always give the same result. A part of a key that looks like
    an id is ignored.
    """
    own, main = _of_platform(reason), _of_platform(reason.parent) if reason.parent else None
    by_id = {one.id: one for one in offered}
    names = Counter(fold(one.label) for one in offered)
    scored: list[tuple[float, float, Suggestion]] = []
    for one in offered:
        parent = None if one.parent_id in {None, one.id} else by_id.get(one.parent_id or 0)
        theirs = _of_warehouse(parent) if parent else None
        agree = _mains(main, theirs)
        score = _score((own, main), (_of_warehouse(one), theirs), agree)
        if parent and agree < _AGREE and names[fold(one.label)] > 1:
            score = min(score, _DOUBTFUL)
        scored.append((score, agree, Suggestion(one, int(score * 100 + 1e-6))))
    scored.sort(key=lambda entry: entry[:2], reverse=True)
    return [suggestion for _, _, suggestion in scored]


def _mains(ours: _Said | None, theirs: _Said | None) -> float:
    """How well the main reasons agree; no main reason on either side is better than a main reason on one side only."""
    if ours is None or theirs is None:
        return 0.4 if ours is theirs else 0.2
    return _alike(ours, theirs)


def _score(ours: tuple[_Said, _Said | None], theirs: tuple[_Said, _Said | None], agree: float) -> float:
    """How similar two reasons are, each given as its own words and those of its main reason."""
    (own, main), (offered, parent) = ours, theirs
    score = _alike(own, offered)
    if _opposed(own.meant, offered.meant):
        return score
    if main and parent and agree < _AGREE:
        score *= _OTHER_MAIN
    # "Other" below "Quality" says more than "Other", and is not what a bare "Other" means.
    if offered.vague and parent and agree < _AGREE:
        score *= 0.8
    if own.vague and main and main.heard and agree < _AGREE:
        score *= 0.75
    # A main reason in the place of a sub-reason is a good suggestion, but not safe to pair unseen.
    if main and not own.heard:
        score = max(score, 0.8 * _alike(main, offered))
    if parent and not offered.heard:
        score = max(score, 0.75 * _alike(own, parent))
    if main and parent and not (own.heard or offered.heard):
        score = max(score, 0.7 * _alike(main, parent))
    return score


def _alike(ours: _Said, theirs: _Said) -> float:
    """How similar two reasons are by their own words (0–1); the same text is the same reason."""
    if ours.written & theirs.written:
        return 1.0
    meant = _same_meaning(ours.meant, theirs.meant)
    if _opposed(ours.meant, theirs.meant):
        return min(meant, _OPPOSED)
    worded = max((alike(one, other) for one in ours.words for other in theirs.words), default=0.0)
    if ours.vague or theirs.vague:  # "other colour" shares a word with "other", and nothing else
        return meant
    if _sure(ours) and _sure(theirs):
        worded = min(worded, _UNLIKE)
    return max(meant, _WORDED * worded * sqrt(worded))


def _sure(said: _Said) -> bool:
    return max(said.meant.values(), default=0.0) >= EXACT


def _same_meaning(ours: Mapping[str, float], theirs: Mapping[str, float]) -> float:
    """How well the concepts agree: the score of the best pair.

    It is lowered for anything else that the platform says and the offer does not, and slightly for anything else that
    the offer says.
    """
    near = concepts.nearness()
    pairs = {
        (one, other): said * heard * near.get((one, other), 0.0)
        for one, said in ours.items()
        for other, heard in theirs.items()
    }
    best = max(pairs.values(), default=0.0)
    if best == 0:
        return 0.0
    met = [max(pairs[one, other] for other in theirs) / best for one in ours]
    used = [max(pairs[one, other] for one in ours) / best for other in theirs]
    answered = sum(share if share >= EXACT else share / 2 for share in met) / len(met)
    return best * (0.65 + 0.35 * answered) * (0.94 + 0.06 * sum(used) / len(used))


def _opposed(ours: Mapping[str, float], theirs: Mapping[str, float]) -> bool:
    """Whether one says the opposite of the other, and nothing else in them agrees."""
    near = concepts.nearness()
    pairs = [(one, other) for one in ours for other in theirs]
    return any(concepts.opposed(*pair) for pair in pairs) and all(near.get(pair, 0.0) < _AGREE for pair in pairs)


def _of_platform(reason: Reason) -> _Said:
    """A platform's reason by its label, and also by its key where the label means nothing known."""
    own = _said((reason.label,))
    return own if _sure(own) else _said((reason.label, readable(reason.key)))


def _of_warehouse(reason: WarehouseReason) -> _Said:
    return _said((reason.label, *(text for _, text in reason.translations)))


@lru_cache(maxsize=2048)
def _said(texts: tuple[str, ...]) -> _Said:
    """Understand a reason that is written in all these ways."""
    read = list(_readings(texts))
    meant: dict[str, float] = {}
    for text in read:
        for concept, score in meanings(text).items():
            meant[concept] = max(meant.get(concept, 0.0), score)
    close = only_close(meant)
    table = concepts.table().concepts
    return _Said(
        written=frozenset(_plain(text) for text in texts if _plain(text)),
        words=tuple({words(fold(text)): None for text in read if fold(text)}),
        meant=close,
        vague=bool(close) and all(table[concept].vague for concept in close),
    )


def _readings(texts: Iterable[str]) -> Iterable[str]:
    """Each text, also without its parts in brackets, and only the part behind a colon (`Fit: too small`)."""
    for text in texts:
        short = _ASIDE.sub("", text)
        yield text
        if short != text and fold(short):
            yield short
        steps = [step for step in _STEP.split(short) if fold(step)]
        if steps and steps[-1] != short:
            yield steps[-1]


def _plain(text: str) -> str:
    return fold(text) or text.strip()
