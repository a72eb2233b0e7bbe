"""Credentials: each sets one header, the same on every request, and never shows its secret.

A value that could break out of a header is refused here, when the account is set up. The library below would refuse it
too, but only at the first call and with the secret in its message.
"""

import base64
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from returnsync.errors import ConfigError
from returnsync.redact import register_secret

if TYPE_CHECKING:
    from requests import PreparedRequest

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NOT_IN_TOKEN = re.compile(r"[^\x21-\x7e]")


class Auth(Protocol):
    """Puts credentials on a request, as an `AuthBase` of `requests` does. Here it is declared without that library."""

    def __call__(self, r: "PreparedRequest") -> "PreparedRequest":
        """Put the credentials on a request, and return it."""


class HeaderAuth:
    """A secret that travels as the whole value of one header, such as `X-Authorization`."""

    def __init__(self, name: str, value: str, beside: Mapping[str, str] | None = None) -> None:
        """Send `value` in the header `name`, and with it other headers that are not secret, such as a version.

        Raises:
            ConfigError: when `value` is empty or holds a character that a header cannot carry.
        """
        if not value or _NOT_IN_TOKEN.search(value):
            raise ConfigError(
                "A token is empty or holds a space, a line break or another character that a token cannot have.",
                "Look at the secret where it is stored: it may hold two lines, quotation marks or a cut-off part.",
            )
        self.name = name
        self.header_value = value
        # Header names ignore case: none of these may take the place of the secret's, or be sent as a second one.
        self._beside = {other: text for other, text in (beside or {}).items() if other.lower() != name.lower()}

    @property
    def headers(self) -> dict[str, str]:
        """Every header that goes with each request."""
        return {**self._beside, self.name: self.header_value}

    def __call__(self, r: "PreparedRequest") -> "PreparedRequest":
        """Put the headers on a request."""
        r.headers.update(self.headers)
        return r

    def __eq__(self, other: object) -> bool:
        """Two are equal when they send the same headers."""
        return isinstance(other, HeaderAuth) and vars(self) == vars(other)

    def __hash__(self) -> int:
        """Agree with `__eq__`."""
        return hash((self.name, self.header_value))

    def __repr__(self) -> str:
        """Show the kind, never the secret."""
        return f"{type(self).__name__}(•••)"


class Bearer(HeaderAuth):
    """A token in `Authorization: Bearer …`."""

    def __init__(self, token: str) -> None:
        """Send `token`; raises `ConfigError` as `HeaderAuth` does."""
        super().__init__("Authorization", token)
        self.header_value = f"Bearer {token}"


class Basic(HeaderAuth):
    """User name and password in `Authorization: Basic …`, as UTF-8."""

    def __init__(self, username: str, password: str) -> None:
        """Send both.

        Raises:
            ConfigError: when the user name is empty or holds a colon (it would end there), or either holds a control
                character.
        """
        if not username or ":" in username or _CONTROL.search(username + password):
            raise ConfigError(
                "A user name is empty or holds a colon, or it or its password holds a line break or another "
                "control character.",
                "Look at both where they are stored: one of them may hold two lines.",
            )
        pair = base64.b64encode(f"{username}:{password}".encode()).decode("ascii")
        # This is what is really sent; a proxy or a server may quote it back.
        register_secret(pair)
        super().__init__("Authorization", pair)
        self.header_value = f"Basic {pair}"
