"""The possible meanings of a return reason: the concepts of `concepts.toml`, their phrases, and their nearness. Pure.

Only that file is read, once; it comes with the package.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

LANGUAGES = ("en", "nl", "de", "fr", "es", "it")

_OVER_A_THIRD = 0.9
"""The factor for a nearness that only follows from two others."""
_LAST_RESORT = ("other", 0.3)
"""The concept that everything may be booked as, and its low score."""


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
    """Words that count for less, or for more, than their letters suggest."""

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
    """How well one concept can be booked as another, by both names; pairs that are not in it have nothing in common.

    A value in the table wins over one that follows through a third concept. Every concept may be booked as `other`,
    with a low score.
    """
    concepts = table().concepts
    direct = {(name, near): score / 100 for name, concept in concepts.items() for near, score in concept.near.items()}
    found = dict(direct)
    for (name, middle), first in direct.items():
        for end, second in concepts[middle].near.items():
            if end != name and (name, end) not in direct and not opposed(name, end):
                found[name, end] = max(found.get((name, end), 0.0), first * second / 100 * _OVER_A_THIRD)
    rest, score = _LAST_RESORT
    for name in concepts:
        found[name, rest] = max(found.get((name, rest), 0.0), score)
        found[name, name] = 1.0
    return found


def opposed(one: str, other: str) -> bool:
    """Whether two concepts must never be paired."""
    concepts = table().concepts
    return other in concepts[one].opposite or one in concepts[other].opposite
