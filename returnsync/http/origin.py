"""The server of an account, and which addresses still belong to it."""

import ipaddress
import re
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from returnsync.errors import ConfigError

_HIGHEST_PORT = 65_535
# For a host: the limits of the name service.
_LONGEST_NAME = 253
_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Origin:
    """The server and path of an account: the only place that its credentials are sent to."""

    scheme: str
    host: str
    port: int
    path: str
    """The path that every route starts with, without a slash at its end."""

    @classmethod
    def parse(cls, base_url: str, name: str = "base_url") -> "Origin":
        """Read a base address; `name` is the setting that it comes from, for messages.

        Raises:
            ConfigError: it is no plain http(s) address, or http to another machine.
        """
        try:
            parts = urlsplit(base_url.strip())
        except ValueError:
            raise _bad_address(name, "cannot be read as an address") from None
        host, port = parts.hostname or "", _port(parts, name)
        if parts.scheme not in ("http", "https") or not host:
            raise _bad_address(name, "is not of the form https://host/path")
        if not _is_host(host):
            raise _bad_address(name, "has a host whose name no server can have")
        if not parts.path.isprintable():
            raise _bad_address(name, "has a character in its path that no address can have")
        if parts.username is not None or parts.query or parts.fragment:
            raise _bad_address(name, "holds a user name, a query or a fragment")
        if parts.scheme == "http" and not is_loopback(host):
            raise _bad_address(name, "is not https: credentials would travel in clear text")
        return cls(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), parts.path.rstrip("/"))

    @property
    def url(self) -> str:
        """Scheme, host and port as an address."""
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    def target_of(self, location: str, target: str) -> str | None:
        """Path and query of a redirect from `target`, or `None` when it leads to any other origin, or nowhere.

        Only path and query are ever used: the next request goes to our own host, whatever else the server wrote.
        """
        try:
            parts = urlsplit(urljoin(self.url + target, location))
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            return None
        if (
            not location
            or "@" in parts.netloc
            or (parts.scheme, parts.hostname, port) != (self.scheme, self.host, self.port)
        ):
            return None
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine itself."""
    return host in _LOOPBACK or (host.startswith("127.") and host.replace(".", "").isdigit())


def _port(parts: SplitResult, name: str) -> int | None:
    """The port in an address; `None` where it gives none. Raises `ConfigError` where it is not a valid port number."""
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise _bad_address(name, f"has a port that is not a number from 1 to {_HIGHEST_PORT}")
    return port


def _is_host(host: str) -> bool:
    """Whether a server can have that name or address; for others, no request can be made."""
    with suppress(ValueError):
        return bool(ipaddress.ip_address(host))
    try:
        name = host.removesuffix(".").encode("idna").decode("ascii")
    except UnicodeError:  # a part of it is empty, too long, or has characters that no name has
        return False
    return len(name) <= _LONGEST_NAME and _NAME.fullmatch(name) is not None


def _bad_address(name: str, problem: str) -> ConfigError:
    return ConfigError(f"The {name} {problem}.", "Leave it out, or write it as the provider's documentation does.")
