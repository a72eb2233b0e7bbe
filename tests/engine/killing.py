"""Real processes, ended by `kill -9` at every step that they have, to test that a killed run is finished by the next.

The points are found, not named: a first process lists the steps that it passes. Each point then gets a shop of its own,
a process that dies there, and one more run, after which everything must be as if nothing had happened. One thing may
differ: a label that was requested and has no file is in doubt, and held.
"""

from __future__ import annotations

import hashlib
import random
import shutil
import signal
import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from returnsync.sandbox import Sandbox, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from shop import Ran, Shop

HARNESS = str(Path(__file__).with_name("kill_run.py"))
PDF = b"%PDF-1.4 saved by hand %%EOF"
RUN = ("run", "--json")


@dataclass(frozen=True)
class End:
    """The state of everything: in the state file, at the warehouse and on disk."""

    progress: dict[str, tuple[Any, ...]]
    forecasts: dict[str, list[list[tuple[str, int]]]]
    labels: Counter[str]
    files: set[str]
    in_flight: int

    @classmethod
    def of(cls, shop: Shop) -> End:
        """Look at all three."""
        with closing(sqlite3.connect(shop.state)) as state:
            progress = state.execute(
                "SELECT code, progress, cause, announced_at IS NOT NULL, labelled_at IS NOT NULL, units "
                "FROM announcements"
            ).fetchall()
            in_flight = state.execute("SELECT count(*) FROM effects WHERE outcome IS NULL").fetchone()[0]
        forecasts: dict[str, list[list[tuple[str, int]]]] = {}
        for forecast in shop.forecasts:
            lines = sorted((line["WebshopOrderLineId"], line["ReturnQuantity"]) for line in forecast.lines)
            forecasts.setdefault(forecast.code, []).append(lines)
        labels = Counter(label.code for label in shop.sandbox.monta.labels)
        files = {file.stem for file in shop.labels() if not file.name.startswith(".")}
        return cls({code: tuple(rest) for code, *rest in progress}, forecasts, labels, files, in_flight)

    def in_doubt(self) -> set[str]:
        """The codes whose label may or may not have been made."""
        return {code for code, (progress, cause, *_) in self.progress.items() if (progress, cause) == DOUBT}


DOUBT = ("held", "label-in-doubt")


@dataclass(frozen=True)
class Scenario:
    """Something to do that may be killed anywhere: a world, what happened before, and the command."""

    name: str
    world: World
    command: tuple[str, ...] = RUN
    source: dict[str, Any] = field(default_factory=dict)
    platform: str = "returnista"
    prepare: Callable[[Shop], object] = lambda _shop: None
    labels_each: int = 1
    """How many labels of one code may have been bought because a person asked for one."""

    @contextmanager
    def shop(self, like: Shop, folder: Path) -> Iterator[Shop]:
        """Make a separate shop, and prepare it."""
        folder.mkdir(parents=True)
        # One order at a time, so that the steps always come in the same order.
        with Sandbox(self.world) as sandbox:
            shop = replace(
                like,
                folder=folder,
                sandbox=sandbox,
                source=self.source,
                warehouse={"concurrency": 1},
                platforms=(self.platform,),
            )
            self.prepare(shop)
            yield shop

    def start(self, shop: Shop, number: int) -> tuple[Ran, list[str]]:
        """Run the command, killed at a step (0: not at all); give its result and the steps that it passed."""
        return walk(shop, *self.command, number=number)

    def run_again(self, shop: Shop) -> None:
        """Make the one run that must be enough: by cron, half a minute later."""
        ran, _ = walk(shop, *RUN, shift=31)
        assert ran.code in (0, 1), ran.err


def walk(shop: Shop, *command: str, number: int = 0, shift: float = 0.0) -> tuple[Ran, list[str]]:
    """Run one process, killed at a step; give its result and the names of the steps that it passed."""
    file = shop.folder / "steps"
    ran = shop.process(*command, program=(HARNESS, str(number), "--shift", str(shift), "--steps", str(file)))
    return ran, file.read_text(encoding="utf-8").splitlines()


@dataclass(frozen=True)
class Reference:
    """A scenario that was not killed: its steps, and the state of everything before and after."""

    scenario: Scenario
    steps: list[str]
    before: End | None
    after: End


def not_killed(scenario: Scenario, like: Shop, folder: Path) -> Reference:
    with scenario.shop(like, folder) as shop:
        before = End.of(shop) if shop.state.exists() else None
        ran, steps = scenario.start(shop, 0)
        assert ran.code in (0, 1), ran.err
        scenario.run_again(shop)
        after = End.of(shop)
    assert after.in_flight == 0
    return Reference(scenario, steps, before, after)


