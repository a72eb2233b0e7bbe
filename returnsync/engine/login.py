"""What an account logs in with, as far as that tells one account at a server from another."""

import hashlib
import json
from typing import Any

from returnsync.errors import ConfigError
from returnsync.http.account import CallSettings
from returnsync.http.origin import Origin
from returnsync.secrets import SecretOf

# A password comes with a user name, which identifies the account; and a weak password could be guessed from its hash.
_SAYS_NOT_WHOSE = "password"


def _shown(reference: str) -> str:
    """Where a secret is. Of a command only the kind is shown, since a secret may be part of it."""
    kind, _, rest = reference.partition(":")
    return f"{kind}:…" if kind == "command" else f"{kind}:{rest}"


class Login:
    """Resolves the references of an account, and remembers what was used."""

    def __init__(self, secret: SecretOf, settings: CallSettings) -> None:
        """`secret` resolves the references of an account with these `settings`."""
        self._secret = secret
        self._settings = settings
        self._used: dict[str, str] = {}

    def __call__(self, key: str) -> str:
        """The secret behind the setting named `key`. Raises as `SecretOf`."""
        value = self._secret(key)
        reference = str(getattr(self._settings, key))
        # A program may give a new token each time, for the same account.
        self._used[key] = reference if reference.startswith("command:") else value
        return value

    @property
    def settings_in_words(self) -> str:
        """The settings that refer to the credentials used, for a person; empty where there are none."""
        return " and ".join(f"`{key}` ({_shown(str(getattr(self._settings, key)))})" for key in self._used)

    def name_at(self, base_url: str) -> str:
        """The same name for all settings that log in as one account at one server; empty where nothing was resolved.

        The credentials cannot be read from it.
        """
        used: dict[str, Any] = {key: value for key, value in self._used.items() if key != _SAYS_NOT_WHOSE}
        if not used:
            return ""
        try:
            origin = Origin.parse(base_url)
        except ConfigError:
            return ""  # reported where the client is opened
        where = [origin.scheme, origin.host, origin.port, origin.path]
        return hashlib.sha256(
            json.dumps([type(self._settings).__name__, where, used], sort_keys=True).encode()
        ).hexdigest()
