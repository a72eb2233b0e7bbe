"""What the tests of the engine share."""

from collections.abc import Iterator
from typing import Any

import pytest
from kill_run import leaping


@pytest.fixture
def clock() -> Iterator[Any]:
    """The time, to be moved by `shift`; where a run waits it leaps."""
    with leaping() as traveller:
        yield traveller
