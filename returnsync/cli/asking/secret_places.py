"""Where `init` has the secrets kept, and what is written into the configuration for each."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from returnsync.cli.asking.asker import Asker
from returnsync.cli.session import say
from returnsync.folders import make_private, write_by_rename
from returnsync.redact import register_secret
from returnsync.secrets import SecretOf, SecretRef, exists

PLACES = {
    "file": "each in a file of its own beside the configuration, readable by you only; works under cron as it is",
    "env": "in environment variables, which you set where returnsync runs",
    "other": "you type the references yourself, such as keyring:SERVICE/USER or command:PROGRAM",
}
FOLDER = "secrets"

_VARIABLE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*")


@dataclass
class Secrets:
    """The secrets of all accounts that were asked for, and where to keep them. Nothing is written before `keep`."""

    base: Path
    """The folder of the configuration."""
    place: str
    typed: dict[str, str] = field(default_factory=dict)
    """What was typed, by its reference."""
    once_more: set[str] = field(default_factory=set)
    """The references that did not work: they are asked for although they exist."""
    _owners: dict[str, str] = field(default_factory=dict)

    def ask(self, asker: Asker, account: str, key: str, about: str, usual: str, option: str) -> str:
        """The reference to one secret of an account; its value is asked for where it does not exist yet.

        `usual` is the reference that documentation uses, where there is one, and `option` answers the question, too.
        """
        name = f"{key} of {account}"
        variable = self._variable(account, key, usual)
        if self.place == "other":
            return asker.text(option, f"Reference to the {name} ({about})", variable, wrong_reference)
        reference = variable if self.place == "env" else f"file:{FOLDER}/{account}-{key}"
        self._owners[reference] = account
        there = bool(exists(reference, self.base))
        if there and reference not in self.once_more:
            say(f"{name}: uses {reference}, which exists.")
        elif value := asker.secret(f"{name} ({about}); {self._how(reference, there=there)}").strip():
            register_secret(value)
            self.typed[reference] = value
        return reference

    def forget(self, table: Mapping[str, Any]) -> None:
        """Let the secrets of an account be asked for again, since they were refused."""
        for reference in _references(table):
            self.typed.pop(reference, None)
            self.once_more.add(reference)

    def lacking(self, content: Mapping[str, Any]) -> list[str]:
        """The references in an account, or in a whole configuration, to files and variables that do not exist.

        Those of which the value was typed are not among them.
        """
        return [one for one in _references(content) if one not in self.typed and exists(one, self.base) is False]

    def to_set(self, content: Mapping[str, Any]) -> list[str]:
        """As `lacking`, once `keep` has written what was typed: variables are for the person to set."""
        return [one for one in _references(content) if exists(one, self.base) is False]

    @staticmethod
    def variables(content: Mapping[str, Any]) -> list[str]:
        """The environment variables that a configuration refers to."""
        return [one.removeprefix("env:").strip() for one in _references(content) if one.startswith("env:")]

    def of(self, table: Mapping[str, Any], where: str) -> SecretOf:
        """Gives the secrets of one account: what was typed, else what its reference leads to.

        Raises:
            ConfigError: when asked for one that is not there.
        """

        def secret_of(key: str) -> str:
            reference = str(table[key])
            return self.typed.get(reference) or SecretRef.parse(reference).resolve(self.base, f"{where}.{key}")

        return secret_of

    def keep(self) -> list[Path]:
        """Write what was typed into its files, where they are kept in files; gives those that were written.

        Raises:
            OSError: one cannot be written.
        """
        if self.place != "file":
            return []
        written = []
        for reference, value in self.typed.items():
            file = self.base / reference.removeprefix("file:")
            make_private(file.parent)
            write_by_rename(file, f"{value}\n".encode())
            written.append(file)
        return written

    def _variable(self, account: str, key: str, usual: str) -> str:
        """The usual variable for the first account that takes it; another account gets one of its own."""
        if usual.startswith("env:") and self._owners.setdefault(usual, account) == account:
            return usual
        return "env:" + re.sub(r"\W", "_", f"{account}_{key}", flags=re.ASCII).upper()

    def _how(self, reference: str, *, there: bool) -> str:
        if self.place == "env":
            return "typed unseen, only to try it; Enter skips that"
        kept = f"typed unseen, and put into {reference.removeprefix('file:')}"
        return f"{kept} in place of what is there; Enter leaves that" if there else f"{kept}; Enter leaves it for later"


def wrong_reference(text: str) -> str:
    """What is wrong with a reference to a secret; empty where nothing is."""
    try:
        SecretRef.parse(text)
    except ValueError:
        return "is no reference; write such as env:NAME, file:PATH, keyring:SERVICE/USER or command:PROGRAM"
    if not text.isprintable():
        return "has characters that cannot be shown"
    if text.startswith("env:") and not _VARIABLE.fullmatch(text):
        return "has no name of an environment variable after env:"
    return ""


def _references(content: Mapping[str, Any]) -> list[str]:
    """Every reference to a variable or a file in a configuration, each once."""
    found: dict[str, None] = {}
    for value in content.values():
        if isinstance(value, Mapping):
            found |= dict.fromkeys(_references(value))
        elif isinstance(value, str) and value.startswith(("env:", "file:")):
            found[value] = None
    return list(found)
