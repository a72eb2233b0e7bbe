"""The windows that limit the requests of an account, as written in the setting `limits`."""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_WINDOW = re.compile(r"([1-9]\d{0,5})([smhd])", re.ASCII)


class Window(NamedTuple):
    """At most `requests` in any period of `seconds`."""

    requests: int
    seconds: int

    def __str__(self) -> str:
        """The window in words."""
        return f"{self.requests:,} requests per {self.seconds:,} s"


# More requests than any account makes, and few enough that their count can be stored.
_MOST = 1_000_000_000


def parse_limits(limits: Mapping[str, int]) -> tuple[Window, ...]:
    """Read the setting `limits`, such as `{"5m": 3600, "1h": 21600}`; the shortest window comes first.

    Raises:
        ValueError: a window that is not one, a count below 1, or a window that never matters beside another one.
    """
    windows: list[Window] = []
    for text, requests in limits.items():
        found = _WINDOW.fullmatch(text)
        if found is None:
            raise ValueError(f"limits: {text!r} is no window; write a number and s, m, h or d, such as 5m")
        if requests < 1:
            raise ValueError(f"limits: {text} = {requests}: write how many requests, at least 1")
        if requests > _MOST:
            raise ValueError(f"limits: {text} allows more than {_MOST:,} requests; leave the window out")
        windows.append(Window(requests, int(found[1]) * _UNITS[found[2]]))
    windows.sort(key=lambda window: window.seconds)
    for short, long in pairwise(windows):
        if short.seconds == long.seconds:
            raise ValueError(f"limits: two entries are for the same {short.seconds:,} s")
        if long.requests <= short.requests:
            raise ValueError(f"limits: {short} never matters beside {long}; leave one out")
        if long.requests * short.seconds > short.requests * long.seconds:
            raise ValueError(f"limits: {long} can never be reached with {short}; leave one out")
    return tuple(windows)
