"""Only the phase of delivery: returnsync against the plain loop, in turn and with the same number of threads."""

import json
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from processes import FailedError, measure, python
from stand import FIRST_ORDER, sandbox

_HERE = Path(__file__).parent
# Requests that a new return takes at Monta: the order, its forecasts, the announcement, the label.
_CALLS = 4


def pair(place: Callable[[], Path], number: int, threads: int, latency: float, rounds: int) -> dict[str, Any]:
    """Rates of both, in returns per second, over `number` new returns; `place` gives a new folder each time."""
    measured = [
        (_ours(place(), number, threads, latency), _bare(place(), number, threads, latency)) for _ in range(rounds)
    ]
    return {
        "latency": latency,
        "rounds": rounds,
        "ours": number / median(ours["seconds"] for ours, _ in measured),
        "bare": number / median(bare for _, bare in measured),
        "ratio": median(bare / ours["seconds"] for ours, bare in measured),
        # The rate if nothing took any time except the answers.
        "ideal": threads / (_CALLS * latency) if latency else None,
        "waits": [{what: times / number for what, times in ours["waits"].items()} for ours, _ in measured],
    }


def _ours(place: Path, number: int, threads: int, latency: float) -> dict[str, Any]:
    with sandbox(place, number, latency, concurrency=threads) as stand:
        stand.establish()
        command = python(_HERE / "timed_run.py", stand.config)
        told: dict[str, Any] = json.loads(measure(command, stand.env, stand.folder).output)
    if told["run"]["labelled"] != number:
        raise FailedError(f"a run with {number} new returns said: {told['run']}")
    return told


def _bare(place: Path, number: int, threads: int, latency: float) -> float:
    with sandbox(place, number, latency) as stand:
        numbers = map(str, (FIRST_ORDER, number, threads))
        loop = python(_HERE / "bare_loop.py", f"{stand.url}/monta", stand.folder, *numbers)
        seconds = float(measure(loop, stand.env, stand.folder).output)
        if stand.counts()["effects"]["labels"] != number:
            raise FailedError("the plain loop did not make every label")
    return seconds
