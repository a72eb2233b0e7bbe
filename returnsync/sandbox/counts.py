"""Counts of the requests to the stand-ins and of their effects, so that tests can check and people can see them."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterator

# `forbidden` counts calls that a sync tool must never make, because they mail a consumer or decide for the merchant.
Effect: TypeAlias = Literal["forecasts", "duplicate_forecasts", "updates", "labels", "extra_labels", "forbidden"]
EFFECTS: tuple[Effect, ...] = ("forecasts", "duplicate_forecasts", "updates", "labels", "extra_labels", "forbidden")

# The name under which requests are counted that match no operation: their addresses are on no page of docs.
UNROUTED = "unrouted"


class CountsDict(TypedDict):
    """The counts as JSON."""

    requests: int
    systems: dict[str, int]
    routes: dict[str, int]
    effects: dict[str, int]


class Counts:
    """Requests by route and effects by name; may be read and reset from any thread."""

    def __init__(self) -> None:
        """Start at zero."""
        self._lock = threading.Lock()
        self._routes: Counter[str] = Counter()
        self._effects: Counter[str] = Counter()
        self._under_way: Counter[str] = Counter()
        self._most: Counter[str] = Counter()

    @contextmanager
    def under_way(self, route: str) -> Iterator[None]:
        """Count a request as being answered while the block runs."""
        system = _system_of(route)
        with self._lock:
            self._under_way[system] += 1
            self._most[system] = max(self._most[system], self._under_way[system])
        try:
            yield
        finally:
            with self._lock:
                self._under_way[system] -= 1

    def most_at_once(self, system: str) -> int:
        """Give the largest number of requests to one system that were answered at the same time."""
        with self._lock:
            return self._most[system]

    def hit(self, route: str) -> int:
        """Count one request; give its number on this route, from 1."""
        with self._lock:
            self._routes[route] += 1
            return self._routes[route]

    def effect(self, name: Effect) -> None:
        """Count one effect."""
        with self._lock:
            self._effects[name] += 1

    def calls(self, route: str) -> int:
        """Give the number of requests on one route."""
        with self._lock:
            return self._routes[route]

    def effects(self, name: Effect) -> int:
        """Give the number of effects of one name."""
        with self._lock:
            return self._effects[name]

    @property
    def requests(self) -> int:
        """The number of requests in all."""
        with self._lock:
            return self._routes.total()

    def reset(self) -> None:
        """Count from zero again, also the call numbers that faults use. The data of the stand-ins stay."""
        with self._lock:
            self._routes.clear()
            self._effects.clear()
            self._most.clear()

    def as_dict(self) -> CountsDict:
        """Give everything in the form of JSON; a system is the part of a route's name before the dot."""
        with self._lock:
            routes = dict(sorted(self._routes.items()))
            effects: dict[str, int] = {name: self._effects[name] for name in EFFECTS}
        systems: Counter[str] = Counter()
        for route, calls in routes.items():
            systems[_system_of(route)] += calls
        return {"requests": sum(routes.values()), "systems": dict(systems), "routes": routes, "effects": effects}


def _system_of(route: str) -> str:
    return route.partition(".")[0]
