"""What a run did: counted while it runs, and summed up as one object at its end."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from returnsync import clock
from returnsync.errors import ExitCode, ReturnsyncError
from returnsync.model import WarehouseName
from returnsync.redact import masked

EVENTS = ("announced", "adopted", "labelled", "labels_found", "handed_over", "updated", "withdrawn", "left_alone")


@dataclass
class SourceTally:
    """One source in one run. `listed` counts records read, `new` and `changed` the returns among them."""

    listed: int = 0
    new: int = 0
    changed: int = 0
    set_aside: int = 0
    announced: int = 0
    only: tuple[str, ...] | None = None
    """The only orders that it delivers; `None` where it delivers all."""
    kept_back: int = 0
    """How many announcements wait because `only` does not name their orders."""
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As the contract of `run --json` gives it."""
        return {
            "listed": self.listed,
            "new": self.new,
            "changed": self.changed,
            "set_aside": self.set_aside,
            "error": self.error,
            **({} if self.only is None else {"only": list(self.only), "kept_back": self.kept_back}),
        }


class Tally:
    """Counts events from several threads, and keeps the worst that happened."""

    def __init__(self) -> None:
        """Start with empty counts."""
        self._lock = threading.Lock()
        self._events: Counter[str] = Counter()
        self.sources: dict[str, SourceTally] = {}
        self.troubles: list[ReturnsyncError] = []
        self.refused: dict[str, str] = {}
        """Sources that the guard refused, by name, each with the reason."""
        self.warnings: list[str] = []
        """What works and may still be wrong, one text each."""
        self._unpaired: Counter[tuple[str, str, str, str]] = Counter()
        self.decisions: list[dict[str, Any]] = []
        """What a dry run would have done, one entry for each announcement."""
        self.decided_on: set[str] = set()
        """The codes that `decisions` are about."""

    def count(self, event: str) -> None:
        """Count one more of an event."""
        with self._lock:
            self._events[event] += 1

    def __getitem__(self, event: str) -> int:
        """How often an event happened."""
        return self._events[event]

    @property
    def eventful(self) -> bool:
        """Whether anything happened that a person would want to know."""
        return bool(self.troubles or self.refused or any(self[event] for event in (*EVENTS, "held")))

    def source(self, name: str) -> SourceTally:
        """The tally of one source."""
        with self._lock:
            return self.sources.setdefault(name, SourceTally())

    def trouble(self, error: ReturnsyncError) -> None:
        """Note what stopped an account or a part of the run; the same text is kept once."""
        with self._lock:
            if all(known.what != error.what for known in self.troubles):
                self.troubles.append(error)

    def unpaired(self, source: str, channel: str, key: str, words: str, lines: int) -> None:
        """Count `lines` more that were announced with their reason as words only, since it has no pair."""
        with self._lock:
            self._unpaired[source, channel, key, words] += lines

    @property
    def unpaired_reasons(self) -> list[dict[str, Any]]:
        """The reasons that were sent as words only, each with its number of lines."""
        return [
            {"source": source, "channel": channel, "key": key, "words": text, "lines": lines}
            for (source, channel, key, text), lines in sorted(self._unpaired.items())
        ]

    def decided(self, code: str, **decision: Any) -> None:
        """Note what a dry run decided for one announcement, masked, since it is shown."""
        with self._lock:
            self.decided_on.add(code)
            self.decisions.append(masked({"code": code, **decision}))


NOT_KNOWN = "not known"
"""What a dry run gives as its decision for a return whose warehouse could not be asked."""


@dataclass(frozen=True)
class Summary:
    """A finished run."""

    run: str
    started: datetime
    finished: datetime
    exit_code: ExitCode
    tally: Tally
    waiting: int | None
    """How many wait at the end; `None` when a run that was broken off did not count them."""
    held: int | None
    requests: dict[str, int]
    dry_run: bool = False
    failing_at: frozenset[WarehouseName] = frozenset()
    """The warehouses at which calls for some returns fail."""

    def as_json(self) -> dict[str, Any]:
        """The one object of `run --json`."""
        content: dict[str, Any] = {
            "run": self.run,
            "started": clock.stamp(self.started),
            "finished": clock.stamp(self.finished),
            "exit_code": int(self.exit_code),
            "sources": {name: source.as_json() for name, source in sorted(self.tally.sources.items())},
            **{event: self.tally[event] for event in EVENTS},
            "waiting": self.waiting,
            "held": self.held,
            "requests": self.requests,
        }
        if self.exit_code not in (ExitCode.DONE, ExitCode.NEEDS_PERSON):
            content["error"] = error_of(self.tally.troubles, self.exit_code)
        if self.tally["erased"]:
            content["erased"] = self.tally["erased"]
        if self.tally.unpaired_reasons:
            content["unpaired_reasons"] = self.tally.unpaired_reasons
        if self.tally.refused:
            content["refused"] = list(self.tally.refused.values())
        if self.tally.warnings:
            content["warnings"] = self.tally.warnings
        if self.dry_run:
            content["dry_run"] = True
            content["decisions"] = sorted(self.tally.decisions, key=lambda item: str(item["code"]))
        return content


def error_of(troubles: Sequence[ReturnsyncError], code: ExitCode) -> dict[str, Any]:
    """Why a command that came to its end did not end well, as one object; the caller masks it.

    It is the first trouble that explains the exit code. What happened in each of the others is listed in `problems`.
    """
    if code in (ExitCode.SIGINT, ExitCode.SIGTERM):
        stopped = ReturnsyncError(
            "Stopped by a signal. A create, change or label call that had begun was finished first; reads were broken "
            "off.",
            "The next run goes on.",
        )
        troubles = (stopped, *troubles)
    first = next((trouble for trouble in troubles if trouble.exit_code is code), next(iter(troubles), _CALLS_FAILED))
    others = [trouble.what for trouble in troubles if trouble is not first]
    return {**first.as_json(), "problems": [*first.problems, *others]}


# Each of those returns has its own text about what failed.
_CALLS_FAILED = ReturnsyncError(
    "Calls for some returns failed, or are stopped for now; these wait.", "The next runs try them again."
)


# When several exit codes fit, the first of these wins (the contract of the commands).
_PRECEDENCE = (
    ExitCode.SIGINT,
    ExitCode.SIGTERM,
    ExitCode.FAULT,
    ExitCode.CONFIG,
    ExitCode.TEMPORARY,
    ExitCode.NEEDS_PERSON,
    ExitCode.USAGE,
)


def worst(codes: set[ExitCode]) -> ExitCode:
    """The exit code to use when all of `codes` apply."""
    return next((code for code in _PRECEDENCE if code in codes), ExitCode.DONE)
