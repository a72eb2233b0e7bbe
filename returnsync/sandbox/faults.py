"""A schedule of faults: what goes wrong on which route at which call number."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Kind: TypeAlias = Literal[
    "status",  # this status before any effect
    "status-after",  # the effect happens, then this status is answered
    "delay",  # seconds before the effect: a client's read timeout hits first, and the effect still comes
    "delay-after",  # seconds after the effect
    "reset",  # TCP reset before the effect
    "reset-after",  # the effect happens, then a TCP reset
    "cut",  # the effect happens, Content-Length announces more than is sent
    "html",  # the effect happens, 200 with a page for people
    "wrong-type",  # the effect happens, valid JSON of wrong types
    "redirect",  # before the effect, 3xx to another host
    "huge",  # the effect happens, then a body of many megabytes
    "deep",  # the effect happens, then JSON nested deeper than a parser can handle
    "drip",  # the effect happens, then status line and headers come byte by byte and never end
    "drip-body",  # the effect happens, the body comes whole and without a length, then blanks one by one without end
    "odd",  # the effect happens, then one record of the list has bytes that are not UTF-8, and NaN for its numbers
    "text",  # the effect happens, then a text is added to each text of the answer
]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
BEFORE: Final[frozenset[Kind]] = frozenset({"status", "reset", "redirect"})
_NEEDS_VALUE: Final[frozenset[Kind]] = frozenset({"delay", "delay-after", "text"})
_TAKES_VALUE: Final[frozenset[Kind]] = frozenset(
    {"status", "status-after", "delay", "delay-after", "redirect", "huge", "deep", "drip", "drip-body", "text"}
)

_STATUSES: Final = range(200, 600)
_REDIRECTS: Final = range(300, 400)
_FORM: Final = "expected ROUTE:CALL:KIND, such as monta.label:3:reset-after, monta.create:*:status=429,times=2"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong on one route.

    `call` counts from 1 on each route; None means every call. `times` is how often it fires at most. `body` replaces
    the body of `status`, `status-after`, `html` and `wrong-type`. `headers` are added to any answer. With `about`, only
    calls match whose path has a segment of that text, or whose body has it in quotes; for example those of one order.
    `text` is the text that the kind `text` adds to the fields named `in_field`, or to all texts.
    """

    route: str
    kind: Kind
    call: int | None = None
    times: int | None = None
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    content_type: str | None = None
    delay: float = 0.0
    location: str = "http://127.0.0.2:9/"
    megabytes: int = 200
    levels: int = 100_000
    about: str = ""
    pause: float = 0.02
    text: str = ""
    in_field: str = ""

    def __post_init__(self) -> None:
        """Refuse a fault that could never fire or could not be answered."""
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind {self.kind!r}; kinds: {', '.join(KINDS)}")
        for name, number in (("call", self.call), ("times", self.times)):
            if number is not None and number < 1:
                raise ValueError(f"{name} counts from 1, not {number}")
        if self.status not in _STATUSES:
            raise ValueError(f"status {self.status} is not between {_STATUSES.start} and {_STATUSES.stop - 1}")
        # Negative values of these mean nothing, and a sleep or a size of one would fail far from the mistake.
        if not (self.delay >= 0 and self.pause >= 0) or self.megabytes < 0 or self.levels < 0:
            raise ValueError("delay, pause, megabytes and levels cannot be negative")

    @property
    def redirect_status(self) -> int:
        """The status of a redirect: the given one if it is a 3xx, else 307, which keeps method and body."""
        return self.status if self.status in _REDIRECTS else 307


class Fired(NamedTuple):
    """A fault that fired, and the call on which it did."""

    route: str
    call: int
    kind: Kind


