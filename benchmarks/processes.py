"""Programs measured from outside: wall time, processor time and peak memory, as the operating system counts them."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

# Linux counts peak memory in KiB, macOS in bytes.
_PER_MIB = 2**20 if sys.platform == "darwin" else 2**10

Command = Sequence[str | Path]

# The command as it is installed, which cron starts.
INSTALLED = Path(sys.executable).with_name("returnsync")


class FailedError(Exception):
    """A program that was to be measured did not do its work."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The resources that one finished process used."""

    wall: float
    """Seconds from start to end."""
    cpu: float
    """Seconds of processor time, user and system, of all its threads."""
    memory: float
    """The most memory that it used at once, in MiB."""
    output: str


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of every measured program: compiled modules are kept in `folder`, as an installation keeps them.

    Without that, a checkout that may not write compiled modules to disk would compile them at every start.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder / "compiled"), **more}


def measure(command: Command, env: Mapping[str, str], cwd: Path, *, ends: Collection[int] = (0,)) -> Usage:
    """Run a program to its end.

    Raises:
        FailedError: it ended with an exit code that is not one of `ends`.
    """
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=env, cwd=cwd)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        # The process has ended already: without this, the object would wait for it again.
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    if process.returncode not in ends:
        raise FailedError(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{text}")
    return Usage(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / _PER_MIB, text)


def in_turn(*programs: Callable[[], Usage], rounds: int, warm_up: int = 0) -> list[list[Usage]]:
    """Measure programs in turn, A B A B …, so that all meet the same machine; the first `warm_up` rounds do not count.

    Returns the measurements of each program.
    """
    measured = [[program() for program in programs] for _ in range(warm_up + rounds)][warm_up:]
    return [list(of_one) for of_one in zip(*measured, strict=True)]


def ratio(ours: Sequence[Usage], theirs: Sequence[Usage], of: Callable[[Usage], float]) -> float:
    """The median of the ratios ours : theirs, round by round."""
    return median(of(one) / of(other) for one, other in zip(ours, theirs, strict=True))


def middle(usages: Sequence[Usage], of: Callable[[Usage], float]) -> float:
    """The median of one figure."""
    return median(of(usage) for usage in usages)


def cpu(usage: Usage) -> float:
    """Its processor time."""
    return usage.cpu


def wall(usage: Usage) -> float:
    """Its wall time."""
    return usage.wall


def memory(usage: Usage) -> float:
    """Its peak memory."""
    return usage.memory


def python(*arguments: str | Path) -> list[Any]:
    """A command for this same interpreter."""
    return [sys.executable, *arguments]
