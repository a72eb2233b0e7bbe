"""What a command prints with `--json`: one object or list, once, at its end, also when it fails."""

import json
from collections.abc import Callable
from typing import Any

import typer

from returnsync.errors import ExitCode
from returnsync.redact import masked


class Answer:
    """The JSON of one command: what it gives, or why it failed."""

    def __init__(self, *, as_json: bool, when_broken_off: Callable[[ExitCode], dict[str, Any]] | None = None) -> None:
        """Without `as_json` nothing is ever printed."""
        self.as_json = as_json
        self.when_broken_off = when_broken_off
        """Makes the object that a failure is added to, if the command has given none yet."""
        self._content: Any = None
        self._text = ""

    def give(self, content: Any) -> None:
        """Set what is printed at the end."""
        if self.as_json:
            self._content = content
            self._text = _as_text(content)

    def fail(self, code: ExitCode, error: dict[str, Any]) -> None:
        """Print `exit_code` and `error` as well. They replace a list, which has no place for them."""
        content: dict[str, Any] = {}
        if isinstance(self._content, dict):
            content = self._content
        elif self.when_broken_off is not None:
            content = self.when_broken_off(code)
        self.give({**content, "exit_code": int(code), "error": masked(error)})

    def print(self) -> None:
        """Print it, on one line."""
        if self._text:
            typer.echo(self._text)


def _as_text(content: Any) -> str:
    """As ASCII, everything else escaped: the same bytes under every locale."""
    return json.dumps(content, ensure_ascii=True)