class Faults:
    """The schedule; may be changed from any thread while the sandbox runs. Of a call's faults, the first one fires."""

    def __init__(self, routes: Iterable[str]) -> None:
        """Take the known routes, so that a fault for a misspelt one is refused: it would never fire."""
        self.routes = tuple(sorted(routes))
        self._lock = threading.Lock()
        self._pending: list[Fault] = []
        self._fired: list[Fired] = []

    @property
    def pending(self) -> list[Fault]:
        """The faults that may still fire; `times` is how often."""
        with self._lock:
            return list(self._pending)

    @property
    def fired(self) -> list[Fired]:
        """The faults that have fired, in order."""
        with self._lock:
            return list(self._fired)

    def add(self, *faults: Fault) -> None:
        """Schedule faults. Raises ValueError, and schedules none of them, when a route is unknown."""
        for fault in faults:
            if fault.route not in self.routes:
                raise ValueError(self._unknown_route(fault.route))
        with self._lock:
            self._pending.extend(faults)

    def clear(self) -> None:
        """Remove the faults that have not fired; those that have fired stay listed."""
        with self._lock:
            self._pending.clear()

    def take(self, route: str, call: int, path: str = "", body: bytes = b"") -> Fault | None:
        """Give the fault for this call of `path`, None if it has none. It is called by the server."""
        with self._lock:
            for index, fault in enumerate(self._pending):
                if fault.route != route or fault.call not in (None, call):
                    continue
                if fault.about and fault.about not in path.split("/") and f'"{fault.about}"'.encode() not in body:
                    continue
                if fault.times == 1 or fault.call is not None:
                    del self._pending[index]
                elif fault.times is not None:
                    self._pending[index] = replace(fault, times=fault.times - 1)
                self._fired.append(Fired(route, call, fault.kind))
                return fault
        return None

    def parse(self, text: str) -> Fault:
        """Read `ROUTE:CALL:KIND[=VALUE][,times=N][,retry-after=WHEN][,about=TEXT]`, as written on a command line.

        CALL is a number from 1 or `*`. VALUE is a status, seconds, an address, megabytes, levels or a text, depending
        on the kind. Raises ValueError with a text that lists what is allowed.
        """
        route, _, rest = text.strip().partition(":")
        call, _, rest = rest.partition(":")
        if not rest:
            raise ValueError(f"{text!r} is not a fault: {_FORM}")
        if route not in self.routes:
            raise ValueError(self._unknown_route(route))
        # A comma separates only before a name and `=`: an HTTP date and an address may contain commas.
        what, *extras = re.split(r",(?=(?:times|retry-after|about)=)", rest)
        word, equals, value = what.partition("=")
        kind = next((known for known in KINDS if known == word), None)
        if kind is None:
            raise ValueError(f"unknown kind {word!r} in {text!r}; kinds: {', '.join(KINDS)}")
        try:
            fault = Fault(route, kind, call=None if call == "*" else _whole(call, "a call number or *"))
            fault = _with_value(fault, value if equals else None)
            for extra in extras:
                name, _, setting = extra.partition("=")
                if name == "times":
                    fault = replace(fault, times=_whole(setting, "a number of times"))
                elif name == "about":
                    fault = replace(fault, about=setting)
                else:
                    fault = replace(fault, headers={**fault.headers, "Retry-After": setting})
        except ValueError as error:
            raise ValueError(f"{text!r} is not a fault: {error}; {_FORM}") from error
        return fault

    def _unknown_route(self, route: str) -> str:
        return f"unknown route {route!r}; routes: {', '.join(self.routes)}"


def retry_after(wait: float | datetime) -> dict[str, str]:
    """Make the header `Retry-After` in either form of RFC 9110: whole seconds, or a date in GMT from an aware time."""
    text = format_datetime(wait, usegmt=True) if isinstance(wait, datetime) else f"{wait:.0f}"
    return {"Retry-After": text}


def _with_value(fault: Fault, value: str | None) -> Fault:
    if value is None:
        if fault.kind in _NEEDS_VALUE:
            what = "a text, such as text=Jansen" if fault.kind == "text" else f"seconds, such as {fault.kind}=2.5"
            raise ValueError(f"{fault.kind} needs {what}")
        return fault
    if fault.kind not in _TAKES_VALUE:
        raise ValueError(f"{fault.kind} takes no value")
    match fault.kind:
        case "delay" | "delay-after":
            return replace(fault, delay=_seconds(value))
        case "drip" | "drip-body":
            return replace(fault, pause=_seconds(value))
        case "redirect" | "text":
            return replace(fault, location=value) if fault.kind == "redirect" else replace(fault, text=value)
        case "huge":
            return replace(fault, megabytes=_whole(value, "megabytes"))
        case "deep":
            return replace(fault, levels=_whole(value, "levels"))
        case _:
            return replace(fault, status=_whole(value, "a status"))


def _whole(text: str, what: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ValueError(f"{text!r} is not {what}")
    return int(text)


def _seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text):
        raise ValueError(f"{text!r} is not a number of seconds")
    return float(text)
