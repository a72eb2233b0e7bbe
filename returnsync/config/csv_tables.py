"""CSV tables that people keep beside the configuration. They are read when needed, and again when they change."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from returnsync.errors import ConfigError
from returnsync.folders import read_file
from returnsync.mapping.spreadsheet import decoded
from returnsync.mapping.tables import TableError, parse

# Enough for some twenty million rows.
_MEGABYTES = 500


class _Version(NamedTuple):
    """The properties by which two versions of a file are told apart."""

    modified: int
    size: int


class CsvTable:
    """One table, kept until its file changes. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        """Remember where the file is; nothing is read yet."""
        self.path = path
        self._lock = threading.Lock()
        self._version: _Version | None = None
        self._outcome: Mapping[str, str] | ConfigError = {}

    def read(self) -> Mapping[str, str]:
        """The first column → the second, as the file has it now.

        Raises:
            ConfigError: it cannot be read, or some rows cannot be understood; each is given as `file:line: problem`.
        """
        with self._lock:
            version = self._look()
            if version != self._version:
                self._version, self._outcome = version, self._load()
            if isinstance(self._outcome, ConfigError):
                kept = self._outcome
                raise ConfigError(kept.what, kept.next_step, kept.problems)
            return self._outcome

    def _look(self) -> _Version:
        try:
            found = self.path.stat()
        except OSError as error:
            raise self._unreadable(error.strerror or type(error).__name__) from error
        except ValueError as error:
            raise self._unreadable("it holds a character that no path can have") from error
        return _Version(found.st_mtime_ns, found.st_size)

    def _load(self) -> Mapping[str, str] | ConfigError:
        """The content of the file, or why it is not a table. Both are kept, so that it is not read for every return."""
        try:
            return parse(decoded(read_file(self.path, _MEGABYTES)))
        except UnicodeDecodeError:
            return self._unreadable("it is not UTF-8; save it as CSV UTF-8")
        except OSError as error:
            return self._unreadable(error.strerror or type(error).__name__)
        except TableError as error:
            return ConfigError(
                f"The table {self.path} has rows that cannot be understood.",
                "Correct them: each row has two filled cells, with a comma, a semicolon or a tab in between.",
                tuple(f"{self.path}:{line}: {problem}" for line, problem in error.problems),
            )

    def _unreadable(self, why: str) -> ConfigError:
        return ConfigError(
            f"The table {self.path} cannot be read ({why}).",
            "Put it there as a CSV file in UTF-8 that this user may read, or remove it from the configuration.",
        )
