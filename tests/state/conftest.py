"""A state file of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from returnsync.state.database import Database
from returnsync.state.opening import open_file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "returnsync.db"


@pytest.fixture
def db(path: Path) -> Iterator[Database]:
    opened = open_file(path)
    yield opened
    opened.close()
