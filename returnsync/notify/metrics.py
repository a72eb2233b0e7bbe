"""The file of metrics, for the textfile collector of Prometheus' node exporter: its content, and how it is written.

A run from cron has no memory between two runs, so all metrics are gauges, and their values come from the state. None
may contain consumer data, an order number or a code.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from returnsync.folders import write_by_rename

if TYPE_CHECKING:
    from prometheus_client.core import GaugeMetricFamily

Series = Mapping[tuple[str, ...], float]
"""Values, by the values of their labels."""

_PREFIX = "returnsync_"
# The exporter is another user. The file contains no secrets and no consumer data.
_MODE = 0o644


class Gauge(NamedTuple):
    """The meaning of one gauge, and the labels by which its values differ, besides `config`."""

    meaning: str
    labels: tuple[str, ...] = ()


GAUGES: Mapping[str, Gauge] = {
    "last_success_timestamp_seconds": Gauge(
        "When the last run ended that read the source without an error and could deliver it; 0 if no recorded run did.",
        ("source",),
    ),
    "returns": Gauge("Announcements, one for each return and order, by their progress.", ("source", "state")),
    "returns_held": Gauge("What is held for a person, including records that cannot be read.", ("source", "cause")),
    "oldest_open_seconds": Gauge(
        "How long the oldest entry that is due, waits or is held has been known; 0 if there is none.", ("source",)
    ),
    "oldest_held_seconds": Gauge(
        "How long the entry that is held longest has been held; 0 if there is none.", ("source",)
    ),
    "requests_today": Gauge("Requests in the last 24 hours, as they are counted for the limits.", ("account",)),
    "requests_limit": Gauge("Requests that the limits of the account allow in 24 hours.", ("account",)),
    "breaker_open": Gauge(
        "1 if requests to the account, or its label calls, are paused because they fail.", ("account", "kind")
    ),
    "last_run_duration_seconds": Gauge("How long the last run took."),
    "last_run_timestamp_seconds": Gauge("When the last run ended."),
    "last_run_exit_code": Gauge("The exit code of the last run."),
}


@dataclass(frozen=True)
class Figures:
    """The figures from the state; each field belongs to the gauge of its name."""

    last_success_timestamp_seconds: Series
    returns: Series
    returns_held: Series
    oldest_open_seconds: Series
    oldest_held_seconds: Series
    requests_today: Series
    requests_limit: Series
    breaker_open: Series


class RunFigures(NamedTuple):
    """The figures of a run, whatever its result was."""

    duration_seconds: float
    timestamp_seconds: float
    exit_code: int


def text(config: str, run: RunFigures, figures: Figures | None) -> bytes:
    """The content of the file; `config` distinguishes its series from those of another configuration.

    Without `figures`, the state could not be read, and only the run's own series are written, so that no old value
    looks like a new one.
    """
    from prometheus_client import CollectorRegistry, generate_latest

    values: dict[str, Series] = {} if figures is None else dict(vars(figures))
    values |= {f"last_run_{name}": {(): value} for name, value in run._asdict().items()}

    class Collector:
        def collect(self) -> "Iterator[GaugeMetricFamily]":
            return _families(config, values)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector())
    return generate_latest(registry)


def _families(config: str, values: Mapping[str, Series]) -> "Iterator[GaugeMetricFamily]":
    from prometheus_client.core import GaugeMetricFamily

    for name, gauge in GAUGES.items():
        if name in values:
            family = GaugeMetricFamily(_PREFIX + name, gauge.meaning, labels=("config", *gauge.labels))
            for labels, value in sorted(values[name].items()):
                family.add_metric((config, *labels), value)
            yield family


def write(place: Path, content: bytes) -> None:
    """Put the file in its place, whole or not at all, readable by everyone.

    Raises:
        OSError: it could not be written. The folder must exist: the exporter could not enter one that is created here.
    """
    write_by_rename(place, content, _MODE)


def same_series(place: Path, config: str) -> Path | None:
    """Another file in the folder that also has series of that configuration: the exporter would refuse both."""
    mark = f'{_PREFIX}last_run_exit_code{{config="{config}"}}'
    for other in sorted(place.parent.glob("*.prom")):
        with suppress(OSError):
            if other.name != place.name and other.is_file() and mark in other.read_text(errors="replace"):
                return other
    return None


def trouble(place: Path) -> str | None:
    """Why the file could not be written, as far as that can be seen without writing; `None` where nothing is found."""
    try:
        if not place.parent.is_dir():
            return f"there is no folder {place.parent}"
    except OSError as error:
        return f"{place.parent} cannot be checked ({error.strerror})"
    if not os.access(place.parent, os.W_OK | os.X_OK):
        return f"no file can be created in {place.parent}"
    if place.is_dir():
        return f"{place} is a folder"
    return None
