"""What a text about a return means: which concepts it expresses, and how well. Pure."""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache, lru_cache
from math import log
from typing import NamedTuple

from returnsync.mapping.concepts import Concept, table
from returnsync.mapping.wording import beginning, beginnings, clash, fold, resemblance, words

EXACT = 0.97
"""From this score on, a text is a phrase and nothing else."""
_CLOSE = 0.85
"""A concept counts besides the best one where its score is at least this share of the best."""
_NOISE = 0.4
"""Below this score, a text does not express a concept at all."""
_AS_A_LIST = 0.8
"""How well the parts of a text must be understood for it to be a list: not every "en" or "of" separates parts."""

# "of" is Dutch for "or", "en" for "and": the parts count only where they mean more than the whole.
_BETWEEN = re.compile(r"[,;/|+&\n]|\b(?:or|and|of|en|oder|und|bzw|ou|et|o|u|y|e|ed|od)\b")


@lru_cache(maxsize=8192)
def meanings(text: str) -> Mapping[str, float]:
    """The concepts of a text, each with how well it is said (0–1). A list ("damaged, faulty") has several."""
    whole = _nearest(fold(text))
    parts = [part for part in map(fold, _BETWEEN.split(text.casefold())) if part]
    if len(parts) < 2:  # noqa: PLR2004 (two parts make a list)
        return whole
    if parts[0].split()[0] in table().words.not_:  # "not damaged or faulty" means that it is not faulty either
        parts[1:] = [f"not {part}" for part in parts[1:]]
    found = [_nearest(part) for part in parts]
    listed: dict[str, float] = {}
    for part in found:
        for concept, score in part.items():
            listed[concept] = max(listed.get(concept, 0.0), score)
    understood = sum(max(part.values(), default=0.0) for part in found) / len(found)
    return listed if understood * _AS_A_LIST > max(whole.values(), default=0.0) else whole


def only_close(found: Mapping[str, float]) -> Mapping[str, float]:
    """The best of the concepts found, and those with nearly the same score."""
    best = max(found.values(), default=0.0)
    least = EXACT if best >= EXACT else max(best * _CLOSE, _NOISE)
    return {concept: score for concept, score in found.items() if score >= least}


@lru_cache(maxsize=65536)
def alike(one: frozenset[str], other: frozenset[str]) -> float:
    """How similar two texts are by their words (0–1), in any order. The result is the same in both directions."""
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
    """The phrases by their words. The fewer concepts use a word, the higher its weight, from 0.1 up to 1."""

    def __init__(self, concepts: Mapping[str, Concept]) -> None:
        """Compute the weight of every word, then of every phrase."""
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
        """The weight of a word; a word that is in no phrase means something unknown, and so has full weight."""
        return self._weights.get(word, 1.0)

    def total(self, found: frozenset[str]) -> float:
        """The weight of several words."""
        return sum(self.weight(word) for word in found)

    def shared(self, found: frozenset[str]) -> Mapping[int, float]:
        """For each phrase, the weight of the words that it shares with these."""
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
    """The concepts that a folded text expresses best, read as a whole."""
    index = _index()
    # exactly the phrase, its words written separately or as one
    if concept := index.written_as_one_word.get(text.replace(" ", "")):
        return {concept: 1.0}
    said = words(text)
    weight = index.total(said)
    found: dict[str, float] = {}
    for number, shared in index.shared(said).items():
        phrase = index.phrases[number]
        score = min(1.0, 2 * shared / (weight + phrase.weight))
        if phrase.vague:
            # "other" counts only where nothing else is said
            score = score if score >= EXACT else 0.0
        elif shared >= EXACT * phrase.weight:
            # all words of the phrase, and others
            score = max(score, 0.5 + 0.1 * min(phrase.weight, 2.0))
        score *= clash(said, phrase.words)
        if score > found.get(phrase.concept, 0.0):
            found[phrase.concept] = 1.0 if score >= EXACT else score
    return only_close(found)