@dataclass(frozen=True)
class Death:
    """What a killed process left: labels that were intended and have no whole file, and whether one was a new label."""

    doubtful: set[str]
    asked_anew: bool

    @classmethod
    def of(cls, shop: Shop) -> Death:
        """Read a copy, since opening the state itself would recover it."""
        copy = shop.folder / "at death"
        copy.mkdir()
        for file in shop.folder.glob("returnsync.db*"):
            shutil.copy(file, copy)
        with closing(sqlite3.connect(copy / shop.state.name)) as state:
            if not state.execute("SELECT 1 FROM sqlite_master WHERE name = 'kept_labels'").fetchall():
                return cls(set(), asked_anew=False)
            labels = "SELECT code FROM effects WHERE kind = 'label' AND "
            # A call that a shut account left without an outcome is looked for, and not held at once.
            in_flight = {row[0] for row in state.execute(labels + "outcome IS NULL AND shut_at IS NULL")}
            anew = state.execute(labels + "generation > 1").fetchall()
            known = {row[0] for row in state.execute("SELECT sha256 FROM labels")}
        saved = {code_of(file) for file in shop.labels() if hashlib.sha256(file.read_bytes()).hexdigest() not in known}
        return cls(in_flight - saved, asked_anew=bool(anew))


def code_of(file: Path) -> str:
    """The code of a label file, also of a whole temporary one that was not renamed yet."""
    return file.name[1:].rpartition("-")[0] if file.name.startswith(".") else file.stem


def killed(reference: Reference, number: int, like: Shop, folder: Path) -> None:
    """Kill at one step, run once more, and compare with the run that was not killed."""
    scenario = reference.scenario
    with scenario.shop(like, folder) as shop:
        ran, died_after = scenario.start(shop, number)
        assert ran.code == -signal.SIGKILL, f"it was not killed: {ran}"
        assert died_after == reference.steps[:number], "it died somewhere else"
        death = Death.of(shop)
        scenario.run_again(shop)
        end = End.of(shop)
    assert all(len(forecasts) == 1 for forecasts in end.forecasts.values()), "a code was announced twice"
    assert max(end.labels.values(), default=0) <= scenario.labels_each, "a label was bought twice"
    assert end.in_flight == 0, "an effect was left in flight"
    wished = reference.after if death.asked_anew or scenario.command == RUN else reference.before
    assert wished is not None
    compare(end, wished, death.doubtful)


def compare(end: End, wished: End, doubtful: set[str]) -> None:
    """Assert the same end, except that a label is in doubt exactly if it was intended and has no file."""
    assert end.in_doubt() == wished.in_doubt() | doubtful

    def certain(known: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in known.items() if key not in doubtful}

    assert certain(end.progress) == certain(wished.progress)
    assert end.progress.keys() == wished.progress.keys(), "something was lost"
    assert end.forecasts == wished.forecasts
    assert certain(end.labels) == certain(wished.labels)
    # This includes the file to which an earlier label of the same code was moved.
    files = [{file for file in which if not file.startswith(tuple(doubtful))} for which in (end.files, wished.files)]
    assert files[0] == files[1]


def kill_at(points: Iterable[tuple[Reference, int]], like: Shop) -> None:
    """Kill at each of the points, two at a time; report everything that went wrong."""

    def one(place: tuple[int, tuple[Reference, int]]) -> str:
        at, (reference, number) = place
        try:
            killed(reference, number, like, like.folder / str(at))
        except AssertionError as error:
            return f"{reference.scenario.name}, step {number} ({reference.steps[number - 1]}): {error}"
        return ""

    with ThreadPoolExecutor(max_workers=2) as pool:
        wrong = [problem for problem in pool.map(one, enumerate(points)) if problem]
    assert not wrong, f"{len(wrong)} of the points went wrong:\n" + "\n".join(wrong)


def sample(references: list[Reference], seed: int) -> list[tuple[Reference, int]]:
    """Every kind of step once, in the first scenario that has it, at a random place that the seed decides."""
    places: dict[tuple[str, str], list[tuple[Reference, int]]] = {}
    for reference in references:
        known = set(places)
        for number, kind in enumerate(kinds(reference.steps), start=1):
            if kind not in known:
                places.setdefault(kind, []).append((reference, number))
    chance = random.Random(seed)  # no secret
    return [chance.choice(where) for where in places.values()]


def kinds(steps: list[str]) -> Iterator[tuple[str, str]]:
    """Each step's name; for a commit also the step before, which shows what was committed."""
    before = ""
    for step in steps:
        yield step, before if step == "state: committed" else ""
        if step != "state: about to be committed":
            before = step
