"""The comparisons: each function runs one and gives its figures as plain data."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import delivery
from processes import (
    INSTALLED,
    FailedError,
    Usage,
    cpu,
    environment,
    in_turn,
    measure,
    memory,
    middle,
    python,
    ratio,
    wall,
)
from stand import FIRST_ORDER, sandbox

_HERE = Path(__file__).parent
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Size:
    """The numbers of returns and rounds that are measured."""

    returns: int
    many: int
    """Returns in the run that shows whether memory grows."""
    in_state: tuple[int, ...]
    """Returns in the state files of runs with nothing to do."""
    concurrency_returns: int
    latencies: tuple[float, ...]
    delivered: int
    """Returns in the runs of which only the phase of delivery is timed, `threads` at a time."""
    threads: int
    delivery_rounds: Mapping[float, int]
    """How often that is repeated, for each latency."""
    rounds: int
    """How often new returns are run without latency; with latency it is once, since most of the time is waiting."""
    held: int
    """Held returns in the state that commands read."""
    short_rounds: int
    """How often programs are run that take a fraction of a second."""


FULL = Size(
    returns=1000,
    many=3000,
    in_state=(1_000, 100_000),
    concurrency_returns=200,
    latencies=(0.0, 0.05),
    delivered=400,
    threads=8,
    delivery_rounds={0.0: 5, 0.02: 5, 0.05: 5, 0.2: 1},
    rounds=5,
    held=5_000,
    short_rounds=21,
)
QUICK = Size(
    returns=10,
    many=20,
    in_state=(30, 90),
    concurrency_returns=8,
    latencies=(0.0,),
    delivered=4,
    threads=8,
    delivery_rounds={0.0: 1},
    rounds=1,
    held=20,
    short_rounds=1,
)


# The exit codes that these commands may end with. Something is held, and there was no run while the state was filled.
_TOLD = (0, 1, 75)
ASKED = (
    *("show F0000007", "status", "held", "held --json", "returns", "returns --state labelled --since today"),
    *("returns --count", "returns --search F0000007"),
)


class Bench:
    """Runs the comparisons in folders of its own."""

    def __init__(self, folder: Path, size: Size) -> None:
        """Work below `folder`."""
        self._folder = folder
        self._size = size
        self._stands = 0

    def _place(self) -> Path:
        self._stands += 1
        return self._folder / str(self._stands)

    def new_returns(self) -> list[dict[str, Any]]:
        """Runs with new returns against the same calls in a plain loop, for each latency."""
        return [self._new_returns(latency) for latency in self._size.latencies]

    def _new_returns(self, latency: float) -> dict[str, Any]:
        number = self._size.returns
        counts: list[dict[str, Any]] = []

        def ours(program: list[Any] | None = None) -> Usage:
            with sandbox(self._place(), number, latency) as stand:
                stand.establish()
                usage = measure([*program, stand.config] if program else stand.run, stand.env, stand.folder)
                counts.append(stand.counts())
            _said(usage, number)
            return usage

        def bare() -> Usage:
            with sandbox(self._place(), number, latency) as stand:
                orders = (str(FIRST_ORDER), str(number))
                loop = python(_HERE / "bare_loop.py", f"{stand.url}/monta", stand.folder, *orders)
                usage = measure(loop, stand.env, stand.folder)
                if stand.counts()["effects"]["labels"] != number:
                    raise FailedError("the plain loop did not make every label")
            return usage

        def unsynced() -> Usage:
            return ours(python(_HERE / "unsynced_run.py"))

        rounds = 1 if latency else self._size.rounds
        of_ours, of_unsynced, of_bare = in_turn(ours, unsynced, bare, rounds=rounds)
        return {
            "latency": latency,
            "returns": number,
            "rounds": rounds,
            "calls": [_calls(count, number) for count in counts],
            "ours": _per_return(of_ours, number),
            "unsynced": _per_return(of_unsynced, number),
            "bare": _per_return(of_bare, number),
            "cpu_ratio": ratio(of_ours, of_bare, cpu),
            "unsynced_cpu_ratio": ratio(of_unsynced, of_bare, cpu),
            "wall_ratio": ratio(of_ours, of_bare, wall),
        }

    def warm_up(self) -> None:
        """Compile all modules once, as in an installation that has been used."""
        self._one_run(1, 0.0)

    def memory(self) -> list[dict[str, float]]:
        """Peak memory against the number of new returns in one run."""
        return [self._one_run(number, 0.0) for number in (self._size.returns, self._size.many)]

    def concurrency(self) -> list[dict[str, float]]:
        """Runs with new returns and one to eight orders at a time, for each latency."""
        return [
            self._one_run(self._size.concurrency_returns, latency, concurrency=orders) | {"concurrency": orders}
            for latency in self._size.latencies
            for orders in (1, 2, 4, 8)
        ]

    def delivery(self) -> dict[str, Any]:
        """Only the phase of delivery, against the plain loop with the same number of threads; and its disk waits."""
        size = self._size
        measured = [
            delivery.pair(self._place, size.delivered, size.threads, latency, rounds)
            for latency, rounds in size.delivery_rounds.items()
        ]
        return {"returns": size.delivered, "threads": size.threads, "pairs": measured}

    def _one_run(self, number: int, latency: float, **settings: object) -> dict[str, float]:
        with sandbox(self._place(), number, latency, **settings) as stand:
            usage = measure(stand.run, stand.env, stand.folder)
            _said(usage, number)
        return {"latency": latency, "returns": number, **_per_return([usage], number)}

    def idle(self) -> dict[str, Any]:
        """Runs with nothing to do, with more and more returns in state, against importing `requests`."""
        return {"runs": [self._idle(number) for number in self._size.in_state]}

    def _idle(self, number: int) -> dict[str, Any]:
        # A few come through a real run, so that source, mark and files exist; the others are filled in.
        through = min(50, number)
        with sandbox(self._place(), through) as stand:
            _said(measure(stand.run, stand.env, stand.folder), through)
            state = stand.folder / "returnsync.db"
            measure(python(_HERE / "fill.py", state, str(number - through)), stand.env, stand.folder)
            command = [INSTALLED, "run", "--config", stand.config]
            ours, theirs = in_turn(
                partial(measure, command, stand.env, stand.folder),
                partial(measure, python("-c", "import requests"), stand.env, stand.folder),
                rounds=self._size.short_rounds,
                warm_up=1,
            )
            before = stand.counts()
            counting = python(_HERE / "counted_run.py", stand.config)
            counted = json.loads(measure(counting, stand.env, stand.folder).output)
            after = stand.counts()
            size = state.stat().st_size
        return {
            "in_state": number,
            "state_mib": size / _MIB,
            "requests": {route: calls - before["routes"].get(route, 0) for route, calls in after["routes"].items()},
            "effects": sum(after["effects"].values()) - sum(before["effects"].values()),
            "statements": counted["statements"],
            "commits": counted["commits"],
            "steps": counted["steps"],
            **_compared(ours, theirs),
        }

    def asking(self) -> dict[str, Any]:
        """The time and memory of commands that read a full state, against importing `requests`."""
        number, held = self._size.in_state[-1], self._size.held
        with sandbox(self._place(), 1) as stand:
            _said(measure(stand.run, stand.env, stand.folder), 1)
            state = stand.folder / "returnsync.db"
            measure(python(_HERE / "fill.py", state, str(number), str(held)), stand.env, stand.folder)
            found = [self._asked(command, stand) for command in ASKED]
        return {"in_state": number, "held": held, "commands": found}

    def _asked(self, command: str, stand: Any) -> dict[str, Any]:
        ours, theirs = in_turn(
            partial(
                measure, [INSTALLED, *command.split(), "--config", stand.config], stand.env, stand.folder, ends=_TOLD
            ),
            partial(measure, python("-c", "import requests"), stand.env, stand.folder),
            rounds=self._size.short_rounds,
            warm_up=1,
        )
        return {"command": command, **_compared(ours, theirs)}

    def start_up(self) -> list[dict[str, Any]]:
        """The commands `--version` and `--help` against importing the library that makes the command line."""
        folder = self._place()
        folder.mkdir(parents=True)
        env = environment(folder.parent)
        found = []
        for option in ("--version", "--help"):
            ours, theirs = in_turn(
                partial(measure, [INSTALLED, option], env, folder),
                partial(measure, python("-c", "import typer"), env, folder),
                rounds=self._size.short_rounds,
                warm_up=1,
            )
            found.append({"command": f"returnsync {option}", **_compared(ours, theirs)})
        return found


def _said(usage: Usage, number: int) -> dict[str, Any]:
    """The `--json` output of a run, which must have announced and labelled everything."""
    said: dict[str, Any] = json.loads(usage.output)
    if (said["announced"], said["labelled"]) != (number, number):
        raise FailedError(f"a run with {number} new returns said: {usage.output}")
    return said


def _calls(counts: dict[str, Any], number: int) -> dict[str, float]:
    """The requests of one run to both sides, for each return where that makes sense."""
    return {
        # The list of reasons is read once per run, however many returns there are.
        "monta_requests_per_return": (counts["systems"]["monta"] - counts["routes"]["monta.reasons"]) / number,
        "creates_per_return": counts["routes"]["monta.create"] / number,
        "labels_per_return": counts["routes"]["monta.label"] / number,
        "made_twice": counts["effects"]["duplicate_forecasts"] + counts["effects"]["extra_labels"],
        "returnista_requests": counts["systems"]["returnista"],
    }


def _per_return(usages: list[Usage], number: int) -> dict[str, float]:
    return {
        "per_second": number / middle(usages, wall),
        "cpu_ms": 1000 * middle(usages, cpu) / number,
        "memory_mib": middle(usages, memory),
    }


def _compared(ours: list[Usage], theirs: list[Usage]) -> dict[str, float]:
    return {
        "rounds": len(ours),
        "wall_ms": 1000 * middle(ours, wall),
        "other_wall_ms": 1000 * middle(theirs, wall),
        "wall_ratio": ratio(ours, theirs, wall),
        "cpu_ratio": ratio(ours, theirs, cpu),
        "memory_mib": middle(ours, memory),
    }
