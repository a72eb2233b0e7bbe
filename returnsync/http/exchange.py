"""What one exchange with a server may take, and what came back. Known without the libraries that make it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; of anything but a success, the body may be cut."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool = True
    """Whether the body is all that the server wrote, unpacked."""


@dataclass(frozen=True)
class Bounds:
    """How long one exchange may take, in seconds, and how large its answer may be."""

    connect_timeout: float = 5.0
    read_timeout: float = 30.0
    """For the next bytes of an answer."""
    exchange_timeout: float = 90.0
    """For the exchange as a whole, from looking the name up to the last byte of the body."""
    max_body: int = 20 * 1024 * 1024
    """In bytes, after unpacking."""
