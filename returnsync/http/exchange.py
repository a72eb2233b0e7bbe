"""The bounds of one exchange with a server, and its reply; independent of the libraries that make the exchange."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; unless the status is a success, the body may be cut."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool = True
    """Whether the body is everything that the server wrote, unpacked."""


@dataclass(frozen=True)
class Bounds:
    """How long one exchange may take, in seconds, and how large its answer may be."""

    connect_timeout: float = 5.0
    read_timeout: float = 30.0
    """For the next bytes of an answer."""
    exchange_timeout: float = 90.0
    """For the exchange as a whole, from the lookup of the name to the last byte of the body."""
    max_body: int = 20 * 1024 * 1024
    """In bytes, after unpacking."""
