"""Where `init` has the secrets kept, and what is written into the configuration for each."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from returnsync.cli.asking.asker import Asker
from returnsync.folders import make_private, write_by_rename
from returnsync.secrets import SecretOf, SecretRef

PLACES = {
    "file": "each in a file of its own beside the configuration, readable by you only; works under cron as it is",
    "env": "in environment variables, which you set where returnsync runs",
    "other": "you type the references yourself, such as keyring:SERVICE/USER or command:PROGRAM",
}
FOLDER = "secrets"


@dataclass
class Secrets:
    """The secrets of all accounts that were asked for, and where to keep them. Nothing is written before `keep`."""

    base: Path
    """The folder of the configuration."""
    place: str
    typed: dict[str, str] = field(default_factory=dict)
    """What was typed, by its reference."""

    def ask(self, asker: Asker, account: str, key: str, about: str, usual: str) -> str:
        """The reference to one secret; its value is asked for where nothing is there yet. `usual` is one by env:."""
        name = f"{key} of {account}"
        if self.place == "other":
            return asker.text(f"--set {key}", f"Reference to the {name} ({about})", usual, _wrong_reference)
        reference = usual if self.place == "env" else f"file:{FOLDER}/{account}-{key}"
        if reference not in self.typed and not self._is_there(reference):
            how = "typed unseen" if self.place == "file" else "only to try it; it is not kept"
            if value := asker.secret(f"{name} ({about}); {how}"):
                self.typed[reference] = value
        return reference

    def lacking(self, table: Mapping[str, object]) -> list[str]:
        """The references of an account to files and variables that do not exist, and of which nothing was typed."""
        return [one for one in _references(table) if one not in self.typed and not self._is_there(one)]

    def lacking_in(self, content: Mapping[str, Any]) -> list[str]:
        """As `lacking`, of a whole configuration, once what was typed is kept."""
        return [one for one in _references(content) if not self._is_there(one)]

    def forget(self, reference: str) -> None:
        """Let a secret be asked for again."""
        self.typed.pop(reference, None)

    def of(self, table: dict[str, object], where: str) -> SecretOf:
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

    @staticmethod
    def variables(content: Mapping[str, Any]) -> list[str]:
        """The environment variables that a configuration refers to."""
        return [one.removeprefix("env:") for one in _references(content) if one.startswith("env:")]

    def _is_there(self, reference: str) -> bool:
        kind, _, what = reference.partition(":")
        return what in os.environ if kind == "env" else (self.base / what).is_file()


def _references(content: Mapping[str, Any]) -> list[str]:
    """Every reference to a variable or a file in a configuration, each once."""
    found: dict[str, None] = {}
    for value in content.values():
        if isinstance(value, Mapping):
            found |= dict.fromkeys(_references(value))
        elif isinstance(value, str) and value.startswith(("env:", "file:")):
            found[value] = None
    return list(found)


def _wrong_reference(text: str) -> str:
    try:
        SecretRef.parse(text)
    except ValueError:
        return "is no reference; write such as env:NAME, file:PATH, keyring:SERVICE/USER or command:PROGRAM"
    return ""
