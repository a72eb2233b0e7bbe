"""What the stand-ins were asked and what it led to, counted so that a test can prove it and a person can see it."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterator

# `forbidden` are calls that a sync tool must never make, because they mail a consumer or decide for the merchant.
Effect: TypeAlias = Literal["forecasts", "duplicate_forecasts", "updates", "labels", "extra_labels", "forbidden"]
EFFECTS: tuple[Effect, ...] = ("forecasts", "duplicate_forecasts", "updates", "labels", "extra_labels", "forbidden")

# The name under which a request is counted that fits no operation: an address that is on no page of docs.
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
        """Start at nothing."""
        self._lock = threading.Lock()
        self._routes: Counter[str] = Counter()
        self._effects: Counter[str] = Counter()
        self._under_way: Counter[str] = Counter()
        self._most: Counter[str] = Counter()

    @contextmanager
    def under_way(self, route: str) -> Iterator[None]:
        """Note that a request is being answered, for the time of the block."""
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
        """Give how many requests to one system were being answered at the same time, at most."""
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
        """Begin anew, with the call numbers that faults go by too. What the stand-ins hold stays."""
        with self._lock:
            self._routes.clear()
            self._effects.clear()
            self._most.clear()

    def as_dict(self) -> CountsDict:
        """Give everything as JSON takes it; a system is what stands before the dot of a route's name."""
        with self._lock:
            routes = dict(sorted(self._routes.items()))
            effects: dict[str, int] = {name: self._effects[name] for name in EFFECTS}
        systems: Counter[str] = Counter()
        for route, calls in routes.items():
            systems[_system_of(route)] += calls
        return {"requests": sum(routes.values()), "systems": dict(systems), "routes": routes, "effects": effects}


def _system_of(route: str) -> str:
    return route.partition(".")[0]
