"""How often the suggestions are right, measured on pairs that were written without a look at the code.

`pytest -s` shows the figures and every miss.
"""

import sys
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from returnsync.mapping.likeness import rank
from returnsync.model import Reason, WarehouseReason

FILE = Path(__file__).with_name("reason_pairs.toml")
LANGUAGES = {"nl", "en", "de", "fr", "es", "it"}
PLATFORMS = {"returnista", "sendcloud", "channable", "returnly", "returnless", "loop"}
FEWEST = 60
SURE = 90
"""Suggestions with a higher score would be taken by `map-reasons --auto` without a look."""


@dataclass(frozen=True)
class Pair:
    """A platform's reason, a warehouse list, and the right ids in it; none if no suggestion may be sure."""

    platform: str
    language: str
    reason: Reason
    offered: str
    right: frozenset[int]

    def __str__(self) -> str:
        main = f"{self.reason.parent.label or self.reason.parent.key} > " if self.reason.parent else ""
        return f"{self.platform} {self.language}: {main}{self.reason.label or self.reason.key} → {self.offered}"


@dataclass(frozen=True)
class Outcome:
    """The suggestions for one pair."""

    pair: Pair
    place: int
    """The position of the first right suggestion, from 1; 0 if there is none."""
    score: float
    best: str

    @property
    def sure(self) -> bool:
        return self.score > SURE

    def __str__(self) -> str:
        return f"{self.pair}: {self.best or 'nothing'} ({self.score:.0f}), the right one at {self.place or 'no place'}"


def reason_of(told: dict[str, Any]) -> Reason:
    """Build a reason as the platforms do: if they have no keys, the text is the key."""
    label = told.get("label", "")
    parent = reason_of(told["parent"]) if "parent" in told else None
    return Reason(told.get("key") or label.casefold().rstrip(": "), label, parent)


def warehouse_reason(told: dict[str, Any]) -> WarehouseReason:
    translations = tuple((language, told[language]) for language in sorted(LANGUAGES & told.keys()))
    return WarehouseReason(told["id"], told["label"], translations, told.get("parent"))


CONTENT = tomllib.loads(FILE.read_text(encoding="utf-8"))
LISTS = {name: [warehouse_reason(told) for told in offered] for name, offered in CONTENT["lists"].items()}
PAIRS = [
    Pair(
        group["platform"],
        group["language"],
        reason_of(told),
        name,
        frozenset(right if isinstance(right, list) else [right]),
    )
    for group in CONTENT["groups"]
    for told in group["reasons"]
    for name, right in told["answers"].items()
]


def measure(pair: Pair) -> Outcome:
    found = rank(pair.reason, LISTS[pair.offered])
    place = next((place for place, item in enumerate(found, 1) if item.reason.id in pair.right), 0)
    return Outcome(pair, place, *((found[0].score, found[0].reason.label) if found else (0, "")))


@pytest.fixture(scope="module")
def outcomes():
    measured = [measure(pair) for pair in PAIRS]
    sys.stdout.write(report(measured))
    return measured


def answered(outcomes: list[Outcome]) -> list[Outcome]:
    return [outcome for outcome in outcomes if outcome.pair.right]


def within(outcomes: list[Outcome], places: int) -> float:
    """The share of pairs with a right reason among the first `places` suggestions."""
    return sum(0 < outcome.place <= places for outcome in outcomes) / len(outcomes)


def report(measured: list[Outcome]) -> str:
    pairs = answered(measured)
    sure = [outcome for outcome in measured if outcome.sure]
    lines = [
        f"{len(pairs)} pairs: first {within(pairs, 1):.1%}, in the first three {within(pairs, 3):.1%}",
        f"{len(sure)} of {len(measured)} above {SURE}, of which right {within(sure, 1) if sure else 0:.1%}",
    ]
    for what in ("platform", "language"):
        for name in sorted({getattr(outcome.pair, what) for outcome in pairs}):
            some = [outcome for outcome in pairs if getattr(outcome.pair, what) == name]
            lines.append(f"  {name}: {len(some)} pairs, first {within(some, 1):.1%}")
    lines += [f"  not first: {outcome}" for outcome in pairs if outcome.place != 1]
    lines += [f"  sure and wrong: {outcome}" for outcome in sure if outcome.place != 1]
    return "\n" + "\n".join(lines) + "\n"


def test_the_right_reason_is_first_nine_times_in_ten(outcomes):
    share = within(answered(outcomes), 1)
    assert share >= 0.90


def test_the_right_reason_is_among_the_first_three_but_for_one_in_fifty(outcomes):
    share = within(answered(outcomes), 3)
    assert share >= 0.98


def test_of_what_would_be_paired_unseen_at_most_one_in_fifty_is_wrong(outcomes):
    sure = [outcome for outcome in outcomes if outcome.sure]
    assert sure, "no score is ever high enough, so this would measure nothing"
    share = within(sure, 1)
    assert share >= 0.98


# ---- the pairs themselves


def test_there_are_enough_pairs_in_every_language_and_from_every_platform():
    pairs = [pair for pair in PAIRS if pair.right]
    assert len(pairs) >= FEWEST
    assert {pair.language for pair in pairs} == LANGUAGES
    assert {pair.platform for pair in pairs} == PLATFORMS
    assert {pair.offered for pair in pairs} == set(LISTS)


@pytest.mark.parametrize("offered", LISTS.values(), ids=LISTS)
def test_a_list_has_each_id_once_and_main_reasons_that_are_in_it(offered):
    ids = Counter(item.id for item in offered)
    assert max(ids.values()) == 1
    assert {item.parent_id for item in offered} - {None} <= ids.keys()
    assert all(item.label.strip() for item in offered)


def test_every_answer_is_in_its_list():
    known = {name: {item.id for item in offered} for name, offered in LISTS.items()}
    assert [str(pair) for pair in PAIRS if not pair.right <= known[pair.offered]] == []


def test_no_pair_stands_there_twice():
    said = Counter(str(pair).casefold() for pair in PAIRS)
    assert [pair for pair, times in said.items() if times > 1] == []


def test_every_reason_says_something():
    assert [
        str(pair) for pair in PAIRS if not (pair.reason.key.strip() and (pair.reason.label or "_" in pair.reason.key))
    ] == []
