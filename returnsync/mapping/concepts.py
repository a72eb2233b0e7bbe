"""What a text about a return means: the concepts of `concepts.toml`, and how well a text says each. Pure.

The only thing read is that file, once; it comes with the package.
"""

import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib import resources
from math import log
from typing import ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from rapidfuzz.distance import OSA, Indel, Prefix

LANGUAGES = ("en", "nl", "de", "fr", "es", "it")

EXACT = 0.97
"""From here on a text says a phrase, and nothing else."""
_CLOSE = 0.85
"""A concept counts beside the best one where it is nearly as well said."""
_NOISE = 0.4
"""Below it a text does not say a concept at all."""
_CLASH = 0.5
"""What is left of a likeness where one text denies what the other says, or speaks of the opposite."""
_AS_A_LIST = 0.8
"""How well the parts of a text must be understood for it to be a list: not every "en" or "of" parts anything."""
_TRANSITIVE = 0.9
_LAST_RESORT = ("other", 0.3)

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_CONTRACTED = re.compile(r"\b(do|does|did|is|was|are|were|has|have|had|ca|wo|could|would)n\W?t\b|\b(can)not\b")
_WORD = re.compile(r"[^\W_]+")
_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "œ": "oe", "æ": "ae", "ø": "o", "ł": "l"})
# "of" is Dutch for "or", "en" for "and": the parts count only where they say more than the whole.
_BETWEEN = re.compile(r"[,;/|+&\n]|\b(?:or|and|of|en|oder|und|bzw|ou|et|o|u|y|e|ed|od)\b")
_ENDINGS = frozenset(
    {"", *"aeionsrmtd", *("as", "os", "es", "is", "en", "er", "em", "te", "de", "ed", "ee", "ly", "ng")}
)
_HEAD, _ROOT, _PLURAL, _STEM = 2, 3, 4, 5
"""How many letters two words begin with alike to be taken for one: where two letters changed places, for another slip
of the pen, for a plural, for any ending. Words that begin otherwise are others: complete and incomplete."""
_ENDING, _SLIP, _TYPO = 0.95, 0.85, 0.86
"""How like the same word is with another ending, or with a slip of the pen; and how alike letters are for a slip."""


class Concept(BaseModel):
    """One meaning that a return reason may have; see the head of `concepts.toml`."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)

    en: tuple[str, ...]
    nl: tuple[str, ...]
    de: tuple[str, ...]
    fr: tuple[str, ...]
    es: tuple[str, ...]
    it: tuple[str, ...]
    near: dict[str, int] = {}
    opposite: tuple[str, ...] = ()
    vague: bool = False

    def phrases(self) -> Iterator[str]:
        """Its phrases in every language."""
        for language in LANGUAGES:
            yield from getattr(self, language)


class Words(BaseModel):
    """Words that count for less, or for more, than their letters."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)

    small: frozenset[str]
    not_: frozenset[str] = Field(alias="not")
    opposites: tuple[tuple[frozenset[str], frozenset[str]], ...]


