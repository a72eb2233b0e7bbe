"""A TOML file that people write: read as a whole, with the line of everything that is wrong with it."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from returnsync.config.problems import Problem
from returnsync.errors import ConfigError
from returnsync.folders import read_file

_MEGABYTES = 20


class Content(NamedTuple):
    """The content of a file: its text, and the values in it."""

    text: str
    raw: Mapping[str, Any]


@dataclass(frozen=True)
class TomlFile:
    """A kind of file: `what` it holds, and what to do when something is wrong with it."""

    what: str
    next_step: str

    def read(self, path: Path) -> Content:
        """Read a file.

        Raises:
            FileNotFoundError: there is none.
            ConfigError: it cannot be read, or is not TOML in UTF-8.
        """
        text = self._text(path)
        return Content(text, self._parsed(path, text))

    def error(self, path: Path, problems: list[tuple[int, str]]) -> ConfigError:
        """The error for all problems of a file, each with its line."""
        count = "a problem" if len(problems) == 1 else f"{len(problems)} problems"
        lines = tuple(f"{path}:{line}: {text}" for line, text in problems)
        return ConfigError(f"The {self.what} has {count}.", self.next_step, lines)

    def _text(self, path: Path) -> str:
        try:
            data = read_file(path, _MEGABYTES)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise ConfigError(
                f"The {self.what} file {path} cannot be read ({error.strerror}).",
                "Give this user the right to read it.",
            ) from error
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
        raise self.error(path, [(line, "is not UTF-8; save the file in that encoding")])

    def _parsed(self, path: Path, text: str) -> Mapping[str, Any]:
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            message = str(error)
        except (ValueError, RecursionError) as error:
            # A number with thousands of digits, or thousands of nested arrays.
            message = type(error).__name__
        # Raised outside the handler, so that no exception that holds the text of the file stays attached.
        place = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", message)
        line = int(place[1]) if place and place[1] else max(1, len(text.splitlines()))
        what = message[: place.start()] if place else message
        raise self.error(path, [(line, f"is no valid TOML: {what}")])


def placed(text: str, problems: Iterable[Problem]) -> list[tuple[int, str]]:
    """Each problem with its line, in the order of the file."""
    from returnsync.config.lines import key_lines, line_of, spelled

    lines = key_lines(text)
    return sorted({(line_of(lines, one.path), f"{spelled(one.path)}: {one.text}") for one in problems})
