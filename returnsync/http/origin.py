"""Where an account lives, and which addresses are still there."""

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from returnsync.errors import ConfigError

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an account lives: the only place its credentials ever go to."""

    scheme: str
    host: str
    port: int
    path: str
    """The path that every route starts with; no slash at its end."""

    @classmethod
    def parse(cls, base_url: str, name: str = "base_url") -> "Origin":
        """Read a base address; `name` is the setting that it comes from, for what is said of it.

        Raises:
            ConfigError: it is no plain http(s) address, or http to another machine.
        """
        try:
            parts = urlsplit(base_url.strip())
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise _bad_address(name, "cannot be read as an address") from None
        if parts.scheme not in ("http", "https") or not host:
            raise _bad_address(name, "is not of the form https://host/path")
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

        Only these are ever used: the next request goes to our own host whatever else the server wrote.
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


def _bad_address(name: str, problem: str) -> ConfigError:
    return ConfigError(f"The {name} {problem}.", "Leave it out, or write it as the provider's documentation does.")
