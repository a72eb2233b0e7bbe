"""The building blocks of every stand-in: a request, an answer, and the operations that turn one into the other.

A stand-in is one module with one class. It names its operations; the server does the HTTP, the counting and the
faults. So a stand-in contains only what its vendor does.
"""

from __future__ import annotations

import base64
import binascii
import copy
import functools
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias
from urllib.parse import parse_qs, unquote

if TYPE_CHECKING:
    import threading

# A JSON object as a vendor writes it. These shapes are the vendors' own, deep and open; values are checked where they
# are read.
Record: TypeAlias = dict[str, Any]

JSON = "application/json; charset=utf-8"
PROBLEM_JSON = "application/problem+json; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Call:
    """One request with its whole body. Path values are decoded; headers have lower-case names."""

    method: str
    path: str
    values: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def first(self, name: str) -> str | None:
        """Give the first value of a query parameter, None when it was not sent."""
        values = self.query.get(name)
        return values[0] if values else None

    def basic(self) -> tuple[str, str] | None:
        """Give user and password of HTTP Basic, None when they are absent or unreadable."""
        scheme, _, encoded = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return (user, password) if colon else None

    def bearer(self) -> str | None:
        """Give the bearer token, None when there is none."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme.lower() == "bearer" and token else None


@dataclass(frozen=True, slots=True)
class Answer:
    """One response with its whole body."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


Handler: TypeAlias = Callable[[Call], Answer]


def present() -> datetime | None:
    """Give the present moment, for the `Date` of an answer."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a vendor, under the name that faults and counts use.

    Values in the path (`{code}`) match one *encoded* segment: `a%2Fb` is one value, `a/b`.
    """

    name: str
    method: str
    path: str
    handle: Handler
    date: Callable[[], datetime | None] = present
    """The `Date` header of the answers; they have none if it gives None."""


class StandIn(Protocol):
    """What the server needs from a stand-in.

    `lock` is held while an operation runs, so that a test may change the data from its own thread.
    """

    prefix: str
    lock: threading.RLock

    def operations(self) -> Sequence[Operation]:
        """Name every operation of this vendor."""


class ReturnPlatform(StandIn, Protocol):
    """A stand-in for a return platform, as the demo, the sandbox's configuration and tests of all platforms use it.

    Stand-ins inherit from it what they have in common. Their listing is the operation `<name>.list`.
    """

    name: str
    """Its kind, and the system's name in the counts, such as `loop`."""
    title: str
    source: str
    """A name that a shop might choose for its account there."""
    base: str
    """The path of its `base_url`, which begins with `prefix`."""

    def settings(self) -> Record:
        """Give what the configuration needs to know about the account, beside addresses, secrets and what all need."""
        return {}

    def secrets(self) -> dict[str, str]:
        """Give the account's secrets, by the setting that refers to each. They open nothing but the sandbox."""

    def addresses(self, url: str) -> dict[str, str]:
        """Give the settings that are addresses, `base_url` among them, for a sandbox at `url`."""
        return {"base_url": url + self.base}

    def give_back(
        self,
        *orders: str,
        sku: str = ...,
        word: str = "",
        created: datetime | None = None,
        updated: datetime | None = None,
    ) -> str:
        """Put a plain return in: one unit of an article of each order, approved unless `word` says otherwise.

        Gives the platform's own id of it. Orders and SKU are those of `monta_order` with the same number and SKU. It
        was made an hour ago unless `created` says otherwise.
        """

    def rows(self) -> dict[str, Record]:
        """Give the records themselves by id, to rewrite them as this vendor might. Hold `lock` meanwhile."""

    def touch(self, identity: str, *, at: datetime | None = None, word: str = "") -> None:
        """Move a return's time of change, now when none is given, and with a `word` its status too."""


def put_in(rows: dict[str, Record], record: Record, what: str = "return") -> str:
    """Put a copy of a record in under its id; give the id. Raises ValueError when the id exists already."""
    identity = str(record["id"])
    if identity in rows:
        raise ValueError(f"there is a {what} {identity} already; give this one an id of its own")
    rows[identity] = copy.deepcopy(record)
    return identity


def json_answer(value: object, status: int = 200) -> Answer:
    """Answer with JSON."""
    return Answer(status, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def text_answer(text: str, status: int) -> Answer:
    """Answer with plain text, as vendors do where JSON is expected."""
    return Answer(status, text.encode(), TEXT)


def problem_answer(status: int, title: str, detail: str) -> Answer:
    """Answer with an ASP.NET ProblemDetails body."""
    body = {"title": title, "status": status, "detail": detail}
    return Answer(status, json.dumps(body).encode(), PROBLEM_JSON)


def parse_query(raw: bytes) -> dict[str, list[str]]:
    """Read a query string; names without a value are kept, since `filter=` is not the same as no filter."""
    return parse_qs(raw.decode("latin-1"), keep_blank_values=True) if raw else {}


def decode_value(segment: str) -> str:
    """Decode one path segment; bytes that are not UTF-8 become U+FFFD, which is in no record's name."""
    return unquote(segment, errors="replace")


def same_secret(given: str | None, wanted: str) -> bool:
    """Compare two secrets."""
    return given is not None and secrets.compare_digest(given.encode(), wanted.encode())


@functools.lru_cache(maxsize=65536)
def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 time as UTC when it has no zone. Raises ValueError."""
    when = datetime.fromisoformat(text)
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def iso_z(when: datetime) -> str:
    """Write a time as Returnista does: ISO 8601 in UTC with milliseconds (docs/platforms/returnista.md, section 1)."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z"