class Table(BaseModel):
    """The whole of `concepts.toml`."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)

    words: Words
    concepts: dict[str, Concept]


@cache
def table() -> Table:
    """Read the concepts that come with the package."""
    text = resources.files(__package__).joinpath("concepts.toml").read_text(encoding="utf-8")
    return Table.model_validate(tomllib.loads(text))


@cache
def nearness() -> Mapping[tuple[str, str], float]:
    """How well one concept is booked as another, by both names; pairs that are not in it have nothing in common.

    What the table says goes before what follows from it over a third one. Every concept that says something may be
    booked as `other`, so badly that anything else goes before.
    """
    concepts = table().concepts
    direct = {(name, near): score / 100 for name, concept in concepts.items() for near, score in concept.near.items()}
    found = dict(direct)
    for (name, middle), first in direct.items():
        for end, second in concepts[middle].near.items():
            if end != name and (name, end) not in direct and not opposed(name, end):
                found[name, end] = max(found.get((name, end), 0.0), first * second / 100 * _TRANSITIVE)
    rest, score = _LAST_RESORT
    for name in concepts:
        found[name, rest] = max(found.get((name, rest), 0.0), score)
        found[name, name] = 1.0
    return found


def opposed(one: str, other: str) -> bool:
    """Whether two concepts must never be paired."""
    concepts = table().concepts
    return other in concepts[one].opposite or one in concepts[other].opposite


def fold(text: str) -> str:
    """A text without case, accents and punctuation, its words apart: `tooBig`, `Zu groß!` → `too big`, `zu gross`."""
    text = _CAMEL.sub(" ", text).casefold()
    text = _CONTRACTED.sub(lambda found: f"{found[1] or found[2]} not", text)
    text = unicodedata.normalize("NFC", text).translate(_LETTERS)  # as Germans write where the keyboard has no umlauts
    text = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return " ".join(_WORD.findall(text))


@lru_cache(maxsize=8192)
def words(text: str) -> frozenset[str]:
    """The words of a folded text that count, negations as one word; all of them where no other would be left."""
    special = table().words
    found = frozenset("not" if word in special.not_ else word for word in text.split())
    counting = found - special.small
    return counting if counting - {"not"} else found


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
    if _heads(one).isdisjoint(_heads(other)):
        return 0.0
    index = _index()
    shared = 0.0
    for word in one:
        best = max(_resemblance(word, candidate) for candidate in other)
        shared += best * index.weight(word)
    for word in other:
        best = max(_resemblance(word, candidate) for candidate in one)
        shared += best * index.weight(word)
    return shared / (index.total(one) + index.total(other)) * clash(one, other)


@lru_cache(maxsize=8192)
def _heads(found: frozenset[str]) -> frozenset[str]:
    """How words begin, at least, where they may be taken for one."""
    return frozenset(word[:_HEAD] for word in found)


def clash(one: frozenset[str], other: frozenset[str]) -> float:
    """What is left of a likeness of two texts: less where only one of them says "not", or they name opposites."""
    if ("not" in one) != ("not" in other):
        return _CLASH
    left, right = _sides(one), _sides(other)
    return _CLASH if any(a != b for a, b in zip(left, right, strict=True) if a and b) else 1.0


@lru_cache(maxsize=8192)
def _sides(found: frozenset[str]) -> tuple[int, ...]:
    """For each pair of opposites: which side a text is on (1 or 2), or 0 where on neither or on both."""
    return tuple(
        0 if bool(found & one) == bool(found & other) else 1 if found & one else 2
        for one, other in table().words.opposites
    )


@lru_cache(maxsize=65536)
def _resemblance(one: str, other: str) -> float:
    """1 for the same word, a little less for another ending or a slip of the pen, else 0."""
    if one == other:
        return 1.0
    if len(one) == len(other) >= _STEM and sorted(one) == sorted(other) and OSA.distance(one, other) == 1:
        return _SLIP if one[:_HEAD] == other[:_HEAD] else 0.0
    if one[:_ROOT] != other[:_ROOT]:
        return 0.0
    shared = Prefix.similarity(one, other)
    tails = one[shared:], other[shared:]
    if shared >= _STEM and all(tail in _ENDINGS for tail in tails):
        return _ENDING
    if shared >= _PLURAL and sorted(tails) == ["", "s"]:
        return _ENDING
    return _SLIP if Indel.normalized_similarity(one, other) >= _TYPO else 0.0


class _Phrase(NamedTuple):
    concept: str
    words: frozenset[str]
    weight: float
    vague: bool


class _Index:
    """The phrases by their words. A word weighs the more, the fewer concepts have it."""

    def __init__(self, concepts: Mapping[str, Concept]) -> None:
        """Weigh every word, then every phrase."""
        spoken = [(name, concept, fold(phrase)) for name, concept in concepts.items() for phrase in concept.phrases()]
        users: dict[str, set[str]] = defaultdict(set)
        for name, _, phrase in spoken:
            for word in words(phrase):
                users[word].add(name)
        self._weights = {word: max(0.1, 1 - log(len(names)) / log(len(concepts))) for word, names in users.items()}
        unique = {(name, words(phrase)): concept.vague for name, concept, phrase in spoken}
        self.phrases = [_Phrase(name, said, self.total(said), vague) for (name, said), vague in unique.items()]
        self.by_word: dict[str, list[int]] = defaultdict(list)
        for number, known in enumerate(self.phrases):
            for word in known.words - {"not"}:  # every fifth phrase has it
                self.by_word[word].append(number)
        self.by_letters: dict[str, list[str]] = defaultdict(list)
        for word in self.by_word:
            self.by_letters[word[:_HEAD]].append(word)
        self.glued = {phrase.replace(" ", ""): name for name, _, phrase in spoken}

    def weight(self, word: str) -> float:
        """How much a word tells; one that no phrase has tells something that is not known."""
        return self._weights.get(word, 1.0)

    def total(self, found: frozenset[str]) -> float:
        """The weight of several words."""
        return sum(self.weight(word) for word in found)

    def shared(self, found: frozenset[str]) -> Mapping[int, float]:
        """By phrase: the weight of what it shares with these words."""
        shared: dict[int, float] = defaultdict(float)
        for word in found:
            best: dict[int, float] = {}
            for known in self.by_letters.get(word[:_HEAD], ()):
                if resemblance := _resemblance(word, known):
                    weight = resemblance * self.weight(known)
                    for number in self.by_word[known]:
                        best[number] = max(best.get(number, 0.0), weight)
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
    if glued := index.glued.get(text.replace(" ", "")):
        return {glued: 1.0}
    said = words(text)
    weight = index.total(said)
    found: dict[str, float] = {}
    for number, shared in index.shared(said).items():
        phrase = index.phrases[number]
        score = min(1.0, 2 * shared / (weight + phrase.weight))
        if phrase.vague:
            score = score if score >= EXACT else 0.0
        elif shared >= EXACT * phrase.weight:  # all of the phrase, and more
            score = max(score, 0.5 + 0.1 * min(phrase.weight, 2.0))
        score *= clash(said, phrase.words)
        if score > found.get(phrase.concept, 0.0):
            found[phrase.concept] = 1.0 if score >= EXACT else score
    return only_close(found)
