"""What a text about a return means: which concepts it says, and how well. Pure."""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache, lru_cache
from math import log
from typing import NamedTuple

from returnsync.mapping.concepts import Concept, table
from returnsync.mapping.wording import beginning, beginnings, clash, fold, resemblance, words

EXACT = 0.97
"""From here on a text says a phrase, and nothing else."""
_CLOSE = 0.85
"""A concept counts beside the best one where it is nearly as well said."""
_NOISE = 0.4
"""Below it a text does not say a concept at all."""
_AS_A_LIST = 0.8
"""How well the parts of a text must be understood for it to be a list: not every "en" or "of" parts anything."""

# "of" is Dutch for "or", "en" for "and": the parts count only where they say more than the whole.
_BETWEEN = re.compile(r"[,;/|+&\n]|\b(?:or|and|of|en|oder|und|bzw|ou|et|o|u|y|e|ed|od)\b")


@lru_cache(maxsize=8192)
def meanings(text: str) -> Mapping[str, float]:
    """What a text says: concepts, each with how well it is said (0–1). Lists ("damaged, faulty") say several."""
    whole = _nearest(fold(text))
    parts = [part for part in map(fold, _BETWEEN.split(text.casefold())) if part]
    if len(parts) < 2:  # noqa: PLR2004 (two parts make a list)
        return whole
    if parts[0].split()[0] in table().words.not_:  # "not damaged or faulty" says that it is not faulty either
        parts[1:] = [f"not {part}" for part in parts[1:]]
    found = [_nearest(part) for part in parts]
    listed: dict[str, float] = {}
    for part in found:
        for concept, score in part.items():
            listed[concept] = max(listed.get(concept, 0.0), score)
    understood = sum(max(part.values(), default=0.0) for part in found) / len(found)
    return listed if understood * _AS_A_LIST > max(whole.values(), default=0.0) else whole


def only_close(found: Mapping[str, float]) -> Mapping[str, float]:
    """The best of the concepts found, and those that are nearly as well said."""
    best = max(found.values(), default=0.0)
    least = EXACT if best >= EXACT else max(best * _CLOSE, _NOISE)
    return {concept: score for concept, score in found.items() if score >= least}


@lru_cache(maxsize=65536)
def alike(one: frozenset[str], other: frozenset[str]) -> float:
    """How alike two texts are by their words (0–1), in whatever order. The same both ways round."""
    if beginnings(one).isdisjoint(beginnings(other)):
        return 0.0
    index = _index()
    shared = 0.0
    for word in one:
        best = max(resemblance(word, candidate) for candidate in other)
        shared += best * index.weight(word)
    for word in other:
        best = max(resemblance(word, candidate) for candidate in one)
        shared += best * index.weight(word)
    return shared / (index.total(one) + index.total(other)) * clash(one, other)


class _Phrase(NamedTuple):
    concept: str
    words: frozenset[str]
    weight: float
    vague: bool


class _Index:
    """The phrases by their words. A word weighs more, the fewer concepts use it, from 1 down to 0.1."""

    def __init__(self, concepts: Mapping[str, Concept]) -> None:
        """Weigh every word, then every phrase."""
        phrases = [(name, concept, fold(phrase)) for name, concept in concepts.items() for phrase in concept.phrases()]
        used_by: dict[str, set[str]] = defaultdict(set)
        for name, _, phrase in phrases:
            for word in words(phrase):
                used_by[word].add(name)
        self._weights = {word: max(0.1, 1 - log(len(names)) / log(len(concepts))) for word, names in used_by.items()}
        unique = {(name, words(phrase)): concept.vague for name, concept, phrase in phrases}
        self.phrases = [_Phrase(name, said, self.total(said), vague) for (name, said), vague in unique.items()]
        self.by_word: dict[str, list[int]] = defaultdict(list)
        for number, known in enumerate(self.phrases):
            for word in known.words - {"not"}:  # every fifth phrase has it
                self.by_word[word].append(number)
        self.by_beginning: dict[str, list[str]] = defaultdict(list)
        for word in self.by_word:
            self.by_beginning[beginning(word)].append(word)
        self.written_as_one_word = {phrase.replace(" ", ""): name for name, _, phrase in phrases}

    def weight(self, word: str) -> float:
        """How much a word weighs; one that no phrase has says something that is not known, and so counts fully."""
        return self._weights.get(word, 1.0)

    def total(self, found: frozenset[str]) -> float:
        """The weight of several words."""
        return sum(self.weight(word) for word in found)

    def shared(self, found: frozenset[str]) -> Mapping[int, float]:
        """By phrase: the weight of what it shares with these words."""
        shared: dict[int, float] = defaultdict(float)
        for word in found:
            best: dict[int, float] = {}
            for known in self.by_beginning.get(beginning(word), ()):
                if like := resemblance(word, known):
                    for number in self.by_word[known]:
                        best[number] = max(best.get(number, 0.0), like * self.weight(known))
            for number, weight in best.items():
                shared[number] += weight
        if "not" in found:
            for number in shared:
                shared[number] += self.weight("not") * ("not" in self.phrases[number].words)
        return shared


@cache
def _index() -> _Index:
    return _Index(table().concepts)


@lru_cache(maxsize=8192)
def _nearest(text: str) -> Mapping[str, float]:
    """The concepts that a folded text says best, as one thing."""
    index = _index()
    # the very phrase, its words written apart or as one
    if concept := index.written_as_one_word.get(text.replace(" ", "")):
        return {concept: 1.0}
    said = words(text)
    weight = index.total(said)
    found: dict[str, float] = {}
    for number, shared in index.shared(said).items():
        phrase = index.phrases[number]
        score = min(1.0, 2 * shared / (weight + phrase.weight))
        if phrase.vague:
            # "other" is meant only where nothing else is said
            score = score if score >= EXACT else 0.0
        elif shared >= EXACT * phrase.weight:
            # all of the phrase, and more beside it
            score = max(score, 0.5 + 0.1 * min(phrase.weight, 2.0))
        score *= clash(said, phrase.words)
        if score > found.get(phrase.concept, 0.0):
            found[phrase.concept] = 1.0 if score >= EXACT else score
    return only_close(found)
