"""Secrets by reference: the configuration names where a secret lies, never the secret itself.

    env:NAME             the environment variable NAME
    file:PATH            the first line of a file
    command:PROGRAM …    the first line that a program prints (no shell)
    keyring:SERVICE/USER the system's keyring; needs the extra `returnsync[keyring]`

A reference is resolved late, when the account that needs it is used, and what comes out is registered for masking.
"""

import os
from pathlib import Path
from typing import Any, Protocol, Self

from pydantic_core import core_schema

from returnsync.errors import ConfigError
from returnsync.redact import register_secret

KINDS = ("env:", "file:", "command:", "keyring:")
_COMMAND_SECONDS = 30


class SecretOf(Protocol):
    """Resolves the reference that stands in one setting of an account."""

    def __call__(self, key: str) -> str:
        """The secret behind the setting named `key`."""


class SecretRef(str):
    """A reference to a secret, checked for its form when the configuration is read."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> core_schema.CoreSchema:
        """Let pydantic check the form."""
        return core_schema.no_info_after_validator_function(cls.parse, core_schema.str_schema())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Check the form of a reference.

        Raises:
            ValueError: when it is no reference; the text itself is not repeated, it may be the secret.
        """
        kind = next((kind for kind in KINDS if text.startswith(kind)), None)
        if kind is None or not text[len(kind) :].strip():
            raise ValueError("write a reference such as env:NAME, file:PATH or command:PROGRAM, not the secret itself")
        return cls(text)

    def resolve(self, base: Path, where: str) -> str:
        """Fetch the secret. `base` is the folder that a relative path starts from, `where` the key that asks for it.

        Raises:
            ConfigError: when nothing, or only an empty text, can be found there.
        """
        kind, _, rest = self.partition(":")
        fetch = {"env": _from_env, "file": _from_file, "command": _from_command, "keyring": _from_keyring}[kind]
        value = fetch(rest.strip(), base, where)
        if not value:
            raise ConfigError(f"{where}: {kind}:{_shown(kind, rest)} holds an empty secret.", "Put the secret there.")
        register_secret(value)
        return value


def _shown(kind: str, rest: str) -> str:
    """What may be shown of a reference: a command's arguments could hold a secret of their own."""
    return rest.split(maxsplit=1)[0] + " …" if kind == "command" and len(rest.split()) > 1 else rest.strip()


def _from_env(name: str, _base: Path, where: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise ConfigError(
            f"{where}: the environment variable {name} is not set.",
            f"Set {name}; under cron, set it in the crontab or refer to a file with file:PATH.",
        )
    return value.strip()


def _from_file(name: str, base: Path, where: str) -> str:
    path = base / Path(name).expanduser()
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{where}: the file {path} cannot be read ({_reason(error)}).", "Create it, readable by this user only."
        ) from error
    return lines[0].strip() if lines else ""


def _from_command(command: str, _base: Path, where: str) -> str:
    import shlex
    import subprocess

    try:
        done = subprocess.run(  # noqa: S603 - the user's own configuration names the program, without a shell
            shlex.split(command),
            capture_output=True,
            encoding="utf-8",
            timeout=_COMMAND_SECONDS,
            check=True,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        code = f"exit code {error.returncode}" if isinstance(error, subprocess.CalledProcessError) else ""
        # Not chained: what it carries holds the arguments and the output, and either may be the secret.
        raise ConfigError(
            f"{where}: the command {command.split(maxsplit=1)[0]} did not give a secret ({code or _reason(error)}).",
            "Run it by hand as the same user; it must print the secret as its first line and exit with 0.",
        ) from None
    return done.stdout.splitlines()[0].strip() if done.stdout else ""


def _from_keyring(entry: str, _base: Path, where: str) -> str:
    service, _, user = entry.rpartition("/")
    try:
        import keyring
    except ImportError as error:
        raise ConfigError(
            f"{where}: keyring: needs the optional keyring support.", "Install it: pip install 'returnsync[keyring]'."
        ) from error
    value: str | None = keyring.get_password(service, user)
    if value is None:
        raise ConfigError(f"{where}: the keyring has no entry {entry}.", f"Create it: keyring set {service} {user}.")
    return value.strip()


def _reason(error: Exception) -> str:
    """Why, without the arguments and the output that the exception carries."""
    return error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
